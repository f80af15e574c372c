/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An alert before the handshake is complete (RFC 5246 s7.2). Anybody who knows the
 * addresses can send an alert in plaintext (RFC 6347 s4.1.2.7), so it only counts
 * as long as the two sides act accordingly.
 */
#ifndef DTLSNOOP_ALERTS_H
#define DTLSNOOP_ALERTS_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct handshake;
struct sighting;

/* The first alert that would end the handshake. */
struct alert {
	uint64_t ns;		/* when it was seen; 0: there is none */
	uint8_t from;		/* enum party_role */
	bool is_local;		/* a socket of this host sent it: nobody else did */
	uint16_t epoch;
	uint16_t length;	/* of the record's fragment, bytes */
	uint8_t level, description;	/* level 0: it is encrypted, so only its length is known */
	bool is_hidden;		/* DTLS 1.3: by its length, it may be an ACK without entries, or data */
	bool is_repeated_after;	/* a copy of its receiver's flight came later than one that crossed it */
	bool is_confirmed;	/* its sender has closed its port since: it did end the handshake */
	uint32_t wait_ms;	/* if it is hidden: in this time, its receiver would repeat its flight */
	uint64_t datagram;	/* that it came in, if its receiver is seen to read that; 0: no reads are seen */
	uint64_t read_ns;	/* when it did; 0: not yet */
};

/* Alerts that did not end the handshake, although they should have. */
struct ignored_alerts {
	uint32_t num;
	uint64_t ns;	/* of the latest */
	enum party_role from;	/* the addresses of the latest say so */
	uint8_t level, description;	/* of the latest; level 0: it was encrypted */
	bool is_local;	/* a socket of this host sent the latest, and went on after it */
};

/* Process the alerts of a datagram; and does the datagram show that an earlier alert did not end the handshake? */
void alerts_datagram(const struct sighting *s);

/*
 * From when on does the alert end the handshake, unless one of the two goes on? At once
 * if a socket of this host sent it; after `floor_ns` at least if it may be no alert. UINT64_MAX: there is none.
 */
uint64_t alert_ends_from(const struct handshake *h, uint64_t floor_ns);

/*
 * Both Finished were seen. Does the alert show that the handshake is not complete all the
 * same? An encrypted one does, as long as its sender sends nothing else. One in plaintext does
 * not: after its Finished, a side sends none.
 */
bool alerts_deny_completion(const struct handshake *h);

/* A datagram that its sender's socket did not send: its alert is none of the handshake, unless its receiver gives up at it. */
void alerts_unsent(const struct sighting *s);

/* This side's application has read a datagram, which may be one with an alert. */
void alerts_read(struct handshake *h, enum party_role reader, uint64_t datagram, uint64_t now);

/* When had its receiver the alert: when it read it, if that is seen. UINT64_MAX: not yet, or there is no alert. */
uint64_t alert_taken_ns(const struct handshake *h, const struct alert *alert);

/* Did `role` give up at `ns` because of such an alert? */
bool alerts_gave_up(const struct handshake *h, enum party_role role, uint64_t ns);

/* Nobody acts on the alert. */
void alerts_refute(struct handshake *h);

/* Does the alert only say that its sender goes away (close_notify, user_canceled), or is it encrypted, so it may? */
bool alert_is_farewell(const struct alert *alert);

/* Is it internal_error, which gives no reason? GnuTLS sends it after an ICMP error. */
bool alert_is_internal(const struct alert *alert);

#endif
