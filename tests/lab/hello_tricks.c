/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* hello_tricks: servers that are hard to please. Usage: hello_tricks.h */
#include <string.h>

#include "hello_tricks.h"

#define CLIENT_HELLO 1
#define HELLO_VERIFY_REQUEST 3
#define COOKIE_LEN 16

bool hello_find(struct record_message *out_hello, const uint8_t *data,
		size_t len)
{
	struct record_cursor records, messages;
	struct record rec;

	records_init(&records, data, len);
	while (records_next(&rec, &records)) {
		record_messages_init(&messages, &rec);
		while (record_messages_next(out_hello, &messages))
			if (out_hello->type == CLIENT_HELLO)
				return true;
	}
	return false;
}

/* RFC 6347 s4.2.1; the version is DTLS 1.0's whatever comes of it. */
void hello_verify_write(uint8_t out[HELLO_VERIFY_LEN], uint16_t message_seq)
{
	static const uint8_t record[13] = {
		RECORD_TYPE_HANDSHAKE, 0xfe, 0xff, [12] = HELLO_VERIFY_LEN - 13
	};
	static const uint8_t message[12] = {
		HELLO_VERIFY_REQUEST, [3] = 3 + COOKIE_LEN, [11] = 3 + COOKIE_LEN
	};

	memcpy(out, record, sizeof(record));
	out[9] = message_seq >> 8;
	out[10] = message_seq;
	memcpy(out + 13, message, sizeof(message));
	out[17] = message_seq >> 8;
	out[18] = message_seq;
	out[25] = 0xfe;
	out[26] = 0xff;
	out[27] = COOKIE_LEN;
	memset(out + 28, message_seq + 1, COOKIE_LEN);
}
