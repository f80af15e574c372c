#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Under attack: what is not seen is counted, nothing that was not seen is claimed, and
# genuine handshakes are told right.

bats_require_minimum_version 1.5.0
load common
load flood

# Healthy and stuck handshakes while MODE floods; what the tracer takes does not grow.
# A hundred times the limit: as fast as the machine can would be no more of an attack, only dearer.
attack() {
	local server before after
	inside server "$LAB_BIN/dtls_server" --listen 127.0.0.1:0 --cookie --duration "$LAB_SECONDS" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key"
	server=$(lab_ready server)
	inside proxy "$LAB_BIN/udp_fault_proxy" --listen 127.0.0.1:0 --upstream "$server" \
		--fault drop:dir=c2s,msg=16 --duration "$LAB_SECONDS"
	trace_inside --rate-limit 200 --max-handshakes 256 --stuck-after 2
	flood "$@" --rate 20000
	lab_until 60 has_line '"type":"loss"' '.rate_limited > 10000'
	before=$(resident)
	inside healthy "$LAB_BIN/dtls_client" --connect "$server"
	lab_join healthy
	inside stuck "$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)" --duration "$LAB_SECONDS"
	lab_until 60 has_line '"state":"stuck"' '.client.comm=="dtls_client"'
	after=$(resident)
	echo "resident $before kB, $after kB later"
	flood_stop
	trace_stop
	((after < before + before / 4))
	that 'stats | .rate_limited > 10000 and .lost == 0'
	that 'genuine | map(select(.state=="completed")) | length == 1 and .[0].verdict.code == "completed" and
		.[0].verdict.confidence == "likely" and (.[0] | noted("rate-limited"))'
	that 'genuine | map(select(.state=="stuck")) | length == 1 and .[0].verdict.confidence == "likely" and
		.[0].verdict.code == "not-retransmitting" and .[0].verdict.side == "client" and
		any(.[0].verdict.evidence[]; contains("rate limit"))'
	that 'seldom and (loss | length > 1)'
}

@test "a flood of ClientHellos from spoofed addresses" {
	attack clienthello
}

@test "a flood of malformed records" {
	attack malformed
}

@test "a flood of fragments of one byte" {
	attack fragments
}

@test "a flood of fragments of one byte, of few senders" {
	attack fragments --sources 20
	that 'any(.[]; .type=="datagram" and .event=="limited")'
}

@test "a flood of messages of 2^24-1 bytes" {
	attack claims
}

@test "a flood of handshakes that go on a little and never finish" {
	attack unfinished --sources 5000
}

@test "a flood of handshakes that go on a little and never finish, of few senders" {
	attack unfinished --sources 50
}
