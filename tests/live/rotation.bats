#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A recording that may run for ever: -w FILE --rotate SIZE,N.

bats_require_minimum_version 1.5.0
load common

teardown() {
	[[ -z ${small:-} ]] || umount -l "$small"
	lab_fini
}

# handshakes NUM: one after another, from a server that runs.
handshakes() {
	local i
	for ((i = 0; i < $1; i++)); do
		lab_run dtls_client --connect "127.0.0.1:$port"
	done
}

# record OPTION...: in the background, with JSON beside the recording.
record() {
	port=$(lab_port)
	lab_server_openssl "$port"
	trace_start -P "$port" "$@"
}

# The files of the recording, in any order, as options.
parts() {
	find "$1" -maxdepth 1 -name 'night.rec*' | sort -R | sed 's/^/-r /'
}

# What the trace line says of the source differs.
without_source() {
	jq -c 'if .type == "trace" then del(.source, .version) else . end'
}

@test "the files of a rotated recording, in any order: what the live trace said; each can be read alone" {
	record -w "$LAB_TMP/night.rec" --rotate 64K,50
	handshakes 25
	# Whoever moved the file wants a new one. What is still to be written would fill it, and begin one before that.
	trace_until 'final | length == 25'
	mv "$LAB_TMP/night.rec" "$LAB_TMP/night.rec.moved"
	kill -HUP "$(lab_pid trace)"
	lab_until 30 test -s "$LAB_TMP/night.rec"
	handshakes 1
	trace_stop
	[[ $(parts "$LAB_TMP" | wc -l) -ge 4 ]]
	# shellcheck disable=SC2046 # words
	"$DTLSNOOP" -j $(parts "$LAB_TMP") | without_source >"$LAB_TMP/parts"
	without_source <"$LAB_TMP/trace.out" | diff - "$LAB_TMP/parts"
	for file in "$LAB_TMP"/night.rec*; do
		"$DTLSNOOP" -j -r "$file" >"$LAB_TMP/alone"
		"$ROOT/tests/live/validate" "$LAB_TMP/alone"
		jq -es 'all(.[]; .verdict.severity != "fault") and .[-1].lost == 0 and .[-1].events > 0' "$LAB_TMP/alone"
		[[ $(stat -c '%a' "$file") == 600 && $(stat -c %s "$file") -le 65536 ]]
	done
	# One is missing: that is said, and nothing is claimed that it may have held.
	# shellcheck disable=SC2046 # words
	run --separate-stderr "$DTLSNOOP" -j $(parts "$LAB_TMP" | grep -v 'rec.1$')
	[[ $status == 0 && $stderr == *"between $LAB_TMP/night.rec.2 and $LAB_TMP/night.rec.moved something is missing"* ]]
	jq -es 'all(.[]; .verdict.severity != "fault")' <<<"$output"
}

next_file() {
	mv "$LAB_TMP/night.rec" "$LAB_TMP/night.rec.$1"
	kill -HUP "$(lab_pid trace)"
	lab_until 30 test -s "$LAB_TMP/night.rec"
}

@test "a file of a recording is missing: a handshake that is open before it is not followed, and nobody is blamed" {
	port=$(lab_port)
	lab_server_lab "$port"
	trace_start -P "$port" -w "$LAB_TMP/night.rec" --rotate 64K,50
	kill -STOP "$(lab_pid server)"
	lab_start client "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port"
	trace_wait '.type == "datagram"'
	next_file moved1
	sleep 2
	kill -CONT "$(lab_pid server)"
	lab_wait_line client 'handshake ok'
	next_file moved2
	handshakes 1
	trace_stop
	run --separate-stderr "$DTLSNOOP" --stuck-after 500ms -r "$LAB_TMP/night.rec" -r "$LAB_TMP/night.rec.moved1"
	[[ $status == 0 && $stderr == *"something is missing"* && $output != *STUCK* ]]
	[[ $output == *"NOT FOLLOWED  no longer followed: a part of the recording is missing here"*"COMPLETED"* ]]
	# Near miss: with that file, the silence is told.
	run "$DTLSNOOP" --stuck-after 500ms -r "$LAB_TMP/night.rec" -r "$LAB_TMP/night.rec.moved1" -r "$LAB_TMP/night.rec.moved2"
	[[ $status == 0 && $output == *"STUCK  "*"COMPLETED"* && $output != *"NOT FOLLOWED"* ]]
}

