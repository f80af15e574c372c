#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# --metrics and --metrics-listen, with Prometheus and Alertmanager themselves.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden
RULES=$ROOT/user/deploy/dtlsnoop.rules.yml

# tcp_port: one that nobody listens on.
tcp_port() {
	local port hex
	while :; do
		port=$(lab_port)
		printf -v hex '%04X' "$port"
		grep -q ":$hex " /proc/net/tcp /proc/net/tcp6 || break
	done
	echo "$port"
}

# scrape PORT [OPTION]...: what is served; fails unless it is.
scrape() {
	local port=$1
	shift
	curl -sf -m 20 "$@" "http://127.0.0.1:$port/metrics"
}

# has PORT REGEX: does a sample match? A value of 0 is "0".
has() {
	scrape "$1" | grep -v '^#' | grep -Eq -- "$2"
}

# sum FILE SAMPLE: the sum of all samples that match this regular expression.
sum() {
	awk -v sample="^$2" '$0 ~ sample { sum += $NF } END { printf "%d\n", sum }' "$1"
}

@test "promtool finds nothing to complain about in the metrics of recordings and captures, which are always the same" {
	for file in "$GOLDEN"/*.rec "$GOLDEN"/*.pcap; do
		"$DTLSNOOP" -q -r "$file" --metrics "$LAB_TMP/metrics" -o json="$LAB_TMP/json" --force >/dev/null
		promtool check metrics <"$LAB_TMP/metrics"
		[[ $(sum "$LAB_TMP/metrics" dtlsnoop_handshakes_total) == $(grep -c '"final":true' "$LAB_TMP/json") ]]
		[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_handshakes_(open|stuck)') == 0 ]]
	done
	mkdir "$LAB_TMP/golden"
	"$GOLDEN/outputs" "$LAB_TMP/golden"
	for name in founding-abi3 icmp; do
		cmp "$GOLDEN/$name.prom" "$LAB_TMP/golden/$name.prom"
	done
	# It would.
	run ! promtool check metrics < <(sed 's/_handshakes_total/_handshakes/' "$LAB_TMP/metrics")
}

@test "the file: readable by everybody, replaced as a whole, and nothing else is" {
	cd "$LAB_TMP"
	(umask 077 && "$DTLSNOOP" -q -r "$GOLDEN/founding.rec" --metrics a.prom >/dev/null)
	[[ $(stat -c '%a %h' a.prom) == "644 1" ]]
	before=$(stat -c %i a.prom)
	# One that a killed trace left.
	echo half >.a.prom.new
	# Whoever has it open keeps what it was.
	exec 5<a.prom
	"$DTLSNOOP" -q -r "$GOLDEN/icmp.pcap" --metrics a.prom >/dev/null
	[[ $(stat -c %i a.prom) != "$before" ]]
	grep -q 'verdict="not-retransmitting"' <&5
	exec 5<&-
	run ! grep -q 'verdict="not-retransmitting"' a.prom
	[[ $(find . -name '*a.prom*') == ./a.prom ]]
	# Another file is kept, unless --force is given.
	echo precious >b
	ln -s b link
	mkfifo fifo
	for name in b link fifo . missing/c "$GOLDEN/founding.rec"; do
		run -1 "$DTLSNOOP" -q -r "$GOLDEN/founding.rec" --metrics "$name"
		[[ $output == *"cannot write"* ]]
	done
	[[ $(cat b) == precious && -L link && -p fifo ]]
	"$DTLSNOOP" -q -r "$GOLDEN/founding.rec" --metrics b --force >/dev/null
	promtool check metrics <b
	run -2 "$DTLSNOOP" -r "$GOLDEN/founding.rec" --metrics -
	run -2 "$DTLSNOOP" -r "$GOLDEN/founding.rec" --metrics c -o json=c
	[[ ! -e c ]]
}

@test "a full disk: the old file is kept, and it is said" {
	[[ $(id -u) == 0 ]] || skip "mounting needs root"
	mkdir "$LAB_TMP/disk"
	mount -t tmpfs -o size=8k none "$LAB_TMP/disk"
	"$DTLSNOOP" -q -r "$GOLDEN/founding.rec" --metrics "$LAB_TMP/disk/a.prom" >/dev/null
	cp "$LAB_TMP/disk/a.prom" "$LAB_TMP/before"
	head -c 4096 /dev/zero >"$LAB_TMP/disk/full"
	run -1 "$DTLSNOOP" -q -r "$GOLDEN/icmp.pcap" --metrics "$LAB_TMP/disk/a.prom"
	files=$(ls -A "$LAB_TMP/disk")
	cmp "$LAB_TMP/before" "$LAB_TMP/disk/a.prom" && kept=1
	umount "$LAB_TMP/disk"
	[[ $kept == 1 && $output == *"a.prom failed: No space left on device"* && $files == $'a.prom\nfull' ]]
}

@test "the alert rules: promtool's examples of when each fires, and when not" {
	promtool check rules "$RULES"
	promtool test rules "$ROOT/tests/live/dtlsnoop.rules.test.yml"
	# A rule that does not fire would be seen.
	mkdir -p "$LAB_TMP/a/b" "$LAB_TMP/user/deploy"
	cp "$ROOT/tests/live/dtlsnoop.rules.test.yml" "$LAB_TMP/a/b"
	sed 's/> 0$/> 9/' "$RULES" >"$LAB_TMP/user/deploy/dtlsnoop.rules.yml"
	run ! promtool test rules "$LAB_TMP/a/b/dtlsnoop.rules.test.yml"
}

@test "an address in use, or that this host does not have, is said before the trace" {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	port=$(tcp_port)
	trace_start --metrics-listen "$port"
	run -1 "$DTLSNOOP" -q "${OWN[@]}" --metrics-listen "127.0.0.1:$port"
	[[ $output == "dtlsnoop: --metrics-listen 127.0.0.1:$port: another program listens there: choose another port" ]]
	run -1 "$DTLSNOOP" -q "${OWN[@]}" --metrics-listen "192.0.2.1:$port"
	[[ $output == *"this host does not have this address" ]]
	run -1 "$DTLSNOOP" -q "${OWN[@]}" --metrics-listen 80
	[[ $output == *"choose a port from 1024 on" ]]
	trace_stop
	# The next trace may have the port at once.
	trace_start --metrics-listen "[::1]:$port"
	curl -sf -g -m 20 "http://[::1]:$port/metrics" | promtool check metrics
	trace_stop
	for address in 0 65536 x ":$port" "::1:$port" "localhost:$port" "[127.0.0.1]:$port" '[::1]'; do
		run -2 "$DTLSNOOP" --metrics-listen "$address"
		[[ $output == *"invalid value"* ]]
	done
}

@test "GET and HEAD of /metrics, and nothing else; it listens on loopback only and has no thread" {
	port=$(tcp_port)
	trace_start --metrics-listen "$port"
	scrape "$port" -D "$LAB_TMP/head" >"$LAB_TMP/get"
	promtool check metrics <"$LAB_TMP/get"
	grep -q '^HTTP/1.1 200' "$LAB_TMP/head"
	grep -q '^Content-Type: text/plain; version=0.0.4; charset=utf-8' "$LAB_TMP/head"
	[[ $(curl -s -m 20 -I "http://127.0.0.1:$port/metrics" | head -n 1) == "HTTP/1.1 200 OK"* ]]
	for request in '-d x /metrics' '-X PUT /metrics' '-X DELETE /metrics' '-X X /metrics'; do
		# shellcheck disable=SC2086
		[[ $(curl -s -m 20 -o /dev/null -w '%{http_code}' ${request% *} "http://127.0.0.1:$port${request##* }") == 405 ]]
	done
	for path in / /metrics/ /metric /../metrics; do
		[[ $(curl -s -m 20 --path-as-is -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port$path") == 404 ]]
	done
	run ! curl -s -m 20 "http://127.0.0.2:$port/metrics"
	[[ $(find "/proc/$(lab_pid trace)/task" -mindepth 1 -maxdepth 1 | wc -l) == 1 ]]
	grep -q '^CapEff:[[:space:]]*0*$' "/proc/$(lab_pid trace)/status"
	trace_stop
}

@test "a real trace: what is counted is what JSON has as final lines, and a stuck handshake leaves the gauge" {
	port=$(lab_port) http=$(tcp_port)
	lab_server_lab "$port"
	trace_start --stuck-after 1 -P "$port" --metrics-listen "$http" --metrics "$LAB_TMP/metrics"
	lab_run dtls_client --connect "127.0.0.1:$port"
	lab_run dtls_client --connect "127.0.0.1:$port"
	lab_until 30 has "$http" '^dtlsnoop_handshakes_open\{role="both",comm="dtls_server"\} 0'
	kill -STOP "$(lab_pid server)"
	lab_start client "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port"
	lab_until 30 has "$http" '^dtlsnoop_handshakes_stuck\{verdict="not-reading",side="server",role="both",comm="dtls_server"\} 1'
	has "$http" '^dtlsnoop_handshakes_open\{role="both",comm="dtls_server"\} 1'
	kill -CONT "$(lab_pid server)"
	lab_until 30 has "$http" '^dtlsnoop_handshakes_stuck\{verdict="not-reading",side="server",role="both",comm="dtls_server"\} 0'
	lab_join client 30
	trace_stop
	promtool check metrics <"$LAB_TMP/metrics"
	[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_handshakes_total\{state="completed",verdict="completed",side="",version="DTLS 1.2",role="both",comm="dtls_server"') == 3 ]]
	[[ $(sum "$LAB_TMP/metrics" dtlsnoop_handshakes_total) == 3 ]]
	[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_handshake_duration_seconds_count') == 3 ]]
	[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_handshake_duration_seconds_bucket.*le="0.5"') -ge 2 ]]
	[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_retransmitted_flights_total.*side="client"') -ge 1 ]]
	[[ $(sum "$LAB_TMP/metrics" dtlsnoop_events_total) == $(trace_jq 'last.events') ]]
	# Neither addresses nor numbers of processes.
	run ! grep -E "127\.0\.0\.1|$port|$(lab_pid server)" "$LAB_TMP/metrics"
}

@test "the unit is that of the cgroup, and --faults hides nothing from the counters" {
	port=$(lab_port)
	root=$(findmnt -no TARGET -t cgroup2 | tail -n 1)
	cgroup=$root/dtlsnoop-metrics-$$.slice/a\\x2db.service
	mkdir -p "$cgroup/below"
	lab_server_lab "$port"
	trace_start --faults -P "$port" -n dtls_client --metrics "$LAB_TMP/metrics"
	# shellcheck disable=SC2016 # for the inner shell
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup/below" "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" </dev/null 3>&-
	trace_stop
	that 'handshakes == []'
	grep '^dtlsnoop_handshakes_total{state="completed"' "$LAB_TMP/metrics" |
		grep -qF 'role="client",comm="dtls_client",unit="a\\x2db.service"} 1'
}

# api PORT PATH FILTER: is it true of what Prometheus or Alertmanager answers?
api() {
	curl -sf -m 10 "http://127.0.0.1:$1/api/$2" | jq -e "$3" >/dev/null 2>&1
}

start_alertmanager() {
	cat >"$LAB_TMP/alertmanager.yml" <<-END
		route: { receiver: nobody, group_wait: 1s, group_interval: 1s }
		receivers: [ { name: nobody } ]
	END
	lab_start alertmanager prometheus-alertmanager --config.file="$LAB_TMP/alertmanager.yml" --storage.path="$LAB_TMP/alerts" \
		--web.listen-address="127.0.0.1:$1" --cluster.listen-address=
	lab_until 60 curl -sf -m 5 -o /dev/null "http://127.0.0.1:$1/-/ready"
}

# start_prometheus PORT ALERTMANAGER TARGET: with our own rules, of which alerts wait no longer than a second.
start_prometheus() {
	sed 's/for: .*/for: 1s/' "$RULES" >"$LAB_TMP/rules.yml"
	cat >"$LAB_TMP/prometheus.yml" <<-END
		global: { scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s }
		rule_files: [ $LAB_TMP/rules.yml ]
		alerting: { alertmanagers: [ { static_configs: [ { targets: [ "127.0.0.1:$2" ] } ] } ] }
		scrape_configs: [ { job_name: dtls, static_configs: [ { targets: [ "127.0.0.1:$3" ] } ] } ]
	END
	promtool check config "$LAB_TMP/prometheus.yml"
	lab_start prometheus prometheus --config.file="$LAB_TMP/prometheus.yml" --storage.tsdb.path="$LAB_TMP/tsdb" \
		--web.listen-address="127.0.0.1:$1" --log.level=warn
	lab_until 60 curl -sf -m 5 -o /dev/null "http://127.0.0.1:$1/-/ready"
}

