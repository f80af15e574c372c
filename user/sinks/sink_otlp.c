// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * OTLP/JSON lines, as the OpenTelemetry Collector's otlpjsonfile receiver reads them: an ExportTraceServiceRequest for
 * each handshake that is final, and an ExportLogsServiceRequest for what belongs to none. Attributes follow the
 * semantic conventions; what these do not have begins with "dtlsnoop.".
 */
#include "sink_otlp.h"

#include <inttypes.h>
#include <string.h>

#include "flights.h"
#include "hosts.h"
#include "names.h"
#include "sha256.h"
#include "text.h"
#include "workload.h"

/* From the protocol: Span.SpanKind, Status.StatusCode, SeverityNumber. */
#define SPAN_KIND_INTERNAL 1
#define STATUS_ERROR 2
#define SEVERITY_NUMBER_WARN 13

/* --- a span: a handshake --- */

/*
 * Whoever traces the other end gives the same trace id, because both know the client's random. The span is this host's
 * own: another trace has another trace_id, and another handshake another id.
 */
static void put_ids(struct json_writer *w, const struct trace_info *info, const struct handshake *h)
{
	uint8_t hash[SHA256_LEN];
	char own[SHA256_LEN + 128];
	int len;

	/* Without the random, it is only this trace's. */
	len = snprintf(own, sizeof(own), "%.64s %" PRIu64, info->trace_id ? info->trace_id : "", h->id);
	if (handshake_knows_random(h))
		sha256(h->client_random, sizeof(h->client_random), hash);
	else
		sha256(own, len, hash);
	otlp_put_id(w, "traceId", hash, OTLP_TRACE_ID_LEN);
	memcpy(own + len, hash, sizeof(hash));
	sha256(own, len + sizeof(hash), hash);
	otlp_put_id(w, "spanId", hash, OTLP_SPAN_ID_LEN);
}

static void put_address(struct json_writer *w, const char *address, const char *port, const struct party *party)
{
	char text[TEXT_ADDRESS_LEN];

	text_address(text, party->address.ip, party->ipv4);
	otlp_string(w, address, text);
	otlp_number(w, port, party->address.port);
}

/* Names by the semantic conventions of OpenTelemetry; they have none for a unit of systemd. */
static void put_workload(struct json_writer *w, const struct workload *work)
{
	otlp_text(w, "process.linux.cgroup", work->path, strlen(work->path));
	if (work->unit)
		otlp_text(w, "dtlsnoop.unit", work->unit, work->unit_len);
	if (*work->container)
		otlp_string(w, "container.id", work->container);
	if (*work->pod_uid)
		otlp_string(w, "k8s.pod.uid", work->pod_uid);
	if (work->pod) {
		otlp_string(w, "k8s.namespace.name", work->pod->namespace);
		otlp_string(w, "k8s.pod.name", work->pod->pod);
	}
	if (work->pod && *work->container && *work->pod->container)
		otlp_string(w, "k8s.container.name", work->pod->container);
}

/* The process is that of the side on this host; of the server if both are. */
static void put_processes(const struct sink *s, const struct handshake *h)
{
	const struct party *client = &h->party[PARTY_CLIENT], *server = &h->party[PARTY_SERVER];
	const struct party *party = server->has_owner ? server : client;
	struct json_writer *w = writer_of(s);
	struct workload work;

	if (!party->has_owner)
		return;
	otlp_number(w, "process.pid", party->pid);
	otlp_text(w, "process.executable.name", party->comm, strnlen(party->comm, sizeof(party->comm)));
	if (workload_of(s, party, &work))
		put_workload(w, &work);
	otlp_string(w, "dtlsnoop.local_side", client->local && server->local ? "both" : server->local ? "server" : "client");
	if (hosts_are_known(h)) {
		otlp_string(w, "dtlsnoop.client.host", client->host ? hosts_name(h, PARTY_CLIENT) : NULL);
		otlp_string(w, "dtlsnoop.server.host", server->host ? hosts_name(h, PARTY_SERVER) : NULL);
		otlp_string(w, "host.name", hosts_name(h, party == server ? PARTY_SERVER : PARTY_CLIENT));
	}
	if (party == server && client->has_owner) {
		otlp_number(w, "dtlsnoop.client.pid", client->pid);
		otlp_text(w, "dtlsnoop.client.comm", client->comm, strnlen(client->comm, sizeof(client->comm)));
	}
}

