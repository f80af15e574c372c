#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Attaching to what is asked for: by process and its children, name, cgroup and
# network namespace; and the end of what is attached to.

load common

setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	cgroup='' netns=''
}

teardown() {
	lab_fini
	[[ -z $cgroup ]] || rmdir "$cgroup"/below "$cgroup"
	[[ -z $netns ]] || ip netns delete "$netns"
}

# gated NAME [COMMAND...]: starts COMMAND when gate NAME opens; its pid is lab_pid NAME from now on.
gated() {
	local name=$1
	shift
	mkfifo "$LAB_TMP/$name.gate"
	# shellcheck disable=SC2016 # for the inner shell
	lab_start "$name" bash -c 'read -r _ <"$0"; "$@"; exit' "$LAB_TMP/$name.gate" "$@"
}

open_gate() {
	echo >"$LAB_TMP/$1.gate"
}

handshake() {
	run lab_run dtls_client --connect "127.0.0.1:$port"
	[[ $status == 0 ]]
}

@test "-p without -f: what a child does with sockets of its own is not seen; with -f it is" {
	port=$(lab_port)
	lab_server_lab "$port"
	for option in '' -f; do
		name=parent$option
		gated "$name" "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port"
		pid=$(lab_pid "$name")
		# shellcheck disable=SC2086 # no word, or one
		trace_start -p "$pid" $option
		open_gate "$name"
		trace_join	# the process has ended
		if [[ $option ]]; then
			that "final | length == 1 and (.[0] | completed and .client.pid != $pid and .client.comm == \"dtls_client\")"
			that 'map(select(.type=="trace"))[0].filter.follow_forks'
		else
			that 'final == []'
		fi
		grep -q "process $pid has ended" "$LAB_TMP/trace.err"
	done
}

@test "-p: children that run already are traced with -f, and said; without it they are not" {
	port=$(lab_port)
	# The server is a child of a child.
	lab_start tree bash -c 'bash -c "\"\$@\"; true" - "$@"; true' - "$LAB_BIN/dtls_server" --listen "127.0.0.1:$port" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_ready tree
	trace_start -f -p "$(lab_pid tree)"
	grep -qE 'tracing [23] child processes of --pid, too' "$LAB_TMP/trace.err"
	handshake
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that "final[0] | completed and .server.comm == \"dtls_server\" and .server.pid != $(lab_pid tree)"
	trace_start -p "$(lab_pid tree)"
	handshake
	trace_stop
	that 'final == []'
}

@test "-p: with several processes the trace ends with the last one" {
	gated one true
	gated two true
	trace_start -p "$(lab_pid one),$(lab_pid two)"
	open_gate one
	lab_wait_line trace "process $(lab_pid one) has ended"
	kill -0 "$(lab_pid trace)"
	open_gate two
	trace_join
	grep -q "process $(lab_pid two) has ended" "$LAB_TMP/trace.err"
}

@test "-n: only processes of this name" {
	port=$(lab_port)
	lab_server_lab "$port"
	trace_start -n dtls_server
	handshake
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that 'final[0] | completed and .server.comm == "dtls_server" and .client.local == null'
	that 'datagrams | length > 0 and all(.[]; .comm == "dtls_server")'
	# Not by the beginning of a name.
	trace_start -n dtls_serve
	handshake
	trace_stop
	that 'handshakes == [] and stats.filtered > 0'
}

@test "--cgroup: a subtree, by its path in the file system or from the root of cgroup v2" {
	root=$(findmnt -no TARGET -t cgroup2 | tail -n 1)
	cgroup=$root/dtlsnoop-test-$$
	mkdir -p "$cgroup/below"
	port=$(lab_port)
	lab_server_lab "$port"
	for path in "$cgroup" "/dtlsnoop-test-$$"; do
		trace_start --cgroup "$path"
		handshake
		# shellcheck disable=SC2016 # for the inner shell
		run bash -c 'echo $$ >"$0/below/cgroup.procs" && exec "$@"' "$cgroup" \
			"$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" </dev/null 3>&-
		[[ $status == 0 ]]
		trace_wait '.type=="handshake" and .state=="completed"'
		trace_stop
		that "final | length == 1 and (.[0] | completed and .client.cgroup == \"/dtlsnoop-test-$$/below\" and
			.server.local == null)"
	done
}

