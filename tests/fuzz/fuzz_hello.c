// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The parser of hello bodies: type, where to cut, body. What is said of the
 * beginning of a body must be said of the whole as well: what is cut is not
 * there, and never something else.
 */
#include "fuzz.h"

#include "dtls_wire.h"
#include "hello.h"

static void parse(uint8_t msg_type, const uint8_t *body, size_t len, struct hello *out)
{
	uint8_t *copy = fuzz_copy(body, len);

	memset(out, 0xff, sizeof(*out));	/* filled completely, whatever it held */
	hello_parse(msg_type, copy, len, out);
	free(copy);
}

/*
 * What `part` has the whole has too, and it is the same. Fields that are not
 * there are 0, so this holds byte for byte, but for the set of extensions.
 */
static void check_part(struct hello *part, const struct hello *whole)
{
	const uint8_t *a = (const uint8_t *)part, *b = (const uint8_t *)whole;

	fuzz_check(!(part->extensions & ~whole->extensions));
	part->extensions = 0;
	for (size_t i = 0; i < sizeof(*part); i++)
		fuzz_check(!a[i] || a[i] == b[i]);
}

static void check_bounds(const struct hello *hello)
{
	const char *name;
	uint32_t len;

	fuzz_check(hello->server_name_len <= HELLO_SERVER_NAME_MAX);
	fuzz_check(hello->session_id_len <= HELLO_SESSION_ID_MAX);
	fuzz_check(hello->versions.num <= HELLO_NUMBERS_MAX && hello->groups.num <= HELLO_NUMBERS_MAX);
	fuzz_check(hello->versions.num <= hello->versions.total);
	fuzz_check(hello->alpn.num <= hello->alpn.total && hello->alpn.len <= HELLO_ALPN_MAX);
	for (uint32_t i = 0; i < hello->alpn.num; i++) {
		len = hello_alpn_name(&hello->alpn, i, &name);
		fuzz_check(len && name > hello->alpn.names);
		fuzz_check(name + len <= hello->alpn.names + hello->alpn.len);
	}
	fuzz_check(!hello_alpn_name(&hello->alpn, hello->alpn.num, &name));
	hello_has_raw_public_key(hello);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_cursor c = { data, size };
	uint8_t msg_type = fuzz_u8(&c);
	uint16_t cut = fuzz_u16(&c);
	struct hello whole, again, part;

	parse(msg_type, c.at, c.left, &whole);
	parse(msg_type, c.at, c.left, &again);
	fuzz_check(!memcmp(&whole, &again, sizeof(whole)));
	parse(msg_type, c.at, cut < c.left ? cut : c.left, &part);
	check_part(&part, &whole);
	check_bounds(&whole);
	return 0;
}
