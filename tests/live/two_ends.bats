#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Recordings of both ends, merged: real tracers, and a real network between the two hosts that loses, translates and delays.
#
#	client's host                    router                       server's host
#	10.46.1.2 ----- 10.46.1.1 [NAT, loses] 10.46.2.1 ----- 10.46.2.2
#
#	10.77.0.1 ----------- two_hosts [loses, delays] ----------- 10.77.0.2
#
# The hosts are network namespaces of this one; their clocks are set apart in the recordings (set_clock).
# shellcheck disable=SC2016 # filters of jq

load common

DAYS=$((3 * 86400 + 7)).123457	# the wall clock of the server's host is so far ahead
EARLIER=4000000.5		# and it booted so much earlier
DRIFT=80			# and gains so many microseconds a second

setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	net=dtlsnoop-test-$$
	namespaces=''
}

teardown() {
	local name
	lab_fini
	for name in $namespaces; do
		ip netns delete "$net-$name" 2>/dev/null || true
	done
}

make_namespaces() {
	local name
	for name; do
		ip netns add "$net-$name"
		namespaces+=" $name"
		ip -n "$net-$name" link set lo up
	done
}

# routed NAT RULES: client, router and server; the rules of nft are for where it translates, and for what the router forwards.
routed() {
	make_namespaces client router server
	route_between "$net" 10.46
	PATH="$PATH:/usr/sbin" ip netns exec "$net-router" nft -f - <<-END
		table ip t {
			chain nat { type nat hook postrouting priority 100
				$1
			}
			chain lose {
				type filter hook forward priority 0
				$2
			}
		}
	END
	server_address=10.46.2.2
}

# tunnelled FAULT...: client and server, and two_hosts with these faults between them.
tunnelled() {
	local fault options=()
	make_namespaces client server
	for fault; do
		options+=(--fault "$fault")
	done
	lab_start network "$LAB_BIN/two_hosts" --client "/run/netns/$net-client" --server "/run/netns/$net-server" --number 0 \
		--duration "$LAB_SECONDS" "${options[@]}"
	lab_ready network
	server_address=10.77.0.2
}

# serve PORT [OPTION]...
serve() {
	lab_start "server-$1" ip netns exec "$net-server" "$LAB_BIN/dtls_server" --listen "$server_address:$1" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS" "${@:2}"
	lab_ready "server-$1"
}

# connect PORT [OPTION]...
connect() {
	lab_start "client-$1" ip netns exec "$net-client" "$LAB_BIN/dtls_client" --connect "$server_address:$1" "${@:2}"
}

# trace END PORT...: as on a host of its own, with this name.
trace() {
	local port ports=()
	for port in "${@:2}"; do
		ports+=(-P "$port")
	done
	lab_start "$1" unshare --uts sh -c 'hostname "$0"; exec "$@"' "host-$1" "$DTLSNOOP" -q -j --netns "/run/netns/$net-$1" \
		--stuck-after 2 -w "$LAB_TMP/$1.rec" "${ports[@]}"
	lab_wait_line "$1" '"type":"trace"'
}

traces_stop() {
	local end
	for end in client server; do
		kill -INT "$(lab_pid $end)"
		lab_join $end 30
	done
	# The server's host has clocks of its own.
	"$ROOT/tests/live/set_clock" --wall "$DAYS" --boot "$EARLIER" --drift "$DRIFT" --boot-id 00112233-4455-6677-8899-aabbccddeeff \
		<"$LAB_TMP/server.rec" >"$LAB_TMP/far.rec"
}

# merge FILE...: both ends as JSON, which trace.out has then.
merge() {
	local file options=()
	for file; do
		options+=(-r "$LAB_TMP/$file.rec")
	done
	"$DTLSNOOP" -q -j --stuck-after 2 "${options[@]}" >"$LAB_TMP/trace.out"
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
}

# of PORT FILTER: of the one handshake with the server at this port.
of() {
	that "final | map(select(.server.address | endswith(\":$1\"))) | length == 1 and (.[0] | $2)"
}

# Everything that is said of each handshake in the end, without times.
last_words() {
	trace_jq -c "$JQ_DEFS"' final | sort_by(.server.address)[] | [.client.address, .server.address, .client.comm, .server.comm, .state,
		(.verdict | .code, .side, .confidence)]'
}

# both_orders: merged in either order, to the byte.
both_orders() {
	merge far client
	cp "$LAB_TMP/trace.out" "$LAB_TMP/other.out"
	merge client far
	cmp "$LAB_TMP/trace.out" "$LAB_TMP/other.out"
}

# clock_is_found NS PPM: is the server's clock that far ahead when its trace begins, and gains so much, within the error that is given?
clock_is_found() {
	jq -es --argjson ahead "$1" --argjson drift "$2" 'def ns: (.[0:19] + "Z" | fromdate) * 1e9 + (.[20:29] | tonumber);
		map(select(.type == "trace"))[0].hosts | length == 2 and .[0].name == "host-client" and .[1].name == "host-server" and
		($ahead - ((.[1].started | ns) - (.[0].started | ns)) * $drift / 1e6) as $truth |
		.[1] | (.offset_ns - $truth | fabs) <= .offset_error_ns and .offset_error_ns < 60000000' "$LAB_TMP/trace.out" >/dev/null && return
	jq -c 'select(.type == "trace") | .hosts' "$LAB_TMP/trace.out" >&2
	return 1
}

