#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Attaching to what is stuck already, the usual reason to attach; and to what only looks so.

load common

# On a busy machine thirteen tracers take a while to attach.
LAB_SECONDS=300

# watch NAME OPTION...: a tracer beside others; it traces when this returns.
watch() {
	local name=$1
	shift
	lab_start "$name" "$DTLSNOOP" -j "$@"
	lab_wait_line "$name" '"type":"trace"'
}

# leave NAME...: end these traces.
leave() {
	local name
	for name; do
		kill -INT "$(lab_pid "$name")" 2>/dev/null || true # it may have ended with its processes
		lab_join "$name" 30
		"$ROOT/tests/live/validate" "$LAB_TMP/$name.out"
	done
}

JQ_UNREAD='def unread: map(select(.type=="unread"));'

is_true_of() {
	jq -es "$JQ_DEFS $JQ_UNREAD $2" "$LAB_TMP/$1.out" >/dev/null 2>&1
}

# in_time NAME FILTER [SECONDS]: a client that backs off may be silent for a minute.
in_time() {
	lab_until "${3:-100}" is_true_of "$1" "$2" && return
	echo "$1: not true in time: $2" >&2
	jq -c 'select(.type!="datagram")' "$LAB_TMP/$1.out" | cut -c1-600 | tail -n 6 >&2
	return 1
}

# of NAME FILTER
of() {
	in_time "$1" "$2" 1
}

# server NAME PORT OPTION...
server() {
	local name=$1 port=$2
	shift 2
	lab_start "$name" "$LAB_BIN/dtls_server" --listen "127.0.0.1:$port" --cert "$LAB_CERTS/server.pem" \
		--key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS" "$@"
	lab_ready "$name" >/dev/null
}

# client NAME PORT OPTION...
client() {
	local name=$1 port=$2
	shift 2
	lab_start "$name" "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" --duration "$LAB_SECONDS" "$@"
}

# Bytes in the receive queue of the socket with this port, as the kernel prints them.
queue_of() {
	local hex
	printf -v hex '%04X' "$1"
	awk -v end=":$hex" '$2 ~ end "$" { split($5, queue, ":"); print queue[2] }' /proc/net/udp
}

has_unread() {
	[[ $(queue_of "$1") != 00000000 ]]
}

# --- unread when the trace begins ---

# The server reads the ClientHello, answers, and reads no more; the client is gone: nothing more comes.
unread_server() {
	port=$(lab_port)
	server server "$port" --no-timer --stop-reading-after 1
	client client "$port" --no-timer --no-close-notify
	lab_until 30 has_unread "$port"
	lab_stop client
}

