// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names of ICMP errors: RFC 792, RFC 1812 s5.2.7.1, RFC 4443 s3, RFC 6554 s4.2. */
#include "names.h"

#include <errno.h>
#include <stddef.h>

#include "icmp.h"

#include "core.h"

static const char *const unreachable[] = {
	"network unreachable",
	"host unreachable",
	"protocol unreachable",
	"port unreachable",
	"fragmentation needed",
	"source route failed",
	"destination network unknown",
	"destination host unknown",
	"source host isolated",
	"network administratively prohibited",
	"host administratively prohibited",
	"network unreachable for this type of service",
	"host unreachable for this type of service",
	"communication administratively prohibited",
	"host precedence violation",
	"precedence cutoff in effect",
};

static const char *const unreachable6[] = {
	"no route to destination",
	"communication administratively prohibited",
	"beyond the scope of the source address",
	"address unreachable",
	"port unreachable",
	"source address prohibited by policy",
	"route to destination prohibited",
	"error in source routing header",
};

static const char *const time_exceeded[] = {
	"time to live exceeded",
	"fragment reassembly time exceeded",
};

static const char *name_of(const char *const *names, size_t num, uint8_t code)
{
	return code < num ? names[code] : NULL;
}

#define NAME_OF(names, code) name_of(names, sizeof(names) / sizeof((names)[0]), code)

static const char *icmp_name(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP_DEST_UNREACH: return NAME_OF(unreachable, code);
	case ICMP_TIME_EXCEEDED: return NAME_OF(time_exceeded, code);
	case ICMP_PARAMETER_PROBLEM: return "parameter problem";
	}
	return NULL;
}

static const char *icmpv6_name(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMPV6_DEST_UNREACH: return NAME_OF(unreachable6, code);
	case ICMPV6_PACKET_TOO_BIG: return "packet too big";
	case ICMPV6_TIME_EXCEEDED: return NAME_OF(time_exceeded, code);
	case ICMPV6_PARAMETER_PROBLEM: return "parameter problem";
	}
	return NULL;
}

const char *icmp_error_name(bool ipv4, uint8_t type, uint8_t code)
{
	return ipv4 ? icmp_name(type, code) : icmpv6_name(type, code);
}

/*
 * Linux turns ICMP errors into errnos: icmp_err_convert of net/ipv4/icmp.c, tab_unreach of
 * net/ipv6/icmp.c. Time exceeded becomes EHOSTUNREACH in both. A `name` stands for one kind of
 * error; `causes` lists several. NULL: no ICMP error of this version has that errno.
 */
static const struct {
	uint16_t error;
	struct icmp_meaning ipv4, ipv6;
} errnos[] = {
	{ ENETUNREACH, { .causes = "the network cannot be reached or is not known, or a firewall rejects them "
				   "(network administratively prohibited)" }, { .name = "no route to destination" } },
	{ EHOSTUNREACH, { .causes = "a firewall rejects them (administratively prohibited), the host cannot be reached, "
				    "or routers send them round in a loop (time to live exceeded)" },
	  { .causes = "the host cannot be reached, or routers send them round in a loop (hop limit exceeded)" } },
	{ ENOPROTOOPT, { .name = "protocol unreachable" }, { .name = NULL } },
	{ EOPNOTSUPP, { .name = "source route failed" }, { .name = NULL } },
	{ EHOSTDOWN, { .name = "destination host unknown" }, { .name = NULL } },
	{ ENONET, { .name = "source host isolated" }, { .name = NULL } },
	{ EACCES, { .name = NULL }, { .name = "administratively prohibited" } },
};

struct icmp_meaning icmp_errno_meaning(bool ipv4, uint16_t error)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].error == error)
			return ipv4 ? errnos[i].ipv4 : errnos[i].ipv6;
	return (struct icmp_meaning){ .name = NULL };
}
