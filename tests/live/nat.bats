#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# NAT on the host of a socket, which gives the socket or its peer one address on the way out and another on the way in.
# Two network namespaces: the client at 10.44.0.1, the server at 10.44.0.2.
# shellcheck disable=SC2016 # filters of jq

load common

setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	netns=dtlsnoop-test-$$ client_netns=dtlsnoop-test-$$-client
	ip netns add "$netns"
	ip netns add "$client_netns"
	ip -n "$netns" link add name to-client type veth peer name to-server netns "$client_netns"
	ip -n "$netns" address add 10.44.0.2/24 dev to-client
	ip -n "$netns" address add fd44::2/64 dev to-client nodad
	ip -n "$netns" link set to-client up
	ip -n "$client_netns" address add 10.44.0.1/24 dev to-server
	ip -n "$client_netns" address add fd44::1/64 dev to-server nodad
	ip -n "$client_netns" link set to-server up
	ip -n "$client_netns" route add default via 10.44.0.2
	ip -n "$client_netns" -6 route add default via fd44::2
	port=$(lab_port)
}

teardown() {
	lab_fini
	ip netns delete "$netns" 2>/dev/null || true
	ip netns delete "$client_netns" 2>/dev/null || true
}

# rules NAMESPACE HOOK RULE: a chain for NAT.
rules() {
	PATH="$PATH:/usr/sbin" ip netns exec "$1" nft "add table inet nat; add chain inet nat $2 { type nat hook $2 priority 0; };
		add rule inet nat $2 $3"
}

# handshake ADDRESS [OPTION]...: seen in the namespace of each end. The server listens at 10.44.0.2 and fd44::2.
handshake() {
	local to=$1 at=10.44.0.2
	shift
	[[ $to != "["* ]] || at='[fd44::2]'
	lab_start server ip netns exec "$netns" "$LAB_BIN/dtls_server" --listen "$at:$port" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_ready server
	for end in "$netns" "$client_netns"; do
		lab_start "seen-$end" "$DTLSNOOP" -q -j --netns "/run/netns/$end" --stuck-after 2
		lab_wait_line "seen-$end" '"type":"trace"'
	done
	lab_start client ip netns exec "$client_netns" "$LAB_BIN/dtls_client" --connect "$to" "$@"
	lab_join client 30 || true
	for end in "$netns" "$client_netns"; do
		kill -INT "$(lab_pid "seen-$end")"
		lab_join "seen-$end" 30
	done
}

# at NAMESPACE FILTER: true of what was seen there.
at() {
	cp "$LAB_TMP/seen-$1.out" "$LAB_TMP/trace.out"
	that "$2"
}

# One healthy handshake, which nothing was held against at any time.
is_healthy() {
	at "$1" "final | length == 1 and (.[0] | completed and $2)"
	at "$1" 'faults | length == 0'
}

@test "the client's socket gets another port (SNAT): one healthy handshake, seen there and at both ends" {
	rules "$client_netns" postrouting "udp dport $port snat ip to 10.44.0.1:42000"
	trace_start -P "$port" --stuck-after 2
	handshake "10.44.0.2:$port" --linger 4
	trace_stop
	that 'final | length == 1 and (.[0] | completed and .client.comm == "dtls_client" and .server.comm == "dtls_server")'
	that 'faults | length == 0'
	is_healthy "$client_netns" '.client.comm == "dtls_client"'
}

@test "what the client asks is sent elsewhere (OUTPUT DNAT): the server is the one that it asked" {
	rules "$client_netns" output "ip daddr 10.96.0.1 udp dport 5684 dnat ip to 10.44.0.2:$port"
	handshake 10.96.0.1:5684 --linger 4 --send hello
	is_healthy "$client_netns" '.server.address == "10.96.0.1:5684" and .client.comm == "dtls_client"'
	is_healthy "$netns" ".server.address == \"10.44.0.2:$port\" and .server.comm == \"dtls_server\""
}

