#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# -o otlp: spans for OpenTelemetry.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden
CASES=$ROOT/../shared/cases

setup() {
	files_setup
}

# The spans of a file as one array.
SPANS='[.[] | .resourceSpans[]?.scopeSpans[].spans[]]'
# The attributes of a span as an object.
ATTRIBUTES='(.attributes | map({ (.key): .value[] }) | add)'

@test "-o otlp: what opentelemetry-proto wants, of recordings and captures; one span a handshake" {
	otlp_needs_package
	for file in "$GOLDEN"/*.rec "$GOLDEN"/*.pcap "$CASES"/*.rec "$CASES"/*.pcap; do
		[[ -e $file ]] || continue
		"$DTLSNOOP" -r "$file" -o otlp -o json="$LAB_TMP/json" --force >"$LAB_TMP/otlp"
		[[ ! -s $LAB_TMP/otlp ]] || "$ROOT/tests/live/otlp_check" <"$LAB_TMP/otlp"
		# A span is of a final line: state and verdict are the same.
		jq -c 'select(.final) | [.state, .verdict.code]' "$LAB_TMP/json" >"$LAB_TMP/final"
		jq -sc "$SPANS[] | $ATTRIBUTES | [.\"dtlsnoop.state\", .\"dtlsnoop.verdict\"]" "$LAB_TMP/otlp" | diff "$LAB_TMP/final" -
		# Each id is there once.
		jq -es "$SPANS | map(.spanId) | length == (unique | length)" "$LAB_TMP/otlp"
	done
}

@test "the check of opentelemetry-proto: near misses are found" {
	otlp_needs_package
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -o otlp >"$LAB_TMP/otlp"
	"$ROOT/tests/live/otlp_check" <"$LAB_TMP/otlp"
	for change in 's/"kind"/"king"/' 's/"traceId":"../"traceId":"/' 's/"intValue":"/"intValue":"x/' 's/"boolValue":true/"boolValue":"true"/;s/"boolValue":false/"boolValue":"no"/'; do
		run ! "$ROOT/tests/live/otlp_check" < <(sed "$change" "$LAB_TMP/otlp")
	done
}

@test "an error has a type and a status, a completed handshake has none; the tracer's own trace is told from another's" {
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -o otlp >"$LAB_TMP/stuck"
	jq -es "$SPANS | length == 1 and all(.[]; .status.code == 2 and ($ATTRIBUTES | .\"error.type\" == \"not-retransmitting\" and
		.\"tls.established\" == false and .\"dtlsnoop.side\" == \"client\"))" "$LAB_TMP/stuck"
	"$DTLSNOOP" -r "$GOLDEN/completed.pcap" -o otlp >"$LAB_TMP/completed"
	jq -es "$SPANS | length == 1 and all(.[]; (has(\"status\") | not) and ($ATTRIBUTES | (has(\"error.type\") | not) and
		.\"tls.established\" == true and .\"tls.protocol.version\" == \"1.2\"))" "$LAB_TMP/completed"
	# The same input gives the same bytes.
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -o otlp | cmp - "$LAB_TMP/stuck"
	mkdir "$LAB_TMP/golden"
	"$GOLDEN/outputs" "$LAB_TMP/golden"
	for name in founding-abi3 others-abi6; do
		cmp "$GOLDEN/$name.otlp" "$LAB_TMP/golden/$name.otlp"
	done
}

@test "two traces of one real handshake: the same trace id, from the client's random, and two spans" {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	port=$(lab_port)
	lab_server_openssl "$port"
	trace_start -P "$port" -o otlp="$LAB_TMP/first"
	lab_start second "$DTLSNOOP" -q -P "$port" -o otlp="$LAB_TMP/second"
	lab_until 30 has_attached "$(pgrep -P "$(lab_pid second)" || lab_pid second)"
	lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.state == "completed"'
	kill -INT "$(lab_pid second)"
	lab_join second 30
	trace_stop
	jq -es "$SPANS | length == 1 and (.[0] | $ATTRIBUTES | .\"tls.established\" and .\"process.executable.name\" == \"openssl\" and
		.\"dtlsnoop.client.comm\" == \"dtls_client\" and .\"server.port\" == \"$port\" and .\"tls.resumed\" == false)" "$LAB_TMP/first"
	random=$(jq -r 'select(.final) | .client_random' "$LAB_TMP/trace.out")
	expected=$(python3 -c "import hashlib; print(hashlib.sha256(bytes.fromhex('$random')).hexdigest()[:32])")
	for file in first second; do
		[[ $(jq -r '.resourceSpans[].scopeSpans[].spans[].traceId' "$LAB_TMP/$file") == "$expected" ]]
	done
	[[ $(cat "$LAB_TMP/first" "$LAB_TMP/second" | jq -r '.resourceSpans[].scopeSpans[].spans[].spanId' | sort -u | wc -l) == 2 ]]
}

@test "hostile names do not leave their strings" {
	"$DTLSNOOP" -r "$GOLDEN/others-abi6.rec" -o otlp >"$LAB_TMP/otlp"
	jq -es 'length > 1 and any(.[]; has("resourceLogs"))' "$LAB_TMP/otlp"
	[[ -z $(LC_ALL=C tr -d '\n -~' <"$LAB_TMP/otlp") ]]
}
