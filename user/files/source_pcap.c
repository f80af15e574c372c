// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Captures, with libpcap. A file is read twice: first to learn when it begins and who sends in it,
 * then to report its datagrams. A pipe is read once, as it comes: it begins with its first packet,
 * and a sender is known once it has sent.
 */
#include "source_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "associations.h"
#include "capture.h"
#include "message.h"
#include "packet.h"
#include "reassembly.h"
#include "senders.h"
#include "source_pcap_file.h"
#include "version.h"

/* The clock of the events begins here, because 0 means no time. */
#define START_NS UINT64_C(1000000000)

struct source_pcap {
	struct source source;	/* first: a source_pcap is a source */
	struct input *input;
	const char *name;	/* the input's */
	struct pcap_file file;
	/* First packet of a stream, if it was already read: the result of pcap_next_ex() and its output. */
	bool has_first;
	int first_result;
	struct pcap_pkthdr *first_header;
	const u_char *first_data;
	struct senders *senders;
	bool senders_full;	/* this was reported */
	struct associations *associations;
	struct reassembly *reassembly;
	uint64_t last_wall_ns;	/* of the previous packet */
	bool truncated;
	uint64_t counters[COUNTER_MAX];
	uint64_t capture[CAPTURE_MAX];
};

static struct source_pcap *pcap_of(struct source *src)
{
	return (struct source_pcap *)src;
}

/* --- before reporting --- */

/* For a stream, this is called when each packet is reported. */
static void note_sender(struct source_pcap *p, enum packet_kind kind, const struct packet *packet)
{
	if (kind != PACKET_UDP && (kind != PACKET_FRAGMENT || !packet->source.port))
		return;
	if (senders_add(p->senders, &packet->source) || p->senders_full)
		return;
	p->senders_full = true;
	message_warning("%s: more than %u senders: a silence of the others is not reported as a fault", p->name,
			SENDERS_MAX);
}

/* The first pass over a file. */
static void learn(struct source_pcap *p)
{
	struct pcap_pkthdr *header;
	uint64_t first = UINT64_MAX;
	enum packet_kind kind;
	struct packet packet;
	const u_char *data;

	while (pcap_file_next(&p->file, &header, &data) == 1) {
		if (pcap_file_time(header) < first)
			first = pcap_file_time(header);
		kind = packet_parse(p->file.link_type, data, header->caplen, header->len, &packet);
		note_sender(p, kind, &packet);
	}
	p->source.info.start_wall_ns = first == UINT64_MAX ? 0 : first;
}

/* Before reporting, all that can be learned of a stream is when its first packet came. */
static void learn_begin(struct source_pcap *p)
{
	p->first_result = pcap_file_next(&p->file, &p->first_header, &p->first_data);
	p->has_first = true;
	if (p->first_result == 1)
		p->source.info.start_wall_ns = pcap_file_time(p->first_header);
}

/* --- packets --- */

static uint64_t event_time(const struct source_pcap *p, uint64_t wall)
{
	uint64_t first = p->source.info.start_wall_ns;

	/* Earlier than every packet of the first pass: the file is being changed. */
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

/* Reported only during a handshake. */
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
		lose(p, 1, handler);	/* it may have been DTLS */
	else
		take_other(p, packet, now, handler);
}

/* Reported only during a handshake between the addresses that it quotes. */
static void take_icmp(struct source_pcap *p, const struct packet *packet, uint64_t now,
		      const struct source_handler *handler)
{
	struct capture_event event;

	capture_icmp(packet, now, &event);
	if (!associations_icmp(p->associations, &event.ev))
		return;
	p->counters[COUNTER_EVENTS]++;
	handler->event(handler->ctx, &event.ev, event.ev.size);
}

/* A datagram that is never complete may have been DTLS. */
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
	enum packet_kind kind;
	struct packet packet;

	p->capture[CAPTURE_PACKETS]++;
	kind = packet_parse(p->file.link_type, data, header->caplen, header->len, &packet);
	if (input_is_stream(p->input))
		note_sender(p, kind, &packet);
	switch (kind) {
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
		lose(p, !packet.is_icmp, handler);
		break;
	case PACKET_MALFORMED:
		p->capture[CAPTURE_MALFORMED]++;
		break;
	case PACKET_ICMP:
		p->capture[CAPTURE_OTHER]++;
		take_icmp(p, &packet, now, handler);
		break;
	case PACKET_OTHER:
		p->capture[CAPTURE_OTHER]++;
		break;
	}
}