@test "Prometheus scrapes a live trace; Alertmanager tells of a stuck handshake, and no longer once it goes on" {
	port=$(lab_port) http=$(tcp_port) prometheus=$(tcp_port) alertmanager=$(tcp_port)
	start_alertmanager "$alertmanager"
	start_prometheus "$prometheus" "$alertmanager" "$http"
	lab_server_lab "$port"
	trace_start --stuck-after 1 -P "$port" --metrics-listen "$http"
	lab_until 30 api "$prometheus" 'v1/query?query=up' '.data.result[0].value[1] == "1"'
	lab_run dtls_client --connect "127.0.0.1:$port"
	api "$alertmanager" v2/alerts 'length == 0'
	kill -STOP "$(lab_pid server)"
	lab_start client "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" --duration 120
	lab_until 60 api "$alertmanager" v2/alerts 'any(.[]; .labels.alertname == "DtlsHandshakesStuck" and
		.labels.comm == "dtls_server" and .labels.verdict == "not-reading" and .labels.side == "server" and
		.annotations.summary == "1 DTLS handshakes of dtls_server are stuck: not-reading, side server")'
	amtool --alertmanager.url="http://127.0.0.1:$alertmanager" alert query alertname=DtlsHandshakesStuck | grep -q dtls_server
	kill -CONT "$(lab_pid server)"
	lab_join client 60
	lab_until 60 api "$alertmanager" v2/alerts 'all(.[]; .labels.alertname != "DtlsHandshakesStuck")'
	# No scrape found it broken meanwhile.
	api "$prometheus" 'v1/query?query=scrape_samples_scraped' '.data.result[0].value[1] | tonumber > 10'
	trace_stop
	lab_stop prometheus
	lab_stop alertmanager
	run ! grep -q 'level=\(warn\|error\).*\(scrape\|sample\|rule\)' "$LAB_TMP/prometheus.err"
}

