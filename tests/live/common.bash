# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# For the live tests: dtlsnoop on the running kernel while real endpoints talk
# on loopback. Every assertion is on its JSON.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${DTLSNOOP:=$ROOT/build/dtlsnoop}"
# shellcheck source=tests/lab/lab.bash
source "$ROOT/tests/lab/lab.bash"

setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
}

teardown() {
	lab_fini
}

# Beside other suites (tests/run) a tracer of everything is restricted to the network
# namespace of this suite: what is to be added to its options then.
OWN=()
[[ -z ${LAB_APART:-} ]] || OWN=(--netns /proc/self/ns/net)

# trace_start [OPTION]...: dtlsnoop -j in the background; it traces when this returns.
# Processes, ports and so on that were asked for are no other suite's.
trace_start() {
	local own=("${OWN[@]}") option
	for option; do
		[[ ! $option =~ ^(-[pP]|--pid|--port|--cgroup|--netns)$ ]] || own=()
	done
	lab_start trace "$DTLSNOOP" -j "${own[@]}" "$@"
	lab_wait_line trace '"type":"trace"'
}

# Ends the trace; fails unless it ended well and all of its lines fit the schema.
trace_stop() {
	kill -INT "$(lab_pid trace)"
	trace_join
}

# The same for a trace that ends by itself.
trace_join() {
	lab_join trace 30
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
}

# jq over all lines as one array.
trace_jq() {
	jq -rs "$@" "$LAB_TMP/trace.out"
}

# trace_grew FILTER: what was not true stays so until there is another line, and jq takes 20 ms to say it again.
trace_grew() {
	local question
	question="$(stat -c %s "$LAB_TMP/trace.out"):$(lab_pid trace):$1"
	[[ $question != "${trace_asked:-}" ]] || return
	trace_asked=$question
}

# Is there a line that the filter selects?
trace_has() {
	trace_grew "$1" || return
	jq -es "any(.[]; $1)" "$LAB_TMP/trace.out" >/dev/null 2>&1
}

# trace_wait FILTER [SECONDS]
trace_wait() {
	lab_until "${2:-30}" trace_has "$1" && return
	echo "no line with $1" >&2
	show_handshakes
	return 1
}

# Is it true by now of the array of all lines, with the definitions below?
trace_is() {
	trace_grew "$1" || return
	jq -es "$JQ_DEFS $1" "$LAB_TMP/trace.out" >/dev/null 2>&1
}

# trace_until FILTER: for what is seen as soon as a peer or the tracer gets a processor.
trace_until() {
	lab_until 30 trace_is "$1" && return
	echo "not true in time: $1" >&2
	show_handshakes
	return 1
}

# For a person who reads why a test failed.
show_handshakes() {
	jq -rc 'select(.type=="handshake") | [.id, .state, .verdict.code, .verdict.side, .client.comm,
		.server.comm, .retransmissions, [.flights[] | [.flight, .copies, .complete]],
		[.notes[].code], .verdict.evidence]' "$LAB_TMP/trace.out" | head -n 12 >&2
	tail -n 1 "$LAB_TMP/trace.out" | cut -c1-1000 >&2
}

# final: the last line of each handshake; faults: lines with a fault.
JQ_DEFS='def handshakes: map(select(.type=="handshake"));
	def final: handshakes | group_by(.id) | map(last);
	def faults: handshakes | map(select(.verdict.severity=="fault"));
	def datagrams: map(select(.type=="datagram" and .event!="closed"));
	def closed: map(select(.type=="datagram" and .event=="closed"));
	def stats: map(select(.type=="stats"))[0];
	# Who sent the last flight has a socket on this host: nobody else can have sent it.
	def witnessed: if .resumed and .version != "DTLS 1.3" then .client.local else .server.local end;
	def completed: .state=="completed" and .verdict.code=="completed" and .verdict.severity=="ok" and
		.verdict.confidence==(if witnessed then "certain" else "likely" end);
	def noted(code): any(.notes[]; .code==code);'

# that FILTER: over the array of all lines, with the definitions above.
that() {
	jq -es "$JQ_DEFS $1" "$LAB_TMP/trace.out" >/dev/null && return
	echo "not true: $1" >&2
	show_handshakes
	return 1
}

bpftool() {
	PATH="$PATH:/usr/sbin" command bpftool "$@"
}

# Has the tracer attached what the cgroup tier has, each program by a link of its own,
# and does it catch SIGINT and SIGTERM by now?
has_attached() {
	local caught
	caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
	(((0x${caught:-0} & 0x4002) == 0x4002)) &&
		[[ $(grep -ls '^link_type:' "/proc/$1/fdinfo/"* 2>/dev/null | wc -l) -ge 8 ]]
}

# Its programs, by their ids.
programs_of() {
	sed -n 's/^prog_id:[[:space:]]*//p' "/proc/$1/fdinfo/"* 2>/dev/null | sort -un
}

# The kernel frees programs a grace period after their last link.
are_gone() {
	local id
	for id; do
		! bpftool prog show id "$id" >/dev/null 2>&1 || return 1
	done
}

# --- files whose tests mostly need no kernel: setup() { files_setup; } ---

# In a folder of the test's own; no laboratory, so no certificates are made.
files_setup() {
	LAB_TMP=$BATS_TEST_TMPDIR
	: >"$LAB_TMP/pids"
	cd "$LAB_TMP" || return
}

# What traces the kernel all the same.
needs_root() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
}

# What looks at OTLP by tests/live/otlp_check.
otlp_needs_package() {
	NODE_PATH=$("$ROOT/tests/live/npm_package" otlp 3>&-) || skip "the definition of the protocol cannot be had by npm within a minute"
	export NODE_PATH
}

# clients_while_stopped ROUNDS STOP CONT PORT: twelve clients at a time, and a tracer that is stopped from round STOP to CONT.
clients_while_stopped() {
	local i j pids
	for ((i = 0; i < $1; i++)); do
		((i != $2)) || kill -STOP "$(lab_pid trace)"
		((i != $3)) || kill -CONT "$(lab_pid trace)"
		pids=()
		for ((j = 0; j < 12; j++)); do
			lab_run dtls_client --connect "127.0.0.1:$4" >/dev/null &
			pids+=($!)
		done
		wait "${pids[@]}"
	done
}

# route_between NETS BASE: the namespaces NETS-client and NETS-server, joined by NETS-router, which forwards; all three are
# there. The client has BASE.1.2, the server BASE.2.2, and the router .1 of each.
route_between() {
	local name
	for name in client:1 server:2; do
		ip -n "$1-router" link add "${name%:*}" type veth peer name eth0 netns "$1-${name%:*}"
		ip -n "$1-router" address add "$2.${name#*:}.1/24" dev "${name%:*}"
		ip -n "$1-router" link set "${name%:*}" up
		ip -n "$1-${name%:*}" address add "$2.${name#*:}.2/24" dev eth0
		ip -n "$1-${name%:*}" link set eth0 up
		ip -n "$1-${name%:*}" route add default via "$2.${name#*:}.1"
	done
	ip netns exec "$1-router" sysctl -qw net.ipv4.ip_forward=1
}
