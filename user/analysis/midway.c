// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "midway.h"

#include "core.h"

bool midway_find(const struct event *ev, enum party_role *out_from, uint8_t *out_flight)
{
	for (uint32_t i = 0; i < ev->num_items; i++) {
		if (ev->items[i].kind != DTLS_ITEM_MESSAGE)
			continue;
		switch (ev->items[i].message.msg_type) {
		case DTLS_MT_SERVER_HELLO:
		case DTLS_MT_SERVER_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_REQUEST:
		case DTLS_MT_SERVER_HELLO_DONE:
			*out_from = PARTY_SERVER;
			*out_flight = 4;
			return true;
		case DTLS_MT_CLIENT_KEY_EXCHANGE:
		case DTLS_MT_CERTIFICATE_VERIFY:
			*out_from = PARTY_CLIENT;
			*out_flight = 5;
			return true;
		}
	}
	return false;
}
