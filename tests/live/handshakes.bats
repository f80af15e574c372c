#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Healthy handshakes of real peers: completed, and nothing else is said of them.

load common

# One completed handshake, both ends on this host merged, every flight seen once.
assert_one_healthy() {
	that 'faults | length == 0'
	that 'final | length == 1'
	that 'final[0] | completed'
	that 'final[0].notes == []'
	that 'final[0] | .client.local and .server.local'
	that 'final[0] | all(.flights[]; .copies == 1 and .complete)'
	that 'final[0].retransmissions == {"client":0,"server":0}'
	# What is not of it, if anything is.
	trace_jq -c '.[] | select(.type == "datagram" and .handshake != 1)'
	# What comes when its socket has just been closed is of nobody: a peer's close_notify that crosses the end.
	that '(closed | map(.ns) | min) as $closing | (datagrams | map(select(.handshake != 1))) as $late |
		all($late[]; .direction == "rx" and $closing != null and .ns > $closing) and
		(stats | .lost == 0 and .invalid == 0 and .no_handshake == ($late | length))'
	that 'stats.handshakes == {"completed":1}'
}

client_of_lab() {
	run lab_run dtls_client --connect "$(lab_address "$1")" "${@:2}"
	echo "$output"
	[[ $status == 0 ]]
}

@test "OpenSSL s_client and s_server, cookie exchange, IPv4" {
	port=$(lab_port)
	trace_start
	lab_server_openssl "$port"
	lab_client_openssl "$port" -quiet -servername example.org
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	assert_one_healthy
	that '[final[0].flights[].flight] == [1,2,3,4,5,6]'
	that '[final[0].flights[].from] == ["client","server","client","server","client","server"]'
	that 'final[0] | .version == "DTLS 1.2" and .server_name == "example.org" and .resumed == false'
	that 'final[0] | .cipher_suite == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" and .cipher_suite_number == 49196'
	that "final[0].server.address == \"127.0.0.1:$port\""
	that "final[0].client | .pid == $(lab_pid client) and .comm == \"openssl\""
	that "final[0].server | .pid == $(lab_pid server) and .comm == \"openssl\""
	that "final[0] | [.client.netns, .server.netns] | unique == [$(stat -L -c %i /proc/self/ns/net)]"
}

@test "each datagram is sent, queued and read, in this order, with its headers" {
	port=$(lab_port)
	trace_start
	lab_server_openssl "$port"
	lab_client_openssl "$port" -quiet
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_until 'datagrams | group_by(.event) | map(length) | length == 3 and .[0] == .[1] and .[1] == .[2]'
	trace_stop
	that '(datagrams | map(select(.event=="sent")) | length) == ([final[0].flights[].datagrams] | add)'
	that 'datagrams | group_by(.event) | map(length) | unique | length == 1'
	that '[datagrams | .[0:3][].event] == ["sent","queued","read"]'
	that 'datagrams[0].records[0].messages[0] | .msg_type == "client_hello" and .message_seq == 0 and .flight == 1'
	# A message may be in several fragments, one after the other.
	that 'datagrams | map(select(.event=="sent") | .records[].messages[]?.msg_type) |
		reduce .[] as $type ([]; if last == $type then . else . + [$type] end) ==
		["client_hello","hello_verify_request","client_hello","server_hello","certificate",
		 "server_key_exchange","server_hello_done","client_key_exchange","new_session_ticket"]'
	that 'datagrams | map(select(.event=="read")) | all(.records == null and .length > 0)'
}

@test "without cookie exchange, IPv6" {
	LAB_ADDR=::1
	port=$(lab_port)
	trace_start
	lab_server_lab "$port"
	client_of_lab "$port" --servername localhost --cafile "$LAB_CERTS/ca.pem"
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	assert_one_healthy
	that '[final[0].flights[].flight] == [1,4,5,6]'
	that "final[0].server.address == \"[::1]:$port\""
	that 'final[0].client.comm == "dtls_client" and final[0].server.comm == "dtls_server"'
}

@test "IPv4 peer of a dual-stack socket keeps its IPv4 address" {
	port=$(lab_port)
	trace_start
	LAB_ADDR=:: lab_server_lab "$port"
	client_of_lab "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	assert_one_healthy
	that "final[0].server.address == \"127.0.0.1:$port\""
}

