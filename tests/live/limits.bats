#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A flood at the server's own port, the limit itself, and too small a ring buffer: what is
# not seen is counted, and nothing that was not seen is claimed.

bats_require_minimum_version 1.5.0
load common
load flood

# The other host, 192.168.99.2; answers to made up addresses end there.
add_peer() {
	ip netns add "$NETNS-peer"
	ip -n "$NETNS" link add flood0 type veth peer name flood0 netns "$NETNS-peer"
	ip -n "$NETNS" address add 192.168.99.1/24 dev flood0
	ip -n "$NETNS-peer" address add 192.168.99.2/24 dev flood0
	ip -n "$NETNS-peer" link set lo up
	ip -n "$NETNS" link set flood0 up
	ip -n "$NETNS-peer" link set flood0 up
	ip -n "$NETNS" route add default via 192.168.99.2
}

# outside NAME COMMAND...: on the other host, in the background.
outside() {
	local name=$1
	shift
	lab_start "$name" ip netns exec "$NETNS-peer" "$@"
}

# At the server's own port, from where its clients are, no faster than the server reads,
# however busy the machine is: a healthy client, and one of which nothing gets there
# after its ClientHellos.
attack_server() {
	local server
	add_peer
	inside server "$LAB_BIN/dtls_server" --listen 192.168.99.1:0 --stateless --duration "$LAB_SECONDS" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key"
	server=$(lab_ready server)
	outside proxy "$LAB_BIN/udp_fault_proxy" --listen 127.0.0.1:0 --upstream "$server" \
		--fault drop:dir=c2s,msg=16,count=0 \
		--fault drop:dir=c2s,type=20,count=0 --fault drop:dir=c2s,epoch=1,count=0 --duration "$LAB_SECONDS"
	trace_inside --rate-limit 200 --max-handshakes 256 --stuck-after 2
	outside flood "$LAB_BIN/spoof_flood" --to "$server" --duration "$LAB_SECONDS" --rate 3000 --reader "$(lab_pid server)" --mode "$@"
	# The 4,000 ClientHellos with which unfinished handshakes begin, and their answers, are
	# over by then: they leave no room for those of others.
	lab_until 60 has_line '"type":"loss"' '.rate_limited > 8000'
	outside healthy "$LAB_BIN/dtls_client" --connect "$server" --duration "$LAB_SECONDS"
	lab_join healthy
	outside stuck "$LAB_BIN/dtls_client" --connect "$(lab_ready proxy)" --duration "$LAB_SECONDS"
	lab_until 60 has_line '"state":"stuck"' '.verdict.code=="peer-silent"'
	lab_until 60 has_line '"type":"loss"' '.rate_limited > 10000'
	flood_stop
	trace_stop
	genuine='final | map(select(.client.address | startswith("192.168.99.2:")))'
	that 'stats | .rate_limited > 10000 and .lost == 0'
	# It takes 2 ms: the flood may have paused, and then it is certain.
	that "$genuine"' | map(select(.state=="completed")) | length == 1 and .[0].verdict.code == "completed" and
		.[0].server.comm == "dtls_server"'
	that "$genuine"' | map(select(.state=="stuck")) | length == 1 and .[0].verdict.code == "peer-silent" and
		.[0].verdict.side == "client" and .[0].verdict.confidence == "likely"'
	that 'faults | all(.[]; .client.address | startswith("192.168.99.2:"))'
}

@test "a flood of ClientHellos at the server's own port, its clients on another host" {
	attack_server clienthello
}

@test "a flood of unfinished handshakes at the server's own port, its clients on another host" {
	attack_server unfinished --sources 2000
}

@test "--rate-limit 0: all of it is looked at" {
	trace_inside --rate-limit 0
	flood clienthello --count 6000
	lab_join flood
	sleep 0.3
	trace_stop
	that 'stats | .rate_limited == 0 and .events + .lost >= 6000'
}

@test "up to the limit nothing is left out" {
	trace_inside --rate-limit 10000
	flood clienthello --count 3000
	lab_join flood
	sleep 0.3
	trace_stop
	that 'stats | .rate_limited == 0 and .handshakes["in-progress"] == 3000'
	that 'loss | length == 0'
}

# --- a ring buffer that is too small ---

