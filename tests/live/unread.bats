#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Where the tracer writes to breaks: its disk is full, or nobody reads what it says.
# shellcheck disable=SC2016 # what inner shells expand

load common
load hellos

teardown() {
	lab_fini
}

# A pipe in which nothing has room, and that nobody reads.
full_pipe() {
	mkfifo "$LAB_TMP/pipe"
	# shellcheck disable=SC2034 # open as long as the test runs
	exec {pipe}<>"$LAB_TMP/pipe"
	timeout 1 cat /dev/zero >"$LAB_TMP/pipe" || true
}

@test "the disk is full: said, the trace goes on to its end, status 1; what is there can be read" {
	port=$(lab_port)
	lab_server_lab "$port"
	mkdir "$LAB_TMP/disk"
	lab_start trace unshare --mount bash -c 'mount -t tmpfs -o size=16k none "$0" && "$@"; status=$?
		cp "$0/recording" "$0.copy"; exit $status' "$LAB_TMP/disk" \
		"$DTLSNOOP" -j -w "$LAB_TMP/disk/recording" "${OWN[@]}"
	lab_wait_line trace '"type":"trace"'
	for _ in 1 2 3 4 5 6 7 8; do
		healthy_handshake
	done
	trace_wait '.type=="handshake" and .state=="completed" and .id==8'
	grep -q "writing .*/recording failed: No space left on device: the recording ends here, the trace goes on" \
		"$LAB_TMP/trace.err"
	kill -INT "$(pgrep -f "^$DTLSNOOP -j -w $LAB_TMP/disk/recording")"
	status=0
	lab_join trace 30 || status=$?
	[[ $status == 1 ]]
	that 'final | length == 8 and all(.[]; completed)'
	run "$DTLSNOOP" -r "$LAB_TMP/disk.copy"
	[[ $status == 0 && $output == *" completed"* && $output == *"the file is truncated"* ]]
}

@test "standard output is closed, full, or its reader goes: said, status 1, and a recording is whole" {
	for redirection in '>&-' '>/dev/full'; do
		run bash -c "exec 3>&-; exec \"\$@\" $redirection" bash "$DTLSNOOP" -q --force -w "$LAB_TMP/recording" "${OWN[@]}"
		[[ $status == 1 && ${#lines[@]} == 1 && $output == "dtlsnoop: standard output is closed or full: "* ]]
		run "$DTLSNOOP" -r "$LAB_TMP/recording"
		[[ $status == 0 && $output == *"0 handshakes; 0 events, 0 lost" ]]
	done
	# No event has to come for that.
	run bash -c 'exec 3>&-; "$@" | head -n 1; exit "${PIPESTATUS[0]}"' bash "$DTLSNOOP" -q --force -w "$LAB_TMP/recording" "${OWN[@]}"
	[[ $status == 1 && $output == *"Broken pipe"* ]]
	run "$DTLSNOOP" -r "$LAB_TMP/recording"
	[[ $status == 0 && $output == *"0 handshakes; 0 events, 0 lost" ]]
}

@test "a closed standard error gets nothing into the recording" {
	run bash -c 'exec 3>&- 2>&-; "$@"' bash "$DTLSNOOP" --duration 0.2 --force -w "$LAB_TMP/recording" "${OWN[@]}"
	[[ $status == 0 ]]
	run "$DTLSNOOP" -r "$LAB_TMP/recording"
	[[ $status == 0 && $output == *"0 handshakes; 0 events, 0 lost" ]]
}

@test "a pipe that is full: what comes meanwhile is counted, and all is said when it is read again" {
	port=$(lab_port)
	reader "$port"
	full_pipe
	lab_start trace bash -c 'exec "$@" >"$0"' "$LAB_TMP/pipe" "$DTLSNOOP" -j --buffer 64K --rate-limit 0 "${OWN[@]}"
	lab_until 30 has_attached "$(lab_pid trace)"
	hellos "$port" 300
	lab_start drain bash -c 'exec cat <"$0"' "$LAB_TMP/pipe"
	lab_until 30 grep -qa '"event":"read"' "$LAB_TMP/drain.out"
	kill -INT "$(lab_pid trace)"
	lab_join trace 30
	lab_until 30 grep -qa '^{"type":"stats".*}$' "$LAB_TMP/drain.out"
	tr -d '\0' <"$LAB_TMP/drain.out" >"$LAB_TMP/trace.out"
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
	that 'stats | .lost > 0 and .lost == .lost_ring_full and .events + .lost >= 900'
}

@test "a pipe that is full and stays so: SIGINT and SIGTERM end it, with status 1 and a whole recording" {
	port=$(lab_port)
	reader "$port"
	full_pipe
	for signal in INT TERM; do
		lab_start trace bash -c 'exec "$@" >"$0"' "$LAB_TMP/pipe" "$DTLSNOOP" -j --rate-limit 0 \
			--force -w "$LAB_TMP/recording" "${OWN[@]}"
		lab_until 30 has_attached "$(lab_pid trace)"
		mapfile -t programs < <(programs_of "$(lab_pid trace)")
		hellos "$port" 300
		kill -$signal "$(lab_pid trace)"
		status=0
		lab_join trace 20 || status=$?
		[[ $status == 1 ]]
		grep -q 'standard output is closed or full: nobody reads it' "$LAB_TMP/trace.err"
		"$DTLSNOOP" -r "$LAB_TMP/recording" >"$LAB_TMP/out" 2>"$LAB_TMP/err"
		[[ ! -s $LAB_TMP/err ]]
		grep -q ' events, 0 lost$' "$LAB_TMP/out"
		lab_until 30 are_gone "${programs[@]}"
	done
	# A command gets the signal; the trace ends when it has ended.
	lab_start trace bash -c 'exec "$@" >"$0"' "$LAB_TMP/pipe" "$DTLSNOOP" -j -- sleep 50
	lab_until 30 pgrep -P "$(lab_pid trace)" -x sleep
	kill -TERM "$(lab_pid trace)"
	status=0
	lab_join trace 20 || status=$?
	[[ $status == 1 ]]
}

@test "a terminal that nobody reads, for errors too: SIGTERM ends it" {
	port=$(lab_port)
	reader "$port"
	cat >"$LAB_TMP/on_terminal" <<'END'
import fcntl, os, pty, signal, subprocess, sys, time, tty
master, slave = pty.openpty()
tty.setraw(slave)
flags = fcntl.fcntl(slave, fcntl.F_GETFL)
fcntl.fcntl(slave, fcntl.F_SETFL, flags | os.O_NONBLOCK)
try:
    while True:
        os.write(slave, b"x" * 100)
except BlockingIOError:
    pass
fcntl.fcntl(slave, fcntl.F_SETFL, flags)
process = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave)
print("started", process.pid, flush=True)
print("status", process.wait(), flush=True)
END
	lab_start terminal /usr/bin/python3 "$LAB_TMP/on_terminal" "$DTLSNOOP" "${OWN[@]}"
	lab_wait_line terminal started
	tracer=$(sed -n 's/^started //p' "$LAB_TMP/terminal.out")
	lab_until 30 has_attached "$tracer"
	mapfile -t programs < <(programs_of "$tracer")
	hellos "$port" 100
	kill -TERM "$tracer"
	lab_wait_line terminal '^status 1$'
	lab_until 30 are_gone "${programs[@]}"
}
