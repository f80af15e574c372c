/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * forge: what somebody off the path can send in a peer's name: he sees no datagram
 * and knows no key, but guesses addresses, ports and numbers. Pure: no socket, no clock.
 *
 *	KIND[:key=value,key=value...]
 *
 * KIND		a name of the table in forge.c; the property test has the same names
 * from=client|server	whose address it has (required)
 * ms=N		how long after the first lost datagram; default 300
 * seq=N	message_seq of its handshake message; default: that of a full handshake with a cookie
 * number=N	record number; default 40
 *
 * Usage: forge_parse(&forgery, "change-cipher-spec:from=server", err, sizeof(err));
 *	  len = forge_write(buf, &forgery);
 */
#ifndef LAB_FORGE_H
#define LAB_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

#define FORGE_MAX 1400

enum forge_kind {
	FORGE_FINISHED,
	FORGE_CCS,
	FORGE_CCS_FINISHED,
	FORGE_ENCRYPTED_ALERT,
	FORGE_DATA,
	FORGE_HIGHEST_PLAIN,
	FORGE_HIGHEST_CCS,
	FORGE_HIGHEST_MESSAGE,
	FORGE_HIGHEST_ENCRYPTED,
	FORGE_ALERT_FAILURE,
	FORGE_CLOSE_NOTIFY,
	FORGE_CLIENT_HELLO,
	FORGE_HELLO_VERIFY,
	FORGE_SERVER_HELLO,
	FORGE_SERVER_HELLO_DONE,
	FORGE_FLIGHT_5,
	FORGE_FLIGHT_5_AGAIN,	/* with new record numbers, also for its Finished */
	FORGE_ICMP_PORT,
	FORGE_NUM_KINDS
};

struct forgery {
	enum forge_kind kind;
	enum fault_dir dir;	/* from=client: client to server */
	uint64_t ms, seq, number;
};

const char *forge_name(enum forge_kind kind);

/* 0, or -EINVAL and one sentence in @err. */
int forge_parse(struct forgery *out_forgery, const char *spec, char *err, size_t err_len);

/* The UDP payload, at most FORGE_MAX bytes; an ICMP error has none. */
size_t forge_write(uint8_t *p, const struct forgery *forgery);

#endif
