# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2154
#
# The machinery of tests/live/scenarios; POSIX sh, busybox's ash too. One tracer
# watches all scenarios at once, each on ten UDP ports of its own, because in an
# emulated guest starting a tracer for each would take most of the time.
#
# For before_NAME, if something has to run before the tracer does, and for
# start_NAME, in which $port is the first of the ten ports:
#	server, proxy, client OPTION...	programs of the lab, with certificates and an end
#	daemon ROLE COMMAND...		runs until all is over; prints "ready ..." first
#	task ROLE COMMAND...		begins when the daemons are ready; the scenario
#					is done when its tasks have ended (or see done_NAME)
#	in_peer server ...		the same in the other network namespace
#	skip REASON			this scenario cannot run here
# For done_NAME, which says whether there is nothing more to wait for:
#	seen TEXT			is it in a line of this scenario?
# For verify_NAME; each false one fails the scenario and is named:
#	that FILTER...			jq, over the array of this scenario's lines and
#					the trace and stats lines (of $view, see observers.sh)
#	ended ROLE STATUS		the exit status of a task
#	pid_of ROLE			for use in a filter
#
# A scenario in which a guest's kernel passed a program by is skipped aloud, at most two in a run: see passed_by().
#
# Settings: DTLSNOOP, LAB, CERTS (what to run, with which certificates),
# LAB_SCALE (factor for every wait), LAB_KEEP (all output stays), STUCK_AFTER (seconds), PEER_RUN (a command
# that runs its arguments in another network namespace), OWN_ADDRESS,
# PEER_ADDRESS, OWN_ADDRESS6, PEER_ADDRESS6.

: "${DTLSNOOP:=$checkout/build/dtlsnoop}" "${LAB:=$checkout/build/lab}" "${CERTS:=$LAB/certs}"
# In a guest they are there.
[ ! -x "$checkout/tests/lab/certs" ] || "$checkout/tests/lab/certs" "$CERTS" || exit
: "${LAB_SCALE:=1}" "${PEER_RUN:=}"
: "${STUCK_AFTER:=$((4 * LAB_SCALE))}"
bound=$((30 * LAB_SCALE))
life=$((bound + 30 * LAB_SCALE))
tmp=$(mktemp -d)
trace=$tmp/trace
all='' num=0 num_failed=0 num_passed_by=0 prefix='' gate='' view=lines

# final: the last line of each handshake; faults: lines with a fault.
JQ_DEFS='def handshakes: map(select(.type=="handshake"));
	def final: handshakes | group_by(.id) | map(last);
	def faults: handshakes | map(select(.verdict.severity=="fault"));
	def datagrams: map(select(.type=="datagram" and .event!="closed"));
	def closed: map(select(.type=="datagram" and .event=="closed"));
	def stats: map(select(.type=="stats"))[0];
	def noted(code): any(.notes[]; .code==code);
	# Who sent the last flight has a socket on this host: nobody else can have sent it.
	def witnessed: if .resumed and .version != "DTLS 1.3" then .client.local else .server.local end;
	def completed: .state=="completed" and .verdict.code=="completed" and .verdict.severity=="ok" and
		.verdict.confidence==(if witnessed then confidence else "likely" end);
	def whole: all(.flights[]; .complete);
	def to(port): map(select(.server.address | endswith(":\(port)")));'

# undisturbed: no flight was sent twice and nothing waited. On an emulated machine,
# which may be slower than the peers' timers, both may be, but nothing else; and its
# CPUs are interrupted in the middle of a program, so that the kernel passes one by
# now and then. That has to be counted, and certain is nothing then.
if [ "$LAB_SCALE" = 1 ]; then
	pause=0.2 per_second=5 stagger=0.1
	JQ_DEFS="def confidence: \"certain\"; $JQ_DEFS def nothing_lost: .lost == 0;
		def undisturbed: whole and .notes == [] and all(.flights[]; .copies == 1);"
