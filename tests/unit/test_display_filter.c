// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Display filters: every row has one, it is filled in, and Wireshark understands it. */
#include <unistd.h>

#include "stream_verdict.h"

#include "display_filter.h"

#define FLOW "ip.addr == 10.0.0.5 && udp.port == 30041 && ip.addr == 10.0.0.9 && udp.port == 4433"
#define CLIENT "(ip.src == 10.0.0.5 && udp.srcport == 30041)"
#define SERVER "(ip.src == 10.0.0.9 && udp.srcport == 4433)"

/* A handshake stuck in the middle, between IPv4 or IPv6 addresses. */
static void begin(struct stream *s, struct pair *p)
{
	stream_begin(s, p, AT_CLIENT);
	p->fate = LOST;
	dtls_flight1(p);
}

static void expect_filter(const struct pair *p, const char *pattern, enum party_role role, const char *filter)
{
	char out[VERDICT_FILTER_LEN];

	display_filter_write(out, sizeof(out), pattern, p->h, &(struct claim){ .role = role });
	assert_string_equal(out, filter);
}

static void words_are_filled_in(void **state)
{
	STORY_WITH(begin, s, p);

	expect_filter(&p, "{flow} && dtls", PARTY_CLIENT, FLOW " && dtls");
	expect_filter(&p, "{client} || {server}", PARTY_CLIENT, CLIENT " || " SERVER);
	expect_filter(&p, "{role}{peer}", PARTY_CLIENT, CLIENT SERVER);
	expect_filter(&p, "{role}{peer}", PARTY_SERVER, SERVER CLIENT);
	expect_filter(&p, "udp.length > {buffer}", PARTY_CLIENT, "udp.length > 8");
	/* A word that nobody knows is nothing, and so is a brace that nothing closes. */
	expect_filter(&p, "a{nobody}b{", PARTY_CLIENT, "ab{");
}

/* What does not fit is left out as a whole. */
static void half_a_filter_is_none(void **state)
{
	char out[VERDICT_FILTER_LEN], *small;
	size_t len = strlen(FLOW) + 1;
	STORY_WITH(begin, s, p);

	for (size_t size = 1; size <= len; size++) {
		small = malloc(size);
		assert_non_null(small);
		display_filter_write(small, size, "{flow}", p.h, &p.h->verdict);
		assert_string_equal(small, size == len ? FLOW : "");
		free(small);
	}
	display_filter_write(out, sizeof(out), "{flow}", p.h, &p.h->verdict);
	assert_string_equal(out, FLOW);
}

/* The verdict itself has it, and IPv6 has other names for its fields. */
static void verdicts_have_theirs(void **state)
{
	const uint8_t longest[16] = { 0x20, 0x01, 0x0d, 0xb8, 0x11, 0x11, 0x11, 0x11,
				      0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 };
	struct handshake like;
	char out[VERDICT_FILTER_LEN];
	STORY_WITH(begin, s, p);

	stream_wait(&s, HOUR);
	assert_string_equal(s.changes[0].verdict.filter, FLOW " && dtls.record.content_type == 22");
	like = *p.h;
	for (int role = 0; role < PARTY_MAX; role++) {
		memcpy(like.party[role].address.ip, longest, sizeof(longest));
		like.party[role].ipv4 = false;
	}
	like.relations.stray_address = like.party[PARTY_SERVER].address;
	for (int code = VERDICT_NONE + 1; code < VERDICT_MAX; code++) {
		display_filter_write(out, sizeof(out), verdict_filter_pattern(code), &like,
				     &(struct claim){ .role = PARTY_CLIENT });
		assert_non_null(strstr(out, "ipv6.addr == 2001:db8:1111:1111:1111:1111:1111:1111 && "));
	}
}

/* A capture without packets, for tshark to read. */
static void write_capture(const char *path)
{
	const uint8_t header[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [17] = 1, [20] = 1 };
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(header, sizeof(header), 1, f), 1);
	assert_int_equal(fclose(f), 0);
}

/* tshark reads the filters of all rows, for both versions of IP, in one run: it takes a second to start. */
static void wireshark_understands_them(void **state)
{
	char path[] = "/tmp/dtlsnoop-filter-XXXXXX", out[VERDICT_FILTER_LEN];
	size_t size = 2 * VERDICT_MAX * (VERDICT_FILTER_LEN + 16);
	struct handshake like;
	char *command;
	int fd, len;

	if (system("command -v tshark >/dev/null")) {
		print_message("no tshark here: whether it understands the filters is not tested\n");
		skip();
	}
	STORY_WITH(begin, s, p);
	like = *p.h;
	like.relations.stray_address = endpoint(8, 4433);
	like.relations.stray_ipv4 = true;
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	write_capture(path);
	command = malloc(size);
	assert_non_null(command);
	len = snprintf(command, size, "tshark -n -r %s -Y '", path);
	for (int ipv4 = 0; ipv4 < 2; ipv4++) {
		for (int role = 0; role < PARTY_MAX; role++)
			like.party[role].ipv4 = ipv4;
		for (int code = VERDICT_NONE + 1; code < VERDICT_MAX; code++) {
			display_filter_write(out, sizeof(out), verdict_filter_pattern(code), &like,
					     &(struct claim){ .role = PARTY_SERVER });
			assert_true(strlen(out) > 0);
			len += snprintf(command + len, size - len, "%s(%s)",
					code > VERDICT_NONE + 1 || ipv4 ? " || " : "", out);
		}
	}
	/* What a hole and a split are filled in with, which these handshakes do not have. */
	len += snprintf(command + len, size - len, " || dtls.handshake.message_seq == 1' >/dev/null");
	assert_in_range(len, 1, size - 1);
	assert_int_equal(system(command), 0);
	/* It would have said so: a field that does not exist is an error. */
	snprintf(command, size, "tshark -n -r %s -Y 'dtls.no_such_field == 1' >/dev/null 2>&1", path);
	assert_int_not_equal(system(command), 0);
	free(command);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_filled_in),
		cmocka_unit_test(half_a_filter_is_none),
		cmocka_unit_test(verdicts_have_theirs),
		cmocka_unit_test(wireshark_understands_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
