# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# soak_figures.bash: what the tracer of tests/bench/soak uses, what it says, and whether that is right.

FIGURES='s rss_kB files bpf_objects recording_bytes cpu_ms events lost rate_limited handshakes'
rss_margin_kb=1024

complain() {
	echo "FAILED: $*"
	echo "$*" >>"$LAB_TMP/complaints"
}

# What the tracer holds in the kernel, as bpftool names it.
bpf_objects() {
	sed -nE 's/^(prog|map|link|btf)_id:[[:space:]]*([0-9]+)$/\1 \2/p' "/proc/$tracer/fdinfo/"* 2>/dev/null | sort -u
}

# scrape: what it serves to Prometheus.
scrape() {
	# shellcheck disable=SC2016 # for the shell inside
	timeout $((10 * SOAK_SLOW)) bash -c 'exec 3<>/dev/tcp/127.0.0.1/9684 && printf "GET /metrics HTTP/1.0\r\n\r\n" >&3 && cat <&3'
}

# Of the metrics: events, lost ones, what exceeded the rate limit, handshakes.
counters() {
	awk '/^dtlsnoop_events_total/ { events = $NF } /^dtlsnoop_events_lost_total.*wanted="true"/ { lost += $NF }
		/^dtlsnoop_rate_limited_total/ { limited = $NF } /^dtlsnoop_handshakes_total/ { num += $NF }
		END { if (events == "") exit 1; print events, lost + 0, limited, num + 0 }'
}

recording_bytes() {
	stat -c %s "$disk"/flight.rec* 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'
}

# One line of FIGURES.
figure() {
	local rss fds stat metrics bpf
	metrics=$(scrape | counters) || { echo "# no metrics at $(($(now_ms) - begun)) ms"; return 1; }
	rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$tracer/status")
	fds=$(find "/proc/$tracer/fd" -mindepth 1 | wc -l)
	bpf=$(bpf_objects | wc -l)
	stat=$(<"/proc/$tracer/stat")
	read -r -a stat <<<"${stat##*) }"
	echo "$(((($(now_ms) - begun) / 1000) + before)) $rss $fds $bpf $(recording_bytes) $(((stat[11] + stat[12]) * 10)) $metrics"
}

watch_tracer() {
	while [ -d "/proc/$tracer" ]; do
		sleep $interval
		[ ! -e "$LAB_TMP/suspended" ] || continue
		figure >"$LAB_TMP/figure" 2>/dev/null || true
		# It may have been suspended meanwhile.
		! grep '^#' "$LAB_TMP/figure" || { [ -e "$LAB_TMP/suspended" ] || echo "no metrics" >>"$LAB_TMP/no_metrics"; }
		grep '^[0-9]' "$LAB_TMP/figure" | tee -a "$LAB_TMP/figures" ${SOAK_STATE:+"$SOAK_STATE/figures"} || true
	done
}

# figures_seconds FILE: how long it ran up to now.
figures_seconds() {
	awk 'END { print $1 + 0 }' "$1" 2>/dev/null || echo 0
}

figures_by_minute() {
	awk -v head="$FIGURES" 'BEGIN { print head } int($1 / 60) != minute { print last; minute = int($1 / 60) } { last = $0 } END { print last }' "$1"
}

# --- what it says ---

# start_ms: when a trace began, by the monotonic clock. The times of its other lines begin there.
# shellcheck disable=SC2016 # for jq
JQ_TIMES='def start_ms: (.started[0:19] + "Z" | fromdate) * 1000 + (.started[20:23] | tonumber) - .clock_offset_ns / 1000000; '

# account NAME JSON [BEGAN ENDED]: compares the final lines with the ledger, or what of it lies between these times. Losses
# that were said, and pauses, account for what is missing or different in their time.
account() {
	jq -nr --argjson shift "$shift_ms" "$JQ_TIMES"'(input | start_ms + $shift) as $start | inputs |
		if .type == "loss" then "loss \(.ns / 1000000 + $start | floor) \(.lost) \(.rate_limited)"
		elif .type == "handshake" and .final then "final \(.client.address) \(.state) \(.verdict.code)" else empty end' "$2" >"$LAB_TMP/finals"
	awk -v name="$1" -v from="${3:-0}" -v to="${4:-0}" -f tests/bench/soak_account.awk "$LAB_TMP/finals" "$LAB_TMP/pauses" "$LAB_TMP/ledger"
}

