#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# --otlp-endpoint: over HTTP to a receiver that does what receivers and networks do.

bats_require_minimum_version 1.5.0
load common

# Eight spans and log records, of both kinds.
RECORDING=$ROOT/tests/golden/others-abi6.rec

setup() {
	files_setup
	# Of whoever runs this.
	unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_CERTIFICATE
}

# receiver STEP...: see otlp_receiver; sets URL.
receiver() {
	port=${port:-$(lab_port)}
	URL=http://127.0.0.1:$port
	lab_start receiver "$ROOT/tests/live/otlp_receiver" "$port" "$LAB_TMP" "$@"
	lab_wait_line receiver listening
}

# send [OPTION]...: the recording to $URL; its status is in $status, what it says in messages.
send() {
	status=0
	"$DTLSNOOP" -r "$RECORDING" --otlp-endpoint "$URL" "$@" >"$LAB_TMP/printed" 2>"$LAB_TMP/messages" || status=$?
	cat "$LAB_TMP/messages"
}

# The steps of the requests for one path, in their order: "503 ok"
steps() {
	jq -rs --arg path "$1" 'map(select(.path == $path).step) | join(" ")' "$LAB_TMP/requests"
}

# Each span and log record of the lines or bodies of a file, sorted.
items() {
	jq -c '(.resourceSpans, .resourceLogs)[]? | (.scopeSpans, .scopeLogs)[]? | (.spans, .logRecords)[]?' "$1" | sort
}

# What was taken is what -o otlp writes, each once: nothing else, and no less.
all_is_taken() {
	"$DTLSNOOP" -r "$RECORDING" -o otlp >"$LAB_TMP/written"
	[[ $(items "$LAB_TMP/written" | wc -l) == 8 ]]
	diff <(items "$LAB_TMP/written") <(items "$LAB_TMP/taken")
}

# The other outputs are the same without an endpoint.
others_are_the_same() {
	"$DTLSNOOP" -r "$RECORDING" 2>/dev/null | diff - "$LAB_TMP/printed"
}

@test "healthy: all is taken, in one request of each kind; other outputs are the same; user and password go in a header only" {
	receiver ok
	URL=http://user:pa%20ss@127.0.0.1:$port/base/
	OTEL_EXPORTER_OTLP_HEADERS='api-key=a%2Cb,x-scope=blue' send -o json="$LAB_TMP/with.json"
	[[ $status == 0 && ! -s $LAB_TMP/messages ]]
	all_is_taken
	others_are_the_same
	"$DTLSNOOP" -j -r "$RECORDING" | diff - "$LAB_TMP/with.json"
	[[ $(steps /base/v1/traces) == ok && $(steps /base/v1/logs) == ok ]]
	jq -es 'all(.[].headers; ."Content-Type" == "application/json" and (."User-Agent" | startswith("dtlsnoop/")) and
		.Authorization == "Basic " + ("user:pa ss" | @base64) and ."api-key" == "a,b" and ."x-scope" == "blue")' "$LAB_TMP/requests"
}

@test "the bodies are what opentelemetry-proto wants" {
	otlp_needs_package
	receiver ok
	send
	[[ $(wc -l <"$LAB_TMP/taken") == 2 ]]
	"$ROOT/tests/live/otlp_check" <"$LAB_TMP/taken"
}

@test "429 and 503: again, after the time that Retry-After asks for; a connection that ends in the middle: again" {
	receiver 503 429:2 drop ok
	send
	[[ $status == 0 && ! -s $LAB_TMP/messages ]]
	all_is_taken
	jq -es 'map(.step) == ["503", "429:2", "drop", "ok", "ok"] and .[2].at - .[1].at >= 2' "$LAB_TMP/requests"
}

@test "400, 500 and a redirection: never again, lost and said, status 1; what the receiver says is made harmless" {
	for step in 400 500 redirect:http://127.0.0.1:1/; do
		receiver "$step"
		rm -f "$LAB_TMP/requests"
		URL=http://user:secret@127.0.0.1:$port send
		[[ $status == 1 && $(steps /v1/traces) == "$step" && $(steps /v1/logs) == "$step" && ! -e $LAB_TMP/taken ]]
		grep -q '8 of 8 spans and log records are lost: the receiver answers with HTTP status' "$LAB_TMP/messages"
		run ! grep -q secret "$LAB_TMP/messages"
		run ! grep -q $'\033' "$LAB_TMP/messages"
		others_are_the_same
		lab_stop receiver
		unset port
	done
}

@test "partial success: what was rejected is lost, the rest is not" {
	receiver partial:2
	send
	# Two of each request.
	[[ $status == 1 && $(<"$LAB_TMP/messages") == *": 4 of 8 spans and log records are lost: the receiver says: too?[31m old" ]]
	all_is_taken
}

@test "a body without end is an answer" {
	receiver endless
	send
	[[ $status == 0 && ! -s $LAB_TMP/messages ]]
	all_is_taken
}