/* "1.2" of "DTLS 1.2". */
static void put_protocol(struct json_writer *w, const struct handshake *h)
{
	const char *version = dtls_version_name(h->version), *number = version ? strchr(version, ' ') : NULL;
	const struct hello *chosen = &h->server_hello.hello, *offered = &h->client_hello.hello;

	otlp_string(w, "network.transport", "udp");
	otlp_string(w, "network.type", h->party[PARTY_CLIENT].ipv4 ? "ipv4" : "ipv6");
	otlp_string(w, "network.protocol.name", "dtls");
	otlp_string(w, "tls.protocol.name", "dtls");
	if (h->version_negotiated && number)
		otlp_string(w, "tls.protocol.version", number + 1);
	if (chosen->has_cipher_suite)
		otlp_string(w, "tls.cipher", cipher_suite_name(chosen->cipher_suite));
	if (h->version_negotiated && !h->midway)
		otlp_bool(w, "tls.resumed", h->resumed);
	otlp_bool(w, "tls.established", h->state == HANDSHAKE_COMPLETED);
	otlp_text(w, "dtlsnoop.server_name", offered->server_name, offered->server_name_len);
}

/* An attribute that is a list of texts. */
static void list_open(struct json_writer *w, const char *key)
{
	otlp_attribute_open(w, key);
	json_open_object(w, "arrayValue");
	json_open_array(w, "values");
}

static void put_listed(struct json_writer *w, const char *text)
{
	json_open_object(w, NULL);
	put_string(w, "stringValue", text);
	json_close_object(w);
}

static void list_close(struct json_writer *w)
{
	json_close_array(w);
	json_close_object(w);
	otlp_attribute_close(w);
}

static void put_verdict(struct json_writer *w, const struct handshake *h, const struct verdict *v)
{
	if (handshake_is_faulty(h))
		otlp_string(w, "error.type", verdict_code_name(v->code));
	otlp_string(w, "dtlsnoop.state", handshake_state_name(h->state));
	otlp_string(w, "dtlsnoop.ended", ending_name(h));
	if (v->code == VERDICT_NONE)
		return;
	otlp_string(w, "dtlsnoop.verdict", verdict_code_name(v->code));
	if (v->side != VERDICT_SIDE_UNKNOWN)
		otlp_string(w, "dtlsnoop.side", verdict_side_name(v->side));
	otlp_string(w, "dtlsnoop.confidence", verdict_confidence_name(v->confidence));
	otlp_string(w, "dtlsnoop.witness", verdict_witness_name(h->verdict.witness));
	otlp_string(w, "dtlsnoop.doubt", v->doubt);
	otlp_string(w, "dtlsnoop.summary", v->summary);
	otlp_string(w, "dtlsnoop.hint", v->hint);
	if (!v->num_evidence)
		return;
	list_open(w, "dtlsnoop.evidence");
	for (uint32_t i = 0; i < v->num_evidence; i++)
		put_listed(w, v->evidence[i]);
	list_close(w);
}

/* "one-direction: nothing that the client sends ..." */
static void put_notes(struct json_writer *w, const struct handshake *h)
{
	char text[VERDICT_TEXT_LEN], note[VERDICT_TEXT_LEN + 64];
	bool any = false;

	for (int code = 0; code < NOTE_MAX; code++) {
		if (!note_write(h, code, text))
			continue;
		if (!any)
			list_open(w, "dtlsnoop.notes");
		any = true;
		snprintf(note, sizeof(note), "%s: %s", note_name(code), text);
		put_listed(w, note);
	}
	if (any)
		list_close(w);
}

static void put_event(const struct sink *s, const struct flight *flight, uint8_t n, uint64_t ns, const char *again)
{
	struct json_writer *w = writer_of(s);
	char name[32];

	snprintf(name, sizeof(name), "flight %u%s", n, again);
	json_open_object(w, NULL);
	otlp_put_time(s, "timeUnixNano", ns);
	put_string(w, "name", name);
	json_open_array(w, "attributes");
	otlp_string(w, "dtlsnoop.from", party_role_name(flight->from));
	otlp_number(w, "dtlsnoop.copies", flight->copies);
	otlp_number(w, "dtlsnoop.datagrams", flight->datagrams);
	otlp_number(w, "dtlsnoop.bytes", flight->bytes);
	json_close_array(w);
	json_close_object(w);
}

/* Each flight when it began, and when the latest of its copies came. */
static void put_events(const struct sink *s, const struct handshake *h)
{
	struct json_writer *w = writer_of(s);

	json_open_array(w, "events");
	FOR_EACH_FLIGHT(n) {
		const struct flight *flight = &h->flights[n];

		if (!flight->copies)
			continue;
		put_event(s, flight, n, flight->first_ns, "");
		if (flight->copies > 1)
			put_event(s, flight, n, flight->last_ns, " again");
	}
	json_close_array(w);
}