/* libpcap's error says "truncated" if the file ends within a packet. Everything before is good then. */
static int say_error(struct source_pcap *p, int got)
{
	const char *error = pcap_file_error(&p->file, got);
	bool truncated = strstr(error, "truncated");

	/* A signal ended the wait for the rest of a packet. */
	if (input_error(p->input) == EINTR)
		return SOURCE_END;
	p->truncated = true;
	message_error("%s: after %llu packets, at byte %llu: %s; the rest is not read%s", p->name,
		      (unsigned long long)p->capture[CAPTURE_PACKETS],
		      (unsigned long long)input_offset(p->input), error, pcap_file_remedy(&p->file, error));
	return truncated && p->capture[CAPTURE_PACKETS] ? SOURCE_END : -EIO;
}

static int take_first(struct source_pcap *p, struct pcap_pkthdr **header, const u_char **data)
{
	p->has_first = false;
	*header = p->first_header;
	*data = p->first_data;
	return p->first_result;
}

static int capture_poll(struct source *src, const struct source_handler *handler, int timeout_ms)
{
	struct source_pcap *p = pcap_of(src);
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t wall, now;
	int got;

	if (!p->has_first && !source_file_wait(p->input, timeout_ms))
		return 0;
	got = p->has_first ? take_first(p, &header, &data) : pcap_file_next(&p->file, &header, &data);
	if (got != 1) {
		give_up(p, reassembly_waiting(p->reassembly), handler);
		return got == PCAP_ERROR_BREAK ? SOURCE_END : say_error(p, got);
	}
	wall = pcap_file_time(header);
	if (wall < p->last_wall_ns)
		p->capture[CAPTURE_BACKWARDS]++;
	p->last_wall_ns = wall;
	now = event_time(p, wall);
	handler->time(handler->ctx, now);
	take_packet(p, header, data, now, handler);
	return source_file_more(p->input);
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

	pcap_file_close(&p->file);
	senders_free(p->senders);
	associations_free(p->associations);
	reassembly_free(p->reassembly);
	input_free(p->input);
	free(p);
}

static double capture_share_read(struct source *src)
{
	return input_share_read(((struct source_pcap *)src)->input);
}

static const struct source_ops capture_ops = {
	.poll = capture_poll,
	.share_read = capture_share_read,
	.stats = capture_stats,
	.free = capture_free,
};

/* --- the source --- */

static const char *const unseen[] = {
	"what a socket did with a datagram (read, dropped, refused), and who owns the socket: this is a capture", NULL,
};

static bool init(struct source_pcap *p)
{
	if (!pcap_file_open(&p->file))
		return false;
	if (input_is_stream(p->input)) {
		learn_begin(p);
		return true;
	}
	/* The second pass reports errors. */
	p->file.quiet = true;
	learn(p);
	p->file.quiet = false;
	return input_rewind(p->input) && pcap_file_open(&p->file);
}

struct source *source_pcap_new(struct input *in)
{
	struct source_pcap *p = calloc(1, sizeof(*p));

	if (!p) {
		message_error("out of memory");
		input_free(in);
		return NULL;
	}
	p->source = (struct source){
		.ops = &capture_ops,
		.info = {
			.version = dtlsnoop_version, .source = "capture", .unseen = unseen,
			.start_ns = START_NS,
		},
		.is_stream = input_is_stream(in),
	};
	p->input = p->file.input = in;
	p->name = input_name(in);
	p->senders = senders_new();
	p->associations = associations_new();
	p->reassembly = reassembly_new();
	if (!p->senders || !p->associations || !p->reassembly)
		message_error("out of memory");
	else if (init(p))
		return &p->source;
	capture_free(&p->source);
	return NULL;
}

const char *source_pcap_library(void)
{
	return pcap_lib_version();
}
