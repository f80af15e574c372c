// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The timeline's lines for each kind of event: one line for each datagram, and nothing hostile in it. */
#include "stream_dtls.h"

#include <errno.h>

#include "hello_bodies.h"
#include "sink.h"
#include "stream_dtls13.h"
#include "stream_verdict.h"

static struct {
	struct sink sink;
	struct trace_info info;
	char *text;
	size_t len;
} shown;

static void on_datagram(void *ctx, const struct datagram_facts *facts)
{
	stream_on_datagram(ctx, facts);
	sink_timeline.datagram(&shown.sink, facts);
}

static void on_handshake(void *ctx, const struct handshake *h, uint64_t now)
{
	stream_on_handshake(ctx, h, now);
	sink_timeline.handshake(&shown.sink, h, now);
}

static const char *reason_name(void *ctx, uint32_t reason)
{
	assert_ptr_equal(ctx, &shown);
	return reason == 66 ? "\x1b]0;EVIL\x07%s%n" : stream_drop_reason(NULL, reason);
}

static void show_begin(struct stream *s, struct pair *p, unsigned at, int verbosity)
{
	struct analysis_options opts = stream_options();
	struct analysis_callbacks callbacks = { .ctx = s, .datagram = on_datagram, .handshake = on_handshake };

	memset(s, 0, sizeof(*s));
	s->observers = at;
	s->now = START;
	opts.drop_reason_name = reason_name;
	opts.drop_reason_ctx = &shown;
	s->analysis = analysis_new(&opts, &callbacks);
	assert_non_null(s->analysis);
	pair_init(p, s, 30041, 0x11);
	memset(&shown, 0, sizeof(shown));
	shown.info = (struct trace_info){
		.start_ns = START, .drop_reason_name = reason_name, .drop_reason_ctx = &shown,
	};
	shown.sink = (struct sink){
		.ops = &sink_timeline, .info = &shown.info, .verbosity = verbosity,
		.out = open_memstream(&shown.text, &shown.len),
	};
	assert_non_null(shown.sink.out);
	assert_true(sink_begin(&shown.sink));
}

/* Ends the trace: everything that was shown. To be freed. */
static char *show_end(struct stream *s)
{
	struct trace_stats stats = { .analysis = analysis_stats(s->analysis), .end_ns = s->now };

	analysis_finish(s->analysis, s->now);
	sink_end(&shown.sink, &stats);
	stream_fini(s);
	fclose(shown.sink.out);
	for (size_t i = 0; i < shown.len; i++)
		if (shown.text[i] != '\n' && (shown.text[i] < 0x20 || shown.text[i] > 0x7e))
			fail_msg("byte %02x at %zu", shown.text[i], i);
	return shown.text;
}

/* The number of lines that have this in them. */
static unsigned lines_with(const char *text, const char *part)
{
	unsigned num = 0;

	while ((text = strstr(text, part))) {
		num++;
		text = strchr(text, '\n');
		if (!text)
			break;
	}
	return num;
}

static void one_line_for_a_datagram(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	FOR_EACH_OBSERVER(at) {
		show_begin(&s, &p, at, 0);
		dtls_full(&p);
		text = show_end(&s);
		assert_int_equal(lines_with(text, "client > server"), 2);
		assert_int_equal(lines_with(text, "server > client"), 2);
		assert_int_equal(lines_with(text, "COMPLETED"), 1);
		free(text);
	}
}

static void drops(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	show_begin(&s, &p, AT_CLIENT, 0);
	p.fate = DROPPED_OUT;
	p.drop_reason = REASON_NETFILTER;
	dtls_flight1(&p);
	p.fate = ARRIVES;
	dtls_flight1(&p);
	p.fate = REFUSED;
	p.drop_reason = REASON_NAMELESS;
	dtls_flight4(&p);
	p.drop_reason = 66;
	dtls_flight4(&p);
	stream_wait(&s, 60 * SEC);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "ClientHello  dropped by the kernel on its way out: NETFILTER_DROP"), 1);
	assert_int_equal(lines_with(text, "ServerHelloDone  dropped by the kernel: it gave no reason"), 1);
	assert_int_equal(lines_with(text, "dropped by the kernel: \\x1b]0;EVIL\\x07%s%n"), 1);
	assert_int_equal(lines_with(text, "verdict: kernel-drop, side kernel (on this host), certain"), 2);
	free(text);
}

