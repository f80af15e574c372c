# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# soak_incidents.bash: what happens to the tracer of tests/bench/soak besides the traffic, a round at a time. In
# $LAB_TMP/pauses are the times in which it was suspended, its disk was full, or of which the recording was moved
# away: WHAT BEGAN ENDED.

num_suspended=0 num_full=0 num_moved=0 num_clock=0 num_unread=0
# A whole minute in a long run.
suspend_seconds=$((seconds >= 600 ? 60 : 5))
suspend_every=$((seconds >= 600 ? 600 : 45))

# One of them, or none, with a round.
incident() {
	if [ $((elapsed / suspend_every)) -gt $num_suspended ]; then
		suspended
	elif [ $((num_rounds % 8)) = 2 ]; then
		full_disk
	elif [ $((num_rounds % 4)) = 1 ]; then
		round
		moved
	elif [ -n "$SOAK_ALONE" ] && [ $((num_rounds % 4)) = 3 ]; then
		clock
		round
	else
		round
	fi
}

# With traffic in the meantime; the ring buffer may not hold all of it.
suspended() {
	local began
	began=$(now_ms)
	touch "$LAB_TMP/suspended"
	kill -STOP "$tracer"
	while round; [ $((($(now_ms) - began) / 1000)) -lt $suspend_seconds ]; do
		:
	done
	kill -CONT "$tracer"
	echo "suspended $began $(now_ms)" >>"$LAB_TMP/pauses"
	rm "$LAB_TMP/suspended"
	num_suspended=$((num_suspended + 1))
}

# The number of the tracer's lines with this text.
num_said() {
	grep -c "$1" "$LAB_TMP/trace.err" || true
}

has_said() {
	[ "$(num_said "$1")" -gt "$2" ]
}

# A file of the recording has its room from the beginning, and the next one takes that of the oldest: something else takes
# both, and a new file has to begin.
full_disk() {
	local began failures again
	failures=$(num_said 'flight[.]rec failed: No space left') again=$(num_said 'recording again')
	began=$(now_ms)
	rm -f "$disk/flight.rec.3"
	dd if=/dev/zero of="$disk/filler" bs=4k 2>/dev/null || true
	kill -HUP "$tracer"
	round
	lab_until 30 has_said 'flight[.]rec failed: No space left' "$failures" || complain "a full disk was not said"
	rm "$disk/filler"
	lab_until 60 has_said 'recording again' "$again" || complain "the recording did not go on when there was room"
	echo "full $began $(now_ms)" >>"$LAB_TMP/pauses"
	num_full=$((num_full + 1))
}

# Somebody moves the recording away. What is in it is compared with the ledger at once.
moved() {
	mv "$disk/flight.rec" "$disk/moved.rec"
	kill -HUP "$tracer"
	lab_until 30 test -s "$disk/flight.rec" || complain "SIGHUP did not begin a new file"
	num_moved=$((num_moved + 1))
	account_recording "file $num_moved" -r "$disk/moved.rec"
	rm "$disk/moved.rec"
	echo "moved $span" >>"$LAB_TMP/pauses"
}

# While no client runs: the timers of OpenSSL use this clock.
clock() {
	local step
	case $((num_clock % 4)) in
	0) step=7200 ;;
	1) step=-3600 ;;
	2) step=-7200 ;;
	3) step=3600 ;;
	esac
	date -s "@$(($(date +%s) + step))" >/dev/null
	num_clock=$((num_clock + 1))
}
