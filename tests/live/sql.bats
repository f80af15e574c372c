#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Both ends of handshakes in PostgreSQL (user/deploy/sql): real tracers, a real network that loses, rsyslog and COPY.
#
#	client's host                    router                       server's host
#	10.45.1.2 ----- 10.45.1.1 [NAT, loses] 10.45.2.1 ----- 10.45.2.2
#
# The cluster is one of this file's own, at a socket in its own folder, and so is rsyslog.

bats_require_minimum_version 1.5.0
load common

SQL=$ROOT/user/deploy/sql
SHIFT_US=$(((3 * 86400 + 7) * 1000000 + 123457))	# the clock of the server's host is so far ahead

setup_file() {
	local lacks
	[[ $(id -u) == 0 ]] || { export NO_SQL="tracing the kernel needs root" && return; }
	lacks=$("$ROOT/tests/need" sql 2>&1) || { NO_SQL="${lacks%%$'\n'*}" && export NO_SQL && return; }
	PATH="$PATH:/usr/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' :)"
	# A folder of nobody's, since PostgreSQL does not run as root; bats' own is closed to others.
	PGHOST=$(mktemp -d /tmp/dtlsnoop-sql.XXXXXX)
	chown nobody "$PGHOST"
	export PATH PGHOST PGUSER=nobody PGOPTIONS='-c client_min_messages=warning'
	as_nobody initdb -D "$PGHOST/data" -A trust -E UTF8 --locale=C --no-sync >"$PGHOST/initdb.log"
	as_nobody pg_ctl -D "$PGHOST/data" -l "$PGHOST/log" -w -o "-c listen_addresses='' -c unix_socket_directories='$PGHOST' -c fsync=off" \
		start >"$PGHOST/start.log" 3>&- 4>&-
}

teardown_file() {
	[[ -n ${PGHOST:-} ]] || return 0
	as_nobody pg_ctl -D "$PGHOST/data" -m immediate -w stop >/dev/null || true
	rm -rf "$PGHOST"
}

as_nobody() (
	cd / && exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
)

setup() {
	[[ -z ${NO_SQL:-} ]] || skip "$NO_SQL"
	lab_init
	export PGDATABASE=test$BATS_TEST_NUMBER
	createdb "$PGDATABASE"
	psql -q -v ON_ERROR_STOP=1 -f "$SQL/schema.sql" -f "$SQL/views.sql"
	net=dtlsnoop-test-$$
}

teardown() {
	local name
	lab_fini
	for name in ${namespaces:-}; do
		ip netns delete "$net-$name" 2>/dev/null || true
	done
}

query() {
	psql -v ON_ERROR_STOP=1 -qAt -F ' ' "$@"
}

load_file() {
	query -v source="$1" -f "$SQL/load.sql" <"$2"
}

# is QUERY EXPECTED
is() {
	diff <(query -c "$1") <(echo "$2") && return
	echo "of: $1" >&2
	return 1
}

network() {
	local name
	namespaces='client router server'
	for name in $namespaces; do
		ip netns add "$net-$name"
	done
	route_between "$net" 10.45
	# The length of UDP is that of the payload and 8.
	ip netns exec "$net-router" nft -f - <<-END
		table ip t {
			chain nat { type nat hook postrouting priority 100; oifname server masquerade; }
			chain lose {
				type filter hook forward priority 0
				oifname client udp sport { $some_lost, $unseen } udp length > 508 counter drop
				oifname client udp sport $all_lost udp length > 308 counter drop
			}
		}
	END
}

# Serves one port; that of each is told to the clients.
serve() {
	lab_start "server-$1" ip netns exec "$net-server" "$LAB_BIN/dtls_server" --listen "10.45.2.2:$1" --cookie \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" --duration "$LAB_SECONDS"
	lab_ready "server-$1"
}

connect() {
	lab_start "client-$1" ip netns exec "$net-client" "$LAB_BIN/dtls_client" --connect "10.45.2.2:$1" "${@:2}"
}

# trace NAME [OPTION]...: as on a host of its own, with this name.
trace() {
	# shellcheck disable=SC2016 # for the inner shell
	lab_start "$1" unshare --uts sh -c 'hostname "$0"; exec "$@"' "host-$1" "$DTLSNOOP" -q -j --netns "/run/netns/$net-$1" --stuck-after 2 "${@:2}"
	lab_wait_line "$1" '"type":"trace"'
}