@test "GnuTLS peers, IPv4" {
	port=$(lab_port)
	trace_start
	lab_server_gnutls "$port"
	lab_client_gnutls "127.0.0.1:$port" --insecure
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that 'faults | length == 0'
	that 'final | length == 1'
	that 'final[0] | completed'
	that 'final[0] | .client.comm == "gnutls-cli" and .server.comm == "gnutls-serv"'
	that '[final[0].flights[].flight] == [1,2,3,4,5,6]'
}

@test "GnuTLS client and OpenSSL server, IPv6" {
	LAB_ADDR=::1
	port=$(lab_port)
	trace_start
	lab_server_openssl "$port"
	lab_client_gnutls "[::1]:$port" --insecure
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that 'faults | length == 0'
	that 'final[0] | completed'
	that "final[0].server.address == \"[::1]:$port\""
}

@test "DTLS 1.0" {
	port=$(lab_port)
	trace_start
	lab_start server openssl s_server -dtls1 -quiet -accept "127.0.0.1:$port" -cipher ALL:@SECLEVEL=0 \
		-cert "$LAB_CERTS/server.pem" -key "$LAB_CERTS/server.key"
	lab_wait_bound "$port"
	lab_start client openssl s_client -dtls1 -quiet -connect "127.0.0.1:$port" -cipher ALL:@SECLEVEL=0
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	assert_one_healthy
	that 'final[0].version == "DTLS 1.0"'
	that 'datagrams | map(select(.event=="sent"))[-1].records[0].version == "DTLS 1.0"'
}

@test "client certificate" {
	port=$(lab_port)
	trace_start
	lab_server_lab "$port" --cafile "$LAB_CERTS/ca.pem" --cookie
	client_of_lab "$port" --cert "$LAB_CERTS/client.pem" --key "$LAB_CERTS/client.key"
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	assert_one_healthy
	that 'datagrams | map(select(.event=="sent") | .records[].messages[]? | select(.flight==5).msg_type) |
		contains(["certificate","client_key_exchange","certificate_verify"])'
	that 'datagrams | map(select(.event=="sent") | .records[].messages[]? | select(.flight==4).msg_type) |
		contains(["certificate_request"])'
}

@test "resumption: the client owns the last flight" {
	port=$(lab_port)
	trace_start
	lab_server_lab "$port"
	client_of_lab "$port" --resume
	trace_wait '.type=="handshake" and .state=="completed" and .id==2'
	trace_stop
	that 'faults | length == 0'
	that 'final | length == 2 and all(.[]; completed)'
	that 'final[0].resumed == false and final[1].resumed == true'
	that '[final[1].flights[].flight] == [1,4,5]'
	that 'final[1] | all(.flights[]; .copies == 1 and .complete)'
}

@test "large certificates and small datagrams: many fragments, one copy each" {
	port=$(lab_port)
	trace_start
	lab_server_lab "$port" --mtu 256
	client_of_lab "$port" --mtu 256
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	assert_one_healthy
	that 'datagrams | map(select(.event=="sent") | .records[].messages[]? | select(.msg_type=="certificate")) |
		length >= 2 and all(.[]; .retransmission == null)'
	that 'final[0].flights | map(select(.flight==4))[0].datagrams >= 3'
}

@test "application data: the first record of each direction, then silence" {
	port=$(lab_port)
	trace_start
	lab_server_openssl "$port"
	lab_client_openssl "$port" -quiet
	trace_wait '.type=="handshake" and .state=="completed"'
	for ((i = 0; i < 10; i++)); do
		# Two lines that are read at once would be one record.
		echo "line $i" >"$LAB_TMP/client.in"
		lab_wait_line server "line $i"
		echo "line $i" >"$LAB_TMP/server.in"
		lab_wait_line client "line $i"
	done
	trace_until 'datagrams | map(select(.event!="read" and any(.records[]; .content_type=="application_data"))) | length == 4'
	trace_stop
	that 'datagrams | map(select(.event!="read" and any(.records[]; .content_type=="application_data"))) |
		group_by(.event) | map(length) == [2,2]'
	that 'stats.application_data >= 30'
	that 'faults | length == 0'
}

