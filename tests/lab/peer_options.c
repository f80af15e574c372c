/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* peer_options: for the programs on other libraries. Usage: peer_options.h */
#include "peer_options.h"

/* Beside those of the programs. */
enum {
	OPT_CAFILE = 512,
	OPT_CERT,
	OPT_KEY,
	OPT_CID,
	OPT_PSK,
	OPT_MTU,
	OPT_NO_TIMER,
	OPT_LINGER
};

static const struct argp_option option_table[] = {
	{ "connect", 'c', "ADDR:PORT", 0, "Be a client of this server", 0 },
	{ "listen", 'l', "ADDR:PORT", 0, "Be a server; port 0: any", 0 },
	{ "bind", 'b', "ADDR:PORT", 0, "Local address of a client", 0 },
	{ "cafile", OPT_CAFILE, "FILE", 0, "Verify the peer by this CA", 0 },
	{ "cert", OPT_CERT, "FILE", 0, "Own certificate", 0 },
	{ "key", OPT_KEY, "FILE", 0, "Its key", 0 },
	{ "psk", OPT_PSK, "KEY", 0, "A pre-shared key", 0 },
	{ "cid", OPT_CID, NULL, 0,
	  "Connection IDs, if the peer wants them too", 0 },
	{ "mtu", OPT_MTU, "BYTES", 0, "Largest datagram to send", 0 },
	{ "no-timer", OPT_NO_TIMER, NULL, 0,
	  "Never retransmit by the timer", 0 },
	{ "resume", 'r', NULL, 0,
	  "A client: once more, with the session resumed", 0 },
	{ "send", 's', "TEXT", 0, "Send this after the handshake", 0 },
	{ "linger", OPT_LINGER, "SECONDS", 0,
	  "A client: read on before closing (default 0.3)", 0 },
	{ "duration", 'd', "SECONDS", 0, "Longest time in all (default 30)", 0 },
	{ 0 },
};

static error_t parse_value(int key, char *arg, struct argp_state *state)
{
	struct peer_options *opts = state->input;
	bool is_bad = false;

	switch (key) {
	case 'c': is_bad = lab_addr_parse(&opts->connect, arg); break;
	case 'l': is_bad = lab_addr_parse(&opts->listen, arg); break;
	case 'b': is_bad = lab_addr_parse(&opts->bind, arg); break;
	case 'd': is_bad = lab_parse_seconds(&opts->duration_ms, arg); break;
	case OPT_LINGER: is_bad = lab_parse_seconds(&opts->linger_ms, arg); break;
	case OPT_MTU: is_bad = lab_parse_uint(&opts->mtu, arg, 100, 16384); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	if (is_bad)
		argp_error(state, "bad value '%s'", arg);
	return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct peer_options *opts = state->input;

	switch (key) {
	case 'r': opts->resume = true; return 0;
	case 's': opts->send = arg; return 0;
	case OPT_CAFILE: opts->cafile = arg; return 0;
	case OPT_CERT: opts->cert = arg; return 0;
	case OPT_KEY: opts->key = arg; return 0;
	case OPT_PSK: opts->psk = arg; return 0;
	case OPT_CID: opts->cid = true; return 0;
	case OPT_NO_TIMER: opts->no_timer = true; return 0;
	case ARGP_KEY_END:
		if (!opts->connect.len == !opts->listen.len)
			argp_error(state, "either --connect or --listen is needed");
		if (!opts->cert != !opts->key)
			argp_error(state, "--cert and --key go together");
		return 0;
	default: return parse_value(key, arg, state);
	}
}

const struct argp peer_options_argp = { option_table, parse_option, NULL, NULL,
					NULL, NULL, NULL };
