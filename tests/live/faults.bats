#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Handshakes that go wrong, and those that come close and must not be called so.

load common

# The handshake between the given pid and its peer: the final line.
final_of() {
	echo "final | map(select(.client.pid == $1 or .server.pid == $1))[0]"
}

# --- flight 5 lost ---

@test "flight 5 lost once and sent again: completed, noted, never a fault" {
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16
	trace_start --stuck-after 2
	lab_start client "$LAB_BIN/dtls_client" --connect "$(lab_ready proxy)"
	client=$(lab_pid client)
	trace_wait '.type=="handshake" and .state=="completed" and .client.comm=="dtls_client"'
	trace_stop
	that 'handshakes | map(select(.client.comm=="dtls_client")) | all(.[]; .verdict.severity != "fault")'
	that "$(final_of "$client") | completed"
	that "$(final_of "$client") | noted(\"retransmissions\")"
	that "$(final_of "$client") | .flights | map(select(.flight==5))[0].copies == 2"
	that "$(final_of "$client") | .retransmissions.client == 1"
	that "$(final_of "$client") | .timer_ns.client > 900000000 and .timer_ns.client < 1900000000"
	that 'datagrams | any(.[]; .event=="sent" and any(.records[].messages[]?;
		.msg_type=="client_key_exchange" and .retransmission==true))'
}

@test "founding case: a client that never drives its timer, seen from its process" {
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16
	mkfifo "$LAB_TMP/gate"
	lab_start client bash -c 'read -r _ <"$0"; exec "$@"' "$LAB_TMP/gate" \
		"$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)"
	client=$(lab_pid client)
	trace_start -p "$client"
	echo >"$LAB_TMP/gate"
	trace_wait '.type=="handshake" and .state=="stuck"'
	trace_stop
	that 'final | length == 1'
	that "final[0].client | .local and .pid == $client and .comm == \"dtls_client\""
	that 'final[0].state == "stuck"'
	that 'final[0].verdict | .code == "not-retransmitting" and .side == "client" and .side_local and
		.severity == "fault" and .confidence == "certain"'
	that 'final[0].verdict | (.summary | contains("is not retransmitting")) and
		(.hint | contains("DTLSv1_handle_timeout"))'
	that 'final[0].verdict.evidence | any(.[]; test("server sent flight 4 three times .*and was read")) and
		any(.[]; test("client sent flight 5 once and nothing in the [0-9.]+ s since"))'
	that 'final[0].retransmissions == {"client":0,"server":2}'
	that 'final[0] | .server.local == null'
	# Not before the client had been silent for the 5 s of the general profile.
	that 'handshakes[0] | .ns - (.flights | map(select(.flight==5))[0].last_ns) >= 5000000000'
	that "datagrams | all(.[]; .pid == $client)"
}

@test "both legs of a proxy are two handshakes" {
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_proxy proxy "$port"
	trace_start
	run lab_run dtls_client --connect "$(lab_ready proxy)"
	[[ $status == 0 ]]
	trace_wait '.type=="handshake" and .state=="completed" and .id==2'
	trace_stop
	that 'final | length == 2 and all(.[]; completed)'
	that 'final | map(.client.comm) == ["dtls_client","udp_fault_proxy"]'
	that 'final | map(.server.comm) == ["udp_fault_proxy","openssl"]'
}

@test "a server that never drives its timer: not-retransmitting, side server" {
	port=$(lab_port)
	lab_server_lab "$port" --no-timer
	lab_proxy proxy "$port" --fault drop:dir=s2c,msg=2,count=0
	trace_start --stuck-after 2
	lab_start client "$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)"
	trace_wait '.type=="handshake" and .state=="stuck" and .server.comm=="dtls_server"'
	trace_stop
	that "$(final_of "$(lab_pid server)") | .state == \"stuck\" and .verdict.code == \"not-retransmitting\" and
		.verdict.side == \"server\" and .verdict.side_local"
	that "$(final_of "$(lab_pid server)") | .verdict.evidence | any(.[]; test(\"server sent flight 4 once\"))"
}

# --- nobody there ---

# start_stopped NAME COMMAND...: waits for SIGCONT, so that its process can be
# traced from its beginning. With -p the other end is as if it were another host's.
start_stopped() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	lab_start "$name" sh -c 'kill -STOP $$; exec "$@"' sh "$@"
	lab_until 30 is_stopped "$(lab_pid "$name")"
}

is_stopped() {
	[[ $(ps -o state= -p "$1") == T ]]
}

