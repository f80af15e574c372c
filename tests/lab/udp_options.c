/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* udp_options: the options of udp_io, for argp. Usage: udp_io.h */
#include <string.h>

#include "udp_io.h"
#include "udp_send.h"

#define MAX_MS 86400000U

/* Above those of the programs, which share the numbers with these. */
enum {
	OPT_VIA = 512,
	OPT_RECV,
	OPT_READ_BUFFER,
	OPT_READ_DELAY,
	OPT_STOP_READING,
	OPT_SILENT,
	OPT_OTHERS,
	OPT_ANSWER_DELAY,
	OPT_CLOSE,
	OPT_RCVBUF,
	OPT_DROP_LONGER,
	OPT_PMTUDISC,
	OPT_MTU_FALLBACK,
	OPT_GIVE_UP,
	OPT_ANSWER_FROM,
	OPT_SPLIT
};

static const struct argp_option option_table[] = {
	{ "via", OPT_VIA, "MODE", 0,
	  "Send by plain (default), sendmmsg, io_uring, cork, zerocopy or gso", 0 },
	{ "recv", OPT_RECV, "MODE", 0, "Read by plain (default), gro or peek", 0 },
	{ "read-buffer", OPT_READ_BUFFER, "BYTES", 0,
	  "Read no more than so much of a datagram", 0 },
	{ "read-delay", OPT_READ_DELAY, "MS", 0,
	  "Wait so long before each read; the DTLS timer goes on", 0 },
	{ "answer-delay", OPT_ANSWER_DELAY, "MS", 0,
	  "Sleep so long after each datagram read; the DTLS timer does not", 0 },
	{ "stop-reading-after", OPT_STOP_READING, "N", 0,
	  "After N datagrams do nothing more, until --duration", 0 },
	{ "silent-after", OPT_SILENT, "N", 0,
	  "After N datagrams read on, but send nothing, until --duration", 0 },
	{ "others", OPT_OTHERS, "N", 0,
	  "With --silent-after: N STUN and N RTP datagrams for each that is read then", 0 },
	{ "close-after", OPT_CLOSE, "N", 0,
	  "After N datagrams close the socket and live on until --duration", 0 },
	{ "rcvbuf", OPT_RCVBUF, "BYTES", 0, "SO_RCVBUF (Linux doubles it)", 0 },
	{ "drop-longer", OPT_DROP_LONGER, "BYTES", 0,
	  "A socket filter drops datagrams with more payload", 0 },
	{ "pmtudisc", OPT_PMTUDISC, "HOW", 0, "do, dont or probe (ip(7))", 0 },
	{ "mtu-fallback", OPT_MTU_FALLBACK, NULL, 0,
	  "Take a smaller --mtu after three timeouts, as OpenSSL does", 0 },
	{ "answer-from", OPT_ANSWER_FROM, "ADDR:PORT", 0,
	  "Send by another socket, with this address (--via plain)", 0 },
	{ "split-fragments", OPT_SPLIT, NULL, 0,
	  "Share the port by SO_REUSEPORT: the first to come gets what begins a message, the second the rest", 0 },
	{ "give-up-on-error", OPT_GIVE_UP, NULL, 0,
	  "An error of the socket ends the handshake", 0 },
	{ 0 },
};

/* The place of @arg in the list of names; some places have none. */
static int parse_name(const char *const *names, int num, const char *arg,
		      struct argp_state *state)
{
	for (int i = 0; i < num; i++)
		if (names[i] && !strcmp(names[i], arg))
			return i;
	argp_error(state, "unknown mode '%s'", arg);
	return 0;
}

static error_t parse_number(uint64_t *number, const char *arg, uint64_t min,
			    uint64_t max, struct argp_state *state)
{
	if (lab_parse_uint(number, arg, min, max))
		argp_error(state, "bad number '%s'", arg);
	return 0;
}

static error_t parse_death(struct udp_options *opts, enum udp_death death,
			   const char *arg, struct argp_state *state)
{
	if (opts->death != UDP_DEATH_NEVER)
		argp_error(state, "only one of --stop-reading-after, "
				  "--silent-after and --close-after");
	opts->death = death;
	return parse_number(&opts->dead_after, arg, 0, UINT32_MAX, state);
}

static error_t parse_mode(int key, struct udp_options *opts, const char *arg,
			  struct argp_state *state)
{
	static const char *const recv_names[UDP_RECV_NUM] = {
		[UDP_RECV_PLAIN] = "plain",
		[UDP_RECV_GRO] = "gro",
		[UDP_RECV_PEEK] = "peek",
	};
	static const char *const pmtudisc_names[] = {
		[UDP_PMTUDISC_DO] = "do",
		[UDP_PMTUDISC_DONT] = "dont",
		[UDP_PMTUDISC_PROBE] = "probe",
	};
	int via;

	if (key == OPT_RECV) {
		opts->recv = parse_name(recv_names, UDP_RECV_NUM, arg, state);
	} else if (key == OPT_PMTUDISC) {
		opts->pmtudisc = parse_name(pmtudisc_names,
					    UDP_PMTUDISC_PROBE + 1, arg, state);
	} else {
		via = udp_via_parse(arg);
		if (via < 0)
			argp_error(state, "unknown mode '%s'", arg);
		opts->via = via;
	}
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct udp_options *opts = state->input;

	switch (key) {
	case OPT_VIA:
	case OPT_RECV:
	case OPT_PMTUDISC: return parse_mode(key, opts, arg, state);
	case OPT_READ_BUFFER:
		return parse_number(&opts->read_buffer, arg, 1, LAB_DATAGRAM_MAX, state);
	case OPT_READ_DELAY:
		return parse_number(&opts->read_delay_ms, arg, 0, MAX_MS, state);
	case OPT_ANSWER_DELAY:
		return parse_number(&opts->answer_delay_ms, arg, 0, MAX_MS, state);
	case OPT_STOP_READING:
		return parse_death(opts, UDP_DEATH_DEAF, arg, state);
	case OPT_SILENT: return parse_death(opts, UDP_DEATH_SILENT, arg, state);
	case OPT_OTHERS: return parse_number(&opts->others, arg, 1, 1000, state);
	case OPT_CLOSE: return parse_death(opts, UDP_DEATH_CLOSED, arg, state);
	case OPT_RCVBUF:
		return parse_number(&opts->rcvbuf, arg, 1, INT32_MAX, state);
	case OPT_DROP_LONGER:
		opts->drops_longer = true;
		return parse_number(&opts->drop_longer, arg, 0, LAB_DATAGRAM_MAX, state);
	case OPT_MTU_FALLBACK: opts->mtu_fallback = true; return 0;
	case OPT_GIVE_UP: opts->give_up = true; return 0;
	case OPT_SPLIT: opts->split = true; return 0;
	case OPT_ANSWER_FROM:
		if (lab_addr_parse(&opts->answer_from, arg))
			argp_error(state, "bad address '%s'", arg);
		return 0;
	case ARGP_KEY_END:
		if (opts->answer_from.len && opts->via != UDP_VIA_PLAIN)
			argp_error(state, "--answer-from goes with --via plain");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp udp_io_argp = { option_table, parse_option, NULL, NULL,
				  NULL, NULL, NULL };
