/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * udp_fault_proxy: stands between a UDP client and its server and mistreats
 * chosen datagrams; tc netem is not in every kernel the tests run on, and it
 * cannot choose by handshake message.
 *
 *	client <--> [listen] udp_fault_proxy [one socket per client] <--> upstream
 *
 * Usage: udp_fault_proxy --listen 127.0.0.1:0 --upstream 127.0.0.1:4444
 *		--fault drop:dir=c2s,msg=16 --duration 30 -v
 *
 * Prints "ready ADDR:PORT" once it listens and one line per fault applied:
 *	fault drop c2s 127.0.0.1:51234 match 1 size 92 [hs 16 seq 2 ...]
 * The grammar of a fault is in fault.h.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "lab_net.h"
#include "records.h"

#define MAX_FAULTS 32
#define MAX_CLIENTS 64
#define MAX_HELD 256

struct client {
	struct lab_addr addr;
	int fd; /* connected to the upstream; also the source towards it */
};

/* A datagram that waits: for its time, or for a later one to overtake it. */
struct held {
	uint8_t *data; /* NULL: free slot */
	size_t len;
	uint64_t due_ms;
	uint64_t order; /* of arrival, between equal times */
	size_t client;
	enum fault_dir dir;
	bool is_overtaken; /* reorder: goes once another has gone */
};

struct proxy {
	struct lab_addr listen, upstream;
	struct fault faults[MAX_FAULTS];
	size_t num_faults;
	uint64_t duration_ms;
	bool verbose;

	int listen_fd;
	struct client clients[MAX_CLIENTS];
	size_t num_clients;
	struct held held[MAX_HELD];
	uint64_t num_arrivals;
	uint8_t buf[LAB_DATAGRAM_MAX];
};

static void proxy_log(const struct proxy *proxy, const char *what,
		      enum fault_dir dir, size_t client, uint64_t num_matches,
		      const uint8_t *data, size_t len)
{
	char addr[LAB_ADDR_STRLEN], records[512];

	records_describe(records, sizeof(records), data, len);
	printf("%s %s %s match %llu size %zu [%s]\n", what, fault_dir_name(dir),
	       lab_addr_format(addr, &proxy->clients[client].addr),
	       (unsigned long long)num_matches, len, records);
	fflush(stdout);
}

/*
 * A datagram that cannot be sent (ECONNREFUSED: nobody upstream) is lost, as
 * it would be on a network; the peers' own timers have to live with it.
 */
static void proxy_send(struct proxy *proxy, size_t client, enum fault_dir dir,
		       const uint8_t *data, size_t len)
{
	const struct client *to = &proxy->clients[client];
	ssize_t sent;

	if (dir == FAULT_DIR_C2S)
		sent = send(to->fd, data, len, 0);
	else
		sent = sendto(proxy->listen_fd, data, len, 0,
			      (const struct sockaddr *)&to->addr.ss,
			      to->addr.len);
	if (sent < 0 && proxy->verbose)
		fprintf(stderr, "udp_fault_proxy: send %s: %s\n",
			fault_dir_name(dir), strerror(errno));
}

static void proxy_release(struct proxy *proxy, struct held *held)
{
	proxy_send(proxy, held->client, held->dir, held->data, held->len);
	free(held->data);
	held->data = NULL;
}

/* Lets those go that @client's datagram in direction @dir has overtaken. */
static void release_overtaken(struct proxy *proxy, size_t client,
			      enum fault_dir dir)
{
	for (;;) {
		struct held *first = NULL;

		for (size_t i = 0; i < MAX_HELD; i++) {
			struct held *held = &proxy->held[i];

			if (held->data && held->is_overtaken &&
			    held->client == client && held->dir == dir &&
			    (!first || held->order < first->order))
				first = held;
		}
		if (!first)
			return;
		proxy_release(proxy, first);
	}
}

static struct held *next_due(struct proxy *proxy)
{
	struct held *next = NULL;

	for (size_t i = 0; i < MAX_HELD; i++) {
		struct held *held = &proxy->held[i];

		if (held->data && (!next || held->due_ms < next->due_ms ||
				   (held->due_ms == next->due_ms &&
				    held->order < next->order)))
			next = held;
	}
	return next;
}