@test "--cgroup: a server that is in it already, found by the iterator and by /proc" {
	root=$(findmnt -no TARGET -t cgroup2 | tail -n 1)
	cgroup=$root/dtlsnoop-test-$$
	mkdir -p "$cgroup/below"
	port=$(lab_port)
	lab_server_lab "$port"
	echo "$(lab_pid server)" >"$cgroup/below/cgroup.procs"
	for without in '' open_sockets; do
		export DTLSNOOP_WITHOUT=$without
		trace_start --cgroup "$cgroup"
		handshake
		trace_wait '.type=="handshake" and .state=="completed"'
		trace_stop
		that '[final[0].flights[].flight] == [1,4,5,6]' # from the first datagram
		that 'final[0] | .server.comm == "dtls_server" and .client.local == null'
	done
	lab_stop server
}

# trace_container POD_UID [OPTION]...: the trace and recording of a server in the cgroup of the container $id in that pod, which
# is gone afterwards.
trace_container() {
	local root inner=kubepods-pod${1//-/_}.slice/cri-containerd-$id.scope
	shift
	root=$(findmnt -no TARGET -t cgroup2 | tail -n 1)
	cgroup=$root/dtlsnoop-test-$$
	mkdir -p "$cgroup/$inner"
	port=$(lab_port)
	lab_server_lab "$port"
	echo "$(lab_pid server)" >"$cgroup/$inner/cgroup.procs"
	trace_start -P "$port" -w "$LAB_TMP/c.rec" "$@"
	lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	lab_stop server
	rmdir "$cgroup/$inner" "$cgroup/${inner%/*}"
	mkdir "$cgroup/below"
}

# formats_say TEXT: of the recording of the container, the outputs for people.
formats_say() {
	local format
	for format in timeline ladder html; do
		"$DTLSNOOP" -r "$LAB_TMP/c.rec" -o "$format=$LAB_TMP/c.$format"
		[[ $(tr -s ' \n' ' ' <"$LAB_TMP/c.$format") == *"$1"* ]]
	done
}

# span_says KEY VALUE: its span.
span_says() {
	"$DTLSNOOP" -r "$LAB_TMP/c.rec" -o otlp | grep -F "{\"key\":\"$1\",\"value\":{\"stringValue\":\"$2\"}}" >/dev/null
}

@test "a container and its pod, from the cgroup: in JSON, the timeline, the ladder, the report and spans" {
	local id pod=8a6f3c1e-0b5d-4f6a-9c3e-2d1f0a9b8c7d
	id=$(printf '0123456789abcdef%.0s' 1 2 3 4)
	trace_container "$pod"
	that "final[0] | .server.unit == \"cri-containerd-$id.scope\" and .server.container == {id: \"$id\", pod_uid: \"$pod\"} and
		.client.container == null"
	formats_say "in container 0123456789ab"
	span_says container.id "$id"
	span_says k8s.pod.uid "$pod"
}

@test "names of pod and container, as kubelet has them: in every output, and in a recording that is read elsewhere" {
	local id logs=$LAB_TMP/logs uid=8a6f3c1e-0b5d-4f6a-9c3e-2d1f0a9b8c7d
	id=$(printf '0123456789abcdef%.0s' 1 2 3 4)
	mkdir -p "$logs/pods/shop_web-7d9f_$uid/"{nginx,sidecar} "$logs/containers"
	ln -s "$logs/pods/shop_web-7d9f_$uid/nginx/0.log" "$logs/containers/web-7d9f_shop_nginx-$id.log"
	trace_container "$uid" --pod-logs "$logs/pods"
	rm -r "$logs"
	that "final[0] | .server.container ==
		{id: \"$id\", pod_uid: \"$uid\", namespace: \"shop\", pod: \"web-7d9f\", name: \"nginx\"} and .client.container == null"
	diff <(tail -n +2 "$LAB_TMP/trace.out") <("$DTLSNOOP" -j -r "$LAB_TMP/c.rec" | tail -n +2)
	formats_say "in pod shop/web-7d9f, container nginx"
	for attribute in namespace.name:shop pod.name:web-7d9f container.name:nginx pod.uid:$uid; do
		span_says "k8s.${attribute%%:*}" "${attribute#*:}"
	done
}

@test "--netns: by a process in it, by its path and by its name" {
	netns=dtlsnoop-test-$$
	ip netns add "$netns"
	ip netns exec "$netns" ip link set lo up
	port=$(lab_port)
	lab_server_lab "$port"
	lab_start inner ip netns exec "$netns" "$LAB_BIN/dtls_server" --listen "127.0.0.1:$port" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_ready inner
	inode=$(ip netns exec "$netns" stat -Lc %i /proc/self/ns/net)
	for where in "$(lab_pid inner)" "/run/netns/$netns" "$netns"; do
		trace_start --netns "$where"
		handshake
		run ip netns exec "$netns" "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" </dev/null 3>&-
		[[ $status == 0 ]]
		trace_wait '.type=="handshake" and .state=="completed"'
		trace_stop
		that "final | length == 1 and (.[0] | completed and .client.netns == $inode and .server.netns == $inode)"
	done
}

@test "filters combine: a datagram has to pass all of them" {
	port=$(lab_port)
	lab_server_lab "$port"
	trace_start -n dtls_server -p "$(lab_pid server)" -P "$((port + 1))"
	handshake
	trace_stop
	that 'handshakes == [] and stats.filtered > 0'
	trace_start -n dtls_client -p "$(lab_pid server)"
	handshake
	trace_stop
	that 'handshakes == []'
}

@test "-- COMMAND: traced from its first packet; its exit status is passed on" {
	port=$(lab_port)
	lab_server_lab "$port"
	run "$DTLSNOOP" -q -j -w "$LAB_TMP/recording" -- "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" 3>&-
	[[ $status == 0 ]]
	grep '^{' <<<"$output" >"$LAB_TMP/trace.out"
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
	that 'final | length == 1 and (.[0] | completed and .client.comm == "dtls_client" and .server.local == null)'
	that '[final[0].flights[].flight] == [1,4,5,6]'
	run "$DTLSNOOP" -q -- sh -c 'exit 7'
	[[ $status == 7 ]]
	run "$DTLSNOOP" -q -- /no/such/command
	[[ $status == 1 && ${lines[-1]} == "dtlsnoop: cannot run /no/such/command: "* ]]
	run "$DTLSNOOP" true
	[[ $status == 2 && $output == *"a command must follow --"* ]]
}

@test "-- COMMAND -f: its children too, until the last has ended" {
	port=$(lab_port)
	lab_server_lab "$port"
	run "$DTLSNOOP" -q -j -f -- sh -c '"$@" & exit 5' sh "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" 3>&-
	[[ $status == 5 ]]
	grep '^{' <<<"$output" >"$LAB_TMP/trace.out"
	that 'final | length == 1 and (.[0] | completed and .client.comm == "dtls_client")'
}

@test "-- COMMAND that only starts others: -f is named, unless it was given" {
	port=$(lab_port)
	lab_server_lab "$port"
	client=("$LAB_BIN/dtls_client" --connect "127.0.0.1:$port")
	for command in "timeout 30" "sh -c '\"\$@\"; exit' sh"; do
		eval "run \"\$DTLSNOOP\" -- $command \"\${client[@]}\" 3>&-"
		echo "$command: $output"
		[[ $status == 0 && $output == *"dtlsnoop: no DTLS handshake of ${command%% *} itself was seen, "*": -f traces these, too"* ]]
		eval "run \"\$DTLSNOOP\" -f -- $command \"\${client[@]}\" 3>&-"
		[[ $status == 0 && $output == *COMPLETED* && $output != *"-f traces"* ]]
	done
	# Near misses: no children; and a command that speaks DTLS itself.
	run "$DTLSNOOP" -- true
	[[ $status == 0 && $output != *"-f traces"* ]]
	run "$DTLSNOOP" -- "${client[@]}" 3>&-
	[[ $status == 0 && $output == *COMPLETED* && $output != *"-f traces"* ]]
}

@test "-- COMMAND: signals reach it, and what they do to it is the exit status" {
	# shellcheck disable=SC2016 # for the inner shell
	lab_start trace "$DTLSNOOP" -q -- bash -c 'trap "echo got USR1" USR1; echo begun; while :; do sleep 0.1; done'
	lab_wait_line trace begun
	kill -USR1 "$(lab_pid trace)"
	lab_wait_line trace 'got USR1'
	kill -TERM "$(lab_pid trace)"
	status=0
	lab_join trace || status=$?
	[[ $status == 143 ]]
}

@test "-- COMMAND is never more than the caller: file capabilities, and -u" {
	run "$DTLSNOOP" -q -u nobody -- sh -c 'id -u; id -G'
	[[ $status == 0 && $output == *"$(id -u nobody)"*"$(id -G nobody)"* ]]
	run "$DTLSNOOP" -q -u no-such-user -- true
	[[ $status == 1 && $output == "dtlsnoop: --user no-such-user: "* ]]
	install -m 755 "$DTLSNOOP" "$LAB_TMP/dtlsnoop"
	PATH="$PATH:/usr/sbin:/sbin" setcap cap_bpf,cap_perfmon,cap_net_admin,cap_setuid,cap_setgid+ep "$LAB_TMP/dtlsnoop" ||
		skip "no file capabilities here"
	chmod 711 "$LAB_TMP" "${BATS_TEST_TMPDIR:-$LAB_TMP}"
	run setpriv --reuid nobody --regid nogroup --clear-groups "$LAB_TMP/dtlsnoop" -q -- \
		grep -E '^(Uid|Cap(Prm|Eff))' /proc/self/status
	grep -q "^Uid:[[:space:]]*$(id -u nobody)[[:space:]]*$(id -u nobody)[[:space:]]*$(id -u nobody)" <<<"$output"
	[[ $(grep -c '^Cap.*:[[:space:]]0*$' <<<"$output") == 2 ]]
	# A capability to become anybody is for the tracer, and -u is for root.
	run setpriv --reuid nobody --regid nogroup --clear-groups "$LAB_TMP/dtlsnoop" -q -u root -- id
	[[ $status == 1 && $output == *"only root"* ]]
}

# --- how a socket comes to a process ---

# A bound UDP socket of another process at descriptor 9 of the one that runs COMMAND: passed to it
# over a UNIX socket, after "go" came from standard input. The giver has its own copy closed by then.
passed_socket() {
	cat >"$LAB_TMP/passed" <<'END'
import os, socket, sys
port, peer, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
giver = os.fork()
if giver == 0:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))
    if peer:
        udp.connect(("127.0.0.1", peer))
    socket.send_fds(ours, [b"x"], [udp.fileno()])
    os._exit(0)
os.waitpid(giver, 0)
print("waiting", flush=True)
sys.stdin.readline()
_, fds, _, _ = socket.recv_fds(theirs, 1, 1)
os.dup2(fds[0], 9)
os.execv(command[0], command)
END
	lab_start "$@"
}