# The clock of the host that printed these lines is SHIFT_US ahead.
shift_clock() {
	/usr/bin/python3 -c '
import datetime, json, sys
shift = int(sys.argv[1])
for line in sys.stdin:
    j = json.loads(line)
    for key in "time", "started":
        if key in j:
            t = datetime.datetime.fromisoformat(j[key][:26]) + datetime.timedelta(microseconds=shift)
            j[key] = t.isoformat(timespec="microseconds") + j[key][26:]
    print(json.dumps(j))' "$SHIFT_US"
}

# As an operator would, with other places.
ship_by_rsyslog() {
	query -c 'CREATE ROLE dtlsnoop_shipper LOGIN' -c 'GRANT USAGE ON SCHEMA dtlsnoop TO dtlsnoop_shipper' \
		-c 'GRANT INSERT ON dtlsnoop.incoming TO dtlsnoop_shipper'
	mkdir "$LAB_TMP/spool" "$LAB_TMP/lines"
	sed "s,/var/spool/rsyslog,$LAB_TMP/spool,; s,/var/log/dtlsnoop.json,$LAB_TMP/lines/*.json,; s,///dtlsnoop?host=/run/postgresql,///$PGDATABASE?host=$PGHOST," \
		"$SQL/rsyslog.conf" >"$LAB_TMP/rsyslog.conf"
	rsyslogd -N1 -f "$LAB_TMP/rsyslog.conf"
	lab_start rsyslog rsyslogd -n -f "$LAB_TMP/rsyslog.conf" -i "$LAB_TMP/rsyslog.pid"
}

has_arrived() {
	query -c 'CALL dtlsnoop.take()'
	[[ $(query -c "SELECT count(*) FROM dtlsnoop.handshake WHERE final") == "$1" ]]
}

final_lines() {
	cat "$@" | grep -c '"final":true'
}