static void proxy_hold(struct proxy *proxy, size_t client, enum fault_dir dir,
		       const uint8_t *data, size_t len,
		       const struct fault *fault)
{
	struct held *slot = proxy->held;

	while (slot < proxy->held + MAX_HELD && slot->data)
		slot++;
	/* An empty datagram still needs an address that is not NULL. */
	if (slot == proxy->held + MAX_HELD || !(slot->data = malloc(len + 1))) {
		printf("lost: no room to hold one more datagram\n");
		fflush(stdout);
		return;
	}
	memcpy(slot->data, data, len);
	slot->len = len;
	slot->due_ms = lab_now_ms() + fault->value[FAULT_KEY_MS];
	slot->order = proxy->num_arrivals++;
	slot->client = client;
	slot->dir = dir;
	slot->is_overtaken = fault->action == FAULT_REORDER;
}

static void proxy_mistreat(struct proxy *proxy, size_t client,
			   enum fault_dir dir, uint8_t *data, size_t len,
			   const struct fault *fault)
{
	switch (fault->action) {
	case FAULT_DROP:
		return;
	case FAULT_DELAY:
	case FAULT_REORDER:
		proxy_hold(proxy, client, dir, data, len, fault);
		return;
	case FAULT_DUPLICATE:
		proxy_send(proxy, client, dir, data, len);
		break;
	case FAULT_TRUNCATE:
		if (len > fault->value[FAULT_KEY_BYTES])
			len = fault->value[FAULT_KEY_BYTES];
		break;
	case FAULT_CORRUPT:
		if (len > 0)
			data[len - 1] ^= 1;
		break;
	case FAULT_NUM_ACTIONS:
		break;
	}
	proxy_send(proxy, client, dir, data, len);
	release_overtaken(proxy, client, dir);
}

static void proxy_datagram(struct proxy *proxy, size_t client,
			   enum fault_dir dir, uint8_t *data, size_t len)
{
	const struct fault *fault =
		fault_pick(proxy->faults, proxy->num_faults, dir, data, len);
	char what[32];

	if (fault) {
		snprintf(what, sizeof(what), "fault %s",
			 fault_action_name(fault->action));
		proxy_log(proxy, what, dir, client, fault->num_matches, data,
			  len);
		proxy_mistreat(proxy, client, dir, data, len, fault);
		return;
	}
	if (proxy->verbose)
		proxy_log(proxy, "pass", dir, client, 0, data, len);
	proxy_send(proxy, client, dir, data, len);
	release_overtaken(proxy, client, dir);
}

/* The client's index, -1 if it is new and cannot be taken. */
static int proxy_client(struct proxy *proxy, const struct lab_addr *addr)
{
	struct client *client = &proxy->clients[proxy->num_clients];

	for (size_t i = 0; i < proxy->num_clients; i++)
		if (lab_addr_equal(&proxy->clients[i].addr, addr))
			return i;
	if (proxy->num_clients == MAX_CLIENTS) {
		printf("lost: more than %d clients\n", MAX_CLIENTS);
		fflush(stdout);
		return -1;
	}
	client->fd = lab_udp_connect(&proxy->upstream, NULL);
	if (client->fd < 0) {
		fprintf(stderr, "udp_fault_proxy: upstream socket: %s\n",
			strerror(-client->fd));
		return -1;
	}
	client->addr = *addr;
	return proxy->num_clients++;
}

static void read_clients(struct proxy *proxy)
{
	for (int i = 0; i < 64; i++) { /* the upstream's turn comes too */
		struct lab_addr from = { .len = sizeof(from.ss) };
		ssize_t len = recvfrom(proxy->listen_fd, proxy->buf,
				       sizeof(proxy->buf), 0,
				       (struct sockaddr *)&from.ss, &from.len);
		int client;

		if (len < 0)
			return;
		client = proxy_client(proxy, &from);
		if (client >= 0)
			proxy_datagram(proxy, client, FAULT_DIR_C2S, proxy->buf,
				       len);
	}
}

static void read_upstream(struct proxy *proxy, size_t client)
{
	for (int i = 0; i < 64; i++) {
		ssize_t len = recv(proxy->clients[client].fd, proxy->buf,
				   sizeof(proxy->buf), 0);

		if (len < 0)
			return;
		proxy_datagram(proxy, client, FAULT_DIR_S2C, proxy->buf, len);
	}
}