@test "hundreds of handshakes on one server socket" {
	port=$(lab_port)
	trace_start --stuck-after 3
	lab_server_lab "$port" --cookie
	# One among them hangs: the network loses its flight 5, and it has no timer.
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16,count=0
	lab_start hung "$LAB_BIN/dtls_client" --connect "$(lab_ready proxy)" --no-timer
	for ((i = 0; i < 20; i++)); do
		pids=()
		for ((j = 0; j < 10; j++)); do
			lab_run dtls_client --connect "127.0.0.1:$port" >/dev/null &
			pids+=($!)
		done
		wait "${pids[@]}"
	done
	trace_wait ".type==\"handshake\" and .state==\"stuck\" and .server.address==\"127.0.0.1:$port\""
	trace_stop
	that "final | map(select(.server.address == \"127.0.0.1:$port\").state) | length == 201 and
		map(select(. == \"completed\")) == [range(200) | \"completed\"]"
	that "faults | map(select(.server.address == \"127.0.0.1:$port\")) | map(.client.comm) | unique == [\"udp_fault_proxy\"]"
	that 'stats.lost == 0 and stats.evicted == 0'
}

@test "-o summary on a terminal: in place, every two seconds; elsewhere once, at the end" {
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_start terminal script -qec "$DTLSNOOP -q -o summary -P $port --duration 8" /dev/null
	lab_start pipe "$DTLSNOOP" -q -o summary -P "$port" --duration 8
	lab_until 10 grep -q HANDSHAKES "$LAB_TMP/terminal.out"
	lab_run dtls_client --connect "127.0.0.1:$port"
	lab_join terminal
	lab_join pipe
	[[ $(grep -c $'\e\\[H\e\\[J' "$LAB_TMP/terminal.out") -ge 3 ]]
	for out in terminal pipe; do
		grep -qE '^dtls_client \(client\) +1 +1 +0 +0 ' "$LAB_TMP/$out.out"
		grep -qE '^openssl \(server\) +1 +1 +0 +0 ' "$LAB_TMP/$out.out"
		grep -qE '^this host +1 +1 +0 +0 ' "$LAB_TMP/$out.out"
	done
	[[ $(grep -c HANDSHAKES "$LAB_TMP/pipe.out") == 2 && -z $(tr -d '\n -~' <"$LAB_TMP/pipe.out") ]]
}

@test "-o summary on a terminal: q ends it, and the terminal is as before, also after a signal" {
	cat >"$LAB_TMP/keys" <<'END'
import os, pty, signal, sys, termios, time
keys, sig, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, terminal = pty.fork()
if not pid:
    os.execv(arguments[0], arguments)
def is_as_usual():
    flags = termios.tcgetattr(terminal)[3]
    return bool(flags & termios.ICANON), bool(flags & termios.ECHO)
seen = b""
while b"HANDSHAKES" not in seen:
    seen += os.read(terminal, 4096)
print("quits" if b"q quits" in seen else "silent", *is_as_usual())
os.write(terminal, keys.encode())
if sig:
    os.kill(pid, getattr(signal, sig))
try:
    while os.read(terminal, 4096):
        pass
except OSError:
    pass
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), *is_as_usual())
END
	for row in "xq:" ":SIGTERM" ":SIGINT" "z:SIGTERM"; do
		run timeout 30 python3 "$LAB_TMP/keys" "${row%%:*}" "${row#*:}" "$DTLSNOOP" -q -o summary -P 9 --duration 60
		[[ $output == $'quits False False\nstatus 0 True True' ]] || {
			echo "$row: $output"
			return 1
		}
	done
	# The keyboard is that of COMMAND: it reads the q.
	run timeout 30 python3 "$LAB_TMP/keys" $'q\n' "" "$DTLSNOOP" -q -o summary -- sh -c 'sleep 3; read -r key; [ "$key" = q ]'
	[[ $output == $'silent True True\nstatus 0 True True' ]]
	# Nor is what is no terminal read.
	printf 'q' >"$LAB_TMP/input"
	exec 7<"$LAB_TMP/input"
	run timeout 30 script -qec "'$DTLSNOOP' -q -o summary -P 9 --duration 3 <&7" /dev/null
	[[ $status == 0 && $output == *HANDSHAKES* && $(cat <&7) == q ]]
}
