// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SHA-256 on the examples of FIPS 180-4, and at every border of a block. */
#include <stdarg.h>
#include <stdio.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "sha256.h"

static void expect(const char *data, size_t len, const char *hash)
{
	char text[2 * SHA256_LEN + 1];
	uint8_t out[SHA256_LEN];

	sha256(data, len, out);
	for (int i = 0; i < SHA256_LEN; i++)
		sprintf(text + 2 * i, "%02x", out[i]);
	assert_string_equal(text, hash);
}

static void examples(void **state)
{
	char million[1000000];

	memset(million, 'a', sizeof(million));
	expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
	       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	expect(million, sizeof(million), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* So many times "a": what sha256sum prints. */
static void borders(void **state)
{
	static const struct { size_t len; const char *hash; } rows[] = {
		{ 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
		{ 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a" },
		{ 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34" },
		{ 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
		{ 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb" },
		{ 120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c" },
		{ 128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e" },
	};
	char bytes[129];

	memset(bytes, 'a', sizeof(bytes));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(bytes, rows[i].len, rows[i].hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(examples), cmocka_unit_test(borders) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