@test "-p: a socket that is passed to the process, client and server, is followed as its own" {
	port=$(lab_port)
	passed_socket server /usr/bin/python3 "$LAB_TMP/passed" "$port" 0 "$LAB_BIN/dtls_server" --fd 9 \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS" --cookie
	passed_socket client /usr/bin/python3 "$LAB_TMP/passed" "$(lab_port)" "$port" "$LAB_BIN/dtls_client" --fd 9 \
		--connect "127.0.0.1:$port"
	lab_wait_line server waiting
	lab_wait_line client waiting
	client=$(lab_pid client) server=$(lab_pid server)
	trace_start -p "$client,$server"
	echo go >"$LAB_TMP/server.in"
	lab_ready server
	echo go >"$LAB_TMP/client.in"
	lab_wait_line client 'handshake ok'
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that "final | length == 1 and (.[0] | completed and .client.pid == $client and .server.pid == $server)"
	that 'faults == []'
	that "datagrams | all(.[]; .pid == $client or .pid == $server)"
}

@test "-p: what came for a passed socket before the process used it is another's, and the handshake says so" {
	port=$(lab_port)
	passed_socket server /usr/bin/python3 "$LAB_TMP/passed" "$port" 0 "$LAB_BIN/dtls_server" --fd 9 \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_wait_line server waiting
	trace_start -p "$(lab_pid server)"
	echo go >"$LAB_TMP/server.in"
	lab_ready server
	for _ in 1 2; do
		handshake
	done
	trace_wait '.type=="handshake" and .state=="completed" and .id==2'
	trace_stop
	that 'final | length == 2 and all(.[]; completed)'
	that 'final[0] | [.flights[].flight] == [4,5,6] and noted("mid-handshake")'
	that 'final[1] | [.flights[].flight] == [1,4,5,6] and (noted("mid-handshake") | not)'
}

