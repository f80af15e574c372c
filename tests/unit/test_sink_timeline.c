// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The timeline's lines for each kind of event: one line for each datagram, and nothing hostile in it. */
#include "stream_dtls.h"

#include <errno.h>

/* The sink is no library: its file is taken in here. Two of its names are cmocka's too. */
#define print_message timeline_message
#define print_error timeline_error
#include "../../user/sink_timeline.c"
#undef print_message
#undef print_error

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
	struct analysis_callbacks callbacks = { s, on_datagram, on_handshake };

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
}

/* Ends the trace: everything that was shown. To be freed. */
static char *show_end(struct stream *s)
{
	analysis_finish(s->analysis, s->now);
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

	(void)state;
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

	(void)state;
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

static void errors_and_cut_reads(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	(void)state;
	show_begin(&s, &p, AT_CLIENT, 0);
	dtls_flight1(&p);
	pair_icmp(&p, PARTY_CLIENT, EHOSTUNREACH, 3, 1);
	pair_icmp(&p, PARTY_CLIENT, 0, 0, 0);
	p.buffer = 100;
	dtls_flight4(&p);
	pair_send_failed(&p, PARTY_CLIENT, EMSGSIZE, 1472);
	pair_send_failed(&p, PARTY_CLIENT, 4000, 1472);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "ICMP error came back: EHOSTUNREACH (type 3, code 1)"), 1);
	assert_int_equal(lines_with(text, "ICMP error came back: unknown error\n"), 1);
	assert_int_equal(lines_with(text, "cut on reading, the buffer had 100 bytes"), 1);
	assert_int_equal(lines_with(text, " 1472  send failed: EMSGSIZE\n"), 1);
	assert_int_equal(lines_with(text, "send failed: error 4000\n"), 1);
	assert_int_equal(lines_with(text, "client > server"), 5);
	free(text);
}

/* Failed while it is open: it is not the last word. */
static void failed_and_back(void **state)
{
	struct stream s;
	struct pair p;
	char *text;

	(void)state;
	show_begin(&s, &p, AT_CLIENT, 0);
	dtls_flight1(&p);
	dtls_flight4(&p);
	pair_send_failed(&p, PARTY_CLIENT, EPERM, 100);
	stream_wait(&s, 6 * SEC);
	dtls_flight5(&p);
	stream_wait(&s, SEC);
	text = show_end(&s);
	assert_int_equal(lines_with(text, "FAILED  client 10.0.0.5:30041 (licode pid 812) cannot send: EPERM"), 1);
	assert_int_equal(lines_with(text, "MOVES AGAIN"), 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_for_a_datagram),
		cmocka_unit_test(drops),
		cmocka_unit_test(errors_and_cut_reads),
		cmocka_unit_test(failed_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