# loses_in_place NAT: by size, by direction, by content; and who is silent is no loss.
loses_in_place() {
	local healthy size direction content silent port
	healthy=$(lab_port) size=$(lab_port) direction=$(lab_port) content=$(lab_port) silent=$(lab_port)
	# The length of UDP is that of the payload and 8. The type of a handshake message is 13 bytes behind the UDP header.
	routed "$1" "iifname server udp sport $size udp length > 308 counter drop
		iifname server udp sport $direction counter drop
		iifname client udp dport $content @th,64,8 22 @th,168,8 16 counter drop"
	for port in $healthy $size $direction $content; do
		serve "$port"
	done
	serve "$silent" --cookie
	for end in client server; do
		trace $end "$healthy" "$size" "$direction" "$content" "$silent"
	done
	connect "$healthy" --linger 1 --send hello
	connect "$size" --duration 12
	connect "$direction" --duration 12
	connect "$content" --duration 12
	connect "$silent" --duration 12 --silent-after 1
	for port in $healthy $size $direction $content $silent; do
		lab_join "client-$port" 60 || true
	done
	traces_stop
	both_orders
	last_words

	# One handshake each, with both applications, by the addresses that the client has.
	that 'final | length == 5 and all(.[]; .client.comm == "dtls_client" and .server.comm == "dtls_server" and
		(.client.address | startswith("10.46.1.2:")))'
	of "$healthy" 'completed and ((noted("retransmissions") or noted("not-sent-by-peer")) | not) and
		all(.client.path, .server.path; .lost == 0 and .arrived == .sent and .sent > 0 and .delay_min_ns < 1e9)'
	of "$size" '.verdict | .code == "mtu-blackhole" and .side == "network"'
	of "$direction" '.verdict | .code == "lost-on-path" and .side == "network"'
	of "$content" '.verdict | .code == "lost-on-path" and .side == "network"'
	of "$silent" '.verdict | .code == "silent-after-read" and .side == "client"'
	clock_is_found "$(jq -n "$DAYS * 1e9 | round")" "$DRIFT"

	# One host traced twice says the same: it has one monotonic clock, and each trace read the wall clock once.
	last_words >"$LAB_TMP/apart"
	merge client server
	last_words | diff "$LAB_TMP/apart" -
	that 'map(select(.type == "trace"))[0].hosts[1] | .offset_error_ns == 0 and (.offset_ns | fabs) < 1000000 and .drift_ppb == 0'

	# One of them as JSON lines.
	"$DTLSNOOP" -q -j -v -r "$LAB_TMP/far.rec" >"$LAB_TMP/far.json"
	"$DTLSNOOP" -q -j --stuck-after 2 -r "$LAB_TMP/client.rec" -r "$LAB_TMP/far.json" >"$LAB_TMP/trace.out"
	last_words | diff "$LAB_TMP/apart" -
}

@test "a router loses by size, by direction and by content: each loss is found in its place, and nothing else is" {
	loses_in_place ''
}

@test "the same behind a NAT: what both ends saw is one handshake, by the addresses that the client has" {
	loses_in_place 'oifname server masquerade random'
}

@test "the founding case at both ends, on a slow path: the client's application, and that it sent no other flight 5, is proven" {
	local founding healthy
	founding=$(lab_port) healthy=$(lab_port)
	tunnelled drop:dir=c2s,msg=16 delay:dir=c2s,count=0,ms=40 delay:dir=s2c,count=0,ms=10
	serve "$founding" --cookie
	serve "$healthy"
	for end in client server; do
		trace $end "$founding" "$healthy"
	done
	connect "$founding" --no-timer --duration 12
	lab_join "client-$founding" 60 || true
	connect "$healthy" --linger 1 --send hello
	lab_join "client-$healthy" 60
	traces_stop
	both_orders
	last_words

	of "$healthy" 'completed and noted("one-way-delay")'
	of "$founding" '.client.comm == "dtls_client" and .server.comm == "dtls_server" and
		(.verdict | .code == "not-retransmitting" and .side == "client" and .confidence == "certain")'
	# What left the client's host after its ClientHellos, each datagram once, is one copy of flight 5; its ClientKeyExchange never came.
	that "map(select(.type == \"datagram\" and (.remote // \"\" | endswith(\":$founding\")) and .event == \"sent\") |
		.records[0] | select(.epoch > 0 or .content_type != \"handshake\" or .messages[0].msg_type != \"client_hello\")) |
		length > 0 and (map(.messages[0].msg_type? // empty) == [\"client_key_exchange\"]) and
		(map([.epoch, .seq]) | length == (unique | length))"
	that "map(select(.type == \"datagram\" and .host == \"host-server\" and (.local // \"\" | endswith(\":$founding\"))) |
		.records[0].messages[0].msg_type?) | index(\"client_key_exchange\") == null"
	of "$founding" '.verdict.evidence | any(test("the client sent flight 5 once and nothing in the [0-9.]+ s since"))'
	# The same process as on its own host.
	of "$founding" ".client.pid == $(jq -rs "$JQ_DEFS final | map(select(.server.address | endswith(\":$founding\")))[0].client.pid" "$LAB_TMP/client.out")"
	clock_is_found "$(jq -n "$DAYS * 1e9 | round")" "$DRIFT"
}