@test "a server that left a flight unread, its peer gone: by process, port and on the whole host" {
	unread_server
	server=$(lab_pid server)
	watch by_pid -p "$server" --stuck-after 2
	watch by_port -P "$port" --stuck-after 2
	watch host "${OWN[@]}" --stuck-after 2
	watch faults -p "$server" --stuck-after 2 --faults
	for name in by_pid by_port host faults; do
		in_time "$name" "unread | map(select(.local == \"127.0.0.1:$port\")) | any(.[]; .unread_ns >= 2000000000)"
	done
	sleep 1.1
	leave by_pid by_port host faults
	bytes=$((16#$(queue_of "$port")))
	for name in by_pid by_port host; do
		of "$name" "unread | map(select(.local == \"127.0.0.1:$port\")) | length == 3 and all(.[]; .pid == $server and
			.comm == \"dtls_server\" and .datagrams >= 1 and .bytes == $bytes and .dtls and .dtls_came == 0 and
			(.remote | not) and (.more_sockets | not))"
		of "$name" "unread | map(select(.local == \"127.0.0.1:$port\") | .unread_ns) |
			.[0] == 500000000 and .[1] == 2000000000 and .[2] > 3000000000"
		of "$name" "handshakes | map(select(.server.address == \"127.0.0.1:$port\")) == []"
	done
	# As a fault, not before it lasts as long as one.
	of faults 'unread | length == 2 and .[0].unread_ns == 2000000000'
}

@test "as a timeline and from a recording: the same lines; the words" {
	unread_server
	lab_start trace "$DTLSNOOP" -p "$(lab_pid server)" --duration 3 --stuck-after 1 -w "$LAB_TMP/rec"
	lab_join trace 30
	"$DTLSNOOP" -r "$LAB_TMP/rec" --stuck-after 1 | diff - "$LAB_TMP/trace.out"
	grep -Eq "^ +[0-9]+\.[0-9]+ socket 127\.0\.0\.1:$port \(dtls_server pid [0-9]+\): [0-9]+ datagrams? \([0-9]+ bytes of receive buffer, DTLS among them\) (was|were) unread when the trace began; in the 0\.5 s since, none was read and no DTLS handshake datagram came\$" "$LAB_TMP/trace.out"
	grep -q '^           hint: see what the threads' "$LAB_TMP/trace.out"
	grep -Eq '^no DTLS handshake was seen on 1 UDP socket of the traced process in [0-9.]+ s$' "$LAB_TMP/trace.out"
}

@test "at the client of such a server nothing is unread, and nothing is called a fault" {
	port=$(lab_port)
	server server "$port" --no-timer --stop-reading-after 1
	client client "$port" --no-timer
	lab_until 30 has_unread "$port"
	watch client_only -p "$(lab_pid client)" --stuck-after 1
	sleep 3
	leave client_only
	of client_only 'unread == [] and handshakes == [] and stats.sockets == 1'
}

@test "what comes later: a stopped server is named until it reads, and then completes" {
	port=$(lab_port)
	server server "$port"
	kill -STOP "$(lab_pid server)"
	client client "$port"
	lab_until 30 has_unread "$port"
	watch seen -p "$(lab_pid server)" --stuck-after 30
	in_time seen 'unread | length == 1'
	# One more ClientHello comes, and its handshake is followed.
	in_time seen 'any(.[]; .event == "queued")'
	kill -CONT "$(lab_pid server)"
	in_time seen 'any(.[]; .state == "completed")'
	sleep 1.1	# at the end of the trace it would be named again
	leave seen
	of seen 'unread | length == 1'
	of seen 'faults == []'
}

@test "near miss: no DTLS in the queue: told if asked for, and not on the whole host" {
	port=$(lab_port)
	lab_start holder /usr/bin/python3 -c 'import socket, sys, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", int(sys.argv[1])))
for _ in range(3):
	udp.sendto(b"\x80 this is no DTLS", udp.getsockname())
time.sleep(60)' "$port"
	lab_until 30 has_unread "$port"
	watch by_port -P "$port"
	watch host
	in_time by_port 'unread | length == 1'
	leave by_port host
	of by_port 'unread[0] | .datagrams == 3 and (.dtls | not)'
	of host "unread | map(select(.local == \"127.0.0.1:$port\")) == []"
}

@test "near miss: an idle server, an established association, a busy reader: nothing is told" {
	idle=$(lab_port) connected=$(lab_port) busy=$(lab_port)
	server idle "$idle"
	server connected "$connected"
	client client "$connected" --linger 60
	lab_wait_line client 'handshake ok'
	lab_start reader /usr/bin/python3 -c 'import socket, sys, threading, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", int(sys.argv[1])))
def send():
	while True:
		for _ in range(20):
			udp.sendto(bytes.fromhex("16fefd") + bytes(60), udp.getsockname())
		time.sleep(0.05)
threading.Thread(target=send, daemon=True).start()
while True:
	udp.recv(100)
	time.sleep(0.002)' "$busy"
	lab_until 30 has_unread "$busy"
	watch ports -P "$idle,$connected,$busy" --stuck-after 1
	watch pids -p "$(lab_pid idle),$(lab_pid connected),$(lab_pid client),$(lab_pid reader)" --stuck-after 1
	sleep 3
	leave ports pids
	for name in ports pids; do
		of "$name" 'unread == [] and faults == [] and final == []'
	done
	of pids 'stats.sockets == 4'
}

# --- stuck before the trace begins ---

# through NAME FAULT: a proxy before server_NAME, which listens on $port; sets $port to its own.
through() {
	lab_proxy "proxy_$1" "$port" --fault "$2"
	port=$(lab_ready "proxy_$1")
	port=${port##*:}
}

# views NAME: a tracer of its client, of its server, and of both.
views() {
	watch "client_$1_seen" -p "$(lab_pid "client_$1")"
	watch "server_$1_seen" -p "$(lab_pid "server_$1")"
	watch "both_$1_seen" -p "$(lab_pid "client_$1"),$(lab_pid "server_$1")"
}

# says VIEW CODE SIDE: what is said in the end. Its beginning was not seen, so it is not certain.
says() {
	in_time "$1_seen" "final | any(.[]; .state == \"stuck\" and .verdict.code == \"$2\" and .verdict.side == \"$3\" and
		.verdict.severity == \"fault\" and .verdict.confidence == \"likely\")"
}

@test "who is stuck before the trace begins, seen from the client, the server and both; and who only backs off" {
	# The client has no timer, and its flight 5 is lost: the server repeats flight 4.
	port=$(lab_port)
	server server_timer "$port"
	through timer drop:dir=c2s,msg=16
	client client_timer "$port" --no-timer
	# The server reads everything and answers nothing after its flight 4.
	port=$(lab_port)
	server server_silent "$port" --silent-after 1
	client client_silent "$port"
	# The server's last flight is lost, and it does not answer the client, which repeats flight 5.
	port=$(lab_port)
	server server_last "$port" --deaf-when-done
	through last drop:dir=s2c,type=20
	client client_last "$port"
	# The server does not read.
	port=$(lab_port)
	server server_reads "$port" --stop-reading-after 1
	client client_reads "$port"
	unread_port=$port
	lab_wait_line proxy_timer '^fault drop'
	lab_wait_line proxy_last '^fault drop'
	lab_until 30 has_unread "$unread_port"
	for name in timer silent last reads; do
		views "$name"
	done
	# Healthy: four copies of flight 5 are lost, and the fifth comes after 15 s.
	port=$(lab_port)
	server server_backs "$port"
	through backs drop:dir=c2s,msg=16,count=4
	client client_backs "$port"
	lab_wait_line proxy_backs '^fault drop'
	views backs
	says client_timer silent-after-read client
	says both_timer silent-after-read client
	says server_timer peer-silent client
	says client_silent peer-silent server
	says server_silent silent-after-read server
	says both_silent silent-after-read server
	says client_last peer-silent server
	says server_last silent-after-read server
	says both_last silent-after-read server
	says client_reads peer-silent server
	says server_reads not-reading server
	says both_reads not-reading server
	for name in client_backs server_backs both_backs; do
		in_time "${name}_seen" 'any(.[]; .state == "completed")'
	done
	for name in timer silent last reads backs; do
		leave "client_${name}_seen" "server_${name}_seen" "both_${name}_seen"
		[[ $name == reads ]] || of "both_${name}_seen" 'unread == []'
	done
	of server_reads_seen 'unread | length > 0 and all(.[]; .dtls)'
	of client_reads_seen 'unread == []'
	for name in client_backs server_backs both_backs; do
		of "${name}_seen" 'faults == []'
	done
}