else
	pause=1 per_second=1 stagger=0.3
	JQ_DEFS="def confidence: if any(.notes[]; .code==\"events-lost\") or .verdict.doubt==\"events were lost\" then
			\"likely\" else \"certain\" end;
		$JQ_DEFS def nothing_lost: .lost == .lost_missed;
		def undisturbed: whole and all(.notes[].code; IN(\"retransmissions\", \"slow-reader\",
			\"slow-answer\", \"first-flight-ignored\", \"events-lost\"));"
fi

# --- for the scenarios ------------------------------------------------------

# scenario NAME TITLE: start_NAME (if anything is to be started) and verify_NAME follow.
scenario() {
	all="$all $1"
	eval "title_$1=\$2"
}

skip() {
	echo "$*" >"$tmp/$name.skip"
}

# The exit status is kept in a file, since only a shell's own children can be waited for.
run_for_scenario() {
	role=$1
	shift
	file=$tmp/$name.$role
	# shellcheck disable=SC2016 # for the inner shell
	[ -z "$gate" ] || set -- sh -c 'read -r _ <"$0"; exec "$@"' "$gate" "$@"
	# shellcheck disable=SC2086 # no word, or some
	$prefix "$@" </dev/null >"$file.out" 2>"$file.err" &
	echo $! >"$file.pid"
	wait $!
	echo $? >"$file.status"
}

daemon() {
	echo "$1" >>"$tmp/$name.daemons"
	run_for_scenario "$@" 2>/dev/null &
}

daemons_ready() {
	[ -e "$tmp/$name.daemons" ] && [ ! -e "$tmp/over" ] || return 0
	while read -r role; do
		grep -qs '^ready ' "$tmp/$name.$role.out" || return 1
	done <"$tmp/$name.daemons"
}

task() {
	echo "$1" >>"$tmp/$name.tasks"
	{
		[ -n "$gate" ] || until_true "$bound" daemons_ready
		[ -e "$tmp/over" ] || run_for_scenario "$@"
	} 2>/dev/null &
}

in_peer() {
	prefix=$PEER_RUN
	"$@"
	prefix=''
}

server() {
	daemon server "$LAB/dtls_server" --cert "$CERTS/server.pem" --key "$CERTS/server.key" --duration "$life" "$@"
}

proxy() {
	daemon proxy "$LAB/udp_fault_proxy" --duration "$life" "$@"
}

client() {
	task client "$LAB/dtls_client" --duration "$bound" "$@"
}

# own_lines TRACE
own_lines() {
	grep ":${port%?}[0-9]\"" "$1"
}

seen() {
	own_lines "$trace" | grep -q -- "$1"
}

# lines_of TRACE: those of this scenario, between the trace and the stats line.
lines_of() {
	head -n 1 "$1"
	own_lines "$1"
	tail -n 1 "$1"
}

pid_of() {
	cat "$tmp/$name.$1.pid"
}

wrong() {
	echo "$*" >>"$tmp/$name.wrong"
}

# All filters in one jq: starting it is what takes the time.
that() {
	program=$JQ_DEFS index=0
	for filter; do
		index=$((index + 1))
		program="$program (if (try ($filter) catch false) then empty else $index end),"
	done
	untrue=$(jq -rs "$program empty" "$tmp/$name.$view" 2>&1) || wrong "jq: $untrue"
	for index in $untrue; do
		eval "wrong \"$view: not true: \${$index}\"" 2>/dev/null
	done
}

ended() {
	status=$(cat "$tmp/$name.$1.status" 2>/dev/null)
	[ "$status" = "$2" ] || wrong "$1: exit status ${status:-unknown, it did not end}, not $2"
}

# --- the run ----------------------------------------------------------------

# until_true SECONDS COMMAND...
until_true() {
	tries=$(($1 * per_second))
	shift
	until "$@"; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep $pause
	done
}

tracer_traces() {
	grep -qs '"type":"trace"' "$trace"
}

tracer_traces_or_ended() {
	tracer_traces || tracer_ended
}

tracer_ended() {
	[ -e "$tmp/tracer.status" ]
}

tracer_start() {
	{
		"$DTLSNOOP" -q -j --hooks "$tier" --stuck-after "$STUCK_AFTER" ${tracer_options:-} >"$trace" 2>"$tmp/tracer.err" &
		echo $! >"$tmp/tracer.pid"
		wait $!
		echo $? >"$tmp/tracer.status"
	} 2>/dev/null &
	until_true "$bound" tracer_traces_or_ended
	tracer_traces && return
	tracer_ended && cause="ended with status $(cat "$tmp/tracer.status")" || cause="is not tracing after $bound s"
	echo "Bail out! $tier: the tracer $cause: $(tail -n 3 "$tmp/tracer.err")"
	# The kernel may still be verifying its programs, which a gentler signal would not end.
	kill -KILL "$(pid_of_tracer)" 2>/dev/null
	exit 1
}

# Of what was started here and has not ended; a process id alone may be another's by now.
stop_all() {
	for file in "$tmp"/*.pid; do
		[ ! -e "$file" ] || [ -e "${file%.pid}.status" ] || kill "$(cat "$file")" 2>/dev/null
	done
}

all_stopped() {
	stop_all
	for file in "$tmp"/*.pid; do
		[ ! -e "$file" ] || [ -e "${file%.pid}.status" ] || return 1
	done
}

# What ends still writes its status: only then may the folder go.
finish() {
	: >"$tmp/over"
	until_true "$bound" all_stopped
	wait
	[ -z "${LAB_KEEP:-}" ] && rm -rf "$tmp" || echo "# all of it is in $tmp"
}

# Ten ports for each, below the ephemeral ones; none of them is bound now.
choose_ports() {
	count=$((10 * $#))
	# The ports that follow are another suite's, and a tracer of the whole host sees them.
	[ $count -le "${LAB_NUM_PORTS:-12000}" ] || {
		echo "Bail out! $# rows need $count ports, and tests/run gives $LAB_NUM_PORTS to a suite"
		exit 1
	}
	random=$(od -An -N2 -tu2 /dev/urandom)
	while :; do
		first=$((${LAB_FIRST_PORT:-20000 + random % 1100 * 10}))
		bound_between $first $((first + count)) || return 0
		random=$((random + 97))
	done
}

# The local port is the hexadecimal number after the last colon of field 2.
bound_between() {
	cat /proc/net/udp /proc/net/udp6 | while read -r _ own _; do
		case $own in *:????) ;; *) continue ;; esac
		own=$((0x${own##*:}))
		[ $own -lt "$1" ] || [ $own -ge "$2" ] || echo bound
	done | grep -q bound
}

each() {
	port=$first
	for name in $chosen; do
		"$@"
		port=$((port + 10))
	done
}

is_function() {
	case $(command -V "$1" 2>/dev/null) in *function*) return 0 ;; esac
	return 1
}

before_one() {
	! is_function "before_$name" || "before_$name"
}

# Staggered: twenty handshakes in the same moment are no test of a slow machine.
start_one() {
	[ ! -e "$tmp/$name.skip" ] || return 0
	is_function "start_$name" || is_function "before_$name" || return 0
	! is_function "start_$name" || "start_$name"
	! is_function open_gate || open_gate
	sleep $stagger
}

tasks_ended() {
	[ -e "$tmp/$name.tasks" ] || return 0
	while read -r role; do
		[ -e "$tmp/$name.$role.status" ] || return 1
	done <"$tmp/$name.tasks"
}

check_done() {
	[ ! -e "$tmp/$name.skip" ] && [ ! -e "$tmp/$name.done" ] || return 0
	if is_function "done_$name"; then
		"done_$name" || return 0
	else
		tasks_ended || return 0
	fi
	: >"$tmp/$name.done"
}

all_done() {
	each check_done
	for name in $chosen; do
		[ -e "$tmp/$name.skip" ] || [ -e "$tmp/$name.done" ] || return 1
	done
}

result() {
	num=$((num + 1))
	eval "title=\$title_$name"
	if [ -e "$tmp/$name.skip" ]; then
		echo "ok $num - $tier: $title # SKIP $(cat "$tmp/$name.skip")"
	elif [ -e "$tmp/$name.wrong" ]; then
		num_failed=$((num_failed + 1))
		echo "not ok $num - $tier: $title"
		diagnose
	else
		echo "ok $num - $tier: $title"
	fi
}

# What a person wants to know of a scenario that failed, in TAP's comments.
diagnose() {
	{
		cat "$tmp/$name.wrong"
		for file in "$tmp/$name".*lines; do
			echo "${file##*.}:"
			jq -rsc "$JQ_DEFS final[] | {id, state, verdict, notes, retransmissions, client, server, flights}" \
				"$file" | head -n 6 | cut -c1-2000
		done
		echo "its datagrams (kind, ns, handshake, process, from, to, bytes, what is first in it):"
		jq -c 'select(.type=="datagram") | [.event, .ns, .handshake, .comm, .local, .remote, .length, .datagram,
			.copied, .records[0].messages[0].msg_type // .records[0].content_type]' "$tmp/$name.lines" |
			head -n 40
		tail -n 1 "$tmp/$name.lines" | cut -c1-700
		for file in "$tmp/$name".*.out "$tmp/$name".*.err; do
			[ ! -s "$file" ] || sed "s/^/${file##*/}: /" "$file" | tail -n 3
		done
	} | sed 's/^/# /'
}