/* What was reported stays: that the handshake is over, or that the trace is, takes one line. */
static void only_the_ending_is_news(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	for (int closes = 1; closes < 4; closes++) {
		show_begin(&s, &p, AT_SERVER, 0);
		for (int i = 0; i < 3; i++) {
			dtls_flight1(&p);
			stream_wait(&s, SEC << i);
			/* It is closed before a fault is known, or after that. */
			if (i == closes)
				pair_close(&p, PARTY_SERVER, 0);
		}
		text = show_end(&s);
		assert_int_equal(lines_with(text, "STUCK  server 10.0.0.9:4433"), closes == 3 ? 2 : closes == 2);
		assert_int_equal(lines_with(text, "ENDED EARLY  server 10.0.0.9:4433"), closes == 1);
		assert_int_equal(lines_with(text, ", likely: anybody can send ClientHellos, and none has a cookie that the server gave; "
					    "a warning: the handshake ended early"), closes == 1);
		assert_int_equal(lines_with(text, "STILL STUCK  server 10.0.0.9:4433 (server pid 900) has read flight 1 and does not answer; "
					    "last datagram "), closes == 3);
		assert_int_equal(lines_with(text, "ENDED  server 10.0.0.9:4433 (server pid 900) has read flight 1 and does not answer; "
					    "then the server's socket was closed, 7.0 s after the first ClientHello; "
					    "verdict: silent-after-read, side server (on this host), likely: anybody can send "), closes == 2);
		assert_int_equal(lines_with(text, "           all of flight 1 was read "), 1);
		assert_int_equal(lines_with(text, "           hint: "), 1);
		free(text);
	}
}

/* After a flood, the end of the trace does not list each forged client. */
static void strangers_at_the_end(void **state)
{
	struct stream s;
	struct pair p, others[15];
	char *text;

	for (unsigned num = 9; num < 14; num += 4) {
		show_begin(&s, &p, AT_SERVER, 0);
		for (unsigned i = 0; i < num; i++) {
			pair_init(&others[i], &s, 31000 + i, 0x30 + i);
			dtls_flight1(&others[i]);
		}
		dtls_flight1(&p);
		stream_wait(&s, SEC);
		dtls_flight1(&p);
		text = show_end(&s);
		/* The client that repeats its ClientHello is none of them. */
		assert_int_equal(lines_with(text, "IN PROGRESS"), num < 10 ? num + 1 : 11);
		assert_int_equal(lines_with(text, "IN PROGRESS  client 10.0.0.5:30041"), 1);
		assert_int_equal(shown.sink.num_strangers, num);
		free(text);
	}
}

/* Of two verdicts the later one says that it replaces the other, and a first one does not. */
static void what_a_verdict_replaces(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	show_begin(&s, &p, AT_SERVER, 0);
	dtls_full(&p);
	for (int i = 0; i < 3; i++) {
		stream_wait(&s, SEC);
		dtls_flight5(&p);
	}
	stream_wait(&s, 3 * SEC);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "this replaces what was reported of it before: completed\n"), 1);
	free(text);

	show_begin(&s, &p, AT_SERVER, 0);
	for (int i = 0; i < 3; i++) {
		dtls_flight1(&p);
		stream_wait(&s, SEC);
	}
	stream_wait(&s, 5 * SEC);
	dtls_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 40);
	stream_wait(&s, SEC);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "this replaces "), 1);
	assert_int_equal(lines_with(text, "this replaces what was reported of it before: silent-after-read, side server\n"), 1);
	free(text);
}

/* What takes a report back is named: who sent something, or what arrived. */
static void what_moves_again(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	for (int late = 0; late < 2; late++) {
		show_begin(&s, &p, AT_BOTH, 0);
		dtls_flight1(&p);
		for (int i = 0; i < 3; i++) {
			p.fate = i == 2 && late ? HELD : LOST;
			dtls_flight4(&p);
			stream_wait(&s, SEC << i);
		}
		stream_wait(&s, 10 * SEC);
		p.fate = ARRIVES;
		if (late)
			pair_release(&p, 0);
		else
			dtls_flight4(&p);
		stream_wait(&s, SEC);
		text = show_end(&s);
		assert_int_equal(lines_with(text, "MOVES AGAIN  what was reported of it before no longer holds: the server sent flight 4; "), !late);
		assert_int_equal(lines_with(text, "MOVES AGAIN  what was reported of it before no longer holds: flight 4 of the server arrived; "), late);
		free(text);
	}
}

