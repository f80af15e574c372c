#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What an application has read, in ways that are hard to follow by a socket and a
# length: a healthy reader is never called one that does not read.

load common

# hello_reads MODE: traced while it runs. It counts what it reads by itself.
traces_hellos() {
	port=$(lab_port)
	trace_start -P "$port" --rate-limit 0 --stuck-after 1 -v
	! grep -q '"type":"trace".*when the application reads' "$LAB_TMP/trace.out" || skip "reads are not seen here"
	lab_run hello_reads --listen "127.0.0.1:$port" "$1"
	trace_stop
	that 'stats.lost == 0'
}

reads_hellos() {
	traces_hellos "$1"
	that '[.[] | select(.type=="handshake") | .verdict.code] | all(.[]; . != "not-reading" and . != "truncated-read")'
}

num() {
	jq -s --arg event "$1" 'map(select(.type=="datagram" and .event==$event)) | length' "$LAB_TMP/trace.out"
}

@test "two threads read one socket at the same moments: each datagram is read once" {
	reads_hellos threads
	[[ $(num queued) == 600 && $(num read) == 600 ]]
	that 'final | length == 200 and all(.[]; .verdict.code == "silent-after-read")'
}

@test "many drops in a row do not hide the reads that come later" {
	reads_hellos drops
	that 'datagrams | map(select(.event=="dropped")) | length > 32'
	that 'final | map(select(.verdict.code == "silent-after-read")) | length == 1'
}

@test "a ClientHello behind another datagram in one packet is seen, and that it is read" {
	reads_hellos behind
	[[ $(num sent) == 3 && $(num queued) == 3 && $(num read) == 3 ]]
	that 'final | length == 1 and .[0].verdict.code == "silent-after-read"'
}

@test "datagrams that arrive as one packet (UDP_GRO): each is read, also after many packets" {
	reads_hellos merged
	[[ $(num queued) == 90 && $(num read) == 90 ]]
}

@test "near miss: what was read is another datagram of the same length: not-reading" {
	traces_hellos stops
	that 'any(.[]; .type == "handshake" and .state == "stuck" and .verdict.code == "not-reading")'
}

@test "a handshake that ends takes nothing from another that shares its place" {
	traces_hellos shared
	that "final | length == 2"
	for i in 0 1; do
		client="127.$i.0.1:$((((port + 2) & ~1) | i))"
		that "datagrams | map(select(.event==\"sent\" and (.local==\"$client\" or .remote==\"$client\") and
			any(.records[]?; .content_type==\"application_data\"))) | length == 2"
	done
}

@test "datagrams of 0, 1 and 2 bytes beside a handshake are neither STUN nor RTP" {
	reads_hellos tiny
	that 'final[0].server.other | .stun == 0 and .rtp == 0 and .else == 30'
}
