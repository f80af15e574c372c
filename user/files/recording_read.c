// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* All bytes here are untrusted. Each read is bounded, checked and only then used. */
#include "recording_inside.h"

#include <stdarg.h>
#include <string.h>

#include "version.h"

/* RECORDING_TRUNCATED if the file ends first. */
static enum recording_result get(struct recording_reader *r, void *data, size_t len)
{
	if (fread(data, 1, len, r->file) == len)
		return RECORDING_ENTRY;
	return ferror(r->file) ? recording_broken(r, "the file cannot be read") : RECORDING_TRUNCATED;
}

/* --- other contents; these return RECORDING_ENTRY if all is well --- */

/* Read up to `max` numbers, starting at number `at`. A file of another version may have more or fewer. */
static void take_counters(const struct recording_reader *r, uint32_t len, uint32_t at, uint64_t *counters,
			  uint32_t max)
{
	memset(counters, 0, max * sizeof(*counters));
	for (uint32_t i = 0; i < max && (at + i + 1) * sizeof(uint64_t) <= len; i++)
		counters[i] = recording_swap64(r, r->content.numbers[at + i]);
}

static enum recording_result take_number(struct recording_reader *r, uint32_t len,
					 struct recording_entry *entry)
{
	if (len < sizeof(uint64_t))
		return recording_broken(r, "the content is too short");
	entry->number = recording_swap64(r, r->content.numbers[0]);
	if (entry->type == RECORDING_MISSING) {
		if (len < 2 * sizeof(uint64_t))
			return recording_broken(r, "the content is too short");
		entry->missing = entry->number & (MISSING_LOST | MISSING_LIMITED | MISSING_PART);
		entry->number = recording_swap64(r, r->content.numbers[1]);
	}
	if (entry->type != RECORDING_LOST && entry->type != RECORDING_LIMITED && entry->number > RECORDING_MAX_TIME)
		return recording_broken(r, "the time is impossible");
	if (entry->type != RECORDING_TIME && entry->type != RECORDING_MISSING)
		take_counters(r, len, 1, r->stats.counters, COUNTER_MAX);
	return RECORDING_ENTRY;
}

static enum recording_result take_text(struct recording_reader *r, uint32_t len, char *out)
{
	if (len > RECORDING_MAX_TEXT)
		return recording_broken(r, "the text is too long");
	for (uint32_t i = 0; i < len; i++)
		if (r->content.bytes[i] < 0x20 || r->content.bytes[i] > 0x7e)
			return recording_broken(r, "the text has bytes that are not text");
	memcpy(out, r->content.bytes, len);
	out[len] = 0;
	return RECORDING_ENTRY;
}

/* `form` has one character for each of the id's; 'x' is a lower-case hexadecimal digit. */
static enum recording_result take_id(struct recording_reader *r, uint32_t len, const char *form, char *out)
{
	enum recording_result result = take_text(r, len, out);
	bool fits = len == strlen(form);

	for (uint32_t i = 0; fits && i < len; i++)
		fits = form[i] == 'x' ? strchr("0123456789abcdef", out[i]) != NULL : form[i] == out[i];
	return result == RECORDING_ENTRY && !fits ? recording_broken(r, "the identity has an invalid form") : result;
}

static enum recording_result take_unseen(struct recording_reader *r, uint32_t len)
{
	if (r->num_unseen == RECORDING_MAX_UNSEEN)
		return recording_broken(r, "the list of what was not seen is too long");
	r->unseen[r->num_unseen] = r->unseen_text[r->num_unseen];
	return take_text(r, len, r->unseen_text[r->num_unseen++]);
}

static enum recording_result take_filter(struct recording_reader *r, enum recording_type type, uint32_t len)
{
	uint32_t num = len / sizeof(uint32_t), number;