@test "-p: sockets that are inherited over fork and exec" {
	port=$(lab_port)
	cat >"$LAB_TMP/inherited" <<'END'
import os, socket, sys
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", int(sys.argv[1])))
os.dup2(udp.fileno(), 9)
udp.close()
child = os.fork()
if child:
    os.close(9)
    print("child", child, flush=True)
    os.waitpid(child, 0)
    sys.exit(0)
sys.stdin.readline()
os.execv(sys.argv[2], sys.argv[2:])
END
	for when in before after; do
		lab_start parent /usr/bin/python3 "$LAB_TMP/inherited" "$port" "$LAB_BIN/dtls_server" --fd 9 \
			--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration 15
		lab_wait_line parent '^child '
		child=$(sed -n 's/^child //p' "$LAB_TMP/parent.out")
		# Exec before the trace, or during it.
		[[ $when == after ]] || echo go >"$LAB_TMP/parent.in"
		[[ $when == after ]] || lab_ready parent
		trace_start -p "$child"
		[[ $when == before ]] || echo go >"$LAB_TMP/parent.in"
		lab_ready parent
		handshake
		trace_wait '.type=="handshake" and .state=="completed"'
		trace_stop
		that "final | length == 1 and (.[0] | completed and .server.pid == $child and .server.comm == \"dtls_server\")"
		that '[final[0].flights[].flight] == [1,4,5,6]'	# from the first datagram
		kill -TERM "$child"
		lab_join parent 10
	done
}

