// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Captures, by libpcap. The file is read twice: first to learn when it begins and
 * whose datagrams it holds at all, then to hand over its datagrams.
 */
#include "source_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "associations.h"
#include "capture.h"
#include "message.h"
#include "packet.h"
#include "reassembly.h"
#include "senders.h"

#define NS_PER_SECOND UINT64_C(1000000000)
/* In the year 2255; what claims to be later is taken for that. */
#define MAX_SECONDS INT64_C(9000000000)
/* Where the clock of the events begins: 0 is no time. */
#define START_NS NS_PER_SECOND

struct source_pcap {
	struct source source;	/* first: a source_pcap is a source */
	const char *name;
	pcap_t *pcap;
	int link_type;
	struct senders *senders;
	bool senders_kept;	/* all of them */
	struct associations *associations;
	struct reassembly *reassembly;
	uint64_t last_wall_ns;	/* of the packet before */
	bool truncated;
	uint64_t counters[COUNTER_MAX];
	uint64_t capture[CAPTURE_MAX];
};

static struct source_pcap *pcap_of(struct source *src)
{
	return (struct source_pcap *)src;
}

/* Since 1970. libpcap was asked for nanoseconds: they are in tv_usec. */
static uint64_t wall_ns(const struct pcap_pkthdr *header)
{
	int64_t seconds = header->ts.tv_sec, ns = header->ts.tv_usec;

	if (seconds < 0)
		return 0;
	if (seconds > MAX_SECONDS)
		seconds = MAX_SECONDS;
	if (ns < 0 || ns >= (int64_t)NS_PER_SECOND)
		ns = 0;
	return seconds * NS_PER_SECOND + ns;
}

/* --- opening --- */

/* Reads from where `fd` is; owns it. NULL: said why. */
static pcap_t *open_pcap(int fd, const char *name)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	FILE *file = fdopen(fd, "r");
	pcap_t *pcap;

	if (!file) {
		message_error("%s: %s", name, strerror(errno));
		close(fd);
		return NULL;
	}
	pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!pcap) {
		message_error("%s: %s: a recording of dtlsnoop, a pcap or a pcapng is wanted", name, error);
		fclose(file);
	}
	return pcap;
}

static bool link_is_known(const struct source_pcap *p)
{
	const char *name = pcap_datalink_val_to_name(p->link_type);

	if (packet_knows_link(p->link_type))
		return true;
	message_error("%s: packets of link type %d (%s) cannot be read: Ethernet, Linux cooked, raw IP or "
		      "loopback is wanted", p->name, p->link_type, name ? name : "unknown");
	return false;
}

/* The first of the two times through the file. False: said why. */
static bool learn(struct source_pcap *p, int fd)
{
	pcap_t *pcap = open_pcap(fd, p->name);
	struct pcap_pkthdr *header;
	uint64_t first = UINT64_MAX;
	enum packet_kind kind;
	struct packet packet;
	const u_char *data;

	if (!pcap)
		return false;
	p->link_type = pcap_datalink(pcap);
	if (!link_is_known(p)) {
		pcap_close(pcap);
		return false;
	}
	p->senders_kept = true;
	while (pcap_next_ex(pcap, &header, &data) == 1) {
		if (wall_ns(header) < first)
			first = wall_ns(header);
		kind = packet_parse(p->link_type, data, header->caplen, header->len, &packet);
		if (kind == PACKET_UDP || (kind == PACKET_FRAGMENT && packet.source.port))
			p->senders_kept &= senders_add(p->senders, &packet.source);
	}
	p->source.info.start_wall_ns = first == UINT64_MAX ? 0 : first;
	pcap_close(pcap);
	return true;
}

/* --- packets --- */

static uint64_t event_time(const struct source_pcap *p, uint64_t wall)
{
	uint64_t first = p->source.info.start_wall_ns;

	/* Earlier than any when it was read first: somebody changes the file. */
	return START_NS + (wall > first ? wall - first : 0);
}

