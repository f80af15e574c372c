#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a start reads and loads, counted and not timed (tests/bench/start times it), and what a kernel refuses meanwhile.

load common

# strace_start OPTION...: one start, its system calls in $LAB_TMP/calls.
strace_start() {
	strace -f -e trace=bpf,openat -o "$LAB_TMP/calls" "$DTLSNOOP" -q --duration 0.05 "$@" \
		</dev/null >"$LAB_TMP/traced.out" 2>"$LAB_TMP/traced.err" 3>&-
}

opens_of() {
	grep -c "openat(.*\"$1" "$LAB_TMP/calls" || true
}

# The names of the programs loaded, one for each time.
loads() {
	sed -n 's/.*BPF_PROG_LOAD.*prog_name="\([^"]*\)".*/\1/p' "$LAB_TMP/calls"
}

expect_few() {
	[[ $(opens_of /sys/kernel/btf/) == 1 ]]
	(($(opens_of /proc/kallsyms) <= 1))
	loads | grep -qx cgroup_egress
	loads | grep -qx open_sockets
	# libbpf's own questions to the kernel have no name.
	[[ -z $(loads | grep . | sort | uniq -d) ]]
	(($(loads | grep -cx '') <= 8))
	[[ -z $(cat "$LAB_TMP/traced.err") ]]
}

# Which of all bpf() calls loads it.
number_of_load() {
	grep 'bpf(' "$LAB_TMP/calls" | grep -n "BPF_PROG_LOAD.*prog_name=\"$1\"" | head -n 1 | cut -d: -f1
}

# inject FROM-TO ERROR: another start, whose bpf() calls of these numbers fail.
inject() {
	status=0
	strace -f -e trace=bpf,openat -e "inject=bpf:error=$2:when=$1" -o "$LAB_TMP/calls" "$DTLSNOOP" -j --duration 0.05 \
		</dev/null >"$LAB_TMP/trace.out" 2>"$LAB_TMP/traced.err" 3>&- || status=$?
}

@test "types are read once, symbols at most once, and no program is loaded twice, whatever is asked for" {
	strace_start
	expect_few
	strace_start -p "$BASHPID"
	expect_few
	loads | grep -qx process_exited
	strace_start -p "$BASHPID" -f -P 4433
	expect_few
	strace_start -n dtls_client
	expect_few
	strace_start --cgroup "$(sed -n 's/^0:://p' /proc/self/cgroup)"
	expect_few
	strace_start --netns "$BASHPID"
	expect_few
	strace_start -- true
	expect_few
}

@test "near miss: a kernel that cannot be asked for its symbols: /proc/kallsyms is read, once" {
	strace_start
	first=$(grep -n 'prog_name="kallsyms"' "$LAB_TMP/calls" | cut -d: -f1)
	[[ -n $first ]] || skip "/proc/kcore tells what the symbols would"
	inject "$(number_of_load kallsyms)" EINVAL
	[[ $(opens_of /proc/kallsyms) == 1 ]]
	[[ $status == 0 ]]
}

@test "an optional program that the kernel refuses is done without, and what is not seen then is said" {
	strace_start
	at=$(number_of_load open_sockets)
	# libbpf tries it once more, for the verifier's reasons.
	inject "$at..$((at + 1))" EINVAL
	[[ $status == 0 ]]
	[[ $(loads | grep -cx open_sockets) == 2 && $(loads | grep -cx cgroup_egress) == 1 ]]
	[[ $(opens_of /sys/kernel/btf/) == 1 ]]
	strace_start
	at=$(number_of_load sock_recv_lengt)
	inject "$at..$((at + 1))" EINVAL
	[[ $status == 0 ]]
	that 'map(select(.type=="trace"))[0].not_seen | any(test("when the application reads"))'
}

@test "near miss: one that is required, or for lack of permission: one line, status 1" {
	strace_start
	at=$(number_of_load cgroup_egress)
	inject "$at..$((at + 1))" EINVAL
	[[ $status == 1 && $(cat "$LAB_TMP/traced.err") == "dtlsnoop: the kernel refused the BPF programs: Invalid argument (-vv shows why)" ]]
	at=$(number_of_load open_sockets)
	inject "$at..$((at + 1))" EPERM
	[[ $status == 1 && $(wc -l <"$LAB_TMP/traced.err") == 1 ]]
	grep -q "not permitted" "$LAB_TMP/traced.err"
}

@test "ten at a time: each starts, sees and ends" {
	port=$(lab_port)
	lab_server_lab "$port"
	for i in {1..10}; do
		lab_start "trace$i" "$DTLSNOOP" -j -P "$port"
	done
	for i in {1..10}; do
		lab_wait_line "trace$i" '"type":"trace"'
	done
	lab_run dtls_client --connect "127.0.0.1:$port"
	for i in {1..10}; do
		lab_wait_line "trace$i" '"state":"completed"'
		kill -INT "$(lab_pid "trace$i")"
		lab_join "trace$i"
	done
}
