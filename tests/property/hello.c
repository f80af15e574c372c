// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Bodies of ClientHello, ServerHello, HelloVerifyRequest and HelloRetryRequest. */
#include <string.h>

#include "dtls_wire.h"
#include "script.h"

#define COOKIE_LEN 20
#define SERVER_NAME "peer.example"

static void put(struct script_hello *b, uint32_t value, uint32_t width)
{
	while (width--)
		b->bytes[b->len++] = value >> 8 * width & 0xff;
}

static void fill(struct script_hello *b, uint8_t value, uint32_t len)
{
	memset(b->bytes + b->len, value, len);
	b->len += len;
}

/* What was begun by put(b, 0, 2) at `at` ends here: write its length. */
static void close16(struct script_hello *b, uint32_t at)
{
	uint32_t len = b->len - at - 2;

	b->bytes[at] = len >> 8;
	b->bytes[at + 1] = len & 0xff;
}

/* An extension of `len` bytes; what follows is its body. */
static void extension(struct script_hello *b, uint16_t type, uint16_t len)
{
	put(b, type, 2);
	put(b, len, 2);
}

/* RFC 9146 s3: the connection ID that `sender` is to use; empty if it is to use none. */
static void connection_id(struct script_hello *b, const struct scenario *sc, enum party_role sender,
			  uint8_t byte)
{
	uint32_t len = sc->cid[sender] ? SCRIPT_CID_LEN : 0;

	if (!sc->cid[PARTY_CLIENT] && !sc->cid[PARTY_SERVER])
		return;
	extension(b, 54, 1 + len);
	put(b, len, 1);
	fill(b, byte, len);
}

/* RFC 6066 s3, RFC 5764 s4.1.1, RFC 5077 s3.2 */
static void client_extensions_12(struct script_hello *b, const struct scenario *sc)
{
	const uint16_t name = strlen(SERVER_NAME);

	extension(b, 0, 5 + name);
	put(b, 3 + name, 2);
	put(b, 0, 1);
	put(b, name, 2);
	memcpy(b->bytes + b->len, SERVER_NAME, name);
	b->len += name;
	if (sc->srtp) {
		extension(b, 14, 5);
		put(b, 2, 2);
		put(b, 1, 2);
		put(b, 0, 1);
	}
	if (sc->variant == VARIANT_RESUMED_TICKET) {
		extension(b, 35, 160);
		fill(b, 0x7e, 160);
	} else if (sc->ticket) {
		extension(b, 35, 0);
	}
	connection_id(b, sc, PARTY_SERVER, 0xc1);
}

/* RFC 8446 s4.2.1, s4.2.8: and a key share as large as the scenario wants. */
static void client_extensions_13(struct script_hello *b, const struct scenario *sc)
{
	extension(b, 43, 5);
	put(b, 4, 1);
	put(b, DTLS_VERSION_1_3, 2);
	put(b, DTLS_VERSION_1_2, 2);
	extension(b, 51, 2 + 4 + (sc->large_hello ? 1216 : 32));
	put(b, 4 + (sc->large_hello ? 1216 : 32), 2);
	put(b, sc->large_hello ? 0x11ec : 0x001d, 2);
	put(b, sc->large_hello ? 1216 : 32, 2);
	fill(b, 0x4b, sc->large_hello ? 1216 : 32);
}

static void hello_begin(struct script_hello *b, const struct scenario *sc, uint8_t random)
{
	b->len = 0;
	put(b, sc->dtls13 ? DTLS_VERSION_1_2 : sc->version, 2);
	fill(b, random, 32);
}

/* RFC 6347 s4.2.1; RFC 9147 s5.3 */
void hello_client(struct script_hello *out, const struct scenario *sc, bool second)
{
	bool cookie = second && !sc->dtls13;
	uint32_t at;

	hello_begin(out, sc, second && peer_is(sc, PARTY_CLIENT, PEER_NEW_RANDOM) ? scenario_new_random(sc) : sc->random);
	put(out, sc->variant == VARIANT_RESUMED_ID ? 32 : 0, 1);
	if (sc->variant == VARIANT_RESUMED_ID)
		fill(out, 0x1d, 32);
	put(out, cookie ? COOKIE_LEN : 0, 1);
	if (cookie)
		fill(out, 0xc0, COOKIE_LEN);
	put(out, 6, 2);
	put(out, sc->dtls13 ? 0x1301 : 0x00ae, 2);
	put(out, 0xc02b, 2);
	put(out, 0xc02f, 2);
	put(out, 0x0100, 2);
	if (sc->version == DTLS_VERSION_BAD)	/* it has no extensions */
		return;
	at = out->len;
	put(out, 0, 2);
	client_extensions_12(out, sc);
	if (sc->dtls13)
		client_extensions_13(out, sc);
	if (sc->dtls13 && second) {	/* the cookie extension, RFC 8446 s4.2.2 */
		extension(out, 44, 2 + COOKIE_LEN);
		put(out, COOKIE_LEN, 2);
		fill(out, 0xc0, COOKIE_LEN);
	}
	if (sc->large_hello && !sc->dtls13) {	/* padding, RFC 7685 */
		extension(out, 21, 1300);
		fill(out, 0, 1300);
	}
	close16(out, at);
}

/* SHA-256 of "HelloRetryRequest": RFC 8446 s4.1.3 */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static void server_extensions(struct script_hello *b, const struct scenario *sc, bool retry)
{
	if (sc->dtls13) {
		extension(b, 43, 2);
		put(b, DTLS_VERSION_1_3, 2);
	}
	if (sc->dtls13 && !retry) {
		extension(b, 51, sc->large_hello ? 4 + 1120 : 4 + 32);
		put(b, sc->large_hello ? 0x11ec : 0x001d, 2);
		put(b, sc->large_hello ? 1120 : 32, 2);
		fill(b, 0xb5 ^ sc->server_random, sc->large_hello ? 1120 : 32);
	}
	if (retry) {
		extension(b, 44, 2 + COOKIE_LEN);
		put(b, COOKIE_LEN, 2);
		fill(b, 0xc0, COOKIE_LEN);
		return;
	}
	if (sc->srtp && !sc->dtls13) {
		extension(b, 14, 5);
		put(b, 2, 2);
		put(b, 1, 2);
		put(b, 0, 1);
	}
	if (sc->ticket && !sc->dtls13)		/* then NewSessionTicket follows */
		extension(b, 35, 0);
	connection_id(b, sc, PARTY_CLIENT, 0xc2);
}

void hello_server(struct script_hello *out, const struct scenario *sc, bool retry)
{
	uint32_t at;

	hello_begin(out, sc, sc->server_random);
	if (retry)
		memcpy(out->bytes + 2, retry_random, sizeof(retry_random));
	put(out, sc->variant == VARIANT_RESUMED_ID ? 32 : 0, 1);
	if (sc->variant == VARIANT_RESUMED_ID)
		fill(out, 0x1d, 32);
	put(out, sc->dtls13 ? 0x1301 : sc->keys == KEYS_PSK ? 0x00ae : 0xc02b, 2);
	put(out, 0, 1);
	if (sc->version == DTLS_VERSION_BAD)
		return;
	at = out->len;
	put(out, 0, 2);
	server_extensions(out, sc, retry);
	close16(out, at);
}

void hello_verify_request(struct script_hello *out)
{
	out->len = 0;
	put(out, DTLS_VERSION_1_0, 2);
	put(out, COOKIE_LEN, 1);
	fill(out, 0xc0, COOKIE_LEN);
}