@test "a handshake in a thread that is not the first: the process is named, and the thread by its id" {
	port=$(lab_port)
	lab_server_lab "$port"
	gated client "$LAB_BIN/dtls_client" --thread --connect "127.0.0.1:$port"
	trace_start -p "$(lab_pid client)" -f
	open_gate client
	trace_join
	that 'final | length == 1 and (.[0] | completed and .client.comm == "dtls_client" and .client.tid != .client.pid)'
	that 'datagrams | all(.[]; .pid != .tid)'
}

@test "a process in a network and pid namespace of its own: its pid, name and addresses as this host has them" {
	port=$(lab_port)
	lab_start outer unshare --net --pid --fork --kill-child --mount-proc bash -c 'ip link set lo up; "$@"; exit' bash \
		"$LAB_BIN/dtls_server" --listen "127.0.0.1:$port" --cert "$LAB_CERTS/server.pem" \
		--key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_ready outer
	server=$(pgrep -f "^$LAB_BIN/dtls_server --listen 127.0.0.1:$port ")
	[[ $(sed -n 's/^NSpid:[[:space:]]*//p' "/proc/$server/status") == "$server"[[:space:]]* ]]
	inode=$(stat -Lc %i "/proc/$server/ns/net")
	for without in '' open_sockets; do
		export DTLSNOOP_WITHOUT=$without
		trace_start -p "$server"
		run nsenter --target "$server" --net --pid "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" </dev/null 3>&-
		[[ $status == 0 ]]
		trace_wait '.type=="handshake" and .state=="completed"'
		trace_stop
		that "final | length == 1 and (.[0] | completed and .server.pid == $server and .server.comm == \"dtls_server\" and
			.server.netns == $inode and .server.address == \"127.0.0.1:$port\" and .client.local == null)"
		that '[final[0].flights[].flight] == [1,4,5,6]'
	done
}