@test "what a router loses between two hosts is named, by direction and size, and nothing else; the clocks' offset is found" {
	healthy=$(lab_port) some_lost=$(lab_port) all_lost=$(lab_port) unseen=$(lab_port) silent=$(lab_port)
	network
	for port in $healthy $some_lost $all_lost $unseen $silent; do
		serve "$port"
	done
	trace client -P "$healthy" -P "$some_lost" -P "$all_lost" -P "$unseen" -P "$silent"
	trace server -P "$healthy" -P "$some_lost" -P "$all_lost" -P "$silent"
	connect "$healthy" --linger 1 --send hello
	connect "$some_lost" --linger 1
	connect "$all_lost" --duration 12
	connect "$unseen" --duration 12
	connect "$silent" --duration 12 --silent-after 1
	for port in $healthy $some_lost $all_lost $unseen $silent; do
		lab_join "client-$port" 30 || true
	done
	for end in client server; do
		kill -INT "$(lab_pid $end)"
		lab_join $end 30
	done
	ship_by_rsyslog
	# The longest line that there may be, and what is none.
	{ cat "$LAB_TMP/client.out" && echo '{"type":"handshake","id":"'\''); DROP TABLE dtlsnoop.trace; --"'; } >"$LAB_TMP/lines/client.json"
	shift_clock <"$LAB_TMP/server.out" >"$LAB_TMP/lines/server.json"
	lab_until 30 has_arrived "$(final_lines "$LAB_TMP"/{client,server}.out)"
	lab_stop rsyslog
	query -c "SELECT source, rejected FROM dtlsnoop.source ORDER BY 1"
	[[ $(query -c 'SELECT string_agg(rejected::text, $$ $$ ORDER BY source) FROM dtlsnoop.source') == "1 0" ]]

	# Four were seen at both ends, with translated addresses.
	is "SELECT count(*), bool_and(client LIKE '10.45.1.2:%' AND translated_client LIKE '10.45.2.1:%') FROM dtlsnoop.ends" '4 t'
	# The truth is what the server's host sent above the limits of the router.
	truth=$(jq -rs --arg some ":$some_lost" --arg all ":$all_lost" 'map(select(.event == "sent" and
		((.local | endswith($some)) and .length > 500 or (.local | endswith($all)) and .length > 300))) |
		group_by(.local) | map("\(.[0].local) server to client \(length) {\(map(.length) | unique | join(","))}") | sort[]' "$LAB_TMP/server.out")
	[[ $(wc -l <<<"$truth") == 2 ]]
	is "SELECT server, direction, sum(copies), array_agg(DISTINCT length ORDER BY length) FROM dtlsnoop.lost GROUP BY 1, 2 ORDER BY 1" "$truth"
	# Who fell silent lost nothing.
	is "SELECT bool_and(sent = arrived), count(*) > 2 FROM dtlsnoop.crossing WHERE server LIKE '%:$silent'" 't t'

	# The same as the queries say it.
	query -v a=host-client -v b=host-server -f "$SQL/queries.sql" >"$LAB_TMP/queries"
	cat "$LAB_TMP/queries"
	[[ $(grep -cE '^[0-9a-f]{64} ' "$LAB_TMP/queries") == 2 ]]
	grep -E "^[0-9a-f]{64} .* 10.45.2.2:$some_lost server to client 1 \{7[0-9]*\} " "$LAB_TMP/queries"
	grep -E "^host-client silent-after-read client certain 10.45.1.2 dtls_client 1$" "$LAB_TMP/queries"
	grep -E " host-server dtls_server $healthy completed " "$LAB_TMP/queries"

	# One clock in truth: only the shift is between them.
	query -c 'SELECT offset_ns, error_ns FROM dtlsnoop.clock_offset'
	is "SELECT abs(offset_ns - $SHIFT_US * 1000::bigint) <= error_ns, error_ns BETWEEN 0 AND 50000000 FROM dtlsnoop.clock_offset" 't t'

	# The same files once more, by COPY: nothing is counted twice.
	before=$(query -c 'SELECT client_random, key, sent, arrived FROM dtlsnoop.crossing ORDER BY 1, 2')
	load_file h:client.json "$LAB_TMP/client.out"
	load_file h:server.json "$LAB_TMP/lines/server.json"
	is 'SELECT client_random, key, sent, arrived FROM dtlsnoop.crossing ORDER BY 1, 2' "$before"

	# Nothing ever comes to the client: the clocks cannot be compared, and what it sends shows all the same that it was watched.
	query -c "DELETE FROM dtlsnoop.datagram d USING dtlsnoop.trace t WHERE t.trace = d.trace AND t.host = 'host-client' AND NOT d.tx"
	is "SELECT offset_ns IS NULL FROM dtlsnoop.clock_offset" t
	is "SELECT count(*) > 1 FROM dtlsnoop.lost WHERE server LIKE '%:$all_lost' AND length > 300" t
	# Not so if its trace ended after its first ClientHello, although its host went on.
	query -c "UPDATE dtlsnoop.handshake SET alive_ns = 0 WHERE client_local" -c "DELETE FROM dtlsnoop.datagram d USING dtlsnoop.trace t
		WHERE t.trace = d.trace AND t.host = 'host-client' AND d.ns > (SELECT min(ns) FROM dtlsnoop.datagram o WHERE (o.trace, o.handshake) = (d.trace, d.handshake))"
	is "SELECT count(*) FROM dtlsnoop.lost" 0
	# Somebody sends the ClientHellos again, from elsewhere: it is not known who belongs together.
	query -c "INSERT INTO dtlsnoop.handshake SELECT day, trace, id + 1000, at, alive_ns, client_random, '10.45.9.9:9', server, client_local, server_local,
		comm, final, whole, state FROM dtlsnoop.handshake WHERE server_local"
	is "SELECT count(*) FROM dtlsnoop.ends" 0
}

# hostile_lines TRACE HANDSHAKE DATAGRAM <VALUES: these lines with each value at each place, one at a time; and what is no JSON object.
hostile_lines() {
	local value line
	while read -r value; do
		for line; do
			jq -c --argjson v "$value" 'paths as $path | try setpath($path; $v) catch empty' <<<"$line"
		done
	done
		printf '%s\n' '' '{' '[]' '1' 'null' '"x"' '{"a":"\u0000"}' '\N' "'); DROP TABLE dtlsnoop.trace; --"
	head -c 70000 /dev/zero | tr '\0' '['
	echo
	printf '{"type":"handshake","id":1,"ns":1,"state":"%s"}\n' "$(head -c 70000 /dev/zero | tr '\0' x)"
}

