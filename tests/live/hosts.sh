# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034
#
# For tests/live/outsiders, beside harness.sh: two network namespaces as two hosts,
# and everybody who watches them.
#
#	namespace of clients                          namespace of servers
#	10.77.N.1 ------------ two_hosts ------------ 10.77.N.2
#
# The views of a handshake, each a file $tmp/VIEW.said (see `summary`):
#	host		a tracer of the host that has both namespaces
#	client, server	a tracer of that namespace alone
#	VIEW-again	the recording of this tracer, read again
#	client-wire, server-wire	a capture in that namespace
#
# For before_NAME:
#	network OPTION...		two_hosts, and $client_address, $server_address
# For start_NAME:
#	addresses			the same two
#	at_client, at_server COMMAND...	server, client, task or daemon in that namespace
# For verify_NAME:
#	summaries			makes these files; $captures: with those of the wires

captures=''
tracer_options="-w $tmp/host.rec"

# --- the two hosts ----------------------------------------------------------

# make_host HOST: a namespace that lives as long as its process.
make_host() {
	name=$1
	run_for_scenario host unshare --net sh -c 'ip link set lo up && echo up && exec sleep 600' 2>/dev/null &
	until_true "$bound" grep -qs up "$tmp/$1.host.out" ||
		{ echo "Bail out! no network namespace: $(cat "$tmp/$1.host.err")" && exit 1; }
	eval "${1}_netns=/proc/$(cat "$tmp/$1.host.pid")/ns/net"
}

at_client() {
	prefix="nsenter --net=$client_netns"
	"$@"
	prefix=''
}

at_server() {
	prefix="nsenter --net=$server_netns"
	"$@"
	prefix=''
}

addresses() {
	number=$(((port - first) / 10))
	client_address=10.77.$number.1 server_address=10.77.$number.2
}

network() {
	addresses
	daemon network "$LAB/two_hosts" --client "$client_netns" --server "$server_netns" --number $number \
		--duration $((2 * life)) "$@"
}

# --- who watches ------------------------------------------------------------

observer_began() {
	grep -qs '"type":"trace"' "$tmp/observer.$1.out" || grep -qs 'listening on' "$tmp/observer.$1.err" ||
		observer_ended "$1"
}

observer_ended() {
	[ -e "$tmp/observer.$1.status" ]
}

# Their output is not a scenario's: run_for_scenario is told so by another $name.
observe() {
	name=observer
	run_for_scenario "$@" 2>/dev/null &
}

trace_host() {
	observe "$1" "$DTLSNOOP" -q -j --hooks "$tier" --stuck-after "$STUCK_AFTER" --netns "$2" -w "$tmp/$1.rec"
}

capture_host() {
	prefix="nsenter --net=$2"
	observe "$1-wire" tcpdump -i any -n -U -s 0 -B 8192 -Z root -w "$tmp/$1.pcap" udp or icmp
	prefix=''
}

observers_start() {
	[ -z "${observers:-}" ] || return 0
	PATH="$PATH:/usr/sbin:/sbin"
	observers='client server'
	trace_host client "$client_netns"
	trace_host server "$server_netns"
	if command -v tcpdump >/dev/null; then
		observers="$observers client-wire server-wire"
		capture_host client "$client_netns"
		capture_host server "$server_netns"
	fi
	for role in $observers; do
		until_true "$bound" observer_began "$role"
		! observer_ended "$role" || { echo "Bail out! $role: $(cat "$tmp/observer.$role.err")" && exit 1; }
	done
}

observers_stop() {
	for role in $observers; do
		observer_ended "$role" || kill -INT "$(cat "$tmp/observer.$role.pid")"
	done
	for role in $observers; do
		until_true "$bound" observer_ended "$role"
	done
}

# --- what they said ---------------------------------------------------------

# summary VIEW FILE: a line for each line of a handshake: its scenario's first port,
# then its id, state, code, side, severity and confidence. "-": none.
summary() {
	jq -r --argjson first "$first" --argjson beyond $((first + count)) '
		select(.type == "handshake") |
		[(.server.address, .client.address) | split(":")[-1] | tonumber | select(. >= $first and . < $beyond)][0] as $port |
		select($port) | [$port - $port % 10, .id, .state, (.verdict | .code, .side, .severity, .confidence)] |
		map(. // "-") | @tsv' "$2" >"$tmp/$1.said"
}

read_again() {
	"$DTLSNOOP" -q -j --stuck-after "$STUCK_AFTER" -r "$1" >"$1.json" 2>"$1.err" || echo "# dtlsnoop -r: $(cat "$1.err")"
}

# Once for all scenarios.
summaries() {
	[ -z "${summed_up:-}" ] || return 0
	summed_up=1
	cp "$trace" "$tmp/observer.host.out"
	for view in host client server; do
		read_again "$tmp/$view.rec"
		summary "$view" "$tmp/observer.$view.out"
		summary "$view-again" "$tmp/$view.rec.json"
		[ -s "$tmp/$view.pcap" ] || continue
		captures=1
		read_again "$tmp/$view.pcap"
		summary "$view-wire" "$tmp/$view.pcap.json"
	done
}

make_host client
make_host server
