#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Traffic that nobody asked for, as fast as this host can send it, takes nothing
# from what was asked for: no event is lost, nothing is rate-limited, and each
# handshake beside it is told with certainty.

load common

SHAPES='linear more gso zerocopy splice'
# Handshake records, application data, RTP.
FIRST_BYTES='22 23 128'

# A server on a port of its own, $port.
start_server() {
	port=$(lab_port)
	lab_server_lab "$port" --cookie
}

# flood SHAPE FIRST: 100,000 datagrams of another process between other ports, and a
# handshake that begins and ends while they are sent.
flood_beside_handshake() {
	local name=flood-$1-$2 status=0
	lab_start "$name" "$LAB_BIN/shape_flood" --shape "$1" --first "$2" --count 100000 --duration 25
	if ! lab_ready "$name" >/dev/null; then
		cat "$LAB_TMP/$name.err"
		return 1
	fi
	lab_run dtls_client --connect "127.0.0.1:$port" --duration 20
	kill -TERM "$(lab_pid "$name")"
	lab_join "$name" || status=$?
	echo "$1, first byte $2: $(cat "$LAB_TMP/$name.out" "$LAB_TMP/$name.err" | tr '\n' ' ')"
	[[ $status == 0 ]]
	num_handshakes=$((num_handshakes + 1))
}

flood_in_each_shape() {
	local shape first
	num_handshakes=0
	for shape in $SHAPES; do
		for first in $FIRST_BYTES; do
			flood_beside_handshake "$shape" "$first"
		done
	done
	((num_handshakes >= 10))
}

nothing_is_lost() {
	jq -c 'select(.type=="stats")' "$LAB_TMP/trace.out"
	that 'stats | to_entries | map(select((.key | startswith("lost")) and .key != "lost_rest")) | length >= 5 and all(.[]; .value == 0)'
	that 'stats | .rate_limited == 0 and .foreign_unreadable == 0 and .drops_unreadable == 0'
	# A kernel does not start a program for a freed packet while that program runs on the same CPU, preempted.
	that "stats | .lost_rest == .drops_missed and .drops_missed * 1000 < $num_handshakes * 100000"
	that "final | length == $num_handshakes and all(.[]; completed and .server.address == \"127.0.0.1:$port\")"
	that 'final | all(.[]; .notes | all(.[]; .code | IN("events-lost", "rate-limited") | not))'
}

@test "-P: 100,000 datagrams of each shape on other ports, and no event is lost" {
	start_server
	trace_start -P "$port"
	flood_in_each_shape
	trace_stop
	nothing_is_lost
}

@test "-p: 100,000 datagrams of each shape of another process, and no event is lost" {
	start_server
	trace_start -p "$(lab_pid server)"
	flood_in_each_shape
	trace_stop
	nothing_is_lost
}