static void proxy_wait(struct proxy *proxy, uint64_t until_ms)
{
	struct pollfd fds[1 + MAX_CLIENTS];
	size_t num_clients = proxy->num_clients;
	uint64_t now = lab_now_ms();

	fds[0] = (struct pollfd){ .fd = proxy->listen_fd, .events = POLLIN };
	for (size_t i = 0; i < num_clients; i++)
		fds[1 + i] = (struct pollfd){ .fd = proxy->clients[i].fd,
					      .events = POLLIN };
	if (lab_poll(fds, 1 + num_clients, until_ms > now ? until_ms - now : 0) <= 0)
		return;
	if (fds[0].revents)
		read_clients(proxy);
	for (size_t i = 0; i < num_clients; i++)
		if (fds[1 + i].revents)
			read_upstream(proxy, i);
}

static void proxy_loop(struct proxy *proxy)
{
	uint64_t end_ms = lab_now_ms() + proxy->duration_ms;

	while (!lab_stopped() && lab_now_ms() < end_ms) {
		struct held *held = next_due(proxy);

		if (held && held->due_ms <= lab_now_ms())
			proxy_release(proxy, held);
		else
			proxy_wait(proxy, held && held->due_ms < end_ms ?
						  held->due_ms :
						  end_ms);
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct proxy *proxy = state->input;
	char err[160];

	switch (key) {
	case 'l':
		if (lab_addr_parse(&proxy->listen, arg))
			argp_error(state, "bad address '%s'", arg);
		break;
	case 'u':
		if (lab_addr_parse(&proxy->upstream, arg))
			argp_error(state, "bad address '%s'", arg);
		break;
	case 'f':
		if (proxy->num_faults == MAX_FAULTS)
			argp_failure(state, LAB_EXIT_USAGE, 0,
				     "more than %d faults", MAX_FAULTS);
		if (fault_parse(&proxy->faults[proxy->num_faults], arg, err,
				sizeof(err)))
			argp_failure(state, LAB_EXIT_USAGE, 0,
				     "bad fault '%s': %s", arg, err);
		proxy->num_faults++;
		break;
	case 'd':
		if (lab_parse_seconds(&proxy->duration_ms, arg))
			argp_error(state, "bad duration '%s'", arg);
		break;
	case 'v':
		proxy->verbose = true;
		break;
	case ARGP_KEY_END:
		if (!proxy->listen.len || !proxy->upstream.len)
			argp_error(state, "--listen and --upstream are needed");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_option options[] = {
	{ "listen", 'l', "ADDR:PORT", 0, "Where clients come in; port 0: any", 0 },
	{ "upstream", 'u', "ADDR:PORT", 0, "The server", 0 },
	{ "fault", 'f', "SPEC", 0, "ACTION:key=value,... (see fault.h)", 0 },
	{ "duration", 'd', "SECONDS", 0, "End after this time (default 30)", 0 },
	{ "verbose", 'v', NULL, 0, "One line per datagram passed, too", 0 },
	{ 0 },
};

static int proxy_start(struct proxy *proxy)
{
	char text[LAB_ADDR_STRLEN];
	struct lab_addr local;

	proxy->listen_fd = lab_udp_bind(&proxy->listen);
	if (proxy->listen_fd < 0) {
		fprintf(stderr, "udp_fault_proxy: cannot listen on %s: %s\n",
			lab_addr_format(text, &proxy->listen),
			strerror(-proxy->listen_fd));
		return -1;
	}
	lab_udp_local(&local, proxy->listen_fd);
	printf("ready %s\n", lab_addr_format(text, &local));
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, NULL, "A UDP proxy that makes faults.",
		NULL,	 NULL,	       NULL
	};
	static struct proxy proxy = { .duration_ms = 30000 };

	argp_err_exit_status = LAB_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &proxy);
	lab_stop_init();
	if (proxy_start(&proxy))
		return 1;
	proxy_loop(&proxy);
	for (size_t i = 0; i < MAX_HELD; i++)
		free(proxy.held[i].data);
	for (size_t i = 0; i < proxy.num_clients; i++)
		close(proxy.clients[i].fd);
	close(proxy.listen_fd);
	return 0;
}