/* The client goes on with its previous association, so the new ClientHello was not its own: nothing moves. */
static void what_does_not_move(void **state)
{
	struct stream s;
	struct pair p, q;
	char *text;

	show_begin(&s, &p, AT_SERVER, 0);
	dtls_full(&p);
	pair_init(&q, &s, 30041, 0x22);
	stream_wait(&s, SEC);
	repeat(&q, dtls_flight1, 4);
	stream_wait(&s, 2 * SEC);
	dtls_data(&p, PARTY_CLIENT);
	stream_wait(&s, 40 * SEC);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "STUCK  server 10.0.0.9:4433 (server pid 900) does not answer a new ClientHello"), 1);
	assert_int_equal(lines_with(text, "MOVES AGAIN"), 0);
	assert_int_equal(lines_with(text, "TAKEN BACK  what was reported of it before no longer holds: the client goes on with "
				    "another handshake; client 10.0.0.5:30041"), 1);
	free(text);
}

static void errors_and_cut_reads(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	show_begin(&s, &p, AT_CLIENT, 0);
	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 1);
	pair_icmp(&p, PARTY_CLIENT, 0, 0, 0);
	p.buffer = 100;
	dtls_flight4(&p);
	pair_send_failed(&p, PARTY_CLIENT, EMSGSIZE, 1472);
	pair_send_failed(&p, PARTY_CLIENT, 4000, 1472);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "ICMP error came back: EHOSTUNREACH (type 3, code 1), host unreachable\n"), 1);
	assert_int_equal(lines_with(text, "ICMP error came back: unknown error\n"), 1);
	assert_int_equal(lines_with(text, "truncated by the read, the buffer had 100 bytes"), 1);
	assert_int_equal(lines_with(text, " 1472  send failed: EMSGSIZE\n"), 1);
	assert_int_equal(lines_with(text, "send failed: error 4000\n"), 1);
	assert_int_equal(lines_with(text, "client > server"), 5);
	free(text);
}

/* A side of WebRTC that refuses the fingerprint leaves when the handshake is complete. */
static void a_side_that_leaves_at_once(void **state)
{
	enum when { AT_ONCE, AFTER_DATA, LATER, NUM_WHEN };
	struct stream s;
	struct pair p;
	char *text;

	for (int n = 0; n < 2 * NUM_WHEN; n++) {
		enum party_role from = n & 1 ? PARTY_SERVER : PARTY_CLIENT;
		enum when when = n / 2;

		show_begin(&s, &p, AT_BOTH, 0);
		dtls_full(&p);
		stream_wait(&s, when == LATER ? 2 * SEC : MS);
		if (when == AFTER_DATA)
			dtls_data(&p, from);
		dtls_record_add(&p, from, DTLS_CT_ALERT, 1, 26);
		pair_flush(&p);
		text = show_end(&s);
		assert_int_equal(lines_with(text, "encrypted alert"), 1);
		assert_int_equal(lines_with(text, from == PARTY_CLIENT ? "note: the client leaves right after the handshake" :
								       "note: the server leaves right after the handshake"),
				 when == AT_ONCE);
		free(text);
	}
}

/* Failed while it is open: it is not the last word. */
static void failed_and_back(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	show_begin(&s, &p, AT_CLIENT, 0);
	dtls_flight1(&p);
	dtls_flight4(&p);
	pair_send_failed(&p, PARTY_CLIENT, EPERM, 100);
	stream_wait(&s, 6 * SEC);
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "FAILED  client 10.0.0.5:30041 (licode pid 812) cannot send: EPERM"), 1);
	assert_int_equal(lines_with(text, "MOVES AGAIN  what was reported of it before no longer holds: the client sent flight 5; client 10.0.0.5:30041"), 1);
	assert_int_equal(lines_with(text, "note: sends of the client failed once, the latest with EPERM"), 2);
	free(text);

	show_begin(&s, &p, AT_CLIENT, 0);
	dtls_flight1(&p);
	dtls_flight4(&p);
	dtls_flight5(&p);
	p.fate = DROPPED_IN;
	dtls_flight6(&p);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "COMPLETED"), 1);
	assert_int_equal(lines_with(text, "NOT COMPLETE"), 1);
	free(text);
}

/* --- hellos --- */

static void send_client_hello(struct pair *p, const char *name, uint16_t len)
{
	struct bytes b;
	uint32_t at = body_client(&b, 0, 0);

	body_server_name(&b, at, name, len);
	body_alpn(&b, at, name, len);
	BODY_EXTEND(&b, at, 10, "\0\4\x11\xec\0\x1d");
	BODY_EXTEND(&b, at, 43, "\6\x7a\x7a\xfe\xfc\xfe\xfd");
	BODY_EXTEND(&b, at, 51, "\0\x0d\0\x1d\0\2ab\x0a\x0a\0\3abc");
	BODY_EXTEND(&b, at, 14, "\0\4\0\7\xff\xff\0");
	BODY_EXTEND(&b, at, 54, "\0");
	dtls_message_add(p, PARTY_CLIENT, DTLS_MT_CLIENT_HELLO, 0, b.len, b.data);
	pair_flush(p);
}