# account_recording NAME -r FILE...: its own times are the bounds, $span.
account_recording() {
	local name=$1
	shift
	"$DTLSNOOP" -q -j --stuck-after $((2 * SOAK_SLOW)) "$@" 2>>"$LAB_TMP/replay.err" |
		grep -E '"type":"(trace|stats|loss)"|"final":true' >"$LAB_TMP/replay" || true
	span=$(jq -nr --argjson shift "$shift_ms" "$JQ_TIMES"'(input | start_ms + $shift) as $start | [inputs][-1] |
		"\($start | floor) \(.ns / 1000000 + $start | floor)"' "$LAB_TMP/replay")
	# shellcheck disable=SC2086 # words
	if [ "$(wc -w <<<"$span")" != 2 ]; then
		complain "$name: cannot be read: $(tail -n 1 "$LAB_TMP/replay.err")"
	elif ! account "recording, $name" "$LAB_TMP/replay" $span >"$LAB_TMP/accounted"; then
		cat "$LAB_TMP/accounted"
		complain "$name of the recording is not what happened"
		# As long as the recording is here: what it has of the first of them.
		"$DTLSNOOP" -q -v -P "$(sed -n '1s/.*: [0-9.]*:\([0-9]*\), began.*/\1/p' "$LAB_TMP/accounted")" "$@" | head -n 100
	else
		cat "$LAB_TMP/accounted"
	fi
}

# ids of the tracer that the kernel still has
bpf_left() {
	local kind id
	while read -r kind id; do
		! bpftool "$kind" show id "$id" >/dev/null 2>&1 || echo "$kind $id"
	done <"$LAB_TMP/bpf"
}

none_left() {
	[ -z "$(bpf_left)" ]
}

# judge SECONDS STATUS: false if anything is wrong.
judge() {
	local files figures=$LAB_TMP/figures
	[ -z "$SOAK_STATE" ] || figures=$SOAK_STATE/figures
	echo
	figures_by_minute "$figures" | sed "s/^/minute: /"
	echo "$num_rounds rounds, $num_clients clients, $num_boxes of them in containers (by $boxes_by), $num_floods floods" \
		"($floods_left_out left out), suspended $num_suspended times for ${suspend_seconds} s, full disk $num_full times," \
		"recording moved $num_moved times, clock set $num_clock times; exit status $2"
	jq -c 'select(.type == "stats") | {ns, events, lost, rate_limited, evicted, handshakes}' "$LAB_TMP/trace.out" | tail -n 1
	account JSON "$LAB_TMP/trace.out" || complain "JSON is not what happened"
	mapfile -t files < <(find "$disk" -name 'flight.rec*' -size +0 -printf '-r\n%p\n')
	account_recording "the last files" "${files[@]}"
	[ -s "$disk/summary" ] || complain "no summary"
	[ ! -e "$LAB_TMP/no_metrics" ] || complain "metrics were not served $(wc -l <"$LAB_TMP/no_metrics") times"
	# After a full disk something is missing in the recording.
	[ "$2" = $((num_full > 0)) ] || complain "exit status $2"
	[ ! -s "$LAB_TMP/bpf.diff" ] || complain "other BPF objects than at the beginning: $(tr '\n' ';' <"$LAB_TMP/bpf.diff")"
	lab_until 20 none_left || complain "left in the kernel: $(bpf_left | tr '\n' ';')"
	awk -v rss_margin=$rss_margin_kb -v seconds="$1" -v before="$before" -v max_bytes=$((4 << 20)) -f tests/bench/soak_judge.awk "$LAB_TMP/figures" ||
		complain "see above"
	[ ! -s "$LAB_TMP/complaints" ]
}