@test "server down, nothing comes back: no-response" {
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	proxy=$(lab_ready proxy)
	start_stopped client "$LAB_BIN/dtls_client" --connect "$proxy"
	trace_start --stuck-after 2 -p "$(lab_pid client)"
	kill -CONT "$(lab_pid client)"
	trace_wait '.type=="handshake" and .state=="stuck" and .verdict.code=="no-response"'
	trace_stop
	that 'final | length == 1'
	that 'final[0] | .state == "stuck" and .client.local'
	that 'final[0].verdict | .code == "no-response" and .side == "server" and .severity == "fault"'
	that 'final[0].flights | length == 1 and .[0].copies >= 3'
	that 'final[0].verdict.evidence | any(.[]; test("client sent flight 1 three times")) and
		any(.[]; test("nothing from the server was seen"))'
	that 'handshakes | all(.[]; .verdict.code != "no-response" or .flights[0].copies >= 3)'
}

@test "server down, its host says so, the client gives up: port-unreachable" {
	port=$(lab_port)
	trace_start --stuck-after 1
	run lab_run dtls_client --connect "127.0.0.1:$port" --duration 5 --give-up-on-error
	[[ $status == 1 ]]
	sleep 3
	trace_stop
	that 'final[0] | .state == "failed" and .verdict.code == "port-unreachable" and .verdict.severity == "fault"'
	that 'closed | any(.[]; .comm == "dtls_client")'
}

@test "--faults: a client that gives up early is shown if the cause is known, otherwise not" {
	port=$(lab_port)
	lab_server_lab "$port"
	kill -STOP "$(lab_pid server)"
	trace_start --faults
	# Its server reads nothing; two copies show that.
	run lab_run dtls_client --connect "127.0.0.1:$port" --duration 2.5
	[[ $status == 3 ]]
	# Nothing is known but that it closed its socket.
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	run lab_run dtls_client --no-timer --connect "$(lab_ready proxy)" --duration 0.7
	[[ $status == 3 ]]
	trace_wait '.type=="handshake"'
	sleep 1
	trace_stop
	kill -CONT "$(lab_pid server)"
	that 'handshakes | length >= 1 and all(.verdict.code == "not-reading" and .verdict.severity == "warning")'
	that 'stats.handshakes | .abandoned == 1'
}

@test "a client that gives up before its timer is due is not called silent later" {
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	proxy=$(lab_ready proxy)
	trace_start --stuck-after 4
	run lab_run dtls_client --no-timer --connect "$proxy" --duration 0.7
	[[ $status == 3 ]]
	sleep 6
	trace_stop
	that 'faults | length == 0'
	that 'final[0] | .state == "abandoned" and .verdict.code == "closed-by-application"'
}

@test "a stuck client that is then killed: the fault remains the last word" {
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	proxy=$(lab_ready proxy)
	trace_start --stuck-after 1
	lab_start client "$LAB_BIN/dtls_client" --no-timer --connect "$proxy"
	trace_wait '.type=="handshake" and .state=="stuck"'
	kill -KILL "$(lab_pid client)"
	trace_wait '.type=="datagram" and .event=="closed" and .comm=="dtls_client"'
	trace_stop
	that 'final[0] | .state == "stuck" and .verdict.code == "not-retransmitting" and .verdict.side == "client"'
	that 'final[0].verdict.evidence | any(.[]; test("then its socket was closed"))'
}