static void lose(struct source_pcap *p, uint64_t num, const struct source_handler *handler)
{
	p->counters[COUNTER_LOST_UNREADABLE] += num;
	if (num)
		handler->lost(handler->ctx, num);
}

static void take_dtls(struct source_pcap *p, const struct packet *packet, uint64_t now,
		      const struct source_handler *handler)
{
	struct capture_event event;
	uint32_t has = capture_event(packet, now, &event);

	if (senders_has(p->senders, &packet->destination))
		event.ev.flags |= EVENT_BOTH_WAYS;
	switch (associations_take(p->associations, &event.ev, has)) {
	case ASSOCIATION_WANTED:
		p->counters[COUNTER_EVENTS]++;
		handler->event(handler->ctx, &event.ev, event.ev.size);
		break;
	case ASSOCIATION_NOT_DTLS:
		p->counters[COUNTER_NOT_DTLS]++;
		break;
	case ASSOCIATION_DATA:
		p->counters[COUNTER_APPLICATION_DATA]++;
		break;
	}
	if (event.ev.malformed == DTLS_MALFORMED_UNREADABLE)
		lose(p, 1, handler);
}

/* What is not DTLS is told only beside a handshake. */
static void take_other(struct source_pcap *p, const struct packet *packet, uint64_t now,
		       const struct source_handler *handler)
{
	struct capture_event event;
	struct event_other other;
	enum event_other_kind kind = capture_other(packet, now, &event);

	p->counters[COUNTER_NOT_DTLS]++;
	if (!associations_other(p->associations, &event.ev, kind, &other))
		return;
	memcpy(event.ev.items, &other, sizeof(other));
	p->counters[COUNTER_EVENTS]++;
	handler->event(handler->ctx, &event.ev, event.ev.size);
}

static void take_udp(struct source_pcap *p, const struct packet *packet, uint64_t now,
		     const struct source_handler *handler)
{
	if (packet->captured < packet->length)
		p->capture[CAPTURE_CUT]++;
	if (capture_is_dtls(packet))
		take_dtls(p, packet, now, handler);
	else if (packet->captured < CAPTURE_FIRST && packet->captured < packet->length)
		lose(p, 1, handler);	/* it may have been */
	else
		take_other(p, packet, now, handler);
}

/* What never becomes whole may have been DTLS. */
static void give_up(struct source_pcap *p, uint32_t num, const struct source_handler *handler)
{
	p->capture[CAPTURE_INCOMPLETE] += num;
	lose(p, num, handler);
}

static void take_fragment(struct source_pcap *p, const struct packet *fragment, uint64_t now,
			  const struct source_handler *handler)
{
	struct packet whole;
	uint32_t num_lost;

	switch (reassembly_take(p->reassembly, fragment, now, &whole, &num_lost)) {
	case REASSEMBLY_WHOLE:
		p->capture[CAPTURE_REASSEMBLED]++;
		take_udp(p, &whole, now, handler);
		break;
	case REASSEMBLY_MALFORMED:
		num_lost++;
		break;
	case REASSEMBLY_WAITS:
		break;
	}
	give_up(p, num_lost, handler);
}

static void take_packet(struct source_pcap *p, const struct pcap_pkthdr *header, const uint8_t *data,
			uint64_t now, const struct source_handler *handler)
{
	struct packet packet;

	p->capture[CAPTURE_PACKETS]++;
	switch (packet_parse(p->link_type, data, header->caplen, header->len, &packet)) {
	case PACKET_UDP:
		p->capture[CAPTURE_UDP]++;
		take_udp(p, &packet, now, handler);
		break;
	case PACKET_FRAGMENT:
		p->capture[CAPTURE_FRAGMENTS]++;
		take_fragment(p, &packet, now, handler);
		break;
	case PACKET_UNKNOWN:
		p->capture[CAPTURE_UNKNOWN]++;
		lose(p, 1, handler);
		break;
	case PACKET_MALFORMED:
		p->capture[CAPTURE_MALFORMED]++;
		break;
	case PACKET_OTHER:
		p->capture[CAPTURE_OTHER]++;
		break;
	}
}

