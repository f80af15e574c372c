#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The tracer and the kernel: nothing is dropped, nothing stays attached, and
# packets of every shape are read right.

load common

# send_hello ADDRESS PORT LENGTH TIMES [hop|dst]: one ClientHello in one record.
# shellcheck disable=SC2089
send_hello() {
	/usr/bin/python3 - "$@" <<'END'
import socket, struct, sys
address, port, length, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
extension = sys.argv[5:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
body = b"\xfe\xfd" + bytes(range(32)) + b"\0\0\0\2\xc0\x2b\1\0"
body += b"\0" * (length - 13 - 12 - len(body))
message = struct.pack("!B3sH3s3s", 1, len(body).to_bytes(3, "big"), 0, b"\0\0\0", len(body).to_bytes(3, "big"))
record = struct.pack("!BHHHIH", 22, 0xfefd, 0, 0, 0, len(message + body)) + message + body
sock = socket.socket(family, socket.SOCK_DGRAM)
if extension:
    # An options header of 8 or 16 bytes: next header and length are the kernel's, then PadN.
    option = bytes([0, 0, 1, 4, 0, 0, 0, 0])
    sock.setsockopt(socket.IPPROTO_IPV6, {"hop": 54, "dst": 59}[extension[0]], option)
for _ in range(times):
    sock.sendto(record, (address, port))
END
}

@test "every program returns 1: a flood arrives as completely as without the tracer" {
	port=$(lab_port)
	for mode in without with; do
		[[ $mode == without ]] || trace_start
		for kind in "" --mix --dtls-like; do
			lab_start receiver "$LAB_BIN/udp_flood" --listen "127.0.0.1:$port" \
				--expect 20000 --duration 30
			lab_wait_bound "$port"
			# shellcheck disable=SC2086 # no word, or one
			lab_run udp_flood --to "127.0.0.1:$port" --count 20000 $kind
			lab_join receiver
			grep -q 'received 20000 of 20000' "$LAB_TMP/receiver.out"
		done
	done
	trace_stop
	that 'stats.not_dtls > 40000'
}

@test "50,000 packets of every shape, whole, cut and garbled: each program returns 1, and what holds records is told" {
	run "$ROOT/build/tests/prog_run" check 50000
	echo "$output"
	[[ $status == 0 ]]
	[[ $output =~ ^"100000 runs, all returned 1; told: "([0-9]+)" sent, "([0-9]+)" queued"$ ]]
	((BASH_REMATCH[1] > 20000 && BASH_REMATCH[2] > 20000))
}

@test "SIGKILL detaches everything" {
	trace_start
	mapfile -t programs < <(programs_of "$(lab_pid trace)")
	((${#programs[@]} >= 8))
	kill -KILL "$(lab_pid trace)"
	lab_join trace || true
	lab_until 10 are_gone "${programs[@]}"
}

@test "SIGTERM ends cleanly: all lines there, status 0" {
	trace_start
	kill -TERM "$(lab_pid trace)"
	trace_join
	that 'stats.lost == 0'
}

@test "IPv6 extension headers before UDP" {
	port=$(lab_port)
	trace_start -P "$port"
	lab_start receiver "$LAB_BIN/udp_flood" --listen "[::1]:$port" --expect 9 --duration 60
	lab_wait_bound "$port"
	send_hello ::1 "$port" 200 1
	send_hello ::1 "$port" 200 1 hop
	send_hello ::1 "$port" 200 1 dst
	trace_until 'datagrams | map(select(.event=="read")) | length == 3'
	trace_stop
	that 'datagrams | map(select(.event=="sent")) | length == 3'
	that 'datagrams | map(select(.event=="queued")) | length == 3'
	that 'datagrams | map(select(.event!="read")) | all(.[]; .length == 200 and
		.records[0].messages[0].msg_type == "client_hello")'
}

@test "a datagram that IP fragments is one event, whole, at either end" {
	port=$(lab_port)
	ip netns add "dtlsnoop$$"
	ip -n "dtlsnoop$$" link set lo mtu 1500 up
	trace_start -P "$port"
	export -f send_hello
	lab_start receiver ip netns exec "dtlsnoop$$" "$LAB_BIN/udp_flood" --listen "127.0.0.1:$port" --expect 9 --duration 60
	lab_ready receiver
	ip netns exec "dtlsnoop$$" bash -c "send_hello 127.0.0.1 $port 5000 1" 3>&-
	trace_until 'datagrams | any(.[]; .event=="read")'
	netns=$(stat -L -c %i "/run/netns/dtlsnoop$$")
	ip netns del "dtlsnoop$$"
	trace_stop
	that '[datagrams[].event] == ["sent","queued","read"]'
	that "datagrams | all(.[]; .length == 5000 and .netns == $netns)"
	that 'datagrams[0].records[0].messages[0].fragment_length == 4975'
}

@test "records beyond the end, and garbage after a record, are named" {
	port=$(lab_port)
	trace_start -P "$port"
	lab_start receiver "$LAB_BIN/udp_flood" --listen "127.0.0.1:$port" --expect 9 --duration 60
	lab_wait_bound "$port"
	/usr/bin/python3 - "$port" <<'END'
import socket, struct, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def record(kind, body, length=None, seq=0):
    return struct.pack("!BHHHIH", kind, 0xfefd, 0, 0, seq, len(body) if length is None else length) + body
done = bytes([14, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0])
to = ("127.0.0.1", int(sys.argv[1]))
sock.sendto(record(22, done) + b"garbage", to)
sock.sendto(record(22, done) + record(22, done, 500, 1), to)
sock.sendto(record(22, done[:7], seq=2), to)
sock.sendto(b"".join(record(22, done, seq=i) for i in range(20)), to)
END
	trace_until 'datagrams | map(select(.event=="read")) | length == 4'
	trace_stop
	that '[datagrams[] | select(.event=="sent").malformed] ==
		["trailing-bytes","record-length","message-header","too-many"]'
	that '[datagrams[] | select(.event=="sent").records | length] == [1,1,1,16]'
}

@test "hybrid or pure: the root of cgroup v2 is found in the list of mounts" {
	trace_start
	trace_stop
	that 'map(select(.type=="trace"))[0].hooks == "cgroup"'
	grep -q '^[^ ]* [^ ]* cgroup2 ' /proc/self/mounts
}

@test "minimal kernel types agree with the running kernel's BTF" {
	run "$ROOT/vmlinux/check"
	echo "$output"
	[[ $status == 0 ]]
	[[ $output == *" 0 mismatches"* ]]
}

@test "events lost to a small ring buffer are counted, and the trace says so" {
	port=$(lab_port)
	trace_start --buffer 64K -P "$port"
	kill -STOP "$(lab_pid trace)"
	lab_start receiver "$LAB_BIN/udp_flood" --listen "127.0.0.1:$port" --expect 1000 --duration 60
	lab_wait_bound "$port"
	send_hello 127.0.0.1 "$port" 900 150
	kill -CONT "$(lab_pid trace)"
	trace_wait '.type=="loss"'
	trace_stop
	that 'stats | .lost > 0 and .lost == .lost_ring_full'
	# Sent and queued and read: each of the 150 is either seen or counted. And two sockets are closed.
	that 'stats | .events + .lost <= 452 and .events + .lost >= 300'
}