@test "no more than N files are kept; what ran before is kept as older files; nobody else's file is touched" {
	record -w "$LAB_TMP/night.rec" --rotate 64K,2
	handshakes 25
	trace_stop
	[[ $(parts "$LAB_TMP" | wc -l) == 2 ]]
	cp "$LAB_TMP/night.rec" "$LAB_TMP/kept"
	"$DTLSNOOP" -q --duration 0.1 -P 1 -w "$LAB_TMP/night.rec" --rotate 64K,2
	cmp "$LAB_TMP/night.rec.1" "$LAB_TMP/kept"
	# Two traces of one host, one after the other: they are merged.
	run --separate-stderr "$DTLSNOOP" -j -r "$LAB_TMP/night.rec" -r "$LAB_TMP/night.rec.1"
	[[ $status == 0 && -z $stderr ]]
	jq -es '.[0].hosts | length == 2 and all(.[]; .offset_error_ns == 0) and .[0].boot_id == .[1].boot_id' <<<"$output"
	run "$DTLSNOOP" -r "$LAB_TMP/night.rec.1" -r "$LAB_TMP/kept"
	[[ $status == 1 && $output == *"are the same part"* ]]
	echo "a letter" >"$LAB_TMP/night.rec.1"
	run "$DTLSNOOP" -q --duration 0.1 -P 1 -w "$LAB_TMP/night.rec" --rotate 64K,2
	[[ $status == 1 && $output == *"night.rec.1 exists and is no recording"* && $(cat "$LAB_TMP/night.rec.1") == "a letter" ]]
	run "$DTLSNOOP" -q -r "$LAB_TMP/kept" -w "$LAB_TMP/kept" --rotate 64K,2
	[[ $status == 1 && $output == *"is a file that is read"* ]]
	run "$DTLSNOOP" --rotate 64K
	[[ $status == 2 && $output == *"--rotate needs --write"* ]]
	for size in 1K 0 64Q 64K,0 64K,x 2000G 64K,; do
		run "$DTLSNOOP" -w "$LAB_TMP/x" --rotate "$size"
		[[ $status == 2 && $output == *"--rotate '$size': "* ]]
	done
}

is_full() {
	lab_run dtls_client --connect "127.0.0.1:$port"
	grep -q "writing .* failed: .*: the trace goes on, and so does the recording" "$LAB_TMP/trace.err"
}

@test "a full disk: it is said, and the recording goes on when there is room" {
	small=$LAB_TMP/small
	mkdir "$small"
	mount -t tmpfs -o size=320k none "$small"
	head -c 160K /dev/zero >"$small/filler"
	record -w "$small/night.rec" --rotate 128K,2
	lab_until 60 is_full
	rm "$small/filler"
	lab_until 60 grep -q "recording again: $small/night.rec; what happened in the [0-9]* s before is not in it" "$LAB_TMP/trace.err"
	handshakes 1
	kill -INT "$(lab_pid trace)"
	lab_join trace 30 && status=0 || status=$?
	# Something is missing.
	[[ $status == 1 && $(wc -l <"$LAB_TMP/trace.err") -le 3 ]]
	"$DTLSNOOP" -j -r "$small/night.rec" >"$LAB_TMP/last"
	jq -es 'any(.[]; .state == "completed") and all(.[]; .verdict.severity != "fault")' "$LAB_TMP/last"
	run --separate-stderr "$DTLSNOOP" -r "$small/night.rec" -r "$small/night.rec.1"
	[[ $status == 0 && $stderr == *"something is missing"* ]]
}

# There is room for a file, and as soon as one has begun, something else takes it; four times.
others_fill() {
	local i began
	for ((i = 0; i < 4; i++)); do
		began=$(stat -c %i "$small/night.rec")
		truncate -s -144K "$small/filler"
		for ((wait = 0; wait < 70; wait++)); do
			[[ $(stat -c %i "$small/night.rec" 2>/dev/null) == "$began" ]] || break
			sleep 0.1
		done
		head -c 1M /dev/zero >>"$small/filler" 2>/dev/null || true
	done
}

@test "something else fills the disk again and again: a file that has begun is written to its end, and no older one goes for nothing" {
	small=$LAB_TMP/small
	mkdir "$small"
	mount -t tmpfs -o size=768k none "$small"
	record -w "$small/night.rec" --rotate 128K,3
	parts_are_full() {
		lab_run dtls_client --connect "127.0.0.1:$port"
		[[ $(parts "$small" | wc -l) == 3 ]]
	}
	lab_until 60 parts_are_full
	head -c 1M /dev/zero >"$small/filler" 2>/dev/null || true
	handshakes 10
	others_fill 3>&- &
	others=$!
	# While they get their next names, there may be one.
	two_are_full() {
		[[ $(find "$small" -name 'night.rec.*' -size +100k | wc -l) == 2 ]]
	}
	while [[ -e /proc/$others ]]; do
		lab_run dtls_client --connect "127.0.0.1:$port"
		lab_until 5 two_are_full
		sleep 0.2
	done
	wait $others
	rm "$small/filler"
	lab_until 60 test -s "$small/night.rec"
	trace_stop || true
	"$DTLSNOOP" -j $(parts "$small") >"$LAB_TMP/last"
	jq -es 'any(.[]; .state == "completed") and all(.[]; .verdict.severity != "fault")' "$LAB_TMP/last"
}
