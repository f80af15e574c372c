// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "source_pcap_file.h"

#include <string.h>

#include "message.h"
#include "packet.h"
#include "source_file.h"

#define NS_PER_SECOND UINT64_C(1000000000)
/* In the year 2255. Later times are taken for this. */
#define MAX_SECONDS INT64_C(9000000000)
/*
 * In addition to the results of pcap_next_ex(): the next file in the input could not be opened, and
 * a message said why.
 */
#define NOT_OPENED (-100)

/*
 * The pcap formats that libpcap reads (sf-pcap.c), in either byte order. pcapng's number is the
 * same in both.
 */
static const uint32_t capture_magics[] = {
	0xa1b2c3d4, 0xa1b23c4d /* nanoseconds */, 0xa1b2cd34, 0xa1b234cd, 0xa12b3c4d, 0x0a0d0d0a,
};

bool pcap_file_is_capture(const uint8_t magic[4])
{
	uint32_t number;

	memcpy(&number, magic, sizeof(number));
	for (size_t i = 0; i < sizeof(capture_magics) / sizeof(capture_magics[0]); i++)
		if (number == capture_magics[i] || number == __builtin_bswap32(capture_magics[i]))
			return true;
	return false;
}

/* libpcap was asked for nanoseconds, so tv_usec has them. */
uint64_t pcap_file_time(const struct pcap_pkthdr *header)
{
	int64_t seconds = header->ts.tv_sec, ns = header->ts.tv_usec;

	if (seconds < 0)
		return 0;
	if (seconds > MAX_SECONDS)
		seconds = MAX_SECONDS;
	if (ns < 0 || ns >= (int64_t)NS_PER_SECOND)
		ns = 0;
	return seconds * NS_PER_SECOND + ns;
}

static bool link_is_known(const struct pcap_file *f)
{
	const char *name = pcap_datalink_val_to_name(f->link_type);

	if (packet_knows_link(f->link_type))
		return true;
	if (f->quiet)
		return false;
	message_error("%s: link type %d (%s) is not supported: expected Ethernet, Linux cooked, raw IP or "
		      "loopback", input_name(f->input), f->link_type, name ? name : "unknown");
	return false;
}

void pcap_file_close(struct pcap_file *f)
{
	if (f->pcap)
		pcap_close(f->pcap);
	f->pcap = NULL;
}

bool pcap_file_open(struct pcap_file *f)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	FILE *file = input_file(f->input);

	pcap_file_close(f);
	if (!file) {
		message_error("out of memory");
		return false;
	}
	f->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!f->pcap) {
		if (!f->quiet)
			message_error("%s: %s: expected a recording or JSON lines of dtlsnoop, a pcap or a pcapng", input_name(f->input), error);
		input_take_back(f->input);
		fclose(file);
		return false;
	}
	f->link_type = pcap_datalink(f->pcap);
	return link_is_known(f);
}

/*
 * Is there the head of a pcap where a packet should begin? Then files were concatenated. Read as a
 * packet, it would have no length and the year 2055.
 */
static bool is_pcap_head(const uint8_t head[16], size_t len)
{
	static const uint8_t little[12] = { 2, 0, 4, 0 }, big[12] = { 0, 2, 0, 4 };

	return len == 16 && pcap_file_is_capture(head) &&
	       (!memcmp(head + 4, little, sizeof(little)) || !memcmp(head + 4, big, sizeof(big)));
}

int pcap_file_next(struct pcap_file *f, struct pcap_pkthdr **header, const u_char **data)
{
	static const uint8_t section[] = { 0x0a, 0x0d, 0x0d, 0x0a };
	uint8_t head[16];
	size_t len;

	/* A concatenated file may have no packets. */
	while (is_pcap_head(head, (len = input_peek(f->input, head, sizeof(head)))))
		if (!pcap_file_open(f))
			return NOT_OPENED;
	f->pcapng_begins = len >= sizeof(section) && !memcmp(head, section, sizeof(section));
	return pcap_next_ex(f->pcap, header, data);
}

const char *pcap_file_remedy(const struct pcap_file *f, const char *error)
{
	if (strstr(error, "different from the type of the first"))
		return ": dtlsnoop cannot read several link types from one pcapng: FILES in dtlsnoop(8) shows how "
		       "to split it";
	if (strstr(error, "different from the snapshot length of the first"))
		return ": run tshark -F pcap -r FILE -w NEW to convert it";
	if (strstr(error, "different byte orders"))
		return ": its sections come from different machines: run tshark -F pcap -r FILE -w NEW to convert it";
	if (f->pcapng_begins)
		return ": a pcapng begins there: read it separately";
	return "";
}

const char *pcap_file_error(const struct pcap_file *f, int result)
{
	return result == NOT_OPENED ? "another pcap begins there" : pcap_geterr(f->pcap);
}
