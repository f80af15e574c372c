# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Floods in a network namespace of their own.

# A busy machine takes its time for a flood, and so do the tests.
LAB_SECONDS=240

# A namespace of its own, where spoofed addresses reach nobody.
setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	NETNS=dtlsnoop-flood-$$
	ip netns add "$NETNS"
	ip -n "$NETNS" link set lo up
}

teardown() {
	lab_fini
	ip netns del "$NETNS"
	ip netns del "$NETNS-peer" 2>/dev/null || true
}

# inside NAME COMMAND...: in the namespace, in the background.
inside() {
	local name=$1
	shift
	lab_start "$name" ip netns exec "$NETNS" "$@"
}

# Of the namespace only: others may talk on this host meanwhile.
trace_inside() {
	trace_start --netns "/run/netns/$NETNS" "$@"
}

# flood MODE [OPTION]...: until flood_stop, to a socket that reads.
flood() {
	local mode=$1 to
	shift
	inside sink "$LAB_BIN/udp_flood" --listen 127.0.0.1:0 --expect 9 --duration "$LAB_SECONDS"
	to=$(lab_ready sink)
	inside flood "$LAB_BIN/spoof_flood" --to "$to" --duration "$LAB_SECONDS" --mode "$mode" "$@"
}

flood_stop() {
	lab_stop flood
	cat "$LAB_TMP/flood.out"
	grep -q 'errors 0$' "$LAB_TMP/flood.out"
}

resident() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$(lab_pid trace)/status"
}

# has_line WORD FILTER: a line with the word that the filter selects; there are many others.
has_line() {
	grep -F "$1" "$LAB_TMP/trace.out" | jq -es "any(.[]; $2)" >/dev/null 2>&1
}

# At most once a second.
JQ_DEFS+='def loss: map(select(.type=="loss"));
	def seldom: [loss[].ns] | . as $at | all(range(1; length); $at[.] - $at[. - 1] >= 1000000000);
	def genuine: final | map(select(.client.comm=="dtls_client"));'
