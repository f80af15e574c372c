# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Is each client of the ledger told as it was? Input: finals and losses, then pauses, then the ledger (soak_traffic.bash).
# from, to: only clients that lived in between (ms), if `to` is not 0. Prints what is wrong, and a line with counts.
$1 == "loss" { loss[++num_losses] = $2; next }
$1 == "final" { num_finals[$2]++; state[$2] = $3; verdict[$2] = $4; next }
$1 == "suspended" || $1 == "full" || $1 == "moved" { what[++num_pauses] = $1; pause[num_pauses] = $2; resume[num_pauses] = $3; next }

# A loss is said within a second of it. While the tracer is suspended, nothing is read: what the ring buffer has no room for
# until it goes on is a loss at the time of the last event that it had room for.
function accounted(began, ended,   i) {
	for (i = 1; i <= num_pauses; i++)
		if (what[i] == "suspended" && began < resume[i] + 1000 && ended > pause[i] - 1000) {
			if (began > pause[i])
				began = pause[i]
			if (ended < resume[i])
				ended = resume[i]
		}
	for (i = 1; i <= num_losses; i++)
		if (loss[i] > began - 2000 && loss[i] < ended + 3000)
			return "loss"
	return ""
}

function in_gap(began, ended,   i) {
	for (i = 1; to && i <= num_pauses; i++)
		if (what[i] != "suspended" && began < resume[i] + 1000 && ended > pause[i] - 1000)
			return 1
	return 0
}

function tell(text) {
	if (accounted($2, $3)) {
		num_accounted++
		return
	}
	print "  " name ": " $1 ", began " $2 " ms, ended " $3 " ms, status " $5 ": " text
	bad++
}

{
	if (to && ($2 < from + 100 || $3 > to - 100))
		next
	if (in_gap($2, $3)) {
		num_gap++
		next
	}
	num++
	if (!($1 in num_finals))
		tell("nothing is said of it")
	else if (verdict[$1] == "evicted")
		num_evicted++
	else if (num_finals[$1] > 1)
		tell(num_finals[$1] " final lines")
	else if ($4 == "completed" && $5 == 0 && state[$1] != "completed")
		tell("it was completed, and is called " state[$1] " " verdict[$1])
	else if ($4 == "not-retransmitting" && verdict[$1] != $4)
		tell("it did not retransmit, and is called " state[$1] " " verdict[$1])
	else if ($4 == "killed" && verdict[$1] != "not-retransmitting" && verdict[$1] != "closed-by-application")
		tell("it was killed in the handshake, and is called " state[$1] " " verdict[$1])
	else if ($4 == "completed" && $5 != 0)
		num_failed++
	else
		num_right++
}
END {
	printf "%s: %d clients: %d as they were, %d failed and are told, %d accounted for by losses that were said, %d not followed, %d not accounted for%s\n",
		name, num, num_right, num_failed, num_accounted, num_evicted, bad, num_gap ? "; " num_gap " of which the recording is elsewhere or the disk was full" : ""
	exit bad > 0
}
