// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A world and what was said of it, for people. */
#include "names.h"
#include "observe.h"

static const char *role_name(enum party_role role)
{
	return role == PARTY_CLIENT ? "client" : "server";
}

static const char *const kind_names[] = {
	[LOG_SENT] = "sends", [LOG_QUEUED] = "gets", [LOG_READ] = "reads", [LOG_CLOSED] = "closes its socket",
	[LOG_ICMP] = "gets an ICMP error",
	[LOG_TAPPED] = "passes the tap", [LOG_LOST] = "is lost:", [LOG_TIMER] = "timer",
	[LOG_GOT_FLIGHT] = "has got flight", [LOG_COMPLETED] = "has completed", [LOG_GAVE_UP] = "gives up",
	[LOG_FAULT] = "FAULT", [LOG_RESTARTED] = "STARTS AGAIN", [LOG_MOVED] = "HAS ANOTHER PORT", 
	[LOG_SECOND_SERVER] = "(another one at this address) sends", [LOG_EARLIER] = "(in the earlier attempt)",
};

/* What is in it, by the script; the analysis sees less. */
static void print_datagram(FILE *out, const struct world *w, uint32_t index)
{
	const struct sim_datagram *dg = &w->datagrams[index];

	fprintf(out, " [%u] %u bytes", index, dg->len);
	if (dg->copy)
		fprintf(out, ", copy %u:", dg->copy);
	if (dg->post)
		fprintf(out, dg->post == 1 ? " NewSessionTicket" : " KeyUpdate");
	else if (dg->post_ack)
		fprintf(out, " acknowledges %s", dg->post_ack == 1 ? "NewSessionTicket" : "KeyUpdate");
	else if (dg->data)
		fprintf(out, " application data");
	if (dg->num_acked)
		fprintf(out, " acknowledges %u fragments", dg->num_acked);
	if (dg->forged)
		fprintf(out, " FORGED %s, record %u", forgery_name(w->forgery->kind), dg->bytes[9] << 8 | dg->bytes[10]);
	if (dg->forged && dg->bytes[0] == DTLS_CT_HANDSHAKE && !dg->bytes[4])
		fprintf(out, ", message_seq %u", dg->bytes[17] << 8 | dg->bytes[18]);
	if (dg->second_server)
		fprintf(out, " OF THE SECOND SERVER");
	if (dg->goodbye)
		fprintf(out, " goodbye, epoch %u", dg->epoch);
	if (dg->alert)
		fprintf(out, " alert");
	for (uint32_t i = 0; i < dg->num_fragments; i++) {
		const struct sim_fragment *f = &dg->fragments[i];
		const struct script_flight *flight = &w->script->flights[f->flight];
		const struct script_message *m = &flight->messages[f->message];

		if (flight->is_ack) {
			fprintf(out, " %u/ACK", flight->number);
			continue;
		}
		fprintf(out, " %u/%s", flight->number, m->content == DTLS_CT_CHANGE_CIPHER_SPEC ? "CCS" :
			dtls_msg_type_title(m->type));
		if (f->len < m->len)
			fprintf(out, "(%u..%u of %u)", f->off, f->off + f->len, m->len);
	}
}

void trace_event(FILE *out, const struct world *w, const struct log_entry *entry)
{
	fprintf(out, "%11.6f  %s %s", entry->time / 1e9, role_name(entry->at), kind_names[entry->kind]);
	if (entry->kind <= LOG_READ || entry->kind == LOG_TAPPED || entry->kind == LOG_LOST || entry->kind == LOG_SECOND_SERVER)
		print_datagram(out, w, entry->datagram);
	else if (entry->kind == LOG_GOT_FLIGHT)
		fprintf(out, " %u", w->script->flights[entry->datagram].number);
	fputc('\n', out);
}

void trace_said(FILE *out, const struct said *said)
{
	fprintf(out, "%11.6f  ** %s, %s, side %s, severity %s, %s: %s\n", said->time / 1e9,
		handshake_state_name(said->state), verdict_code_name(said->code),
		verdict_side_name(said->side), said->code == VERDICT_NONE ? "-" :
		verdict_severity_name(said->severity), verdict_confidence_name(said->confidence),
		said->summary);
	for (int role = 0; role < PARTY_MAX; role++)
		if (said->path[role].lost)
			fprintf(out, "             the path has lost %u datagrams of the %s (%u to %u bytes)\n", said->path[role].lost,
				role_name(role), said->path[role].shortest, said->path[role].longest);
}

void trace_world(FILE *out, const struct world *w)
{
	fputs("what happened:\n", out);
	for (uint32_t i = 0; i < w->num_log; i++)
		trace_event(out, w, &w->log[i]);
}
