#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# As a service of systemd: what the manager is told, what the journal gets, and the unit.

bats_require_minimum_version 1.5.0
load common

UNIT=$ROOT/user/deploy/dtlsnoop.service

# manager NAME: writes each datagram to the socket that it prints, one line for each line of the datagram.
manager() {
	lab_start manager python3 -u -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\0", 1))
print("listening")
while True:
    print(s.recv(4096).decode())
' "$1"
	lab_wait_line manager listening
}

told() {
	grep -qx "$1" "$LAB_TMP/manager.out"
}

@test "the manager is told when the trace has begun, that it lives, what it saw, and that it ends" {
	local socket
	for socket in "$LAB_TMP/notify" "@dtlsnoop-test-$$"; do
		manager "$socket"
		port=$(lab_port)
		NOTIFY_SOCKET=$socket WATCHDOG_USEC=400000 trace_start -P "$port"
		lab_until 30 told READY=1
		lab_server_openssl "$port"
		lab_run dtls_client --connect "127.0.0.1:$port"
		lab_until 30 told "STATUS=Tracing with cgroup hooks; handshakes: 1, stuck: 0, failed: 0; events lost: 0"
		told WATCHDOG=1
		run ! told STOPPING=1
		trace_stop
		lab_until 30 told STOPPING=1
		[[ $(grep -cx READY=1 "$LAB_TMP/manager.out") == 1 ]]
		lab_stop manager
	done
}

@test "a manager that is gone, and another process's watchdog: the trace goes on, and is not told to hurry" {
	manager "$LAB_TMP/notify"
	NOTIFY_SOCKET=$LAB_TMP/notify WATCHDOG_USEC=400000 WATCHDOG_PID=1 trace_start -P "$(lab_port)"
	lab_until 30 told READY=1
	sleep 1
	run ! told WATCHDOG=1
	lab_stop manager
	trace_stop
	for socket in relative "$LAB_TMP/nobody" / "$(printf '/%0200d' 1)"; do
		NOTIFY_SOCKET=$socket "$DTLSNOOP" -q --duration 0.1 -P "$(lab_port)"
	done
}

# to_journal FILE COMMAND...: standard output is a journal, for all that the command knows.
to_journal() {
	local file=$1
	shift
	: >"$file"
	JOURNAL_STREAM=$(stat -c %d:%i "$file") "$@" >"$file"
}

@test "in the journal each line of the timeline has a priority, and is otherwise as elsewhere" {
	local rec=$ROOT/tests/golden/founding-abi3.rec out=$LAB_TMP/out
	to_journal "$out" "$DTLSNOOP" -r "$rec"
	run ! grep -vE '^<[456]>' "$out"
	run ! grep -q $'\033' "$out"
	"$DTLSNOOP" -r "$rec" | diff - <(sed 's/^<.>//' "$out")
	grep -qE '^<4>.*STUCK' "$out"
	grep -qE '^<6>.*flight' "$out"
	# Not for JSON, and not into a file that is no journal.
	to_journal "$out" "$DTLSNOOP" -j -r "$rec"
	run ! grep -q '^<' "$out"
	JOURNAL_STREAM=1:1 "$DTLSNOOP" -r "$rec" >"$out"
	run ! grep -q '^<' "$out"
}

@test "messages have the priority of an error, a warning or an information there" {
	local err=$LAB_TMP/err status=0
	: >"$err"
	export JOURNAL_STREAM
	JOURNAL_STREAM=$(stat -c %d:%i "$err")
	"$DTLSNOOP" -r "$LAB_TMP/absent" 2>"$err" || status=$?
	((status == 1))
	grep -qx "<3>$LAB_TMP/absent: No such file or directory" "$err"
	"$DTLSNOOP" --duration 0.1 -P "$(lab_port)" 2>>"$err"
	grep -qE '^<6>tracing with cgroup hooks' "$err"
	run ! grep -q Ctrl-C "$err"
}

@test "the unit: systemd takes it, and calls it well protected" {
	local unit=$LAB_TMP/dtlsnoop.service exposure
	sed "s,@SBINDIR@,$(dirname "$DTLSNOOP")," "$UNIT" >"$unit"
	# The manual page is not installed.
	sed -i /^Documentation=/d "$unit"
	run -0 systemd-analyze verify --man=no "$unit"
	[[ ! $output ]] || { echo "$output"; return 1; }
	exposure=$(systemd-analyze security --offline=true --no-pager "$unit" | sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
	[[ $exposure ]]
	awk -v exposure="$exposure" 'BEGIN { exit exposure > 2.5 }'
	# What it says to dtlsnoop are options that it has.
	sed -n 's/^Environment="DTLSNOOP_OPTIONS=\(.*\)"/\1/p' "$UNIT" | grep -oE -- '--[a-z-]+' | while read -r option; do
		"$DTLSNOOP" --help | grep -qF -- "$option"
	done
}