@test "hostile lines are rejected or have no effect, and no good line is lost among them" {
	local good=$ROOT/tests/golden/founding-abi3.rec line lines=()
	"$DTLSNOOP" -q -j -r "$good" >"$LAB_TMP/good"
	for line in '"type":"trace"' '"final":true' '"event":"sent"'; do
		lines+=("$(grep -m 1 "$line" "$LAB_TMP/good" | jq -c '. + {trace_id: "00112233445566778899aabbccddeeff", ended: {how: "alert", after_ns: 5}} | del(.client_hello, .server_hello)')")
	done
	hostile_lines "${lines[@]}" >"$LAB_TMP/hostile" <<-'END'
		null
		true
		-1
		1.5
		1e400
		99999999999999999999
		9223372036854775807
		999999999999999999
		99999999999999999
		""
		"'); DROP TABLE dtlsnoop.trace; --"
		"\u001b[2J\\ \" \n\t"
		"2026-99-99T99:99:99.999999999Z"
		"2026-02-30T00:00:00.000000000Z"
		[]
		[[],{},null]
		{}
		{"a":{"b":[1]}}
	END
	[[ $(wc -l <"$LAB_TMP/hostile") -gt 1000 ]]
	{ cat "$LAB_TMP/hostile" && cat "$LAB_TMP/good"; } >"$LAB_TMP/mixed"
	load_file somewhere:hostile "$LAB_TMP/mixed"
	is 'SELECT count(*) FROM dtlsnoop.incoming' 0
	is "SELECT rejected > 8 FROM dtlsnoop.source" t
	# No control character has come through, and each number is in its range.
	is "SELECT count(*) FROM dtlsnoop.handshake h JOIN dtlsnoop.trace t USING (trace) WHERE concat(host, comm, client, server, state, code) ~ '[[:cntrl:]]'" 0
	query -c 'SELECT * FROM dtlsnoop.lost' -v a="'); DROP TABLE x; --" -v b=b -f "$SQL/queries.sql" >"$LAB_TMP/queries"
	# The good ones are there, in a trace of their own.
	load_file somewhere:good "$LAB_TMP/good"
	is "SELECT h.id, h.state, h.code, h.side, h.final FROM dtlsnoop.handshake h JOIN dtlsnoop.source s USING (trace) WHERE s.source = 'somewhere:good'" \
		'1 stuck not-retransmitting client t'
}

# The lines of a real handshake at both ends, without those that matter to nobody.
@test "20,000 handshakes of two hosts: the join uses the indexes, and names each 100th, which lost a datagram" {
	for end in client server; do
		"$ROOT/tests/bench/sql_lines" "$ROOT"/tests/bench/sql_{client,server}.json $end 20000 1 >"$LAB_TMP/$end.json"
		load_file h:$end "$LAB_TMP/$end.json"
	done
	# Other hosts have as many.
	query -c "INSERT INTO dtlsnoop.trace (trace_id, host, started_ns) SELECT md5(n::text)::uuid, 'other', 0 FROM generate_series(1, 10) n" \
		-c "INSERT INTO dtlsnoop.handshake (trace, id, at, alive_ns, client_random, client_local, server_local, final, whole, state)
			SELECT t.trace, n, now(), 0, sha256(convert_to(t.trace || '.' || n, 'UTF8')), true, false, true, true, 'completed'
			FROM dtlsnoop.trace t, generate_series(1, 10000) n WHERE t.host = 'other'" -c 'VACUUM ANALYZE'
	query -c "EXPLAIN SELECT * FROM dtlsnoop.lost WHERE client_host = 'host-client-1' AND server_host = 'host-server-1' AND day = current_date" >"$LAB_TMP/plan"
	cat "$LAB_TMP/plan"
	grep -E 'Index.* Scan using handshake_rest_client_random' "$LAB_TMP/plan"
	grep -E 'Index.* Scan (using|on) datagram_rest_trace_handshake' "$LAB_TMP/plan"
	run ! grep -E 'Seq Scan on (datagram|handshake)' "$LAB_TMP/plan"
	is "SELECT count(*), count(DISTINCT client_random), min(direction), array_agg(DISTINCT length) FROM dtlsnoop.lost
		WHERE client_host = 'host-client-1' AND server_host = 'host-server-1' AND day = current_date" '200 200 server to client {736}'
}

@test "partitions: days to come have their own, and those that are too old go" {
	load_file h:x <("$DTLSNOOP" -q -j -r "$ROOT/tests/golden/founding-abi3.rec")
	query -v keep=30 -f "$SQL/partitions.sql"
	query -v keep=30 -f "$SQL/partitions.sql"
	is "SELECT count(*) FROM pg_inherits WHERE inhparent = 'dtlsnoop.datagram'::regclass" 4
	query -v keep=-3 -f "$SQL/partitions.sql"
	is "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'dtlsnoop.handshake'::regclass ORDER BY 1" "$(date -u +'dtlsnoop.handshake_rest
dtlsnoop.handshake_%Y%m%d' -d '3 days')"
	is 'SELECT count(*) FROM dtlsnoop.handshake' 1
}
