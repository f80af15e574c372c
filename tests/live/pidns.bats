#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# PID namespaces: a number means what it means where dtlsnoop runs. And threads, which have numbers too.

load common

# A PID namespace with its own /proc, as a privileged container has; BOX is its first process.
box_start() {
	lab_start box unshare --pid --fork --mount-proc --kill-child sleep 300
	lab_until 30 has_child "$(lab_pid box)"
	BOX=$(pgrep -P "$(lab_pid box)")
	lab_until 30 box_has_proc
}

has_child() {
	pgrep -P "$1" >/dev/null
}

box_has_proc() {
	[[ $(nsenter -t "$BOX" -p -m sed -n 's/^Pid:[[:space:]]*//p' /proc/1/status) == 1 ]] &&
		[[ $(nsenter -t "$BOX" -p -m cat /proc/1/comm) == sleep ]]
}

# in_box NAME COMMAND...: like lab_start.
in_box() {
	local name=$1
	shift
	lab_start "$name" nsenter -t "$BOX" -p -m "$@"
	lab_until 30 has_child "$(lab_pid "$name")"
}

# What was started there: its number here, and there.
outer_pid() {
	pgrep -P "$(lab_pid "$1")"
}

inner_pid() {
	awk '/^NSpid:/ { print $NF }' "/proc/$(outer_pid "$1")/status"
}

# server_in_box PORT [COMMAND...]: NAME "boxed".
server_in_box() {
	local port=$1
	shift
	in_box boxed "$@" "$LAB_BIN/dtls_server" --listen "127.0.0.1:$port" --cert "$LAB_CERTS/server.pem" \
		--key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_wait_line boxed '^ready '
}

trace_in_box() {
	lab_start trace nsenter -t "$BOX" -p -m "$DTLSNOOP" -j "$@"
	lab_wait_line trace '"type":"trace"'
}

@test "in a PID namespace, -- COMMAND: traced from its first packet on, by its number there" {
	box_start
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	# shellcheck disable=SC2016 # of the inner shell
	lab_start trace nsenter -t "$BOX" -p -m "$DTLSNOOP" -j -- \
		bash -c 'exec "$@" >/dev/null' bash "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port"
	trace_join
	that 'final | length == 1 and (.[0] | completed and .client.comm == "dtls_client" and .client.pid < 100 and
		.client.pid == .client.tid and .client.ns_pid == null)'
	that 'map(select(.type=="trace"))[0].filter.pid == [final[0].client.pid]'
	that '[final[0].flights[].flight] == [1,2,3,4,5,6]'
}

@test "the same without a /proc of its own" {
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	# shellcheck disable=SC2016 # of the inner shell
	lab_start trace unshare --pid --fork "$DTLSNOOP" -j -- \
		bash -c 'exec "$@" >/dev/null' bash "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port"
	trace_join
	that 'final | length == 1 and (.[0] | completed and .client.pid < 100 and .client.ns_pid == null)'
}

@test "in a PID namespace, -p: the process of that number there; near miss: not the one that has it outside" {
	[[ -e /proc/sys/kernel/ns_last_pid ]] || skip "no kernel.ns_last_pid (CONFIG_CHECKPOINT_RESTORE)"
	box_start
	port=$(lab_port)
	lab_server_lab "$port"
	pid=$(lab_pid server)
	port_boxed=$(lab_port)
	# shellcheck disable=SC2016 # of the inner shell
	server_in_box "$port_boxed" bash -c 'echo $(($0 - 1)) >/proc/sys/kernel/ns_last_pid; "$@" & wait' "$pid"
	[[ $(awk '/^NSpid:/ { print $NF }' "/proc/$(pgrep -P "$(outer_pid boxed)")/status") == "$pid" ]]
	trace_in_box --duration 12 -p "$pid"
	lab_run dtls_client --connect "127.0.0.1:$port"
	lab_run dtls_client --connect "127.0.0.1:$port_boxed"
	trace_join
	that "final | length == 1 and (.[0] | completed and .server.pid == $pid and .server.ns_pid == null and
		.server.address == \"127.0.0.1:$port_boxed\")"
	that "datagrams | length > 0 and all(.[]; .local == \"127.0.0.1:$port_boxed\")"
}

