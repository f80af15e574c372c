#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Headers only leave the kernel. The cases are in tests/live/privacy, which guests
# run for the tracing tiers; here they are run where this host is.

load common

# private CASE
private() {
	DTLSNOOP=$DTLSNOOP LAB=$LAB_BIN "$ROOT/tests/live/privacy" cgroup "$1" 3>&-
}

@test "privacy: a secret in every shape and kind of datagram is in no memory, map, recording or output" {
	private everything
}

@test "privacy: -p, of the process that is asked for" {
	private asked_pid
}

@test "privacy: -p, of a process that is not asked for" {
	private other_pid
}

@test "privacy: -P, on the port that is asked for" {
	private asked_port
}

@test "privacy: -P, on another port" {
	private other_port
}

# The tests above would pass with a search that finds nothing: it finds the secret where it is.
@test "privacy: the search finds the secret in its sender's memory and in a file" {
	{ head -c 15 /dev/urandom && printf '\377'; } >"$LAB_TMP/secret"
	od -An -N16 -tx1 /dev/urandom | tr -d ' ' >"$LAB_TMP/name"
	lab_start sender "$LAB_BIN/secret_send" --port "$(lab_port)" --secret "$LAB_TMP/secret" --name "$LAB_TMP/name"
	lab_wait_line sender ready
	printf .. >"$LAB_TMP/sender.in"
	lab_wait_line sender '^sent certificate-fragment'
	# Go round the end of it: its last 8 bytes, then its first 8.
	{
		tail -c 8 "$LAB_TMP/secret"
		head -c 8 "$LAB_TMP/secret"
	} >"$LAB_TMP/file"
	run "$LAB_BIN/memory_search" --key "$LAB_TMP/secret" --pid "$(lab_pid sender)" "$LAB_TMP/file"
	echo "$output"
	[[ $status == 0 ]]
	[[ $output =~ "memory "([0-9]+)" in" ]] && ((BASH_REMATCH[1] > 100))
	[[ $output == *"files 2 in 16 bytes"* ]]
}
