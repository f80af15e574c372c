// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "phrases.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hosts.h"
#include "names.h"
#include "text.h"

#include "core.h"

/* From here on a number is written in digits: see phrase_times(). */
#define MANY_TIMES 10

void phrase_say(char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, VERDICT_TEXT_LEN, format, args);
	va_end(args);
}

double phrase_seconds(uint64_t ns)
{
	return (double)ns / SECOND;
}

const char *phrase_times(char out[PHRASE_LEN], uint32_t times)
{
	static const char *const words[] = {
		[1] = "once", "twice", "three times", "four times", "five times", "six times", "seven times",
		"eight times", "nine times",
	};

	if (times && times < sizeof(words) / sizeof(words[0]))
		return words[times];
	snprintf(out, PHRASE_LEN, "%u times", times);
	return out;
}

const char *phrase_flight_copies(char out[PHRASE_LEN], uint8_t number, uint32_t copies)
{
	char times[PHRASE_LEN];

	if (copies < MANY_TIMES)
		snprintf(out, PHRASE_LEN, "flight %u %.20s", number, phrase_times(times, copies));
	else
		snprintf(out, PHRASE_LEN, "%u copies of flight %u", copies, number);
	return out;
}

const char *phrase_copies(char out[PHRASE_LEN], const struct handshake *h,
			  const struct flight *flight)
{
	uint32_t num = flight->copies;
	int len = 0;

	if (num > FLIGHT_MAX_COPY_TIMES)
		num = FLIGHT_MAX_COPY_TIMES;
	for (uint32_t i = 0; i < num; i++)
		len += snprintf(out + len, PHRASE_LEN - len, "%s%.1f", i ? ", " : "",
				phrase_seconds(flight->copy_ns[i] - h->started_ns));
	snprintf(out + len, PHRASE_LEN - len, "%s s", flight->copies > num ? ", ..." : "");
	return out;
}

bool phrase_has_both_ends(const struct handshake *h)
{
	return h->party[PARTY_CLIENT].local && (h->party[PARTY_SERVER].local || h->relations.is_server_here);
}

const char *phrase_both_ends(char out[PHRASE_ENDS_LEN], const struct handshake *h)
{
	if (hosts_are_apart(h))
		snprintf(out, PHRASE_ENDS_LEN, "the sockets are on %.63s and on %.63s", hosts_name(h, PARTY_CLIENT), hosts_name(h, PARTY_SERVER));
	else
		snprintf(out, PHRASE_ENDS_LEN, "both sockets are on %.63s", hosts_name(h, PARTY_CLIENT));
	return out;
}

void phrase_lost(char *text, const struct handshake *h)
{
	unsigned long long num = h->events_lost;

	if (h->missing & MISSING_HOST)
		phrase_say(text, "the trace of one of the two hosts began later than the handshake");
	else if (!num)
		phrase_say(text, "the tracer lost events during this handshake");
	else if (h->captured)
		phrase_say(text, "%llu datagram%s in the capture during this handshake could not be read whole: a larger snapshot length keeps "
			   "all of each", num, num == 1 ? "" : "s");
	else
		phrase_say(text, "the tracer lost %llu event%s during this handshake", num, num == 1 ? "" : "s");
}

const char *phrase_here(const struct handshake *h)
{
	return h->captured ? "the point of capture" : hosts_name(h, h->party[PARTY_CLIENT].local ? PARTY_CLIENT : PARTY_SERVER);
}

const char *phrase_errno(char out[PHRASE_LEN], uint16_t error)
{
	const char *name = errno_name(error);

	if (name)
		snprintf(out, PHRASE_LEN, "%s", name);
	else if (error)
		snprintf(out, PHRASE_LEN, "error %u", error);
	else
		snprintf(out, PHRASE_LEN, "an unknown error");
	return out;
}

const char *phrase_icmp(char out[PHRASE_ICMP_LEN], bool ipv4, const struct icmp_said *said)
{
	const char *name = icmp_error_name(ipv4, said->type, said->code);
	char error[PHRASE_LEN];

	phrase_errno(error, said->error);
	if (said->type)
		snprintf(out, PHRASE_ICMP_LEN, "%s (type %u, code %u)%s%s", error, said->type, said->code,
			 name ? ", " : "", name ? name : "");
	else
		snprintf(out, PHRASE_ICMP_LEN, "%s", error);
	return out;
}

const char *phrase_alert(char out[PHRASE_LEN], uint8_t description)
{
	const char *name = dtls_alert_name(description);

	snprintf(out, PHRASE_LEN, "%s", name ? name : "an alert without a name");
	for (char *c = out; *c; c++)
		if (*c == '_')
			*c = ' ';
	return out;
}

const char *phrase_drop_reason(const struct drop *drop)
{
	return drop && drop->name[0] ? drop->name : "the kernel gave no reason";
}

const struct drop *phrase_main_drop(const struct handshake *h, enum party_role from)
{
	const struct drop *most = NULL;

	for (uint32_t i = 0; i < h->num_drops; i++)
		if (h->drops[i].from == from && (!most || h->drops[i].count > most->count))
			most = &h->drops[i];
	return most;
}

const char *phrase_owner(char out[PHRASE_OWNER_LEN], const char comm[EVENT_COMM_LEN], uint32_t pid, uint32_t ns_pid)
{
	char name[4 * EVENT_COMM_LEN + 1];
	int len;

	text_escape(name, sizeof(name), comm, strnlen(comm, EVENT_COMM_LEN));
	len = snprintf(out, PHRASE_OWNER_LEN, " (%s pid %u", name, pid);
	if (ns_pid && ns_pid != pid)
		len += snprintf(out + len, PHRASE_OWNER_LEN - len, ", %u in its PID namespace", ns_pid);
	snprintf(out + len, PHRASE_OWNER_LEN - len, ")");
	return out;
}

const char *verdict_party(char out[VERDICT_PARTY_LEN], const struct handshake *h,
			  enum party_role role)
{
	const struct party *party = &h->party[role];
	char address[TEXT_ENDPOINT_LEN], owner[PHRASE_OWNER_LEN] = "";

	text_endpoint(address, &party->address, party->ipv4);
	if (party->has_owner)
		phrase_owner(owner, party->comm, party->pid, party->ns_pid);
	snprintf(out, VERDICT_PARTY_LEN, "%s %s%s%.63s%s", party_role_name(role), address, party->host ? " on " : "",
		 party->host ? hosts_name(h, role) : "", owner);
	return out;
}

const char *phrase_origin(const struct handshake *h)
{
	return h->late ? "after the handshake was first seen" : "after the first ClientHello";
}
