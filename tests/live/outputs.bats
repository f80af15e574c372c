#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every output tells the same of each handshake. Recordings and captures, so no root.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden

setup() {
	files_setup
}

# write_all FILE: each output of this file, from one run.
write_all() {
	rm -f out.*
	"$DTLSNOOP" -o json=out.json -o summary=out.summary -o ladder=out.ladder -o html=out.html -o otlp=out.otlp \
		--metrics out.prom -r "$1" >out.timeline
	cp out.json trace.out
	"$ROOT/tests/live/validate" trace.out
}

# Of each final line in JSON: "ID STATE VERDICT SIDE", "-" where there is none. Those that are no longer followed are left out.
finals() {
	jq -r 'select(.final and .verdict.code != "evicted") |
		"\(.id) \(.state) \(.verdict.code // "-") \(.verdict.side // "-")"' out.json | sort -n
}

# The same in spans, which have no numbers.
spans() {
	jq -r '.resourceSpans[]?.scopeSpans[].spans[] | [.attributes[] | {(.key): .value.stringValue}] | add |
		select(."dtlsnoop.verdict" != "evicted") |
		"\(."dtlsnoop.state") \(."dtlsnoop.verdict" // "-") \(."dtlsnoop.side" // "-")"' out.otlp | sort
}

# The same in metrics, which have no numbers either.
counted() {
	awk -F'"' '/^dtlsnoop_handshakes_total/ && $4 != "evicted" {
		for (i = substr($NF, 2) + 0; i > 0; i--)
			print $2, $4 ? $4 : "-", $6 ? $6 : "-" }' out.prom | sort
}

# faults_are_in FILE: is each faulty verdict there, as "CODE, side SIDE"?
faults_are_in() {
	local verdict
	jq -r 'select(.final and .verdict.severity == "fault") | .verdict | "\(.code), side \(.side)"' out.json | sort -u >faults
	while read -r verdict; do
		grep -qF "${verdict%, side unknown}" "$1" || {
			echo "$1 lacks $verdict"
			return 1
		}
	done <faults
}

@test "recordings and captures of every kind: each output says the same verdicts and sides" {
	num=0
	for file in "$GOLDEN"/*.rec "$GOLDEN"/*.pcap "$ROOT"/../shared/cases/*.{rec,pcap} "$ROOT"/../shared/captures/*.pcap; do
		[[ -e $file ]] || continue
		echo "$file"
		write_all "$file"
		finals | cut -d' ' -f2- | sort | diff - <(spans)
		finals | cut -d' ' -f2- | sort | diff - <(counted)
		for output in timeline summary ladder html; do
			faults_are_in "out.$output"
		done
		: $((num++))
	done
	((num >= 8))
}

@test "a host with 2,000 handshakes of which 40 fail: counted alike everywhere, and found at once" {
	"$ROOT/build/bench/multiply" "$GOLDEN/completed.pcap" healthy.pcap 1960
	"$ROOT/build/bench/multiply" "$GOLDEN/founding.pcap" stuck.pcap 40
	mergecap -F pcap -w both.pcap healthy.pcap stuck.pcap
	write_all both.pcap
	that 'stats.handshakes | .completed == 1960 and .stuck == 40'
	[[ $(finals | cut -d' ' -f2- | sort | uniq -c | awk '{ print $1, $3 }') == $'1960 completed\n40 peer-silent' ]]
	finals | cut -d' ' -f2- | sort | diff - <(spans)
	finals | cut -d' ' -f2- | sort | diff - <(counted)
	# One line for who has trouble, and one for 40 reports that say the same.
	grep -qE '^127\.0\.0\.1:60374 \(server\) +40 +0 +40 ' out.summary
	grep -qE '^ +40 peer-silent, side client' out.summary
	(($(wc -l <out.summary) < 40))
	grep -qF 'the same for 39 more handshakes' out.timeline
	tail -n 2 out.timeline | grep -qF '2000 handshakes: 1960 completed, 40 stuck'
	# Every one of the 40 is there in full, few of the others, and the page stays small.
	[[ $(grep -oE '<b class="bad">stuck</b>' out.html | wc -l) == 40 ]]
	[[ $(grep -o 'class="card"' out.html | wc -l) == 60 ]]
	(($(stat -c %s out.html) < 2000000))
	[[ $(grep -cE '^#[0-9]+ stuck, .* when the trace ended$' out.ladder) == 40 ]]
	"$DTLSNOOP" -q --annotate commented.pcapng -r both.pcap >/dev/null
	tshark -n -r commented.pcapng -Y frame.comment -T fields -e frame.comment >comments 2>tshark.log
	[[ $(grep -c 'verdict: peer-silent, side client' comments) == 40 ]]
	[[ $(grep -cE 'completed 0\.[0-9]+ s after the first ClientHello' comments) == 1960 ]]
}