@test "a flood of process names: 64 of them, the others are one, and hostile ones are escaped" {
	port=$(lab_port)
	lab_server_lab "$port"
	# Linux takes the name from the path.
	mkdir "$LAB_TMP/bin"
	names=($'q"uo\\te' $'new\nline' $'\e[31mred' $'\xff\xfe' $'\xc3\xa4' other)
	for ((i = 0; i < 74; i++)); do
		names+=("process-$i")
	done
	for name in "${names[@]}"; do
		ln -s "$(realpath "$LAB_BIN/dtls_client")" "$LAB_TMP/bin/$name"
	done
	# The server is not among what is traced.
	trace_start -f --metrics "$LAB_TMP/metrics" -- sh -c 'at=$1; shift; for name; do "$name" --connect "$at" >/dev/null; done' \
		sh "127.0.0.1:$port" "${names[@]/#/$LAB_TMP/bin/}"
	trace_join
	promtool check metrics <"$LAB_TMP/metrics"
	[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_handshakes_total.*role="client"') == 80 ]]
	[[ $(grep -c ^dtlsnoop_handshakes_total "$LAB_TMP/metrics") == 65 ]]
	[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_handshakes_total.*comm="other"') == $((80 - 64)) ]]
	# The one that is called so has no other name: it is not one too many.
	[[ $(sum "$LAB_TMP/metrics" 'dtlsnoop_label_values_limited_total\{label="comm"\}') == $((80 - 64 - 1)) ]]
	grep -qF 'comm="q\"uo\\te"' "$LAB_TMP/metrics"
	grep -qF 'comm="new\nline"' "$LAB_TMP/metrics"
	grep -qF $'comm="\xef\xbf\xbd[31mred"' "$LAB_TMP/metrics"
	grep -qF $'comm="\xef\xbf\xbd\xef\xbf\xbd"' "$LAB_TMP/metrics"
	grep -qF 'comm="ä"' "$LAB_TMP/metrics"
}

# The clock ticks that the process has used.
ticks_of() {
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

@test "many clients that never finish a request delay neither the trace nor another scrape" {
	port=$(lab_port) http=$(tcp_port)
	lab_server_lab "$port"
	trace_start -P "$port" --metrics-listen "$http"
	pid=$(lab_pid trace)
	files=$(find "/proc/$pid/fd" | wc -l)
	lab_start clients "$ROOT/tests/live/http_clients" "$http" 12 300
	lab_wait_line clients ready
	ticks=$(ticks_of "$pid")
	most=0
	for ((i = 0; i < 8; i++)); do
		# As long as Prometheus waits.
		scrape "$http" -m 10 -o "$LAB_TMP/scraped"
		promtool check metrics <"$LAB_TMP/scraped"
		lab_run dtls_client --connect "127.0.0.1:$port"
		now=$(find "/proc/$pid/fd" | wc -l)
		((now <= most)) || most=$now
		sleep 1
	done
	ticks=$(($(ticks_of "$pid") - ticks))
	# Two seconds of processor time.
	((ticks < 2 * $(getconf CLK_TCK)))
	((most - files <= 260))
	lab_join clients 60
	lab_until 30 trace_is 'handshakes | map(select(.state == "completed")) | length >= 8'
	has "$http" '^dtlsnoop_build_info'
	trace_stop
	that '(stats | .lost == 0) and (final | length == 8 and all(.[]; .state == "completed"))'
	# Was it a crowd?
	[[ $(sed -n 's/ connections.*//p' "$LAB_TMP/clients.out") -gt 300 ]]
}

teardown() {
	! mountpoint -q "$LAB_TMP/disk" || umount "$LAB_TMP/disk"
	[[ ! -s $LAB_TMP/pids ]] || lab_fini
	[[ ! -d ${cgroup:-} ]] || rmdir "$cgroup/below" "$cgroup" "${cgroup%/*}"
}

# unknown_names FILE: what expressions name, one a line, that is neither a metric that is served nor a label of one.
unknown_names() {
	# No recording here has a dropped datagram or a completed handshake. Prometheus adds the last two.
	sed -n 's/^# TYPE \([^ ]*\) histogram$/\1_bucket/p; s/^# TYPE \([^ ]*\) .*/\1/p' "$GOLDEN"/*.prom >"$LAB_TMP/known"
	grep -hoE '[{,][a-z]+="' "$GOLDEN"/*.prom | tr -d '{,="' >>"$LAB_TMP/known"
	printf '%s\n' reason le job instance >>"$LAB_TMP/known"
	{
		grep -oE 'dtlsnoop_[a-z_]+' "$1"
		grep -oE 'by \([a-z, ]*\)' "$1" | sed 's/by//' | tr -d '() ' | tr ',' '\n'
		grep -oE '[a-z]+=~?"' "$1" | tr -d '=~"'
	} | sort -u | grep -vxF -f "$LAB_TMP/known"
}

@test "the dashboard for Grafana: Prometheus takes its expressions, and has each metric and label in them" {
	jq -r '.panels[].targets[].expr, (.templating.list[] | select(.type == "query").query | sub("label_values\\("; "") | sub(", [a-z]+\\)$"; ""))' \
		"$ROOT/user/deploy/dtlsnoop.dashboard.json" | sed 's/\$__rate_interval/5m/g' >"$LAB_TMP/expressions"
	(($(wc -l <"$LAB_TMP/expressions") >= 12))
	jq -Rn '{groups: [{name: "dashboard", rules: [inputs | {record: "x", expr: .}]}]}' "$LAB_TMP/expressions" >"$LAB_TMP/rules.yml"
	promtool check rules --lint none "$LAB_TMP/rules.yml"
	run unknown_names "$LAB_TMP/expressions"
	[[ -z $output ]] || { echo "unknown: $output" && return 1; }
	# Each would be found.
	sed 's/dtlsnoop_handshakes_stuck/dtlsnoop_handshake_stuck/; s/by (state)/by (status)/; s/wanted=/want=/' "$LAB_TMP/expressions" >"$LAB_TMP/wrong"
	run unknown_names "$LAB_TMP/wrong"
	[[ ${lines[*]} == "dtlsnoop_handshake_stuck status want" ]]
}