#define OFFER "\n                                              DTLS 1.3 or DTLS 1.2, server name peer, ALPN peer, " \
	"SRTP, key share x25519 (2 bytes) and 0x0a0a (3 bytes), connection IDs for the peer only"

/* One line under it, when it is there as a whole; none when it is sent again. */
static void what_a_client_hello_offers(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	FOR_EACH_OBSERVER(at) {
		for (uint32_t mtu = 90; mtu <= 1400; mtu += 1310) {
			for (int verbosity = 0; verbosity < 2; verbosity++) {
				show_begin(&s, &p, at, verbosity);
				p.mtu = mtu;
				send_client_hello(&p, "peer", 4);
				stream_wait(&s, SEC);
				send_client_hello(&p, "peer", 4);
				text = show_end(&s);
				assert_non_null(strstr(text, OFFER));
				assert_int_equal(lines_with(text, "server name peer"), 1);
				assert_int_equal(lines_with(text, "groups X25519MLKEM768 x25519, 2 cipher suites"),
						 verbosity);
				free(text);
			}
		}
	}
}

static void what_a_server_hello_chose(void **state)
{
	struct stream s;
	struct pair p;
	struct bytes b;
	uint32_t at;
	char *text;

	show_begin(&s, &p, AT_CLIENT, 0);
	dtls_flight1(&p);
	at = body_server(&b);
	body_alpn(&b, at, "webrtc", 6);
	BODY_EXTEND(&b, at, 14, "\0\2\0\7\0");
	BODY_EXTEND(&b, at, 43, "\xfe\xfc");
	BODY_EXTEND(&b, at, 51, "\0\x1d\0\2ab");
	BODY_EXTEND(&b, at, 54, "\4abcd");
	dtls_message_add(&p, PARTY_SERVER, DTLS_MT_SERVER_HELLO, 0, b.len, b.data);
	pair_flush(&p);
	text = show_end(&s);
	assert_non_null(strstr(text, "\n                                              DTLS 1.3, TLS_AES_128_GCM_SHA256, "
			       "group x25519, ALPN webrtc, SRTP_AEAD_AES_128_GCM, connection ID of 4 bytes\n"));
	free(text);
}

/* A HelloVerifyRequest makes the client say the same again; a HelloRetryRequest, something else. */
static void hellos_after_a_retry(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	show_begin(&s, &p, AT_CLIENT, 0);
	p.cookie = true;
	dtls_full(&p);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "server name " SERVER_NAME ", SRTP"), 1);
	assert_int_equal(lines_with(text, "HelloRetryRequest"), 0);
	free(text);
	show_begin(&s, &p, AT_CLIENT, 0);
	p.cookie = true;
	dtls13_full(&p);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "HelloRetryRequest"), 1);
	assert_int_equal(lines_with(text, "ServerHello"), 1);
	assert_int_equal(lines_with(text, "                    DTLS 1.3\n"), 2);
	assert_int_equal(lines_with(text, "                    DTLS 1.3, TLS_AES_128_GCM_SHA256\n"), 2);
	free(text);
}

/* show_end() looks at every byte that was written. */
static void hostile_names(void **state)
{
	static const struct { const char *bytes; uint16_t len; const char *shown; } cases[] = {
		{ "\x1b]0;EVIL\x07", 9, "server name \\x1b]0;EVIL\\x07, ALPN \\x1b]0;EVIL\\x07, " },
		{ "a\0b", 3, "server name a\\x00b, ALPN a\\x00b, " },
		{ "\xff\xc3z", 3, "server name \\xff\\xc3z, " },
		{ "a\xe2\x80\xae" "b", 5, "server name a\\xe2\\x80\\xaeb, " },
		{ "a\nb\r", 4, "server name a\\x0ab\\x0d, " },
		{ "%n%s", 4, "server name %n%s, ALPN %n%s, " },
	};
	char longest[127];
	struct stream s;
	struct pair p;
	char *text;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		show_begin(&s, &p, AT_CLIENT, 0);
		send_client_hello(&p, cases[i].bytes, cases[i].len);
		text = show_end(&s);
		assert_int_equal(lines_with(text, cases[i].shown), 1);
		free(text);
	}
	memset(longest, 0x80, sizeof(longest));
	show_begin(&s, &p, AT_CLIENT, 0);
	send_client_hello(&p, longest, sizeof(longest));
	text = show_end(&s);
	assert_int_equal(lines_with(text, "\\x80\\x80, SRTP"), 1);
	free(text);
}

