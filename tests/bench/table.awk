# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Prints the tables of tests/bench/packets and the results of its goals. Exit status 1: a
# goal is missed. Also for busybox's awk, which cannot sort.
#
# Input: goals; results: TURN NEIGHBOUR ROW NS; inside: TURN ROW HOOK RUNS NS RUNS NS,
# of dtlsnoop's program and of the empty one.

function median(list, num,    i, j, v) {
	for (i = 2; i <= num; i++) {
		v = list[i]
		for (j = i - 1; j > 0 && list[j] > v; j--)
			list[j + 1] = list[j]
		list[j + 1] = v
	}
	return num % 2 ? list[(num + 1) / 2] : num ? (list[num / 2] + list[num / 2 + 1]) / 2 : 0
}

function figure(row, name,    turn, list) {
	for (turn = 1; turn <= turns; turn++)
		list[turn] = ns[turn, name, row]
	return median(list, turns)
}

# Compare within each turn, because what slows the machine for a while slows both.
function ratio(row, name, other,    turn, list) {
	for (turn = 1; turn <= turns; turn++)
		list[turn] = ns[turn, other, row] ? ns[turn, name, row] / ns[turn, other, row] : 0
	return median(list, turns)
}

function difference(row, name, other,    turn, list) {
	for (turn = 1; turn <= turns; turn++)
		list[turn] = ns[turn, name, row] - ns[turn, other, row]
	return median(list, turns)
}

# Kind of goal for a hook: a program on packets, or the one that sees each read.
function kind(hook) {
	return hook ~ /recv_length|consume_udp|skb_cons/ ? "read" : hook ~ /gress|send_skb|enqueue|udp_enqu/ ? "hook" : "other"
}

function judge(row, measure, value, limit, excuse,    is_met) {
	is_met = value <= limit
	verdicts = verdicts sprintf("%-8s %-14s %-12s %8.2f, goal %g%s\n",
		is_met ? "met" : excuse ? "excused" : "MISSED", row, measure, value, limit, is_met ? "" : excuse)
	missed += !is_met && !excuse
}

FILENAME ~ /goals$/ {
	if (NF == 3 && $1 !~ /^#/) {
		if (!($1 in has_goal))
			goal_row[++num_goals] = $1
		has_goal[$1]
		goal[$1, $2] = $3
	}
	next
}

FILENAME ~ /results$/ {
	ns[$1, $2, $3] = $4
	next
}

# Leave out programs that few of the datagrams pass (at socket creation): a row is not about them.
$4 * 2 > num {
	key = $2 SUBSEP $3
	if (!(key in times)) {
		program[++num_programs] = key
		row_of[key] = $2
		hook_of[key] = $3
	}
	turn_of = ++times[key]
	own[key, turn_of] = $5
	above[key, turn_of] = $5 - $7
	has_empty[key] = $6 > 0
}

function print_datagrams(    i, r, num_names, num_rows, name, row) {
	num_names = split(neighbours, name, " ")
	num_rows = split(rows, row, " ")
	printf "CPU of one datagram, %s tier, sent and received on loopback: ns (times nothing)\n%-14s", tier, ""
	for (i = 1; i <= num_names; i++)
		printf " %16s", name[i]
	printf " %18s\n", "dtlsnoop - empty"
	for (r = 1; r <= num_rows; r++) {
		printf "%-14s", row[r]
		for (i = 1; i <= num_names; i++)
			printf " %8.0f (%.2fx)", figure(row[r], name[i]), ratio(row[r], name[i], "nothing")
		printf " %10.0f (%.2fx)\n", difference(row[r], "dtlsnoop", "empty"), ratio(row[r], "dtlsnoop", "empty")
	}
}

function print_programs(    i, t, key, a, b, more) {
	printf "\nA run of each program, by the kernel's statistics: ns, and above the empty one at its hook\n"
	for (i = 1; i <= num_programs; i++) {
		key = program[i]
		for (t = 1; t <= times[key]; t++) {
			a[t] = own[key, t]
			b[t] = above[key, t]
		}
		more = median(b, times[key])
		printf "%-18s %-28s %8.0f %8s\n", row_of[key], hook_of[key], median(a, times[key]),
			has_empty[key] ? sprintf("%+.0f", more) : "-"
		if (has_empty[key] && (!((row_of[key], kind(hook_of[key])) in most) || more > most[row_of[key], kind(hook_of[key])]))
			most[row_of[key], kind(hook_of[key])] = more
	}
}

function judge_row(row,    excuse) {
	if ((row, "ratio") in goal) {
		if (ratio(row, "empty", "nothing") > goal[row, "ratio"]) {
			judge(row, "above-empty", difference(row, "dtlsnoop", "empty"), goal[row, "above-empty"])
			excuse = ": empty programs alone cost more"
		}
		judge(row, "ratio", ratio(row, "dtlsnoop", "nothing"), goal[row, "ratio"], excuse)
	}
	if (((row, "tcpdump") in goal) && neighbours ~ /tcpdump/)
		judge(row, "tcpdump", ratio(row, "dtlsnoop", "tcpdump"), goal[row, "tcpdump"])
	if (((row, "hook") in goal) && ((row, "hook") in most))
		judge(row, "hook", most[row, "hook"], goal[row, "hook"])
	if (((row, "read") in goal) && ((row, "read") in most))
		judge(row, "read", most[row, "read"], goal[row, "read"])
}

END {
	print_datagrams()
	print_programs()
	for (i = 1; i <= num_goals; i++)
		judge_row(goal_row[i])
	if (num_goals)
		printf "\n%s%d missed\n", verdicts, missed
	exit missed > 0
}