@test "nobody listens, or nobody answers: the end is not held up, and what is lost is said" {
	URL=http://127.0.0.1:1
	SECONDS=0
	send
	((SECONDS < 5 + 10 * LAB_SCALE))
	[[ $status == 1 && $(<"$LAB_TMP/messages") == *"8 of 8 spans and log records are lost: "*"127.0.0.1"* ]]
	others_are_the_same
	receiver slow
	SECONDS=0
	send
	((SECONDS < 5 + 10 * LAB_SCALE))
	[[ $status == 1 && $(<"$LAB_TMP/messages") == *"8 of 8 spans and log records are lost: "* && ! -e $LAB_TMP/taken ]]
	others_are_the_same
}

@test "https: with the authority that OTEL_EXPORTER_OTLP_CERTIFICATE names; without, no byte is sent" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout "$LAB_TMP/key" -out "$LAB_TMP/certificate" \
		-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	CERTIFICATE=$LAB_TMP/certificate KEY=$LAB_TMP/key receiver ok
	URL=https://127.0.0.1:$port
	send
	[[ $status == 1 && ! -e $LAB_TMP/requests ]]
	grep -q '8 of 8 .* lost: .*[Cc]ert' "$LAB_TMP/messages"
	OTEL_EXPORTER_OTLP_CERTIFICATE=$LAB_TMP/certificate send
	[[ $status == 0 ]]
	all_is_taken
}

@test "a URL that is none, or of another protocol: status 2 before anything happens, and no password is printed" {
	for url in 127.0.0.1:4318 ftp://secret@h file:///secret http:// 'http://h?secret=1' http://u:secret@h:99999; do
		run "$DTLSNOOP" -r "$RECORDING" --otlp-endpoint "$url"
		[[ $status == 2 && $output == *"--otlp-endpoint: invalid value: expected http://"* && $output != *secret* ]]
	done
	run "$DTLSNOOP" -r "$RECORDING" --otlp-endpoint http://u:secret@h --otlp-endpoint http://u:secret@i
	[[ $status == 2 && $output == *"--otlp-endpoint is given twice"* && $output != *secret* ]]
	OTEL_EXPORTER_OTLP_HEADERS=secret run "$DTLSNOOP" -r "$RECORDING" --otlp-endpoint http://h
	[[ $status == 1 && $output == *"OTEL_EXPORTER_OTLP_HEADERS: expected NAME=VALUE"* && $output != *secret* ]]
}

# trace_handshake OPTION...: traces one, which completes in JSON while it is traced.
trace_handshake() {
	server=$(lab_port)
	lab_server_openssl "$server"
	trace_start -P "$server" "$@"
	lab_run dtls_client --connect "127.0.0.1:$server"
	trace_wait '.state == "completed"'
}

has_taken() {
	[[ -s $LAB_TMP/taken ]]
}

@test "live: an endpoint that is down at the beginning and comes later gets every span; one message says so" {
	needs_root
	port=$(lab_port)
	trace_handshake --otlp-endpoint "http://user:secret@127.0.0.1:$port" --max-handshakes 1
	# The next handshake makes the one before it final.
	lab_run dtls_client --connect "127.0.0.1:$server"
	lab_wait_line trace '0 spans and log records delivered, 0 lost, 1 waiting: .*127.0.0.1 port'
	receiver ok
	lab_until 60 has_taken
	trace_stop
	[[ $(items "$LAB_TMP/taken" | jq -r .name | uniq -c) == *"2 DTLS handshake" ]]
	that 'stats.otlp | .delivered + .waiting == 2 and .lost == 0'
	[[ $(wc -l <"$LAB_TMP/trace.err") == 2 ]]
	run ! grep -q secret "$LAB_TMP/trace.err"
}

@test "live: a receiver that never answers holds up nothing, and a second SIGINT ends the wait at the end" {
	needs_root
	receiver slow
	trace_handshake --otlp-endpoint "$URL"
	kill -INT "$(lab_pid trace)"
	# All else is complete by now.
	trace_wait '.type == "stats"'
	SECONDS=0
	kill -INT "$(lab_pid trace)"
	lab_until 30 grep -q '1 of 1 spans and log records are lost' "$LAB_TMP/trace.err"
	((SECONDS < 4 * LAB_SCALE))
	status=0
	lab_join trace 30 || status=$?
	[[ $status == 1 ]]
	that 'stats.otlp == {"delivered": 0, "lost": 0, "waiting": 1}'
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
}

@test "a name that no server resolves holds up nothing" {
	needs_root
	# Something that takes questions and never answers.
	python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.53", 53)); import time; time.sleep(100)' 3>&- &
	echo "questions $! $(lab_start_time $!)" >>"$LAB_TMP/pids"
	echo "nameserver 127.0.0.53" >"$LAB_TMP/resolv.conf"
	SECONDS=0
	status=0
	unshare --mount bash -c 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"' bash "$LAB_TMP/resolv.conf" \
		"$DTLSNOOP" -r "$RECORDING" --otlp-endpoint http://collector.example:4318 >"$LAB_TMP/printed" 2>"$LAB_TMP/messages" || status=$?
	((SECONDS < 5 + 4 * LAB_SCALE))
	[[ $status == 1 && $(<"$LAB_TMP/messages") == *"8 of 8 spans and log records are lost"* ]]
	others_are_the_same
}