/* What is missing since it was said last, by what made it so. */
static void losses(void **state)
{
	static const struct {
		uint64_t lost, limited;
		const char *text;
		bool captured;
	} cases[] = {
		{ 1, 0, "  2.000000 1 event lost: no verdict on", false },
		{ 12, 0, "  2.000000 12 events lost: no verdict on", false },
		{ 0, 3, "  2.000000 3 datagrams left out (rate limit): no verdict on", false },
		/* Nobody lost what a snapshot length cut off. */
		{ 1, 0, "  2.000000 1 datagram truncated in the capture: no verdict on", true },
		{ 2, 0, "  2.000000 2 datagrams truncated in the capture: no verdict on", true },
		{ 2, 1, "  2.000000 2 events lost, 1 datagram left out (rate limit): no verdict on", false },
	};
	struct stream s;
	struct pair p;
	char *text;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trace_stats stats = { .has_capture = cases[i].captured, .end_ns = START };

		show_begin(&s, &p, AT_SERVER, 0);
		stats.analysis = analysis_stats(s.analysis);
		stats.counters[COUNTER_LOST_UNREADABLE] = cases[i].lost;
		sink_timeline.lost(&shown.sink, cases[i].lost, cases[i].limited, &stats, START + 2 * SEC);
		sink_timeline.end(&shown.sink, &stats);
		text = show_end(&s);
		assert_non_null(strstr(text, cases[i].text));
		assert_int_equal(!!strstr(text, "lost (ring buffer full: 0, unreadable: "), cases[i].lost && !cases[i].captured);
		assert_int_equal(!!strstr(text, "of handshakes truncated in the capture"), cases[i].captured);
		free(text);
	}
}

/* On request only, and so is what was not asked for and could not be read. */
static void what_is_asked_for_with_v(void **state)
{
	static const char other[] = "\n  0.000000 #1                                 not DTLS, so far; "
		"client > server: 2 of another protocol; server > client: 180 STUN, 20 RTP\n";
	static const char foreign[] = "\n9 datagrams outside the filters could not be read: nothing is lost\n";
	struct trace_stats stats = { .end_ns = START };
	struct stream s;
	struct pair p;
	char *text;

	for (int verbosity = 0; verbosity < 2; verbosity++) {
		show_begin(&s, &p, AT_SERVER, verbosity);
		dtls_flight1(&p);
		pair_other(&p, PARTY_SERVER, (struct event_other){ .received = { 0, 0, 2 }, .sent = { 180, 20 } });
		stats.analysis = analysis_stats(s.analysis);
		stats.counters[COUNTER_FOREIGN_UNREADABLE] = 9;
		sink_timeline.end(&shown.sink, &stats);
		text = show_end(&s);
		assert_int_equal(!!strstr(text, other), verbosity);
		assert_int_equal(!!strstr(text, "not DTLS"), verbosity);
		assert_int_equal(!!strstr(text, foreign), verbosity);
		assert_non_null(strstr(text, " events, 0 lost\n"));
		free(text);
	}
}

/* A side gives up at an alert that its peer, on the same host, did not send: it is in the story. */
static void a_forged_alert_is_shown(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	FOR_EACH_OBSERVER(at) {
		show_begin(&s, &p, at, 0);
		dtls_flight1(&p);
		dtls_flight4(&p);
		stream_wait(&s, 10 * MS);
		p.seq[PARTY_SERVER][0] += 5;
		dtls_forged_alert(&p, PARTY_SERVER, DTLS_ALERT_FATAL, 40);
		stream_wait(&s, SEC);
		text = show_end(&s);
		assert_int_equal(lines_with(text, "  fatal alert handshake_failure"), at & AT_CLIENT ? 1 : 0);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_for_a_datagram),
		cmocka_unit_test(a_forged_alert_is_shown),
		cmocka_unit_test(drops),
		cmocka_unit_test(only_the_ending_is_news),
		cmocka_unit_test(strangers_at_the_end),
		cmocka_unit_test(what_a_verdict_replaces),
		cmocka_unit_test(what_moves_again),
		cmocka_unit_test(what_does_not_move),
		cmocka_unit_test(errors_and_cut_reads),
		cmocka_unit_test(a_side_that_leaves_at_once),
		cmocka_unit_test(failed_and_back),
		cmocka_unit_test(what_a_client_hello_offers),
		cmocka_unit_test(what_a_server_hello_chose),
		cmocka_unit_test(hellos_after_a_retry),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(what_is_asked_for_with_v),
		cmocka_unit_test(losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