# --- handshakes that are under way ---

# From which message on it is delayed, the proxy being stopped meanwhile; --no-timer: nobody repeats itself.
@test "handshakes under way when tracing starts, at each flight: noted, and no fault but of who does not read" {
	for fault in s2c,msg=3 s2c,msg=2 c2s,msg=16 s2c,type=20; do
		port=$(lab_port)
		lab_server_lab "$port" --cookie
		lab_proxy proxy "$port" --fault "delay:dir=$fault,ms=3000"
		lab_start client "$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)" --send hello
		lab_wait_line proxy '^fault delay'
		kill -STOP "$(lab_pid proxy)"
		# A silence that would be a fault of a handshake seen from its begin.
		trace_start --stuck-after 0.5
		sleep 3
		kill -CONT "$(lab_pid proxy)"
		lab_wait_line client 'handshake ok'
		sleep 1
		trace_stop
		# The stopped proxy leaves in its queue what comes meanwhile: that is seen, and true.
		that 'faults | all(.[]; .verdict.code == "not-reading" and .verdict.confidence == "likely" and
			.[.verdict.side].comm == "udp_fault_proxy")'
		that 'final | all(.[]; noted("mid-handshake"))'
		[[ $fault == s2c,type=20 ]] || that 'final | length > 0'
		lab_stop proxy
		lab_stop server
	done
}

@test "near miss: under way and then stuck for good, with repeats: still no fault" {
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16,count=0
	lab_start client "$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)"
	lab_wait_line proxy '^fault drop'
	trace_start --stuck-after 1
	trace_wait '.type=="datagram" and .event=="sent" and any(.records[].messages[]?; .msg_type=="certificate")'
	sleep 4
	trace_stop
	that 'final | length > 0 and all(.[]; noted("mid-handshake") and .state == "in-progress")'
	that 'faults == []'
	# And one that begins now, the same way, is a fault.
	trace_start --stuck-after 1
	lab_start other "$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)"
	trace_wait '.type=="handshake" and .verdict.code=="not-retransmitting"'
	trace_stop
}

@test "what does not exist: one line that says what, status 1" {
	for wrong in "--cgroup /no/such" "--netns /no/such" "--netns 4194303" "--netns /proc/self/status"; do
		# shellcheck disable=SC2086 # two words
		run "$DTLSNOOP" $wrong
		[[ $status == 1 && ${#lines[@]} == 1 && $output == "dtlsnoop: $wrong: "* ]]
	done
}

@test "-n: of a longer name, what the kernel keeps of it counts" {
	run "$DTLSNOOP" -j -q --duration 0.1 -n 1234567890123456
	[[ $status == 0 && ${lines[0]} == *'"filter":{"comm":"123456789012345"}'* ]]
}