# Nobody reads, so that there is one event for each datagram: it is queued. The raw socket tells nothing.
@test "a ring buffer too small on purpose: sent = seen + lost, exactly; no verdict of that time is certain" {
	inside server "$LAB_BIN/dtls_server" --listen 127.0.0.1:0 --duration "$LAB_SECONDS" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key"
	server=$(lab_ready server)
	inside sink "$LAB_BIN/udp_flood" --listen 127.0.0.1:0 --expect 9 --duration "$LAB_SECONDS"
	to=$(lab_ready sink)
	trace_inside --buffer 64K --rate-limit 0
	kill -STOP "$(lab_pid trace)" "$(lab_pid sink)"
	inside client "$LAB_BIN/dtls_client" --connect "$server"
	lab_join client
	inside flood "$LAB_BIN/spoof_flood" --to "$to" --mode clienthello --count 5000 --duration "$LAB_SECONDS"
	lab_join flood
	kill -CONT "$(lab_pid trace)"
	lab_until 10 has_line '"type":"loss"' '.lost > 0'
	for ((round = 0; round < 25; round++)); do
		inside flood "$LAB_BIN/spoof_flood" --to "$to" --mode clienthello --count 1000 --duration "$LAB_SECONDS"
		lab_join flood
	done
	sleep 0.3
	trace_stop
	that 'stats | .lost == .lost_ring_full and .lost > 4000 and .rate_limited == 0'
	that "(datagrams | map(select(.remote | startswith(\"10.\"))) | length) + stats.lost == 30000"
	that 'datagrams | map(select(.remote | startswith("10."))) | all(.[]; .event == "queued")'
	that 'loss | length >= 1'
	that 'seldom'
	that 'genuine | length == 1 and .[0].verdict.code == "completed" and .[0].verdict.confidence == "likely" and
		(.[0] | noted("events-lost"))'
}

# Two sides on wolfSSL with other keys answer each copy by a copy, without a timer.
@test "a storm of copies between two sides that do not agree on a key: what is wrong is said, as likely" {
	[[ -x $LAB_BIN/wolf_peer ]] || skip "wolf_peer was not built (tests/lab/libraries)"
	inside server "$LAB_BIN/wolf_peer" --listen 127.0.0.1:0 --version 1.2 --psk one --duration "$LAB_SECONDS"
	to=$(lab_ready server)
	trace_inside --stuck-after 2
	inside client "$LAB_BIN/wolf_peer" --connect "$to" --version 1.2 --psk another --duration 5
	lab_join client || true
	trace_stop
	that 'final | length == 1'
	that 'final[0] | .state == "stuck" and .ended.how == "socket-closed" and (.verdict | .code == "cannot-decrypt" and .confidence == "likely")'
	that 'final[0].verdict.evidence | any(.[]; contains("without a timer"))'
	that 'stats | .rate_limited > 1000'
}

# The first three are kept; the fourth goes when the fifth begins.
fifth_has_begun() {
	local now
	recorded=$(stat -c %s "$LAB_TMP"/handshakes.rec* 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }')
	((recorded <= largest)) || largest=$recorded
	now=$(stat -c %i "$LAB_TMP/handshakes.rec.3" 2>/dev/null) || return 1
	: "${oldest:=$now}"
	[[ $now != "$oldest" ]]
}

@test "the service's recordings take no more than its unit and the README promise, in all" {
	unit=$ROOT/user/deploy/dtlsnoop.service
	rotate=$(grep -o -- '--rotate [0-9]*M,[0-9]*' "$unit")
	promised=$(sed -n 's/.*in files of at most \([0-9]*\) MiB in all.*/\1/p' "$unit")
	[[ $rotate =~ ([0-9]+)M,([0-9]+) ]]
	((BASH_REMATCH[1] * BASH_REMATCH[2] == promised && BASH_REMATCH[2] == 4))
	tr '\n' ' ' <"$ROOT/README.md" | grep -q "in files of at most $promised MiB in all"
	# shellcheck disable=SC2086 # two words
	lab_start trace "$DTLSNOOP" -q --faults --netns "/run/netns/$NETNS" --rate-limit 0 --write "$LAB_TMP/handshakes.rec" $rotate
	lab_until 30 test -e "$LAB_TMP/handshakes.rec"
	flood clienthello
	largest=0 oldest=''
	lab_until 150 fifth_has_begun
	flood_stop
	kill -INT "$(lab_pid trace)"
	lab_join trace 30
	! fifth_has_begun || echo "and once more, while the flood ended"
	echo "at most $largest bytes"
	((largest <= promised << 20))
	[[ $(find "$LAB_TMP" -name 'handshakes.rec*' | wc -l) == 4 ]]
	# Each has its share, and nearly all of it: so they were as large in all when the fifth began, whoever looked then.
	for file in "$LAB_TMP"/handshakes.rec.[123]; do
		size=$(stat -c %s "$file")
		((size <= promised << 18 && size > (promised << 18) / 8 * 7))
	done
	# They are whole.
	run --separate-stderr "$DTLSNOOP" -q -o summary -r "$LAB_TMP/handshakes.rec.2" -r "$LAB_TMP/handshakes.rec.3"
	[[ $status == 0 && -z $stderr ]]
}
