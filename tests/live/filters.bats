#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What is traced and what is not: -p, -P, and traffic that is not DTLS.

load common

@test "-p: of two clients of one server only one is traced" {
	port=$(lab_port)
	lab_server_lab "$port"
	for name in traced other; do
		mkfifo "$LAB_TMP/$name.gate"
		lab_start $name bash -c 'read -r _ <"$0"; exec "$@"' "$LAB_TMP/$name.gate" \
			"$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" --linger 1
	done
	pid=$(lab_pid traced)
	trace_start -p "$pid"
	echo >"$LAB_TMP/other.gate"
	echo >"$LAB_TMP/traced.gate"
	lab_wait_line traced 'handshake ok'
	lab_wait_line other 'handshake ok'
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that 'final | length == 1'
	that "final[0] | completed and .client.pid == $pid and .client.local"
	# The server may be anywhere: it was filtered out, so nothing is said of it.
	that 'final[0].server | .local == null and .pid == null'
	that "datagrams | length > 0 and all(.[]; .pid == $pid)"
	that 'stats.filtered > 0'
	that 'map(select(.type=="trace"))[0].filter.pid | length == 1'
}

@test "-p: a server whose socket was open before tracing began, from its first datagram" {
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	pid=$(lab_pid server)
	trace_start -p "$pid"
	run lab_run dtls_client --connect "127.0.0.1:$port"
	[[ $status == 0 ]]
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that "final[0] | completed and .server.pid == $pid and .client.local == null"
	that '[final[0].flights[].flight] == [1,2,3,4,5,6]'
	that 'stats.owner_unknown == 0'
}

@test "-p: the same where no iterator can walk, by /proc" {
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	pid=$(lab_pid server)
	export DTLSNOOP_WITHOUT=open_sockets
	trace_start -p "$pid"
	run lab_run dtls_client --connect "127.0.0.1:$port"
	[[ $status == 0 ]]
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that "final[0] | completed and .server.pid == $pid and .server.comm == \"dtls_server\" and .server.uid == 0"
	that '[final[0].flights[].flight] == [1,2,3,4,5,6]'
	that 'stats.owner_unknown == 0'
}

@test "-p twice and with a comma: all of them" {
	port=$(lab_port) other=$(lab_port)
	lab_server_lab "$port"
	first=$(lab_pid server)
	lab_server_lab "$other"
	second=$(lab_pid server)
	trace_start -p "$first,$second" -p "$$"
	lab_run dtls_client --connect "127.0.0.1:$port"
	lab_run dtls_client --connect "127.0.0.1:$other"
	trace_wait '.type=="handshake" and .state=="completed" and .id==2'
	trace_stop
	that "final | map(.server.pid) == [$first,$second]"
	that 'map(select(.type=="trace"))[0].filter.pid | length == 3'
}

@test "-P: of two servers only one is traced, by its port" {
	port=$(lab_port) other=$(lab_port)
	lab_server_lab "$port"
	lab_server_lab "$other"
	trace_start -P "$port"
	lab_run dtls_client --connect "127.0.0.1:$other"
	lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that 'final | length == 1'
	that "final[0].server.address == \"127.0.0.1:$port\""
	that 'stats.filtered > 0'
}

@test "UDP that is not DTLS gives no event" {
	port=$(lab_port)
	trace_start -P "$port"
	lab_start receiver "$LAB_BIN/udp_flood" --listen "127.0.0.1:$port" --expect 500 --duration 10
	lab_wait_bound "$port"
	lab_run udp_flood --to "127.0.0.1:$port" --count 500
	lab_join receiver
	trace_stop
	that 'datagrams | length == 0'
	that 'stats | .not_dtls >= 1000 and .events == 0'
}

@test "DTLS application data without a handshake gives no event" {
	port=$(lab_port)
	trace_start -P "$port"
	lab_start receiver "$LAB_BIN/udp_flood" --listen "127.0.0.1:$port" --expect 500 --duration 10
	lab_wait_bound "$port"
	lab_run udp_flood --to "127.0.0.1:$port" --count 500 --dtls-like
	lab_join receiver
	trace_stop
	that 'datagrams | length == 0'
	that 'stats | .application_data >= 1000 and .lost == 0'
}

@test "--faults: a healthy handshake is not shown, a faulty one is" {
	port=$(lab_port)
	lab_server_lab "$port"
	trace_start --faults
	lab_run dtls_client --connect "127.0.0.1:$port"
	run lab_run dtls_client --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem"
	trace_wait '.type=="handshake" and .state=="failed"'
	trace_stop
	that 'datagrams | length == 0'
	that 'handshakes | map(select(.final | not)) | length == 1 and .[0].verdict.code == "alert"'
	that 'stats.handshakes == {"completed":1,"failed":1}'
}