@test "server stopped after flight 4: not-reading; taken back when it goes on" {
	port=$(lab_port)
	lab_server_lab "$port"
	# Flight 5 takes long enough that the server is stopped before it sees it.
	lab_proxy proxy "$port" --fault delay:dir=c2s,msg=16,ms=4000,count=0 \
		--fault delay:dir=c2s,type=20,ms=4000,count=0 --fault delay:dir=c2s,epoch=1,ms=4000,count=0
	trace_start --stuck-after 2
	lab_start client "$LAB_BIN/dtls_client" --connect "$(lab_ready proxy)"
	trace_wait '.type=="datagram" and .comm=="dtls_client" and .event=="sent" and
		any(.records[].messages[]?; .msg_type=="client_key_exchange")'
	kill -STOP "$(lab_pid server)"
	trace_wait '.type=="handshake" and .server.comm=="dtls_server" and .verdict.code=="not-reading"'
	# On its own leg the proxy reads, and has nothing to answer.
	trace_wait '.type=="handshake" and .client.comm=="dtls_client" and .verdict.code=="silent-after-read"'
	kill -CONT "$(lab_pid server)"
	trace_wait '.type=="handshake" and .client.comm=="dtls_client" and .state=="completed"'
	trace_stop
	client=$(lab_pid client)
	that "handshakes | map(select(.client.pid == $client and (.final | not))) | map(.state) |
		(. == [\"stuck\",\"completed\"] or . == [\"stuck\",\"in-progress\",\"completed\"])"
	that "handshakes | map(select(.client.pid == $client))[0].verdict | .side == \"server\" and .severity == \"fault\""
	that "$(final_of "$client") | completed and noted(\"retransmissions\")"
}

@test "server stopped after flight 4, seen from the client only: peer-silent" {
	port=$(lab_port)
	lab_server_lab "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16,count=0
	start_stopped client "$LAB_BIN/dtls_client" --connect "$(lab_ready proxy)"
	trace_start --stuck-after 2 -p "$(lab_pid client)"
	kill -CONT "$(lab_pid client)"
	trace_wait '.type=="datagram" and .event=="sent" and
		any(.records[].messages[]?; .msg_type=="client_key_exchange")'
	kill -STOP "$(lab_pid server)"
	trace_wait '.type=="handshake" and .verdict.code=="peer-silent"'
	kill -CONT "$(lab_pid server)"
	trace_stop
	that 'faults[0].verdict | .code == "peer-silent" and .side == "server" and (.side_local | not)'
	that 'faults[0].flights | map(select(.flight==5))[0].copies >= 3'
}

@test "a slow but living server is not called silent" {
	port=$(lab_port)
	lab_server_lab "$port"
	lab_proxy proxy "$port" --fault delay:dir=s2c,count=0,ms=1500
	trace_start --stuck-after 2.5
	lab_start client "$LAB_BIN/dtls_client" --connect "$(lab_ready proxy)"
	trace_wait '.type=="handshake" and .state=="completed" and .client.comm=="dtls_client"'
	trace_stop
	that 'faults | length == 0'
	that "$(final_of "$(lab_pid client)") | completed"
}

# --- alerts ---

@test "wrong certificate: alert unknown_ca, side client" {
	port=$(lab_port)
	trace_start
	lab_server_lab "$port"
	run lab_run dtls_client --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem"
	[[ $status == 1 ]]
	trace_wait '.type=="handshake" and .state=="failed"'
	trace_stop
	that 'final | length == 1'
	that 'final[0].state == "failed"'
	that 'final[0].verdict | .code == "alert" and .side == "client" and .severity == "fault" and
		.confidence == "certain" and (.summary | contains("unknown ca (48)"))'
	that 'datagrams | any(.[]; any(.records[]?; .alert == "unknown_ca" and .alert_level == 2))'
	that 'stats.handshakes == {"failed":1}'
}

@test "no common cipher suite: alert handshake_failure, side server, GnuTLS client" {
	port=$(lab_port)
	trace_start
	lab_server_lab "$port"
	lab_start client gnutls-cli --udp --port "$port" --insecure \
		--priority NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+RSA 127.0.0.1
	trace_wait '.type=="handshake" and .state=="failed"'
	trace_stop
	that 'final[0].verdict | .code == "alert" and .side == "server" and (.summary | contains("handshake failure (40)"))'
}

@test "close_notify after completion is normal" {
	port=$(lab_port)
	trace_start
	lab_server_lab "$port"
	run lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	sleep 0.5
	trace_stop
	that 'datagrams | any(.[]; any(.records[]?; .content_type=="alert"))'
	that 'handshakes | map(select(.final | not)) | length == 1'
}

# --- several at once ---

@test "more handshakes than are to be followed: evicted, and counted" {
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	proxy=$(lab_ready proxy)
	# Each says one ClientHello and no more, however long it takes until the next one starts:
	# one that is repeated would be a handshake again. And none is stuck by then.
	trace_start --max-handshakes 2 --stuck-after 60
	for i in 1 2 3 4; do
		lab_start "client$i" "$LAB_BIN/dtls_client" --no-timer --connect "$proxy" --duration 50
		trace_wait ".type==\"datagram\" and .event==\"sent\" and .pid==$(lab_pid "client$i")"
	done
	trace_wait '.type=="handshake" and .id==2 and .verdict.code=="evicted"'
	trace_stop
	that 'handshakes | map(select(.verdict.code=="evicted")) | map(.id) | sort == [1,2]'
	that 'handshakes | map(select(.verdict.code=="evicted")) | all(.[]; .state=="in-progress" and .verdict.severity=="info")'
	that 'stats.evicted == 2'
	# What is followed still is not touched by it.
	that 'final | map(select(.id > 2)) | length == 2 and all(.[]; .verdict.code != "evicted")'
}

@test "as many handshakes as are to be followed: nothing is evicted" {
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	proxy=$(lab_ready proxy)
	trace_start --max-handshakes 2
	for i in 1 2; do
		lab_start "client$i" "$LAB_BIN/dtls_client" --connect "$proxy" --duration 20
		trace_wait ".type==\"datagram\" and .event==\"sent\" and .pid==$(lab_pid "client$i")"
	done
	sleep 0.5
	trace_stop
	that 'stats.evicted == 0 and all(handshakes[]; .verdict.code != "evicted")'
}

@test "two handshakes interleaved on one address pair: both complete, both noted" {
	trace_start
	run lab_run dtls_interleave
	echo "$output"
	[[ $status == 0 ]]
	trace_wait '.type=="handshake" and .state=="completed" and .id==2'
	trace_stop
	that 'faults | length == 0'
	that 'final | length == 2 and all(.[]; .state == "completed")'
	that 'final | (.[0].client.address == .[1].client.address) and (.[0].server.address == .[1].server.address)'
	that 'final | all(.[]; noted("interleaved"))'
	that 'final | all(.[]; .retransmissions == {"client":0,"server":0})'
	that 'final | all(.[]; all(.flights[]; .copies == 1 and .complete))'
}

@test "of two interleaved handshakes one hangs: only that one is stuck" {
	trace_start --stuck-after 2
	lab_start interleave "$LAB_BIN/dtls_interleave" --stall-b --duration 12
	trace_wait '.type=="handshake" and .state=="stuck"'
	trace_stop
	that 'final | length == 2'
	that 'final[0].state == "completed"'
	that 'final[1] | .state == "stuck" and .verdict.code == "silent-after-read" and .verdict.side == "client"'
	that 'faults | all(.[]; .id == 2)'
}

@test "a ClientHello with a new random from the same port is a new handshake" {
	port=$(lab_port) from=$(lab_port)
	lab_proxy proxy "$port" --fault drop:dir=c2s,count=2
	proxy=$(lab_ready proxy)
	trace_start
	run lab_run dtls_client --connect "$proxy" --bind "127.0.0.1:$from" --duration 0.8
	[[ $status == 3 ]]
	lab_server_lab "$port"
	run lab_run dtls_client --connect "$proxy" --bind "127.0.0.1:$from" --duration 10
	[[ $status == 0 ]]
	trace_wait '.type=="handshake" and .state=="completed" and .client.comm=="dtls_client"'
	sleep 0.5
	trace_stop
	that "final | map(select(.client.address == \"127.0.0.1:$from\")) | length == 2"
	that "final | map(select(.client.address == \"127.0.0.1:$from\"))[1] | completed"
	that 'faults | length == 0'
}

@test "a trace that begins after the first ClientHello says so" {
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	lab_proxy proxy "$port" --fault delay:dir=s2c,msg=3,ms=3000
	lab_start client "$LAB_BIN/dtls_client" --no-timer --connect "$(lab_ready proxy)"
	lab_wait_line proxy '^fault delay'
	kill -STOP "$(lab_pid proxy)"
	trace_start
	kill -CONT "$(lab_pid proxy)"
	trace_wait '.type=="handshake" and .state=="completed" and .client.comm=="dtls_client"'
	trace_stop
	that 'faults | length == 0'
	that 'final | length == 2 and all(.[]; completed and noted("mid-handshake"))'
	that 'final[0].flights | map(.flight) == [3,4,5,6]'
}

@test "a service that sends back what it gets: it is no server of DTLS, and there is one handshake" {
	port=$(lab_port)
	lab_start echo /usr/bin/python3 -c '
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", int(sys.argv[1])))
for _ in range(100):
    sock.sendto(*sock.recvfrom(65535))' "$port"
	lab_wait_bound "$port"
	trace_start -P "$port" --stuck-after 2
	lab_start client "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" --duration 8
	lab_join client 30 || true
	trace_stop
	that 'final | length == 1'
	that 'final[0].verdict | .code == "no-response" and .confidence == "certain" and (.summary | contains("sends back what it gets"))'
	that 'final[0].client.comm == "dtls_client"'
}
