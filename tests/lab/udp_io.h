/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * udp_io: the socket of dtls_client and dtls_server, with every way to send
 * and to read that the tracer must understand, and the ways to misbehave.
 * Knows datagrams and the socket, nothing of DTLS; udp_bio joins it to libssl.
 *
 * Usage: udp_io_init(); then udp_io_send() and, once libssl returned or wants
 * to read, udp_io_flush(); udp_io_recv() until it has nothing, udp_io_wait();
 * udp_io_is_dead() before each round; udp_io_fini().
 *
 * The datagrams of a flight are kept until udp_io_flush(), except in the plain
 * mode: libssl flushes its BIO after every full datagram, so that the end of a
 * flight is only to be seen when it turns to reading, or returns.
 */
#ifndef LAB_UDP_IO_H
#define LAB_UDP_IO_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab_net.h"

#define LAB_EXIT_SKIP 77
#define UDP_FLIGHT_MAX 64    /* UDP_MAX_SEGMENTS of Linux before 6.9 */
#define UDP_FLIGHT_BYTES 65507 /* the largest UDP payload, for UDP_SEGMENT */

enum udp_via {
	UDP_VIA_PLAIN,
	UDP_VIA_SENDMMSG,
	UDP_VIA_IO_URING,
	UDP_VIA_CORK,
	UDP_VIA_ZEROCOPY,
	UDP_VIA_GSO,
	UDP_VIA_NUM
};

enum udp_recv { UDP_RECV_PLAIN, UDP_RECV_GRO, UDP_RECV_PEEK, UDP_RECV_NUM };

/*
 * What happens once .dead_after datagrams were read and dealt with: what they
 * made libssl send has gone out. From then on no timer is driven, either.
 */
enum udp_death { UDP_DEATH_NEVER, UDP_DEATH_DEAF, UDP_DEATH_SILENT, UDP_DEATH_CLOSED };

enum udp_pmtudisc { UDP_PMTUDISC_DEFAULT, UDP_PMTUDISC_DO, UDP_PMTUDISC_DONT, UDP_PMTUDISC_PROBE };

struct udp_options {
	enum udp_via via;
	enum udp_recv recv;
	enum udp_death death;
	enum udp_pmtudisc pmtudisc;
	uint64_t dead_after;
	uint64_t read_buffer, rcvbuf, drop_longer; /* bytes; 0: not given */
	uint64_t read_delay_ms, answer_delay_ms;
	uint64_t others; /* --others: of STUN and of RTP, for each datagram read in silence */
	bool drops_longer; /* --drop-longer 0 is a wish, too */
	bool give_up;	   /* an error of the socket ends the handshake */
	bool mtu_fallback; /* for the program: leaves it to libssl */
	bool split;	   /* for the program: lab_udp_bind_split() */
	struct lab_addr answer_from; /* .len 0: from the socket itself */
};

/* Datagrams to one address, one behind the other. */
struct udp_flight {
	struct lab_addr to;
	unsigned int num;
	size_t used;
	size_t len[UDP_FLIGHT_MAX];
	uint8_t data[UDP_FLIGHT_BYTES];
};

/* What one read of the socket gave; several datagrams of .segment with GRO. */
struct udp_batch {
	struct lab_addr from;
	size_t len, next, segment;
	uint8_t data[LAB_DATAGRAM_MAX];
};

struct udp_counters {
	uint64_t sends, sent;	   /* special sends; datagrams in them */
	uint64_t zerocopies;	   /* completions of MSG_ZEROCOPY */
	uint64_t reads, read;	   /* special reads; datagrams in them */
	uint64_t truncated, errors; /* truncated reads; failed calls */
};

struct udp_uring;

struct udp_io {
	const struct udp_options *opts;
	int fd; /* -1: none, or closed on purpose */
	int send_fd; /* what the plain mode sends by: .fd or --answer-from */
	bool is_connected;
	bool has_pending;    /* in .batch */
	int error;	     /* errno that ends the handshake (give_up) */
	uint64_t num_read;   /* datagrams handed out */
	uint64_t read_at_ms; /* read_delay: the read that is due; 0: none */
	struct udp_uring *uring;
	struct udp_counters counters;
	struct udp_flight flight;
	struct udp_batch batch;
};

/* --via and the other options, for .children of the programs' argp. */
extern const struct argp udp_io_argp;

/* False, and says why on stderr, if this host refuses what is asked for. */
bool udp_io_is_supported(const struct udp_options *opts);

/* Takes @fd over, also when it fails: 0 or -errno. */
int udp_io_init(struct udp_io *io, const struct udp_options *opts, int fd,
		bool is_connected);
/* Closes, and prints what the special modes did: "gso sends: 1, ..." */
void udp_io_fini(struct udp_io *io);

/* @to is not looked at if the socket is connected. */
void udp_io_send(struct udp_io *io, const struct lab_addr *to, const void *data,
		 size_t len);
void udp_io_flush(struct udp_io *io);

/*
 * One datagram: its length, or -EAGAIN: nothing to read (now, or ever). *data
 * is good until the next call. Sleeps for --answer-delay.
 */
ssize_t udp_io_recv(struct udp_io *io, const void **out_data,
		    struct lab_addr *out_from);
/* Sleeps until it is worth calling udp_io_recv(), at most @wait_ms. */
void udp_io_wait(struct udp_io *io, uint64_t wait_ms);

/* One of the deaths came: nothing is left to do but udp_io_play_dead(). */
bool udp_io_is_dead(const struct udp_io *io);
void udp_io_play_dead(struct udp_io *io, uint64_t end_ms);

/* For udp_send: tells and counts an error of the socket; the datagram is lost. */
void udp_io_failed(struct udp_io *io, const char *call, int error);

#endif