# Did the kernel pass a program by during this scenario's handshake? Only on an emulated machine, and counted: what the
# tracer says is rightly less then (likely, or no word of reads). More than two of these in a run are a fault.
passed_by() {
	[ "$LAB_SCALE" != 1 ] && [ $num_passed_by -lt 2 ] &&
		jq -es "$JQ_DEFS any(final[]; .verdict.doubt==\"events were lost\") and (stats | .lost > 0 and nothing_lost)" \
			"$tmp/$name.lines" >/dev/null 2>&1
}

excuse_passed_by() {
	num_passed_by=$((num_passed_by + 1))
	diagnose
	rm "$tmp/$name.wrong"
	skip "the kernel passed a program of the tracer by during it, which was counted and said"
}

verify_one() {
	if [ ! -e "$tmp/$name.skip" ]; then
		lines_of "$trace" >"$tmp/$name.lines"
		[ -e "$tmp/$name.done" ] || wrong "not done after $bound s"
		"verify_$name"
		if [ -e "$tmp/$name.wrong" ] && passed_by; then excuse_passed_by; fi
	fi
	result
}

# First of all: nothing that the tracer said is worth anything if it ended badly.
tracer_stop() {
	# shellcheck disable=SC2034 # by its name
	name=tracer title_tracer='the tracer ends with status 0'
	kill -INT "$(pid_of_tracer)"
	until_true "$bound" tracer_ended
	status=$(cat "$tmp/tracer.status" 2>/dev/null)
	[ "$status" = 0 ] || wrong "status ${status:-unknown, it did not end}: $(tail -n 3 "$tmp/tracer.err")"
	tail -n 1 "$trace" >"$tmp/tracer.lines"
	result
}

pid_of_tracer() {
	cat "$tmp/tracer.pid"
}

# run_scenarios TIER [NAME...]
run_scenarios() {
	[ $# -gt 0 ] || {
		echo "Usage: tests/live/scenarios TIER [NAME...]" >&2
		exit 2
	}
	tier=$1
	shift
	chosen=${*:-$all}
	for name in $chosen; do
		is_function "verify_$name" || { echo "Bail out! there is no $name" && exit 2; }
	done
	trap finish EXIT
	trap 'exit 1' INT TERM HUP
	# shellcheck disable=SC2086 # words
	set -- $chosen
	echo "1..$(($# + 1))"
	choose_ports "$@"
	each before_one
	tracer_start
	! is_function observers_start || observers_start
	each start_one
	until_true "$bound" all_done
	# For what the tracer has yet to print.
	sleep "$LAB_SCALE"
	! is_function observers_stop || observers_stop
	tracer_stop
	stop_all
	each verify_one
	[ $num_failed = 0 ]
}
