/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of the sentences of verdicts and notes. Each function returns the buffer that it is given. */
#ifndef DTLSNOOP_PHRASES_H
#define DTLSNOOP_PHRASES_H

#include "handshake.h"
#include "verdict.h"

#define PHRASE_LEN 80

/* Write a sentence of at most VERDICT_TEXT_LEN - 1 characters. */
__attribute__((format(__printf__, 2, 3)))
void phrase_say(char *text, const char *format, ...);

double phrase_seconds(uint64_t ns);

/* "once", "twice", "three times", "10 times" */
const char *phrase_times(char out[PHRASE_LEN], uint32_t times);

/* "flight 5 three times", "14 copies of flight 5" */
const char *phrase_flight_copies(char out[PHRASE_LEN], uint8_t number, uint32_t copies);

/* "0.0, 1.0, 3.0 s": when the copies began, from the start of the handshake. */
const char *phrase_copies(char out[PHRASE_LEN], const struct handshake *h,
			  const struct flight *flight);

/* Are both sockets on this host, so that it shows what is sent and what arrives? */
bool phrase_has_both_ends(const struct handshake *h);

/* "the tracer lost 3 events during this handshake"; of a capture, which loses nothing by itself: what is truncated. */
void phrase_lost(char *text, const struct handshake *h);

/* "both sockets are on this host", "the sockets are on alpha and on beta": where both sockets are, if phrase_has_both_ends(). Returns `out`. */
#define PHRASE_ENDS_LEN 160
const char *phrase_both_ends(char out[PHRASE_ENDS_LEN], const struct handshake *h);

/* "this host", the host of the only socket that is seen, or the point of capture. */
const char *phrase_here(const struct handshake *h);

/* " (dtls_client pid 812)", or " (dtls_client pid 812, 7 in its PID namespace)" */
#define PHRASE_OWNER_LEN 128
const char *phrase_owner(char out[PHRASE_OWNER_LEN], const char comm[EVENT_COMM_LEN], uint32_t pid, uint32_t ns_pid);

/* "EMSGSIZE", "error 200", "an unknown error" */
const char *phrase_errno(char out[PHRASE_LEN], uint16_t error);

/* "EHOSTUNREACH (type 3, code 13), communication administratively prohibited" */
#define PHRASE_ICMP_LEN 128
const char *phrase_icmp(char out[PHRASE_ICMP_LEN], bool ipv4, const struct icmp_said *said);

/* "handshake failure", "an alert without a name" */
const char *phrase_alert(char out[PHRASE_LEN], uint8_t description);

/* "SOCKET_RCVBUFF", or that the kernel gave none. `drop` may be NULL. */
const char *phrase_drop_reason(const struct drop *drop);

/* The entry with the most drops of datagrams of `from`, NULL if none is known. */
const struct drop *phrase_main_drop(const struct handshake *h, enum party_role from);

/* "after the first ClientHello", or after the first event if that ClientHello was not seen. */
const char *phrase_origin(const struct handshake *h);

#endif