@test "OUTPUT DNAT by IPv6, and the client's own address changes, too" {
	rules "$client_netns" output "ip6 daddr fd96::1 udp dport 5684 dnat ip6 to [fd44::2]:$port"
	rules "$client_netns" postrouting "udp dport $port snat ip6 to [fd44::1]:42000"
	handshake "[fd96::1]:5684" --linger 4
	is_healthy "$client_netns" '.server.address == "[fd96::1]:5684" and .client.comm == "dtls_client"'
	is_healthy "$netns" '.client.address == "[fd44::1]:42000"'
}

@test "OUTPUT DNAT, and the answers are lost: no answer from the server that the client asked" {
	rules "$client_netns" output "ip daddr 10.96.0.1 udp dport 5684 dnat ip to 10.44.0.2:$port"
	PATH="$PATH:/usr/sbin" ip netns exec "$netns" nft "add table inet f; add chain inet f o { type filter hook output priority 0; };
		add rule inet f o udp sport $port drop"
	handshake 10.96.0.1:5684 --duration 6
	at "$client_netns" 'final | length == 1 and (.[0] | .server.address == "10.96.0.1:5684" and .verdict.code == "no-response" and .verdict.side == "server")'
}

@test "what comes for the server's host is sent to another port, from another address (REDIRECT, INPUT SNAT)" {
	rules "$netns" prerouting "udp dport 5684 redirect to :$port"
	rules "$netns" input "udp dport $port snat ip to 10.44.0.99"
	handshake 10.44.0.2:5684 --linger 4 --send hello
	is_healthy "$netns" ".server.comm == \"dtls_server\" and .server.address == \"10.44.0.2:$port\""
	is_healthy "$client_netns" '.server.address == "10.44.0.2:5684"'
}

# moves SECONDS [OPTION]...: a DTLS 1.3 client whose NAT gives it another port after its ClientHello. What is encrypted comes from port
# 42000 of its address. Packets are changed where they arrive, so that each end sees what it would see beside the NAT.
moves() {
	[[ -x $LAB_BIN/wolf_peer ]] || skip "wolf_peer was not built (tests/lab/libraries)"
	for rule in "$netns udp dport $port @th,64,3 1 udp sport set 42000" "$client_netns udp dport 42000 udp dport set 30041"; do
		PATH="$PATH:/usr/sbin" ip netns exec "${rule%% *}" nft "add table inet moves; add chain inet moves pre { type filter hook prerouting priority -310; };
			add rule inet moves pre ${rule#* }"
	done
	lab_start server ip netns exec "$netns" "$LAB_BIN/wolf_peer" --listen "10.44.0.2:$port" --version 1.3 --no-cookie \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS" "${@:2}"
	lab_ready server
	for end in "$netns" "$client_netns"; do
		lab_start "seen-$end" "$DTLSNOOP" -q -j --netns "/run/netns/$end" --stuck-after 2
		lab_wait_line "seen-$end" '"type":"trace"'
	done
	lab_start client ip netns exec "$client_netns" "$LAB_BIN/wolf_peer" --connect "10.44.0.2:$port" --bind 10.44.0.1:30041 \
		--version 1.3 --group p256 --linger 4 --duration "$1"
	lab_join client 30 || true
	for end in "$netns" "$client_netns"; do
		kill -INT "$(lab_pid "seen-$end")"
		lab_join "seen-$end" 30
	done
}

@test "DTLS 1.3: a NAT gives the client another port after its ClientHello, and the server goes on with it there" {
	moves 6 --follow
	grep -q 'handshake ok' "$LAB_TMP/client.out"
	is_healthy "$client_netns" '.client.comm == "wolf_peer"'
	# One handshake with two ports: what the second port's is told of both.
	at "$netns" 'faults | length == 0'
	at "$netns" 'final | length == 2 and all(.[]; any(.notes[]; .code == "peer-moved")) and any(.[]; completed and .client.address == "10.44.0.1:42000")'
}

@test "DTLS 1.3: a NAT gives the client another port, and the server does not go on with it there: wrong-address" {
	moves 20
	grep -q 'handshake ok' "$LAB_TMP/client.out" && false
	at "$netns" 'any(faults[]; .verdict.code == "wrong-address" and .verdict.side == "network")'
	at "$netns" 'all(faults[]; .verdict.code == "wrong-address" and .verdict.confidence == "likely")'
}