	if (len % sizeof(uint32_t) || num > RECORDING_MAX_FILTER)
		return recording_broken(r, "the filter has an invalid length");
	for (uint32_t i = 0; i < num; i++) {
		memcpy(&number, r->content.bytes + i * sizeof(number), sizeof(number));
		number = recording_swap32(r, number);
		if (!number || number > (type == RECORDING_PORTS ? UINT16_MAX : INT32_MAX))
			return recording_broken(r, "the filter has an invalid number");
		if (type == RECORDING_PORTS)
			r->ports[i] = number;
		else
			r->pids[i] = number;
	}
	if (type == RECORDING_PORTS)
		r->info.num_ports = num;
	else
		r->info.num_pids = num;
	return RECORDING_ENTRY;
}

static enum recording_result take_netns(struct recording_reader *r, uint32_t len)
{
	uint32_t number;

	if (len != sizeof(number))
		return recording_broken(r, "the filter has an invalid length");
	memcpy(&number, r->content.bytes, sizeof(number));
	r->info.netns = recording_swap32(r, number);
	return RECORDING_ENTRY;
}

static enum recording_result take_trace(struct recording_reader *r, uint32_t len)
{
	const struct recording_trace *trace = &r->content.trace;
	uint32_t sees;

	if (len < sizeof(*trace))
		return recording_broken(r, "the content is too short");
	r->info.start_ns = recording_swap64(r, trace->start_ns);
	r->info.start_wall_ns = recording_swap64(r, trace->start_wall_ns);
	if (r->info.start_ns > RECORDING_MAX_TIME || r->info.start_wall_ns > RECORDING_MAX_TIME)
		return recording_broken(r, "the start time is impossible");
	sees = recording_swap32(r, trace->sees);
	r->info.sees_reads = sees & RECORDING_SEES_READS;
	r->info.sees_drops = sees & RECORDING_SEES_DROPS;
	r->info.sees_send_failures = sees & RECORDING_SEES_SEND_FAILURES;
	r->info.sees_sockets = sees & RECORDING_SEES_SOCKETS;
	r->started = true;
	return RECORDING_ENTRY;
}

static enum recording_result take_part(struct recording_reader *r, uint32_t len)
{
	if (len != sizeof(r->info.part))
		return recording_broken(r, "the number of the file has an invalid length");
	r->info.part = recording_swap64(r, r->content.numbers[0]);
	return RECORDING_ENTRY;
}

static enum recording_result take_cgroup(struct recording_reader *r, uint32_t len)
{
	uint64_t id;

	if (len < sizeof(id))
		return recording_broken(r, "the content is too short");
	id = recording_swap64(r, r->content.numbers[0]);
	if (id)
		cgroup_names_set(&r->cgroups, id, (const char *)r->content.bytes + sizeof(id),
				 len - sizeof(id));
	return RECORDING_ENTRY;
}

static enum recording_result take_pod(struct recording_reader *r, uint32_t len)
{
	struct pod_name pod;
	uint64_t id;

	if (len < sizeof(id))
		return recording_broken(r, "the content is too short");
	id = recording_swap64(r, r->content.numbers[0]);
	if (!pod_name_read(&pod, (const char *)r->content.bytes + sizeof(id), len - sizeof(id)))
		return recording_broken(r, "the name of the pod is invalid");
	cgroup_names_set_pod(&r->cgroups, id, &pod);
	return RECORDING_ENTRY;
}

static enum recording_result take_reason(struct recording_reader *r, uint32_t len)
{
	uint32_t reason, name_len = len - sizeof(reason);

	if (len < sizeof(reason) || name_len >= DROP_REASON_LEN)
		return recording_broken(r, "the name has an invalid length");
	memcpy(&reason, r->content.bytes, sizeof(reason));
	reason = recording_swap32(r, reason);
	if (reason >= DROP_REASONS_MAX)
		return recording_broken(r, "the number of the drop reason is invalid");
	memset(r->reasons[reason], 0, DROP_REASON_LEN);
	memcpy(r->reasons[reason], r->content.bytes + sizeof(reason), name_len);
	return RECORDING_ENTRY;
}

static const char *drop_reason(void *ctx, uint32_t reason)
{
	const struct recording_reader *r = ctx;

	return reason < DROP_REASONS_MAX && r->reasons[reason][0] ? r->reasons[reason] : NULL;
}