@test "in a PID namespace, -p: by /proc where no iterator can walk; it ends when the process does" {
	# shellcheck disable=SC2030 # for this test only
	export DTLSNOOP_WITHOUT=open_sockets
	box_start
	port=$(lab_port)
	server_in_box "$port"
	trace_in_box -p "$(inner_pid boxed)"
	lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	that "final | length == 1 and (.[0] | completed and .server.pid == $(inner_pid boxed) and .server.ns_pid == null)"
	kill "$(outer_pid boxed)"
	trace_join
	grep -q "has ended" "$LAB_TMP/trace.err"
}

@test "in a PID namespace, -f: the children too" {
	box_start
	port=$(lab_port)
	lab_server_lab "$port"
	# shellcheck disable=SC2016 # of the inner shell
	lab_start trace nsenter -t "$BOX" -p -m "$DTLSNOOP" -j -f -- \
		bash -c 'exec >/dev/null; "$@" & wait; (exec "$@") & wait' bash "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port"
	trace_join
	that 'final | length == 2 and all(.[]; completed and .client.comm == "dtls_client" and .client.pid < 100)'
	that 'final | .[0].client.pid != .[1].client.pid'
}

@test "in a PID namespace, --pid of the host: there is no such process" {
	box_start
	lab_server_lab "$(lab_port)"
	run nsenter -t "$BOX" -p -m "$DTLSNOOP" -p "$(lab_pid server)"
	[[ $status == 1 && $output == "dtlsnoop: --pid $(lab_pid server): there is no such process" ]]
}

@test "a process in a PID namespace, seen from outside: both numbers; near miss: one that is in none" {
	box_start
	port=$(lab_port)
	server_in_box "$port"
	outer=$(outer_pid boxed) inner=$(inner_pid boxed)
	[[ $outer != "$inner" ]]
	trace_start -P "$port"
	lab_start timeline "$DTLSNOOP" -P "$port"
	lab_wait_line timeline 'DATAGRAM'
	lab_until 30 has_attached "$(lab_pid timeline)"
	lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	lab_wait_line timeline 'COMPLETED'
	trace_stop
	that "final[0] | completed and .server.pid == $outer and .server.ns_pid == $inner"
	that 'final[0].client | .pid > 0 and .ns_pid == null'
	that "datagrams | any(.[]; .pid == $outer and .ns_pid == $inner)"
	grep -q "COMPLETED .*(dtls_client pid [0-9]*), .*(dtls_server pid $outer, $inner in its PID namespace)" \
		"$LAB_TMP/timeline.out"
}

@test "the same, open before, where no iterator can walk" {
	# shellcheck disable=SC2031 # set in another test, too
	export DTLSNOOP_WITHOUT=open_sockets
	box_start
	port=$(lab_port)
	server_in_box "$port"
	outer=$(outer_pid boxed) inner=$(inner_pid boxed)
	trace_start -p "$outer"
	lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that "final | length == 1 and (.[0] | completed and .server.pid == $outer and .server.ns_pid == $inner)"
}

@test "-p of a thread: its process is traced, and that is said; near miss: a number that nobody has" {
	port=$(lab_port)
	lab_server_lab "$port"
	kill -STOP "$(lab_pid server)"
	lab_start client "$LAB_BIN/dtls_client" --thread --connect "127.0.0.1:$port"
	pid=$(lab_pid client)
	lab_until 30 has_thread "$pid"
	tid=$(thread_of "$pid")
	trace_start -p "$tid"
	[[ $(cat "$LAB_TMP/trace.err") == "dtlsnoop: --pid $tid is a thread of process $pid: tracing that process"* ]]
	kill -CONT "$(lab_pid server)"
	lab_join client
	trace_join
	that "final | length == 1 and (.[0] | .client.pid == $pid and .client.tid == $tid)"
	that "map(select(.type==\"trace\"))[0].filter.pid == [$pid]"
	run "$DTLSNOOP" -p "$tid"
	[[ $status == 1 && $output == "dtlsnoop: --pid $tid: there is no such process" ]]
}

thread_of() {
	find "/proc/$1/task" -mindepth 1 -maxdepth 1 ! -name "$1" -printf '%f\n'
}

has_thread() {
	[[ -n $(thread_of "$1") ]]
}
