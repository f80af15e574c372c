# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What verdicts and handshakes say of TLS libraries (--app). To be sourced after common.bash.

# traced COMMAND...: a client, from its first call on; what it prints is no line of the trace. It may fail.
traced() {
	local status=0
	# shellcheck disable=SC2016 # for the inner shell
	trace_start --stuck-after 2 -- bash -c 'exec "$@" </dev/null >"$0.out" 2>&1' "$LAB_TMP/traced" "$@"
	lab_join trace 30 || status=$?
	((status < 4))
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
}

# server_traced PID: the trace of a server that runs.
server_traced() {
	trace_start --stuck-after 2 -p "$1"
}

summary_has() {
	that "handshakes | any(.[]; .verdict.summary // \"\" | contains(\"$1\"))"
}

evidence_has() {
	that "handshakes | any(.[]; .verdict.evidence // [] | any(.[]; test(\"$1\")))"
}

# Of no handshake anything is said of its timer or calls.
claims_nothing() {
	that 'handshakes | all(.[]; (.verdict.summary // "" | test("timer|OpenSSL|Mbed|wolfSSL|NSS") | not) and
		(.verdict.evidence // [] | all(.[]; test("OpenSSL|Mbed|wolfSSL|NSS") | not)))'
	that 'map(select(.type=="library_error")) == []'
}

# raised SIDE LIBRARY NAME [FUNCTION]: an error of this name, and nothing that it was not raised in.
raised() {
	that "map(select(.type==\"library_error\")) | any(.[]; .side == \"$1\" and .library == \"$2\" and .name == \"$3\" and
		(.function // \"\") == \"${4:-}\")"
}