static void put_attributes(const struct sink *s, const struct handshake *h, const struct verdict *v)
{
	struct json_writer *w = writer_of(s);

	json_open_array(w, "attributes");
	put_address(w, "client.address", "client.port", &h->party[PARTY_CLIENT]);
	put_address(w, "server.address", "server.port", &h->party[PARTY_SERVER]);
	put_protocol(w, h);
	put_processes(s, h);
	put_verdict(w, h, v);
	put_notes(w, h);
	otlp_number(w, "dtlsnoop.client.retransmissions", h->party[PARTY_CLIENT].retransmissions);
	otlp_number(w, "dtlsnoop.server.retransmissions", h->party[PARTY_SERVER].retransmissions);
	otlp_number(w, "dtlsnoop.timer_wait_ns", handshake_waited_ns(h));
	json_close_array(w);
}

static void write_span(struct sink *s, const struct handshake *h, uint64_t now)
{
	struct verdict verdict = {};
	struct json_writer *w;

	/* A span cannot be taken back. */
	if (!handshake_is_last(h))
		return;
	if (h->verdict.code != VERDICT_NONE)
		verdict_describe(h, now, &verdict);
	w = otlp_request_open(s, "resourceSpans", "scopeSpans", "spans");
	put_ids(w, s->info, h);
	put_string(w, "name", "DTLS handshake");
	json_put_number(w, "kind", SPAN_KIND_INTERNAL);
	otlp_put_time(s, "startTimeUnixNano", h->started_ns);
	otlp_put_time(s, "endTimeUnixNano", h->ended_ns ? h->ended_ns : now);
	put_attributes(s, h, &verdict);
	put_events(s, h);
	if (handshake_is_faulty(h)) {
		json_open_object(w, "status");
		json_put_number(w, "code", STATUS_ERROR);
		put_string(w, "message", verdict.summary);
		json_close_object(w);
	}
	otlp_request_close(w);
}

/* --- a log record: what belongs to no handshake --- */

static struct json_writer *log_open(const struct sink *s, uint64_t now, const char *body)
{
	struct json_writer *w = otlp_request_open(s, "resourceLogs", "scopeLogs", "logRecords");

	otlp_put_time(s, "timeUnixNano", now);
	otlp_put_time(s, "observedTimeUnixNano", now);
	json_put_number(w, "severityNumber", SEVERITY_NUMBER_WARN);
	put_string(w, "severityText", "WARN");
	json_open_object(w, "body");
	put_string(w, "stringValue", body);
	json_close_object(w);
	json_open_array(w, "attributes");
	return w;
}

static void log_close(struct json_writer *w)
{
	json_close_array(w);
	otlp_request_close(w);
}

static void write_unread(struct sink *s, const struct unread *u, uint64_t now)
{
	char text[UNREAD_TEXT_LEN];

	for (uint32_t i = 0; i < u->num; i++) {
		const struct event *ev = &u->sockets[i].ev;
		struct json_writer *w = log_open(s, now, unread_write(text, &u->sockets[i], now - u->began_ns));

		if (ev->flags & EVENT_OWNER) {
			otlp_number(w, "process.pid", ev->pid);
			otlp_text(w, "process.executable.name", ev->comm, strnlen(ev->comm, sizeof(ev->comm)));
		}
		otlp_number(w, "dtlsnoop.unread.datagrams", ev->unread);
		otlp_string(w, "dtlsnoop.hint", unread_hint);
		log_close(w);
	}
}

static void write_lost(struct sink *s, uint64_t num, uint64_t limited, const struct trace_stats *stats, uint64_t now)
{
	struct json_writer *w = log_open(s, now, "dtlsnoop lost events, or left datagrams out under a flood");

	otlp_number(w, "dtlsnoop.lost", num);
	otlp_number(w, "dtlsnoop.rate_limited", limited);
	log_close(w);
}

static bool begin(struct sink *s)
{
	json_begin(writer_of(s), s->out);
	return true;
}

static void ignore_datagram(struct sink *s, const struct datagram_facts *facts)
{
}

static void end(struct sink *s, const struct trace_stats *stats)
{
}

const struct sink_ops sink_otlp = {
	.name = "otlp",
	.help = "a span for each handshake once it is final, as OTLP/JSON lines for the OpenTelemetry Collector",
	.state_size = sizeof(struct json_state),
	.begin = begin,
	.datagram = ignore_datagram,
	.handshake = write_span,
	.settled = write_span,
	.unread = write_unread,
	.lost = write_lost,
	.end = end,
};