/* --- chunks --- */

/* Read one chunk into r->content. */
static enum recording_result read_chunk(struct recording_reader *r, struct recording_chunk *chunk)
{
	enum recording_result result;
	uint32_t padded;

	r->offset = r->next_offset;
	result = get(r, chunk, sizeof(*chunk));
	if (result != RECORDING_ENTRY)
		return result;
	SWAP(r, chunk->type);
	SWAP(r, chunk->length);
	if (chunk->length > RECORDING_MAX_CONTENT)
		return recording_broken(r, "the content is too long (%u bytes)", chunk->length);
	padded = (chunk->length + 7) & ~7u;
	result = get(r, r->content.bytes, padded);
	r->next_offset += sizeof(*chunk) + padded;
	return result;
}

/* Chunks that only describe. */
static enum recording_result take_description(struct recording_reader *r, const struct recording_chunk *chunk)
{
	uint32_t len = chunk->length;

	switch (chunk->type) {
	case RECORDING_CGROUP: return take_cgroup(r, len);
	case RECORDING_POD: return take_pod(r, len);
	case RECORDING_DROP_REASON: return take_reason(r, len);
	case RECORDING_MACHINE_ID: return take_id(r, len, "xxxxxxxxxxxxxxxx", r->machine_id);
	case RECORDING_CAPTURE:
		r->stats.has_capture = true;
		take_counters(r, len, 0, r->stats.capture, CAPTURE_MAX);
		return RECORDING_ENTRY;
	}
	if (chunk->type >= RECORDING_EVENT)
		return RECORDING_ENTRY; /* type of a later version */
	if (r->started)
		return recording_broken(r, "a description of the trace comes after its start");
	switch (chunk->type) {
	case RECORDING_SOURCE: return take_text(r, len, r->source);
	case RECORDING_HOOKS: return take_text(r, len, r->hooks);
	case RECORDING_KERNEL: return take_text(r, len, r->kernel);
	case RECORDING_HOST: return take_text(r, len, r->host);
	case RECORDING_BOOT_ID: return take_id(r, len, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", r->boot_id);
	case RECORDING_TRACE_ID: return take_id(r, len, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", r->trace_id);
	case RECORDING_UNSEEN: return take_unseen(r, len);
	case RECORDING_FILTER_COMM: return take_text(r, len, r->comm);
	case RECORDING_FILTER_CGROUP: return take_text(r, len, r->cgroup);
	case RECORDING_FILTER_NETNS: return take_netns(r, len);
	case RECORDING_FOLLOW_FORKS: r->info.follow_forks = true; return RECORDING_ENTRY;
	case RECORDING_PIDS:
	case RECORDING_PORTS: return take_filter(r, chunk->type, len);
	case RECORDING_PART: return take_part(r, len);
	case RECORDING_TRACE: return take_trace(r, len);
	}
	return RECORDING_ENTRY;
}

static bool is_entry(uint16_t type)
{
	return type == RECORDING_EVENT || type == RECORDING_LOST || type == RECORDING_TIME ||
	       type == RECORDING_END || type == RECORDING_LIMITED || type == RECORDING_MISSING;
}

static enum recording_result check_version(struct recording_reader *r, uint16_t format, uint16_t abi)
{
	bool later = format > RECORDING_FORMAT || (format == RECORDING_FORMAT && abi > EVENT_ABI);

	if (format == RECORDING_FORMAT && abi >= EVENT_ABI_OLDEST && abi <= EVENT_ABI)
		return RECORDING_ENTRY;
	recording_broken(r, "this recording has event ABI %u (format %u), but dtlsnoop %s"
			 " reads ABI %u to %u (format %u): read it with the version that wrote it%s; "
			 "dtlsnoop -V prints the ABI of a version", abi, format, dtlsnoop_version, EVENT_ABI_OLDEST, EVENT_ABI,
			 RECORDING_FORMAT, later ? ", or a later one" : "");
	return RECORDING_FOREIGN;
}

static enum recording_result read_head(struct recording_reader *r)
{
	struct recording_head head;
	enum recording_result result = get(r, &head, sizeof(head));

	if (result != RECORDING_ENTRY)
		return result;
	r->next_offset = sizeof(head);
	if (!recording_is_magic(head.magic))
		return recording_broken(r, "this is not a recording");
	r->swap = head.byte_order == __builtin_bswap32(RECORDING_BYTE_ORDER);
	if (!r->swap && head.byte_order != RECORDING_BYTE_ORDER)
		return recording_broken(r, "the byte order is invalid");
	SWAP(r, head.format);
	SWAP(r, head.event_abi);
	r->event_abi = head.event_abi;
	return check_version(r, head.format, head.event_abi);
}

/* A tier of hooks, or none. */
static bool hooks_are_known(const char *hooks)
{
	return !strcmp(hooks, "") || !strcmp(hooks, "fentry") || !strcmp(hooks, "kprobe") ||
	       !strcmp(hooks, "cgroup");
}

static enum recording_result check_texts(struct recording_reader *r)
{
	if (strcmp(r->source, "live") && strcmp(r->source, "capture"))
		return recording_broken(r, "the source is unknown");
	if (!hooks_are_known(r->hooks))
		return recording_broken(r, "the hooks are unknown");
	return RECORDING_ENTRY;
}

enum recording_result recording_open(struct recording_reader *r, FILE *file)
{
	enum recording_result result;
	struct recording_chunk chunk;

	memset(r, 0, sizeof(*r));
	r->file = file;
	result = read_head(r);
	while (result == RECORDING_ENTRY && !r->started) {
		result = read_chunk(r, &chunk);
		if (result == RECORDING_ENTRY && is_entry(chunk.type))
			return recording_broken(r, "an event comes before the start of the trace");
		if (result == RECORDING_ENTRY)
			result = take_description(r, &chunk);
	}
	if (result == RECORDING_ENTRY)
		result = check_texts(r);
	r->info.version = dtlsnoop_version;
	r->info.source = "recording";
	r->info.recorded_source = r->source;
	r->info.hooks = *r->hooks ? r->hooks : NULL;
	r->info.kernel = *r->kernel ? r->kernel : NULL;
	r->info.host = *r->host ? r->host : NULL;
	r->info.boot_id = *r->boot_id ? r->boot_id : NULL;
	r->info.machine_id = *r->machine_id ? r->machine_id : NULL;
	r->info.trace_id = *r->trace_id ? r->trace_id : NULL;
	r->info.unseen = r->unseen;
	r->info.pids = r->pids;
	r->info.ports = r->ports;
	r->info.comm = *r->comm ? r->comm : NULL;
	r->info.cgroup = *r->cgroup ? r->cgroup : NULL;
	r->info.cgroup_path = cgroup_names_path;
	r->info.pod_name = cgroup_names_pod;
	r->info.cgroup_ctx = &r->cgroups;
	r->info.drop_reason_name = drop_reason;
	r->info.drop_reason_ctx = r;
	return result;
}

enum recording_result recording_next(struct recording_reader *r, struct recording_entry *entry)
{
	enum recording_result result;
	struct recording_chunk chunk;

	if (r->ended) {
		r->offset = r->next_offset;
		return fgetc(r->file) == EOF ? RECORDING_FINISHED
					     : recording_broken(r, "there is data after the end of the recording");
	}
	do {
		result = read_chunk(r, &chunk);
		if (result == RECORDING_ENTRY && !is_entry(chunk.type))
			result = take_description(r, &chunk);
	} while (result == RECORDING_ENTRY && !is_entry(chunk.type));
	if (result != RECORDING_ENTRY)
		return result;
	memset(entry, 0, sizeof(*entry));
	entry->type = chunk.type;
	if (entry->type == RECORDING_EVENT)
		return recording_take_event(r, chunk.length, entry);
	r->ended = entry->type == RECORDING_END;
	return take_number(r, chunk.length, entry);
}
