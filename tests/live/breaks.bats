#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A host on which things break: the tracer is stopped or killed, and what it traces goes
# away. (Where it writes to: unread.bats.)
# shellcheck disable=SC2016 # what inner shells expand

load common
load hellos

teardown() {
	lab_fini
	[[ -z ${netns:-} ]] || ip netns delete "$netns" 2>/dev/null || true
}

# --- the tracer itself ---

@test "stopped for 10 s: what was lost is counted and said, and nothing that lay in it is certain" {
	port=$(lab_port) other=$(lab_port)
	lab_server_lab "$port" --cookie
	# Long enough that the tracer is stopped before the answer comes, or is missed.
	lab_proxy proxy "$port" --fault delay:dir=s2c,msg=2,ms=5000,count=0
	reader "$other"
	trace_start --buffer 64K --rate-limit 0 --stuck-after 4
	lab_start client "$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)"
	trace_wait '.type=="datagram" and .comm=="dtls_client" and .event=="sent" and
		any(.records[].messages[]?; .message_seq==1)'
	kill -STOP "$(lab_pid trace)"
	hellos "$other" 150
	lab_wait_line client 'handshake ok'
	sleep 5
	# While it catches up, events of now come behind those of then.
	hellos "$other" 3000 1 3>&- &
	sleep 1
	kill -CONT "$(lab_pid trace)"
	wait $!
	healthy_handshake
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that 'stats | .lost > 0 and .lost == .lost_ring_full'
	that 'stats | .events + .lost >= 2 * 3150'
	that "handshakes | map(select(.client.pid == $(lab_pid client))) | length > 0 and
		all(.[]; .verdict == null or .verdict.confidence == \"likely\")"
	# Nor of the ClientHello that is never repeated, which lay in the ring. What sends while the tracer catches up is
	# seen from after the hole on.
	that '([datagrams[].ns] | sort | [., .[1:]] | transpose[:-1] | max_by(.[1] - .[0])[1]) as $again |
		faults | map(select(.flights[0].first_ns < $again)) |
		any(.[]; .client.comm == "python3") and all(.[]; .verdict.confidence == "likely")'
	that "final | map(select(.server.address == \"127.0.0.1:$port\")) | any(.[]; completed)"
}

@test "lost events are said in the timeline when they are, and in sum" {
	port=$(lab_port)
	reader "$port"
	lab_start trace "$DTLSNOOP" -q --buffer 64K --rate-limit 0 "${OWN[@]}"
	lab_wait_line trace SECONDS
	kill -STOP "$(lab_pid trace)"
	hellos "$port" 150
	kill -CONT "$(lab_pid trace)"
	lab_wait_line trace '[0-9] events? lost: no verdict on a handshake of that time is certain'
	kill -INT "$(lab_pid trace)"
	lab_join trace 30
	[[ $(tail -n 1 "$LAB_TMP/trace.out") =~ " events, "[1-9][0-9]*" lost (ring buffer full: " ]]
}

@test "SIGKILL while it records: what is in the recording can be read, and nothing stays attached" {
	port=$(lab_port)
	lab_server_lab "$port"
	trace_start -w "$LAB_TMP/recording"
	mapfile -t programs < <(programs_of "$(lab_pid trace)")
	((${#programs[@]} >= 8))
	healthy_handshake
	trace_wait '.type=="handshake" and .state=="completed"'
	kill -KILL "$(lab_pid trace)"
	status=0
	lab_join trace || status=$?
	[[ $status == 137 ]]
	lab_until 30 are_gone "${programs[@]}"
	run "$DTLSNOOP" -r "$LAB_TMP/recording"
	[[ $status == 0 && $output == *"1 handshake: 1 completed"* && $output == *"the file is truncated"* ]]
}

# --- what it traces ---

@test "-p: the process is killed: its socket is closed, the trace ends, status 0; 3 if it was stuck before" {
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	# What is to be killed before it is stuck is so for as long as that takes.
	for fail_on in none stuck; do
		[[ $fail_on == stuck ]] && stuck_after=1 || stuck_after=60
		lab_start client bash -c 'read -r _; exec "$@"' bash "$LAB_BIN/dtls_client" --no-timer \
			--connect "$(lab_ready proxy)"
		client=$(lab_pid client)
		trace_start -p "$client" --stuck-after $stuck_after --fail-on $fail_on
		echo >"$LAB_TMP/client.in"
		if [[ $fail_on == stuck ]]; then
			trace_wait '.type=="handshake" and .state=="stuck"'
		else
			trace_wait '.type=="datagram" and .event=="sent"'
		fi
		kill -KILL "$client"
		status=0
		lab_join trace 20 || status=$?
		grep -q "process $client has ended" "$LAB_TMP/trace.err"
		that "closed | length == 1 and .[0].pid == $client"
		if [[ $fail_on == stuck ]]; then
			[[ $status == 3 ]]
			that 'final[0] | .state == "stuck" and .verdict.code == "not-retransmitting"'
		else
			[[ $status == 0 ]]
			that 'final[0] | .state == "abandoned" and .verdict.code == "closed-by-application"'
		fi
	done
}

@test "a network namespace is deleted while its sockets are traced: they are followed to their end" {
	netns=dtlsnoop-test-$$
	ip netns add "$netns"
	ip -n "$netns" link set lo up
	inode=$(stat -Lc %i "/run/netns/$netns")
	port=$(lab_port)
	lab_start server ip netns exec "$netns" "$LAB_BIN/dtls_server" --listen "127.0.0.1:$port" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_ready server
	trace_start -P "$port"
	lab_start client ip netns exec "$netns" "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" --linger 20
	lab_wait_line client 'handshake ok'
	ip netns delete "$netns"
	lab_stop client
	lab_stop server
	trace_wait '.type=="datagram" and .event=="closed" and .comm=="dtls_server"'
	trace_stop
	that "final | length == 1 and (.[0] | completed and .client.netns == $inode and .server.netns == $inode)"
	that 'closed | length == 2'
}

@test "--netns: when what it named is gone the trace ends, status 0, and no other namespace is taken for it" {
	netns=dtlsnoop-test-$$
	port=$(lab_port)
	for by in path pid; do
		ip netns add "$netns"
		ip -n "$netns" link set lo up
		if [[ $by == path ]]; then
			trace_start --netns "/run/netns/$netns"
		else
			lab_start inside ip netns exec "$netns" sleep 50
			lab_until 30 grep -qs '^sleep' "/proc/$(lab_pid inside)/comm"
			trace_start --netns "$(lab_pid inside)"
		fi
		inode=$(stat -Lc %i "/run/netns/$netns")
		kill -STOP "$(lab_pid trace)"
		[[ $by == path ]] || lab_stop inside
		ip netns delete "$netns"
		# The kernel gives numbers anew, the lowest first.
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			ip netns add "$netns"
			[[ $(stat -Lc %i "/run/netns/$netns") != "$inode" ]]
			ip netns exec "$netns" true
			ip netns delete "$netns"
		done
		kill -CONT "$(lab_pid trace)"
		trace_join
		grep -q -- "--netns .* is gone: the trace ends" "$LAB_TMP/trace.err"
		that 'handshakes == []'
	done
}

@test "10,000 sockets opened and closed a second: nothing is lost unsaid, nothing stays attached, status 0" {
	port=$(lab_port)
	reader "$port"
	# All of it into the ring buffer, and what the rate limit lets through.
	for limit in 0 2000; do
		trace_start -P "$port" --rate-limit $limit
		mapfile -t programs < <(programs_of "$(lab_pid trace)")
		((${#programs[@]} >= 8))
		lab_run socket_churn --to "127.0.0.1:$port" --duration 2 >"$LAB_TMP/churn"
		num=$(sed -n 's/^churned \([0-9]*\) sockets .*, errors 0$/\1/p' "$LAB_TMP/churn")
		[[ $num -gt 1000 ]]
		kill -INT "$(lab_pid trace)"
		lab_join trace 60
		tail -n 1 "$LAB_TMP/trace.out" | tee "$LAB_TMP/stats" | cut -c1-600
		# Sent, queued, closed; and read or dropped.
		jq -e "(.events + .lost + .rate_limited) as \$all | \$all >= 3 * $num and \$all <= 4 * $num + 1" "$LAB_TMP/stats"
		jq -e ".lost == .lost_ring_full and (.rate_limited > 0) == ($limit > 0)" "$LAB_TMP/stats"
		lab_until 30 are_gone "${programs[@]}"
	done
}
