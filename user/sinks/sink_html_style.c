// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <inttypes.h>

#include "sink_html.h"

/* Colours only repeat what strokes and words say. Closed hellos are printed, too. */
static const char css[] =
	":root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#59636e;--edge:#d1d9e0;--card:#f6f8fa;"
	"--again:#9a5b00;--bad:#c01c28;--good:#1a6e2e;--link:#0a55b8}\n"
	"@media (prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e3e7eb;--soft:#9aa4af;--edge:#3a424b;--card:#1c2126;"
	"--again:#f0b35a;--bad:#ff8078;--good:#7ec98f;--link:#7db4ff}}\n"
	"body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--paper);color:var(--ink);"
	"font:1rem/1.45 system-ui,sans-serif;overflow-wrap:anywhere}\n"
	"h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}p{margin:.4rem 0}a{color:var(--link)}\n"
	"table{border-collapse:collapse;width:100%;margin:.4rem 0 .8rem;font-size:.875rem}\n"
	"th,td{border-bottom:1px solid var(--edge);padding:.25rem .5rem .25rem 0;text-align:left;vertical-align:top}\n"
	"th{color:var(--soft);font-weight:600;overflow-wrap:normal}td.number{white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	"code{font-size:.8125rem}ul{margin:.4rem 0;padding-left:1.2rem}\n"
	".counts{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.5rem}.counts b{font-size:1.4rem}\n"
	".bad b,b.bad{color:var(--bad)}.good b,b.good{color:var(--good)}.warning{border-left:4px solid var(--bad);padding-left:.6rem}\n"
	".hint{border-left:4px solid var(--link);padding-left:.6rem}.note,.more,summary span{color:var(--soft)}\n"
	"details.card{border:1px solid var(--edge);border-radius:6px;background:var(--card);margin:.6rem 0;padding:.5rem .8rem}\n"
	"summary{cursor:pointer}summary:focus-visible,a:focus-visible{outline:3px solid var(--link);outline-offset:2px}\n"
	"details.card:target{border-color:var(--link)}.hellos{margin-top:.6rem}summary b{text-transform:uppercase}\n"
	"svg{display:block;overflow:hidden}svg text{fill:var(--ink);font-size:12px}\n"
	".ladder .what,.ladder .report,.ladder .gap{text-anchor:middle}.ladder .report{font-weight:700}\n"
	".ladder .gap,.ladder .when{fill:var(--soft)}.ladder .gap{font-style:italic}\n"
	".ladder .when{text-anchor:end;font-size:11px;font-variant-numeric:tabular-nums}\n"
	".ladder .end{font-weight:600;text-anchor:start}.ladder .server{text-anchor:end}\n"
	"svg line{stroke:var(--ink);stroke-width:1.5}svg .life{stroke:var(--soft);stroke-width:1}\n"
	"svg .fold{stroke:var(--soft);stroke-width:1;stroke-dasharray:1 5}svg .again{stroke:var(--again);stroke-dasharray:7 4}\n"
	"svg .lost{stroke:var(--bad)}svg line.said{stroke-width:3}svg .reported{stroke:var(--soft);stroke-dasharray:1 3}\n"
	".head{fill:var(--ink)}.again-head{fill:var(--again)}.cross{fill:none;stroke:var(--bad);stroke-width:2}\n"
	".bars rect{fill:var(--soft)}.bars .bound{text-anchor:end}\n"
	"@media (max-width:40rem){body{padding:.6rem}"
	"details.card{padding:.4rem .5rem}table{font-size:.75rem}"
	".hellos tr,.hellos td{display:block}.hellos tr:first-child,.hellos td:empty{display:none}.hellos th{border:0;display:block;padding:.3rem 0 0}"
	".hellos td{border:0;padding:0 0 .2rem}.hellos tr{border-bottom:1px solid var(--edge)}"
	".hellos td::before{content:attr(data-of) ': ';color:var(--soft)}}\n"
	"@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--edge:#999;--card:#fff;--again:#7a4800;"
	"--bad:#a00;--good:#050;--link:#000}body{max-width:none;padding:0;font-size:10pt}"
	"details.card{border-radius:0}summary,tr,p,li{break-inside:avoid}.hellos::details-content{content-visibility:visible}}\n";

/* For Content-Security-Policy, of the bytes above: tests/live/html.bats compares. */
static const char css_source[] = "'sha256-hcii6B7wTpHtjGqEAk9nCO9s+k4hCwADUy3xujtqCsQ='";

void html_write_head(struct html_writer *w, const struct trace_stats *stats)
{
	const uint64_t *num = stats->analysis->by_state;

	html_doctype(w);
	html_open(w, "html");
	html_attribute(w, "lang", "en");
	html_open(w, "head");
	html_open(w, "meta");
	html_attribute(w, "charset", "utf-8");
	html_close_void(w);
	html_open(w, "meta");
	html_attribute(w, "http-equiv", "Content-Security-Policy");
	html_attribute(w, "content", "default-src 'none'; style-src %s; base-uri 'none'; form-action 'none'", css_source);
	html_close_void(w);
	html_open(w, "meta");
	html_attribute(w, "name", "viewport");
	html_attribute(w, "content", "width=device-width, initial-scale=1");
	html_close_void(w);
	html_put(w, "title", NULL, "dtlsnoop: %" PRIu64 " of %" PRIu64 " handshakes with a fault",
		 num[HANDSHAKE_STUCK] + num[HANDSHAKE_FAILED], stats->analysis->handshakes);
	html_style(w, css);
	html_close(w);
}
