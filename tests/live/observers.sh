# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034
#
# Two observers, one truth: for tests/live/rows the same handshakes are watched
# three times at once, and each view is a $view for `that` of harness.sh:
#	lines	by a tracer that sees both ends
#	near	by a tracer that sees one process of each scenario (-p), as if the
#		other end were on another host
#	wire	by nobody: tcpdump on loopback, read by dtlsnoop -r
#
# For before_NAME:
#	near client OPTION...	begins before the tracers do, which is when -p wants it,
#				and waits there until it is its turn
# For verify_NAME:
#	from_near FILTER...	`that`, of the near view
#	from_wire FILTER...	`that`, of the wire, if there is a capture
#	without_wire REASON	from_wire and agree_all say nothing of the wire here

near_trace=$tmp/near.trace wire_trace=$tmp/wire.trace capture=$tmp/lo.pcap

near() {
	role=$2
	case $1 in
	*client | connects) role=client ;;
	*server) role=server ;;
	esac
	mkfifo "$tmp/$name.gate"
	echo "$role" >"$tmp/$name.near"
	gate=$tmp/$name.gate
	"$@"
	gate=''
	until_true "$bound" exists "$tmp/$name.$role.pid"
}

exists() {
	[ -s "$1" ]
}

# What before_NAME has begun goes on: a server at once, others when these are ready.
open_gate() {
	[ -e "$tmp/$name.gate" ] || return 0
	{
		grep -qsx "$(cat "$tmp/$name.near")" "$tmp/$name.daemons" || until_true "$bound" daemons_ready
		echo >"$tmp/$name.gate"
	} 2>/dev/null &
}

near_pids() {
	for file in "$tmp"/*.near; do
		cat "${file%.near}.$(cat "$file").pid"
	done | paste -sd, -
}

can_read_captures() {
	"$DTLSNOOP" --help | grep -q -- ' --read=' && PATH="$PATH:/usr/sbin:/sbin" command -v tcpdump >/dev/null
}

observer_traces() {
	grep -qs '"type":"trace"' "$near_trace" || [ -e "$tmp/observer.near.status" ]
}

observer_listens() {
	grep -qs 'listening on' "$tmp/observer.wire.err" || [ -e "$tmp/observer.wire.status" ]
}

# Their output is not a scenario's: run_for_scenario is told so by another $name.
observers_start() {
	name=observer
	[ ! -e "$tmp/$name.near.pid" ] || return 0
	run_for_scenario near "$DTLSNOOP" -q -j --hooks "$tier" --stuck-after "$STUCK_AFTER" \
		-p "$(near_pids)" 2>/dev/null &
	near_trace=$tmp/observer.near.out
	until_true "$bound" observer_traces
	[ ! -e "$tmp/observer.near.status" ] || {
		echo "Bail out! the second tracer ended: $(cat "$tmp/observer.near.err")"
		exit 1
	}
	if can_read_captures; then
		PATH="$PATH:/usr/sbin:/sbin" run_for_scenario wire tcpdump -i lo -n -U -s 0 -B 8192 -w "$capture" \
			udp portrange "$first-$((first + count))" 2>/dev/null &
		until_true "$bound" observer_listens
	fi
}

observer_ended() {
	[ -e "$tmp/observer.$1.status" ]
}

observers_stop() {
	observer_ended near || kill -INT "$(cat "$tmp/observer.near.pid")"
	until_true "$bound" observer_ended near
	[ -s "$capture" ] || return 0
	kill -INT "$(cat "$tmp/observer.wire.pid")"
	until_true "$bound" observer_ended wire
	"$DTLSNOOP" -q -j --stuck-after "$STUCK_AFTER" -r "$capture" >"$wire_trace" 2>"$tmp/observer.read.err" ||
		echo "# dtlsnoop -r: $(cat "$tmp/observer.read.err")"
}

# of_view VIEW TRACE FILTER...
of_view() {
	view=$1 file=$2
	shift 2
	[ -e "$tmp/$name.$view" ] || lines_of "$file" >"$tmp/$name.$view"
	that "$@"
	view=lines
}

from_near() {
	of_view near_lines "$near_trace" "$@"
}

from_wire() {
	[ ! -s "$wire_trace" ] || of_view wire_lines "$wire_trace" "$@"
}

# same FILTER: what all views say of it is the same; the filter is over the array of lines.
same() {
	first_view=''
	for view in lines near_lines wire_lines; do
		case $view in
		near_lines) file=$near_trace ;;
		wire_lines) file=$wire_trace ;;
		*) file=$trace ;;
		esac
		[ -s "$file" ] || continue
		[ -e "$tmp/$name.$view" ] || lines_of "$file" >"$tmp/$name.$view"
		said=$(jq -rsc "$JQ_DEFS $1" "$tmp/$name.$view" 2>&1)
		[ -n "$first_view" ] || first_view=$said
		[ "$said" = "$first_view" ] || wrong "$view: $said, but with both ends seen: $first_view; of $1"
	done
	view=lines
}