/* libpcap says "truncated" if the file ends within a packet: what came before is good. */
static int say_error(struct source_pcap *p)
{
	const char *error = pcap_geterr(p->pcap);
	bool truncated = strstr(error, "truncated");

	p->truncated = true;
	message_error("%s: after %llu packets, at byte %ld: %s; what comes behind is not read", p->name,
		      (unsigned long long)p->capture[CAPTURE_PACKETS], ftell(pcap_file(p->pcap)), error);
	return truncated && p->capture[CAPTURE_PACKETS] ? SOURCE_END : -EIO;
}

static int capture_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct source_pcap *p = pcap_of(src);
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t wall, now;
	int got;

	(void)timeout_ms;
	got = pcap_next_ex(p->pcap, &header, &data);
	if (got != 1) {
		give_up(p, reassembly_waiting(p->reassembly), handler);
		return got == PCAP_ERROR_BREAK ? SOURCE_END : say_error(p);
	}
	wall = wall_ns(header);
	if (wall < p->last_wall_ns)
		p->capture[CAPTURE_BACKWARDS]++;
	p->last_wall_ns = wall;
	now = event_time(p, wall);
	handler->time(handler->ctx, now);
	take_packet(p, header, data, now, handler);
	return 0;
}

static void capture_stats(struct source *src, struct trace_stats *stats)
{
	const struct source_pcap *p = pcap_of(src);

	memcpy(stats->counters, p->counters, sizeof(stats->counters));
	memcpy(stats->capture, p->capture, sizeof(stats->capture));
	stats->has_capture = true;
	stats->truncated = p->truncated;
}

static void capture_free(struct source *src)
{
	struct source_pcap *p = pcap_of(src);

	if (p->pcap)
		pcap_close(p->pcap);
	senders_free(p->senders);
	associations_free(p->associations);
	reassembly_free(p->reassembly);
	free(p);
}

static const struct source_ops capture_ops = {
	.poll = capture_poll,
	.stats = capture_stats,
	.free = capture_free,
};

/* --- the source --- */

static const char *const unseen[] = {
	"what sockets did with a datagram (read, dropped, refused), and whose they are: it is a capture", NULL,
};

static bool init(struct source_pcap *p, int fd)
{
	int again = dup(fd);

	if (again < 0) {
		message_error("%s: %s", p->name, strerror(errno));
		close(fd);
		return false;
	}
	if (!learn(p, again)) {
		close(fd);
		return false;
	}
	if (!p->senders_kept)
		message_error("%s: more than %u senders: of the others no silence is called a fault", p->name,
			      SENDERS_MAX);
	/* Both descriptors have one position. */
	if (lseek(fd, 0, SEEK_SET) < 0) {
		message_error("%s: %s", p->name, strerror(errno));
		close(fd);
		return false;
	}
	p->pcap = open_pcap(fd, p->name);
	return p->pcap;
}

struct source *source_pcap_new(int fd, const char *name)
{
	struct source_pcap *p = calloc(1, sizeof(*p));

	if (!p) {
		message_error("out of memory");
		close(fd);
		return NULL;
	}
	p->source = (struct source){
		.ops = &capture_ops,
		.info = {
			.version = DTLSNOOP_VERSION, .source = "capture", .unseen = unseen,
			.start_ns = START_NS,
		},
	};
	p->name = name;
	p->senders = senders_new();
	p->associations = associations_new();
	p->reassembly = reassembly_new();
	if (!p->senders || !p->associations || !p->reassembly) {
		message_error("out of memory");
		close(fd);
	} else if (init(p, fd)) {
		return &p->source;
	}
	capture_free(&p->source);
	return NULL;
}

const char *source_pcap_library(void)
{
	return pcap_lib_version();
}
