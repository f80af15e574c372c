#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Files as sources: recordings and captures. Only what records live needs root.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden
CAPTURES=$ROOT/../shared/captures

setup() {
	files_setup
}

# read_file FILE [OPTION]...: as the trace that `that` looks at; it must succeed and fit the schema.
read_file() {
	"$DTLSNOOP" -j -r "$@" >"$LAB_TMP/trace.out"
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
}

# Somebody who may do nothing, in a place where the program can be read.
as_nobody() {
	if [[ ! -e $LAB_TMP/open ]]; then
		mkdir "$LAB_TMP/open"
		cp "$DTLSNOOP" "$GOLDEN"/*.pcap "$GOLDEN"/*.rec "$LAB_TMP/open"
		chmod -R a+rX "$LAB_TMP/open"
		chmod a+x "$LAB_TMP" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
	fi
	(cd "$LAB_TMP/open" && if [[ $(id -u) == 0 ]]; then
		exec setpriv --reuid=nobody --regid=nogroup --clear-groups --bounding-set=-all --inh-caps=-all "$@"
	else
		exec "$@"
	fi)
}

# capture FILE FILTER: what passes on loopback.
capture() {
	PATH="$PATH:/usr/sbin:/sbin" lab_start tcpdump tcpdump -i lo -U --immediate-mode -Z root -w "$1" "$2"
	lab_wait_line tcpdump "listening on"
}

# num_captured FILTER: packets that are in the file by now.
num_captured() {
	PATH="$PATH:/usr/sbin:/sbin" tcpdump -nr "$LAB_TMP/lo.pcap" "$1" 2>/dev/null | wc -l
}

has_captured() {
	(($(num_captured '') >= $1))
}

# In a capture nobody is local, and nothing is known of sockets.
assert_no_local_side() {
	that 'handshakes | all(.[] | .client, .server; has("local") or has("pid") or has("comm") | not)'
	that 'handshakes | all(.[]; .verdict | has("side_local") | not)'
	that 'datagrams | all(.[]; (.event == "captured" or .event == "other") and has("source") and has("destination") and
		(has("direction") or has("local") or has("remote") | not))'
	that '.[0] | .source == "capture" and (has("hooks") or has("kernel") | not)'
}

# on_host NAME COMMAND...: in a UTS namespace of its own.
on_host() {
	unshare --uts bash -c 'printf "$1" >/proc/sys/kernel/hostname && shift && exec "$@"' - "$@"
}

# --- recordings ---

@test "the JSON Schema is one, and both validators find what breaks it" {
	for name in "$GOLDEN"/*.pcap; do
		read_file "$name"
		"$ROOT/tests/live/validate" --reference "$LAB_TMP/trace.out"
	done
	for wrong in '.pid = -1' 'del(.event)' '.event = "thought"' '.unheard_of = 1'; do
		"$DTLSNOOP" -j -r "$GOLDEN/completed.pcap" | jq -c "if .type == \"datagram\" then $wrong else . end" >"$LAB_TMP/wrong"
		for validator in '' --reference; do
			# shellcheck disable=SC2086 # none, or one
			run -1 "$ROOT/tests/live/validate" $validator "$LAB_TMP/wrong"
			[[ $output == "line 2 (datagram) "* ]]
		done
	done
}

@test "a recording gives the lines of the live run, byte for byte, and says where it is from" {
	needs_root
	port=$(lab_port)
	trace_start -w "$LAB_TMP/live.rec"
	lab_server_openssl "$port"
	lab_client_openssl "$port" -quiet -servername example.org
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	cp "$LAB_TMP/trace.out" "$LAB_TMP/live"
	read_file "$LAB_TMP/live.rec"
	diff <(sed 1d "$LAB_TMP/live") <(sed 1d "$LAB_TMP/trace.out")
	diff <(head -n 1 "$LAB_TMP/live" | jq '.source = "recording"') <(head -n 1 "$LAB_TMP/trace.out" | jq .)
	that 'final[0] | completed and .client.comm == "openssl" and .server_name == "example.org"'
	that 'final[0] | .client.local and .server.local'
	[[ $(stat -c %a "$LAB_TMP/live.rec") == 600 ]]
}

@test "a stuck handshake: what was said when is in its recording, with drops, filters and cgroups" {
	needs_root
	port=$(lab_port)
	proxy=127.0.0.1:$port
	lab_proxy proxy "$(lab_port)" --listen "$proxy" --fault drop:dir=c2s,count=0
	trace_start -w "$LAB_TMP/live.rec" -P "$port" --stuck-after 2
	lab_start client "$LAB_BIN/dtls_client" --connect "$proxy" --duration 8
	trace_wait '.type=="handshake" and .state=="stuck"'
	trace_stop
	cp "$LAB_TMP/trace.out" "$LAB_TMP/live"
	read_file "$LAB_TMP/live.rec" --stuck-after 2
	diff <(sed 1d "$LAB_TMP/live") <(sed 1d "$LAB_TMP/trace.out")
	that ".[0].filter.port == [$port]"
	# Another question to the same events.
	read_file "$LAB_TMP/live.rec" --stuck-after 60
	that 'faults == []'
}

@test "a run that lost events, with many handshakes: its recording tells the same, losses at their time" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	trace_start -w "$LAB_TMP/live.rec" --buffer 64K --stuck-after 1 -P "$port"
	clients_while_stopped 8 3 6 "$port"
	sleep 1.5
	trace_stop
	that 'stats.lost > 0 and (final | length) > 40'
	cp "$LAB_TMP/trace.out" "$LAB_TMP/live"
	read_file "$LAB_TMP/live.rec" --stuck-after 1
	diff <(sed 1d "$LAB_TMP/live") <(sed 1d "$LAB_TMP/trace.out")
}

@test "recordings of every event ABI: what is said of them stays the same, byte for byte" {
	"$GOLDEN/outputs" "$LAB_TMP"
	for file in "$GOLDEN"/*-abi*.rec; do
		name=$(basename "$file" .rec)
		# Its ABI is that of its name: nobody has recorded it anew.
		[[ $(od -An -tu2 -j14 -N2 "$file" | tr -d ' ') == "${name##*-abi}" ]]
		cmp "$GOLDEN/$name.json" "$LAB_TMP/$name.json"
		cmp "$GOLDEN/$name.timeline" "$LAB_TMP/$name.timeline"
		"$ROOT/tests/live/validate" "$LAB_TMP/$name.json"
	done
	for name in founding-abi3 others-abi7; do
		cmp "$GOLDEN/$name.ladder" "$LAB_TMP/$name.ladder"
	done
	[[ -e $LAB_TMP/founding-abi3.json && -e $LAB_TMP/others-abi4.json && -e $LAB_TMP/others-abi5.json && -e $LAB_TMP/others-abi6.json && -e $LAB_TMP/others-abi7.json ]]
}

@test "both ends of handshakes: what is said of them stays the same, byte for byte, in 80 columns, whatever the order of the files" {
	"$GOLDEN/outputs" "$LAB_TMP"
	for format in json timeline ladder html terminal; do
		cmp "$GOLDEN/ends.$format" "$LAB_TMP/ends.$format"
	done
	"$ROOT/tests/live/validate" "$LAB_TMP/ends.json"
	[[ -z $(awk 'length > 80' "$LAB_TMP/ends.terminal" "$LAB_TMP/ends.ladder") ]]
	"$DTLSNOOP" -v -r "$GOLDEN/ends-server.rec" -r "$GOLDEN/ends-client.rec" | cmp - "$GOLDEN/ends.timeline"
	# As tests/live/two_ends.bats provoked them.
	diff - <(jq -r 'select(.type == "handshake" and .final) | .verdict | "\(.code) \(.side // "-") \(.confidence)"' "$LAB_TMP/ends.json" | sort) <<-END
		completed - certain
		lost-on-path network certain
		lost-on-path network certain
		mtu-blackhole network certain
		silent-after-read client certain
	END
}

@test "ICMP errors in a capture: what is said of them stays the same, and a recording of it says it too" {
	"$GOLDEN/outputs" "$LAB_TMP"
	cmp "$GOLDEN/icmp.json" "$LAB_TMP/icmp.json"
	cmp "$GOLDEN/icmp.timeline" "$LAB_TMP/icmp.timeline"
	"$ROOT/tests/live/validate" "$LAB_TMP/icmp.json"
	"$DTLSNOOP" -j -r "$GOLDEN/icmp.pcap" -w "$LAB_TMP/icmp.rec" | sed 1d >"$LAB_TMP/first"
	"$DTLSNOOP" -j -r "$LAB_TMP/icmp.rec" | sed 1d | cmp - "$LAB_TMP/first"
	# As tests/golden/icmp says: client, verdict.
	"$GOLDEN/icmp" | cmp - "$GOLDEN/icmp.pcap"
	diff - <(jq -r 'select(.type == "handshake" and .id) | "\(.id) \(.verdict.code // "-") \(.verdict.side // "-")"' \
		"$LAB_TMP/icmp.json" | sort | uniq | sort -s -n -k1,1) <<-END
		1 rejected network
		2 port-unreachable server
		3 - -
		4 mtu-blackhole network
		5 no-response server
		6 rejected network
		7 port-unreachable server
		8 no-response server
	END
}

@test "a recording of an earlier ABI, recorded again: the same is said of it" {
	"$DTLSNOOP" -j -r "$GOLDEN/founding-abi3.rec" -w "$LAB_TMP/again.rec" >"$LAB_TMP/first"
	"$DTLSNOOP" -j -r "$LAB_TMP/again.rec" | cmp - "$LAB_TMP/first"
	abi=$("$DTLSNOOP" -V | grep -oE 'event ABI [0-9]+')
	[[ "event ABI $(od -An -tu2 -j14 -N2 "$LAB_TMP/again.rec" | tr -d ' ')" == "$abi" ]]
	# What it did not say is not made up.
	head -n 1 "$LAB_TMP/first" | jq -e '(has("host") or has("boot_id") or has("trace_id")) | not'
}

@test "a recording of a later ABI, or one from before all that are read: refused, with the version to use" {
	for abi in 2 99; do
		cp "$GOLDEN/founding.rec" "$LAB_TMP/other.rec"
		# shellcheck disable=SC2059 # a byte
		printf "\\x$(printf %x "$abi")" | dd of="$LAB_TMP/other.rec" bs=1 seek=14 conv=notrunc status=none
		run --separate-stderr "$DTLSNOOP" -r "$LAB_TMP/other.rec"
		echo "$stderr"
		[[ $status == 1 && -z $output && ${#stderr_lines[@]} == 1 ]]
		[[ $stderr == *"other.rec: this recording has event ABI $abi "*"reads ABI 3 to "*"with the version that wrote it"* ]]
		[[ $abi == 2 || $stderr == *"or a later one"* ]]
		[[ $abi == 99 || $stderr != *"or a later one"* ]]
	done
}

@test "which host, boot and trace: in the live run, in its recording, and in a copy of that made elsewhere" {
	needs_root
	on_host 'here"\x1b[31m\xc3\xa4' "$DTLSNOOP" -q -j -w "$LAB_TMP/live.rec" --duration 0.2 >"$LAB_TMP/live"
	"$ROOT/tests/live/validate" "$LAB_TMP/live"
	boot=$(cat /proc/sys/kernel/random/boot_id)
	# As the names of processes are: escaped, so that no terminal obeys it.
	head -n 1 "$LAB_TMP/live" | jq -e --arg boot "$boot" '.boot_id == $boot and .host.boot_id == $boot and
		.host.name == "here\"\\x1b[31m\\xc3\\xa4" and (.trace_id | test("^[0-9a-f]{32}$"))'
	on_host elsewhere "$DTLSNOOP" -j -r "$LAB_TMP/live.rec" -w "$LAB_TMP/copy.rec" >"$LAB_TMP/first"
	"$DTLSNOOP" -j -r "$LAB_TMP/copy.rec" | cmp - "$LAB_TMP/first"
	cmp "$LAB_TMP/live.rec" "$LAB_TMP/copy.rec"
	diff <(sed '1s/"source":"live"/"source":"recording"/' "$LAB_TMP/live") "$LAB_TMP/first"
	# Another trace has another, on the same host.
	"$DTLSNOOP" -q -j --duration 0.2 >"$LAB_TMP/other"
	[[ $(head -n 1 "$LAB_TMP/other" | jq -r .trace_id) != $(head -n 1 "$LAB_TMP/live" | jq -r .trace_id) ]]
	[[ $(head -n 1 "$LAB_TMP/other" | jq -r .host.name) == $(uname -n) ]]
	# Which machine it is, only if that is asked for; a recording keeps it.
	[[ $(head -n 1 "$LAB_TMP/other" | jq '.host | has("machine_id")') == false ]]
	[[ -s /etc/machine-id ]] || skip "this host has no /etc/machine-id"
	"$DTLSNOOP" -q -j --host-id -w "$LAB_TMP/id.rec" --duration 0.2 >"$LAB_TMP/id"
	"$ROOT/tests/live/validate" "$LAB_TMP/id"
	machine=$(printf %s "$(cat /etc/machine-id)" | sha256sum | cut -c1-16)
	[[ $(head -n 1 "$LAB_TMP/id" | jq -r .host.machine_id) == "$machine" ]]
	[[ $("$DTLSNOOP" -j -r "$LAB_TMP/id.rec" | head -n 1 | jq -r .host.machine_id) == "$machine" ]]
	# A capture is of no known host.
	read_file "$GOLDEN/completed.pcap" -w "$LAB_TMP/capture.rec"
	that '.[0] | (has("host") or has("clock_offset_ns") or has("boot_id") or has("trace_id")) | not'
	read_file "$LAB_TMP/capture.rec"
	that '.[0] | (has("host") or has("boot_id") or has("trace_id")) | not'
}

@test "what was asked for is in the recording: processes, children, name, cgroup, namespace" {
	needs_root
	lab_start sleeper sleep 300
	pid=$(lab_pid sleeper)
	for args in "-p $pid -f" "-n sleep" "--netns $pid" "--cgroup $(sed -n 's/^0:://p' "/proc/$pid/cgroup")"; do
		# shellcheck disable=SC2086 # words
		"$DTLSNOOP" -q -j --force -w "$LAB_TMP/live.rec" --duration 0.2 $args >"$LAB_TMP/live"
		head -n 1 "$LAB_TMP/live" | jq -e '.filter | length > 0' || [[ $args == "--cgroup /" ]]
		"$DTLSNOOP" -j -r "$LAB_TMP/live.rec" >"$LAB_TMP/first"
		diff <(sed '1s/"source":"live"/"source":"recording"/' "$LAB_TMP/live") "$LAB_TMP/first"
	done
}

@test "a recording of an earlier run can still be read" {
	read_file "$GOLDEN/founding.rec"
	that '.[0] | .source == "recording" and .hooks == "cgroup" and .filter.port != null'
	that 'final | length == 1'
	that 'final[0] | .state == "stuck" and .verdict.code == "not-retransmitting" and .verdict.side == "client" and
		.verdict.side_local and .client.comm == "dtls_client"'
	that 'final[0].flights | map([.flight, .copies]) == [[1,1],[2,1],[3,1],[4,5],[5,1]]'
	that 'stats | .lost == 0 and .invalid == 0 and (has("truncated") | not)'
}

@test "a recording that ends too early: up to its last whole event, said, status 0" {
	size=$(stat -c %s "$GOLDEN/founding.rec")
	for len in $((size - 1)) $((size / 2)) $((size / 3)); do
		head -c "$len" "$GOLDEN/founding.rec" >"$LAB_TMP/cut.rec"
		run --separate-stderr "$DTLSNOOP" -j -r "$LAB_TMP/cut.rec"
		echo "$len: $stderr"
		[[ $status == 0 && $stderr == *"cut.rec: the recording is truncated at byte "*"its writer was stopped"* ]]
		printf '%s\n' "$output" >"$LAB_TMP/trace.out"
		"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
		that 'stats.truncated and stats.events > 10'
	done
	head -c 100 "$GOLDEN/founding.rec" >"$LAB_TMP/cut.rec"
	run "$DTLSNOOP" -r "$LAB_TMP/cut.rec"
	[[ $status == 1 && $output == *"nothing can be read"* ]]
}

@test "a recording with a byte turned: either all is well with it, or one line says where it is broken" {
	size=$(stat -c %s "$GOLDEN/founding.rec")
	for ((at = 8; at < size; at += size / 60)); do
		cp "$GOLDEN/founding.rec" "$LAB_TMP/bad.rec"
		printf '\xff' | dd of="$LAB_TMP/bad.rec" bs=1 seek="$at" conv=notrunc status=none
		run --separate-stderr "$DTLSNOOP" -j -r "$LAB_TMP/bad.rec"
		echo "$at: $status $stderr"
		[[ $status == 0 || $status == 1 ]]
		[[ $status == 0 || $stderr == *"at byte "*"not read"* ]]
	done
}

@test "-w: links are not followed, nobody else's file is used, a full disk is said and the trace goes on" {
	ln -s "$LAB_TMP/target" "$LAB_TMP/link"
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w "$LAB_TMP/link"
	[[ $status == 1 && $output == *"symbolic link"* && ! -e $LAB_TMP/target ]]
	touch "$LAB_TMP/other"
	ln "$LAB_TMP/other" "$LAB_TMP/second-name"
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w "$LAB_TMP/other"
	[[ $status == 1 && ! -s $LAB_TMP/other ]]
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w "$LAB_TMP/no/such/folder"
	[[ $status == 1 && $output == *"No such file"* ]]
	run --separate-stderr "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w /dev/full
	[[ $status == 1 && $stderr == *"No space left"*"the trace goes on"* && $output == *"1 handshake: 1 completed"* ]]
	run --separate-stderr bash -c 'ulimit -f 1; exec "$@"' - "$DTLSNOOP" -r "$GOLDEN/founding.pcap" -w "$LAB_TMP/limited"
	[[ $status == 1 && $stderr == *"File too large"*"the trace goes on"* && $output == *"1 handshake: 1 stuck"* ]]
	if [[ $(id -u) == 0 ]]; then
		mkdir -m 1777 "$LAB_TMP/shared"
		touch "$LAB_TMP/shared/file"
		chown nobody "$LAB_TMP/shared/file"
		run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w "$LAB_TMP/shared/file"
		[[ $status == 1 && $output == *"belongs to another user"* && ! -s $LAB_TMP/shared/file ]]
	fi
	# What is one's own is kept, or with --force replaced, not added to.
	head -c 100000 /dev/zero >"$LAB_TMP/mine"
	for option in "-w $LAB_TMP/mine" "-o json=$LAB_TMP/mine"; do
		# shellcheck disable=SC2086 # two words
		run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" $option
		[[ $status == 1 && $output == *"$LAB_TMP/mine: the file exists"*"--force"* && $(stat -c %s "$LAB_TMP/mine") == 100000 ]]
	done
	"$DTLSNOOP" -r "$GOLDEN/completed.pcap" --force -w "$LAB_TMP/mine" >"$LAB_TMP/first"
	"$DTLSNOOP" -r "$LAB_TMP/mine" | diff "$LAB_TMP/first" -
}

@test "-o FORMAT=FILE: each output is as it would be alone, on standard output stays the timeline" {
	cd "$LAB_TMP"
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -v >timeline
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -v -j >json
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -v -o json=1 -o timeline=2 -o json=3 >standard
	for pair in "standard timeline" "1 json" "2 timeline" "3 json"; do
		# shellcheck disable=SC2086 # two names
		diff $pair
	done
	[[ $(stat -c %a 1) == 600 ]]
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -v -j --force -o timeline=2 --color always | diff json -
	# A terminal's colours are not for files.
	diff 2 timeline
}

@test "-o FORMAT=FILE: the rules for files are those of -w; a full disk ends one output and is said once" {
	cd "$LAB_TMP"
	ln -s target link
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -o json=link
	[[ $status == 1 && $output == *"symbolic link"* && ! -e target ]]
	cp "$GOLDEN/founding.rec" own.rec
	run "$DTLSNOOP" -r own.rec -o json=own.rec
	[[ $status == 1 && $output == *"it is the file that is read"* ]]
	cmp "$GOLDEN/founding.rec" own.rec
	for value in json= json=-; do
		run "$DTLSNOOP" -r own.rec -o $value
		[[ $status == 2 && ${lines[0]} == *"'$value': expected a file name"* ]]
	done
	run "$DTLSNOOP" -r own.rec -o json=same -o timeline=same
	[[ $status == 2 && ${lines[0]} == *"'same' gets one format"* && ! -e same ]]
	run "$DTLSNOOP" -r own.rec -o json=same -o json=same
	[[ $status == 2 && ${lines[0]} == *"json=same is given twice"* && ! -e same ]]
	run --separate-stderr "$DTLSNOOP" -r own.rec -o json=/dev/full -o json=good
	[[ $status == 1 && $output == *"1 handshake: 1 stuck"* ]]
	# shellcheck disable=SC2154 # set by run
	[[ $stderr == "dtlsnoop: writing /dev/full failed: No space left on device: the json output ends here, the trace goes on" ]]
	"$DTLSNOOP" -j -r own.rec | diff - good
	# The file fills up in the middle of a line: nothing follows that line.
	run --separate-stderr bash -c 'ulimit -f 8; exec "$@"' - "$DTLSNOOP" -r own.rec -o json=part
	[[ $status == 1 && $stderr == *"File too large"* && $(stat -c %s part) == 8192 ]]
	cmp -n 8192 part good
}

@test "--time: the time of day here and in UTC, since the line before; the rest of each line stays" {
	cd "$LAB_TMP"
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" >relative
	for form in clock utc delta; do
		TZ=UTC-2 "$DTLSNOOP" -r "$GOLDEN/founding.rec" --time $form >$form
		diff <(sed -E 's/^ *[^ ]+ (#|ID)/\1/; s/^ +//' relative) <(sed -E 's/^ *[^ ]+ (#|ID)/\1/; s/^ +//' $form)
	done
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" --time relative | diff relative -
	first=$("$DTLSNOOP" -j -r "$GOLDEN/founding.rec" | jq -r 'select(.type=="datagram") | .time' | head -n 1)
	[[ $(sed -n 2p utc) == "${first:0:26}Z #1 "* ]]
	[[ $(sed -n 2p clock) == "$(TZ=UTC-2 date -d "$first" +%H:%M:%S.%6N) #1 "* ]]
	# What the deltas add up to is the time of the last line.
	awk '/ #1 /{ sum += $1 } END { printf "%.3f\n", sum }' delta | diff - <(awk '/ #1 /{ last = $1 } END { printf "%.3f\n", last }' relative)
	run "$DTLSNOOP" -r "$GOLDEN/founding.rec" --time epoch
	[[ $status == 2 && ${lines[0]} == *"expected relative, clock, utc or delta" ]]
}

@test "-o ladder: 80 columns, each datagram once, also with --faults; a healthy handshake is not in that" {
	cd "$LAB_TMP"
	for file in "$GOLDEN"/*.rec "$GOLDEN"/*.pcap; do
		"$DTLSNOOP" -r "$file" -o ladder >ladder
		awk 'length($0) > 80' ladder >wide
		[[ ! -s wide ]]
	done
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -o ladder >ladder
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" -o ladder --faults | diff ladder -
	# The timeline has as many datagrams: those of a copy are counted.
	[[ $(grep -cE '^ *[0-9.]+ \|' ladder) == $("$DTLSNOOP" -r "$GOLDEN/founding.rec" |
		sed -nE 's/.* again, copy [0-9]+: ([0-9]+) datagram.*/\1/p; t; s/.* (client > server|server > client) .*/1/p' |
		awk '{ num += $1 } END { print num }') ]]
	[[ $(grep -cE '\|<= 4 ServerHello =+\|' ladder) == 4 && $(grep -c ' s \.\.\. ' ladder) == 4 ]]
	"$DTLSNOOP" -r "$GOLDEN/completed.pcap" -o ladder | grep -q '^#1 completed'
	[[ $("$DTLSNOOP" -r "$GOLDEN/completed.pcap" -o ladder --faults | wc -l) == 1 ]]
}

# --- captures ---

@test "-w in a folder that anybody may write to: through no link, whoever made it; nobody else may read the file" {
	mkdir -m 1777 "$LAB_TMP/shared"
	mkdir "$LAB_TMP/own" "$LAB_TMP/shared/folder"
	cd "$LAB_TMP"
	ln -s "$LAB_TMP/own/file" shared/link
	ln -s "$LAB_TMP/own" shared/way
	ln -s "$LAB_TMP/shared" to_shared
	for path in shared/link "$LAB_TMP/shared/link" shared/way/file "$LAB_TMP//shared//way/file" \
		shared/folder/../way/file to_shared/way/file; do
		run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w "$path"
		echo "$path: $output"
		[[ $status == 1 && $output == *"symbolic link"* && ! -e own/file ]]
	done
	cd shared
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w way/file
	[[ $status == 1 && $output == *"symbolic link"* && ! -e ../own/file ]]
	# Without a link there, and through one that only its owner could have made.
	cd ..
	ln -s "$LAB_TMP/own" mine
	umask 0
	for path in shared/file shared/folder/file to_shared/second mine/file; do
		run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w "$path"
		[[ $status == 0 && $(stat -Lc %a "$path") == 600 ]]
	done
}

@test "-w with -r: as who calls it, an ordinary user too" {
	[[ $(id -u) == 0 ]] || skip "becoming somebody else needs root"
	as_nobody true
	install -d -m 700 -o nobody "$LAB_TMP/open/own"
	install -d -m 700 "$LAB_TMP/open/roots"
	install -d -m 1777 "$LAB_TMP/open/shared"
	as_nobody ln -s ../roots/file shared/link
	as_nobody ./dtlsnoop -r completed.pcap -w own/file
	[[ $(stat -c '%U %a' "$LAB_TMP/open/own/file") == "nobody 600" ]]
	as_nobody ./dtlsnoop -r own/file -w shared/file
	cmp "$LAB_TMP/open/own/file" "$LAB_TMP/open/shared/file"
	for path in roots/file shared/link /etc/passwd; do
		run as_nobody ./dtlsnoop -r completed.pcap -w "$path"
		[[ $status == 1 && $output == *"cannot write $path: "* && ! -e $LAB_TMP/open/roots/file ]]
	done
	# Nor does root, through a link that somebody else has laid.
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w "$LAB_TMP/open/shared/link"
	[[ $status == 1 && $output == *"symbolic link"* && ! -e $LAB_TMP/open/roots/file ]]
}

@test "-w: a live trace has given up its rights by then" {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	install -d -m 700 -o nobody "$LAB_TMP/nobodys"
	run "$DTLSNOOP" -q --duration 0.2 -w "$LAB_TMP/nobodys/recording"
	[[ $status == 1 && $output == *"Permission denied"* && ! -e $LAB_TMP/nobodys/recording ]]
}

@test "a capture of a healthy handshake: the same as seen live, but for what it cannot know" {
	needs_root
	port=$(lab_port)
	lab_server_openssl "$port"
	capture "$LAB_TMP/lo.pcap" "udp port $port"
	trace_start -P "$port"
	lab_client_openssl "$port" -quiet -servername example.org
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	lab_until 30 has_captured "$(trace_jq 'map(select(.event=="sent")) | length')"
	lab_stop tcpdump
	facts='final | map([.state, .verdict.code, .version, .cipher_suite, .server_name, .client.address, .server.address,
		.resumed, .retransmissions, [.flights[] | [.flight, .from, .copies, .complete, .datagrams, .bytes]]])'
	live=$(trace_jq "$JQ_DEFS $facts")
	read_file "$LAB_TMP/lo.pcap"
	assert_no_local_side
	diff <(echo "$live") <(trace_jq "$JQ_DEFS $facts")
	that 'final[0] | completed'
	that 'stats | .lost == 0 and .capture.packets == .capture.udp'
}

@test "the recorded healthy handshake: completed, data told once in each direction" {
	read_file "$GOLDEN/completed.pcap"
	assert_no_local_side
	that 'final | length == 1 and all(.[]; completed)'
	that 'final[0] | .version == "DTLS 1.2" and .server_name == "example.org" and .notes == []'
	that 'final[0].flights | map([.flight, .copies, .complete]) == [[1,1,true],[2,1,true],[3,1,true],[4,1,true],[5,1,true],[6,1,true]]'
	that 'datagrams | map(select(any(.records[]; .content_type=="application_data"))) | length == 2'
	that 'stats | .application_data == 4 and .capture.packets == 16'
}

@test "the founding case in a capture: the side that is silent, and no word of what is not in it" {
	read_file "$GOLDEN/founding.pcap"
	assert_no_local_side
	that 'final | length == 1'
	that 'final[0] | .state == "stuck" and .verdict.code == "peer-silent" and .verdict.side == "client"'
	that 'final[0].verdict | tostring | test("this host|was read") | not'
	that 'final[0].verdict.evidence | any(.[]; test("retransmissions, not errors"))'
	# The recording of the same handshake, which saw the client'"'"'s socket, names the same side.
	read_file "$GOLDEN/founding.rec"
	that 'final[0].verdict.side == "client"'
}

@test "a capture that ends within a handshake: in-progress, whatever it was waiting for" {
	tcpdump=$(PATH="$PATH:/usr/sbin:/sbin" command -v tcpdump)
	for num in 1 2 3 4 7 8 9; do
		"$tcpdump" -r "$GOLDEN/completed.pcap" -c "$num" -w "$LAB_TMP/part.pcap" 2>/dev/null
		read_file "$LAB_TMP/part.pcap"
		that 'final | length == 1 and .[0].state == "in-progress" and .[0].verdict == null'
		that "stats.events == $num"
	done
}

@test "one direction only: never a fault of the side that is not in it" {
	tcpdump=$(PATH="$PATH:/usr/sbin:/sbin" command -v tcpdump)
	for file in completed founding; do
		client=$("$DTLSNOOP" -j -r "$GOLDEN/$file.pcap" | jq -rs 'map(select(.type=="handshake"))[0].client.address')
		for direction in src dst; do
			"$tcpdump" -r "$GOLDEN/$file.pcap" -w "$LAB_TMP/half.pcap" "udp $direction port ${client##*:}" 2>/dev/null
			read_file "$LAB_TMP/half.pcap" --stuck-after 0.1
			that 'faults == []'
			that 'stats.events > 1'
		done
	done
}

@test "three ClientHellos without an answer: a fault only if the server's side is in the capture" {
	needs_root
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,count=0
	proxy=$(lab_ready proxy)
	capture "$LAB_TMP/lo.pcap" "udp port ${proxy##*:}"
	run lab_run dtls_client --connect "$proxy" --duration 6
	lab_until 30 has_captured 3
	lab_stop tcpdump
	read_file "$LAB_TMP/lo.pcap" --stuck-after 2
	that 'final | length == 1 and .[0].state == "in-progress"'
	that 'faults == [] and stats.events >= 3'
}

# Each ClientHello to $port by four datagrams.
each_is_answered() {
	local asked
	asked=$(num_captured "dst port $port")
	((asked >= 3 && $(num_captured "src port $port") == 4 * asked))
}

@test "a capture of a server that sends STUN and no DTLS: the verdict says so, and is the same" {
	needs_root
	port=$(lab_port)
	lab_start server python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.settimeout(20)
while True:
    _, peer = s.recvfrom(2048)
    for _ in range(3):
        s.sendto(bytes([1, 1]) + bytes(18), peer)
    s.sendto(bytes([0x80, 0x60]) + bytes(18), peer)
' "$port"
	lab_until 30 grep -q ":$(printf %04X "$port") " /proc/net/udp
	capture "$LAB_TMP/lo.pcap" "udp port $port"
	run lab_run dtls_client --connect "127.0.0.1:$port" --duration 8
	lab_until 30 each_is_answered
	lab_stop tcpdump
	read_file "$LAB_TMP/lo.pcap"
	that 'final | length == 1 and .[0].verdict.code == "no-response" and .[0].verdict.side == "server"'
	that 'final[0].server.other | .stun >= 9 and .rtp * 3 == .stun and .else == 0'
	that 'final[0].client | has("other") | not'
	that 'final[0].verdict.evidence | any(.[]; test("^no DTLS came from the server, but [0-9]+ other datagrams did .[0-9]+ STUN, [0-9]+ RTP.$"))'
	that 'stats.not_dtls == (final[0].server.other | .stun + .rtp)'
	# Without them the same is said, at the same time, but for that line.
	facts='handshakes | map([.ns, .state, .verdict.code, .verdict.side, .verdict.confidence])'
	among=$(trace_jq "$JQ_DEFS $facts")
	tcpdump=$(PATH="$PATH:/usr/sbin:/sbin" command -v tcpdump)
	# The server is seen to send: else its silence would be no fault.
	"$tcpdump" -r "$LAB_TMP/lo.pcap" -w "$LAB_TMP/part.pcap" "dst port $port or (src port $port and udp[8] = 0x80)" 2>/dev/null
	read_file "$LAB_TMP/part.pcap"
	diff <(echo "$among") <(trace_jq "$JQ_DEFS $facts")
	that 'final[0].server.other | .stun == 0 and .rtp > 0'
}

@test "the same bytes out: twice, in another time zone and locale, as another user, from a pipe" {
	for file in completed.pcap founding.pcap founding.rec founding-abi3.rec others-abi4.rec others-abi5.rec others-abi6.rec others-abi7.rec icmp.pcap; do
		for format in json timeline; do
			cd "$GOLDEN"
			"$DTLSNOOP" -o "$format" -r "$file" >"$LAB_TMP/first"
			"$DTLSNOOP" -o "$format" -r "$file" | diff "$LAB_TMP/first" -
			TZ=Asia/Kathmandu LC_ALL=de_DE.UTF-8 "$DTLSNOOP" -o "$format" -r "$file" | diff "$LAB_TMP/first" -
			as_nobody env -i ./dtlsnoop -o "$format" -r "$file" | diff "$LAB_TMP/first" -
			if [[ $(id -u) == 0 ]]; then
				on_host elsewhere "$DTLSNOOP" -o "$format" -r "$file" | diff "$LAB_TMP/first" -
			fi
			"$DTLSNOOP" -o "$format" -r - <"$file" | diff "$LAB_TMP/first" -
			# shellcheck disable=SC2002 # a pipe is what is tested
			cat "$file" | "$DTLSNOOP" -o "$format" -r - | diff "$LAB_TMP/first" -
		done
	done
}

@test "a capture made a recording gives the same" {
	for file in completed founding; do
		"$DTLSNOOP" -j -r "$GOLDEN/$file.pcap" -w "$LAB_TMP/$file.rec" >"$LAB_TMP/first"
		read_file "$LAB_TMP/$file.rec"
		diff <(sed 1d "$LAB_TMP/first") <(sed 1d "$LAB_TMP/trace.out")
		that '.[0] | .source == "recording" and (has("hooks") | not)'
	done
}

@test "no privileges are needed: no capability, no way to get one, no /sys" {
	run as_nobody ./dtlsnoop -r completed.pcap
	[[ $status == 0 && $output == *"1 handshake: 1 completed"* ]]
	# Where there is no type information of a kernel and no cgroup: nothing of BPF is asked for.
	if [[ $(id -u) == 0 ]]; then
		run unshare --mount bash -c 'mount -t tmpfs none /sys && exec "$@"' - \
			"$DTLSNOOP" -r "$GOLDEN/completed.pcap"
		[[ $status == 0 && $output == *"1 handshake: 1 completed"* ]]
	fi
}

@test "what cannot be read: one line that says what it is and what is wanted, status 1, at once" {
	cd "$LAB_TMP"
	printf 'no capture at all, but text' >text
	: >empty
	printf '\0\1\2' >three
	truncate -s 1T zeros
	gzip -c "$GOLDEN/completed.pcap" >gzipped
	printf 'snoop\0\0\0\0\0\0\2' >snoop
	for row in "text:this is text" "empty:the input is empty" "three:bytes 00 01 02" "zeros:bytes 00 00 00 00" "gzipped:gzip -dc" \
		"snoop:editcap" "/bin/sh:a program" "/nonexistent:No such file" "/tmp:a directory" "/dev/null:the input is empty" \
		"/dev/zero:bytes 00 00 00 00" "/dev/full:bytes 00 00 00 00"; do
		for how in "-r ${row%%:*}" "-r - <${row%%:*}" "-r - < <(cat ${row%%:*})"; do
			[[ ${row%%:*} != /nonexistent && ${row%%:*} != /tmp || $how != *"<"* ]] || continue
			run bash -c "timeout 10 '$DTLSNOOP' $how"
			echo "$how: $status $output"
			[[ $status == 1 && ${#lines[@]} == 1 && $output == *"${row#*:}"* ]]
			[[ $row == /nonexistent* || $output == *"a recording or JSON lines of dtlsnoop, a pcap or a pcapng"* ]]
		done
	done
	mkfifo fifo
	timeout 10 cat /dev/zero >fifo &
	run timeout 10 "$DTLSNOOP" -r fifo
	[[ $status == 1 && $output == *"fifo: unknown format, which begins with the bytes 00 00 00 00"* ]]
	wait "$!" || true
	run script -qec "timeout 10 '$DTLSNOOP' -r -" /dev/null
	[[ $output == *"standard input: this is a terminal"* ]]
	run python3 -c 'import socket, subprocess, sys
with socket.socket(socket.AF_UNIX) as s:
    s.bind("socket")
    sys.exit(subprocess.call(sys.argv[1:]))' "$DTLSNOOP" -r socket
	[[ $status == 1 && $output == *"this is a socket"* ]]
	# One more byte, and it is one.
	gzip -dc gzipped | "$DTLSNOOP" -r - | grep -q '1 completed'
}

@test "a pipe is read as it comes, and no more than it needs is kept" {
	cd "$LAB_TMP"
	mkfifo fifo
	lab_start trace "$DTLSNOOP" -j -r fifo
	exec 7>fifo
	# Up to the middle of the last packet.
	head -c 3000 "$GOLDEN/founding.pcap" >&7
	lab_wait_line trace '"type":"datagram"'
	lab_until 30 bash -c '(($(wc -l <trace.out) > 3))'
	tail -c +3001 "$GOLDEN/founding.pcap" >&7
	lab_wait_line trace '"state":"stuck"'
	exec 7>&-
	lab_join trace
	"$DTLSNOOP" -j -r "$GOLDEN/founding.pcap" | diff - trace.out
	# A million packets: no file of them, and no memory.
	yes_packets() {
		head -c 24 "$GOLDEN/completed.pcap"
		tail -c +25 "$GOLDEN/completed.pcap" >packets
		for ((i = 0; i < 10; i++)); do
			cat packets packets >more
			mv more packets
		done
		for ((i = 0; i < 20; i++)); do
			cat packets
		done
	}
	run bash -c "ulimit -v 100000; ulimit -f 0; exec '$DTLSNOOP' -j --faults -r -" < <(yes_packets)
	echo "$output" | tail -n 1 | cut -c1-300
	[[ $status == 0 && $output == *'"packets":327680,'* ]]
}

@test "a pipe that says nothing: SIGINT ends the trace, within a packet too, and what was told is summed up" {
	cd "$LAB_TMP"
	mkfifo fifo
	for len in 1000 1010 $(stat -c %s "$GOLDEN/completed.pcap"); do
		for file in "$GOLDEN/completed.pcap"; do
			lab_start trace "$DTLSNOOP" -j -r fifo
			exec 7>fifo
			head -c "$len" "$file" >&7
			lab_wait_line trace '"type":"datagram"'
			kill -INT "$(lab_pid trace)"
			lab_join trace
			exec 7>&-
			that 'stats.events > 2 and (stats | has("truncated") | not)'
			[[ ! -s trace.err ]]
		done
	done
}

@test "tcpdump into dtlsnoop: a handshake is told while tcpdump goes on" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port"
	export PATH="$PATH:/usr/sbin:/sbin"
	# shellcheck disable=SC2016 # for the other shell
	lab_start trace bash -c 'tcpdump -i lo -U --immediate-mode -Z root -w - "udp port $1" | "$0" -j -r -' "$DTLSNOOP" "$port"
	lab_until 30 grep -q "listening on" "$LAB_TMP/trace.err"
	lab_run dtls_client --connect "127.0.0.1:$port"
	trace_wait '.type=="handshake" and .state=="completed"'
	pkill -INT -P "$(lab_pid trace)" tcpdump
	lab_join trace
	that 'final[0] | completed'
}

@test "several captures in one file: read, or refused with what to do, and what came before is told" {
	cd "$LAB_TMP"
	cat "$GOLDEN/completed.pcap" "$GOLDEN/founding.pcap" >both.pcap
	for file in completed founding; do
		editcap -F pcapng "$GOLDEN/$file.pcap" "$file.pcapng"
	done
	cat completed.pcapng founding.pcapng >both.pcapng
	for file in both.pcap both.pcapng; do
		read_file "$file"
		that '(final | map(.state) | sort) == ["completed", "stuck"] and stats.capture.packets == 48'
	done
	# Other link types: the sentence in the man page makes of it what can be read.
	editcap -F pcapng -T rawip4 -C 14 "$GOLDEN/founding.pcap" raw.pcapng
	cat completed.pcapng raw.pcapng >mixed.pcapng
	run --separate-stderr "$DTLSNOOP" -j -r mixed.pcapng
	[[ $status == 1 && ${stderr} == *"after 16 packets"*"link types"*"dtlsnoop(8)"* && $(wc -l <<<"$stderr") == 1 ]]
	printf '%s\n' "$output" >trace.out
	that 'final[0] | completed'
	mergecap -F pcapng -w mixed.pcapng completed.pcapng raw.pcapng
	run --separate-stderr "$DTLSNOOP" -j -r mixed.pcapng
	[[ $status == 1 && $stderr == *"link types"* ]]
	sed -n '/^editcap \\-T/,/^tshark/p' "$ROOT/user/deploy/dtlsnoop.8" | tr -d '\\' >split
	[[ $(wc -l <split) == 2 ]]
	sed -i 's/FILE/mixed.pcapng/' split
	bash -e split
	read_file NEW
	that 'final[0] | completed'
	# Other snapshot lengths.
	editcap -F pcap -s 2000 "$GOLDEN/founding.pcap" short.pcap
	mergecap -F pcapng -w lengths.pcapng "$GOLDEN/completed.pcap" short.pcap
	run --separate-stderr "$DTLSNOOP" -r lengths.pcapng
	[[ $status == 1 && $stderr == *"tshark -F pcap -r FILE -w NEW"* ]]
	tshark -F pcap -r lengths.pcapng -w new.pcap 2>/dev/null
	read_file new.pcap
	that '(final | map(.state) | sort) == ["completed", "stuck"]'
}

@test "a capture cut within a packet: up to its last whole one, said, status 0" {
	head -c 2000 "$GOLDEN/completed.pcap" >"$LAB_TMP/cut.pcap"
	run --separate-stderr "$DTLSNOOP" -j -r "$LAB_TMP/cut.pcap"
	[[ $status == 0 && $stderr == *"at byte "*"truncated"* ]]
	printf '%s\n' "$output" >"$LAB_TMP/trace.out"
	that 'stats.truncated and stats.events > 3'
}

@test "-r with options that are of live traces: wrong usage" {
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" -w -
	[[ $status == 2 && ! -e - ]]
	for args in "--hooks cgroup" --check "--cgroup /" "--netns name" "-- true"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" $args
		[[ $status == 2 ]]
	done
}

@test "-r with -p, -n, -P, --netns: what the whole file says of those handshakes, and nothing of others" {
	cd "$LAB_TMP"
	file=$GOLDEN/others-abi6.rec
	"$DTLSNOOP" -j -r "$file" >whole
	handshakes() { jq -cS 'select(.type=="handshake") | [.client.address, .state, .verdict]' "$@"; }
	for args in "-p 812" "-p 1,812" "-P 40001,40004" "-P 40004,40001,coaps"; do
		# shellcheck disable=SC2086 # words
		"$DTLSNOOP" -j -r "$file" $args >part
		diff <(handshakes part) <(jq -c 'select(.type!="handshake" or .client.pid==812)' whole | handshakes)
		[[ $(wc -l <part) -lt $(wc -l <whole) && $(handshakes part | wc -l) -ge 2 ]]
	done
	# What the TLS library of a process said has no port, and is of its handshakes all the same.
	for args in "-P 40007" "-p 900" "--netns 4026531840"; do
		# shellcheck disable=SC2086 # words
		"$DTLSNOOP" -j -r "$GOLDEN/others-abi7.rec" $args >part
		jq -es 'map(select(.type=="handshake" and .client.address == "192.0.2.1:40007")) | last.verdict.code == "library-error"' part
	done
	"$DTLSNOOP" -v -j -r "$GOLDEN/others-abi7.rec" -p 812 >part
	jq -es 'all(.type != "library")' part
	# The kernel keeps 15 bytes of a name.
	"$DTLSNOOP" -j -r "$file" -n "sixteen bytes ok and more" >part
	diff <(handshakes part) <(jq -c 'select(.type!="handshake" or .server.pid==900)' whole | handshakes)
	jq -es '.[0].filter.comm == "sixteen bytes o"' part
	"$DTLSNOOP" -j -r "$file" --netns 4026531840 >part
	jq -es 'map(select(.type=="handshake")) | length >= 2 and all((.client.netns, .server.netns) | . == null or . == 4026531840)' part
	"$DTLSNOOP" -j -r "$file" -p 813 >part
	jq -es 'all(.type != "handshake" and .type != "datagram") and .[0].filter.pid == [813]' part
	# What was left out is not in a recording of it either.
	"$DTLSNOOP" -q -r "$file" -p 812 -w part.rec >/dev/null
	diff <("$DTLSNOOP" -r part.rec) <("$DTLSNOOP" -r "$file" -p 812)
	# A capture has ports only.
	"$DTLSNOOP" -r "$GOLDEN/completed.pcap" -P 28567 | diff - <("$DTLSNOOP" -r "$GOLDEN/completed.pcap")
	for args in "-p 1" "-n x" "--netns 1"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" $args
		[[ $status == 1 && $output == *"a capture does not tell which process"* ]]
	done
}

@test "a file that may not be read: whose it is" {
	[[ $(id -u) == 0 ]] || skip "becoming somebody else needs root"
	as_nobody true
	install -m 600 "$GOLDEN/founding.rec" "$LAB_TMP/open/roots.rec"
	run as_nobody ./dtlsnoop -r roots.rec
	[[ $status == 1 && $output == *"roots.rec: Permission denied: the file belongs to root (user 0), and its mode is 600: "*sudo* ]]
}

@test "the file that is read is not written, whatever its name" {
	cp "$GOLDEN/completed.pcap" "$LAB_TMP/same"
	ln "$LAB_TMP/same" "$LAB_TMP/hard"
	for name in "$LAB_TMP/same" "$LAB_TMP/./same" "$LAB_TMP/hard"; do
		run "$DTLSNOOP" -r "$LAB_TMP/same" -w "$name"
		[[ $status == 1 && $output == *"the file that is read"* ]]
		cmp "$GOLDEN/completed.pcap" "$LAB_TMP/same"
		run "$DTLSNOOP" -r - -w "$name" <"$LAB_TMP/same"
		[[ $status == 1 && $output == *"the file that is read"* ]]
		cmp "$GOLDEN/completed.pcap" "$LAB_TMP/same"
	done
}

@test "--fail-on, --count, --duration and --faults hold for files too" {
	run "$DTLSNOOP" -r "$GOLDEN/founding.rec" --fail-on stuck
	[[ $status == 3 ]]
	run "$DTLSNOOP" -r "$GOLDEN/completed.pcap" --fail-on fault
	[[ $status == 0 ]]
	read_file "$GOLDEN/completed.pcap" --count 1
	that 'stats.events == 10'
	read_file "$GOLDEN/founding.rec" --duration 3
	that 'final[0].state == "in-progress" and stats.ns <= 3000000000'
	read_file "$GOLDEN/completed.pcap" --faults
	that 'length == 2'
}

# --- public captures ---

# expect_captured FILE FILTER...
expect_captured() {
	[[ -e $CAPTURES/$1 ]] || skip "$CAPTURES/$1 is not there"
	read_file "$CAPTURES/$1"
	shift
	assert_no_local_side
	for filter; do
		that "$filter"
	done
}

@test "public capture: DTLS 1.0" {
	expect_captured dtls1_0.pcap 'faults == []' 'final | length == 1' 'final[0] | completed and .version == "DTLS 1.0"'
}

@test "public capture: DTLS 1.2 in small datagrams" {
	expect_captured dtls1_2.pcap 'faults == []' 'final | length == 1' 'final[0] | completed and .version == "DTLS 1.2"'
}

@test "public capture: DTLS-SRTP among STUN" {
	expect_captured webrtc-stun.pcap 'faults == []' 'final | length == 1' 'final[0] | completed' 'stats.not_dtls == 10' \
		'datagrams | map(select(.event == "other")) | length == 2' \
		'final[0] | [.client, .server] | all(.[]; .other == { stun: 1, rtp: 0, else: 0 })'
}

@test "public capture: DTLS 1.3 with HelloRetryRequest" {
	expect_captured dtls13-wolfssl.pcap 'faults == []' 'final | length == 1' 'final[0] | completed and .version == "DTLS 1.3"' \
		'final[0].flights | map(.flight) == [1, 2, 3, 4, 5, 6]' \
		'final[0].flights | map(.complete) == [true, true, true, null, null, null]'
}

@test "public capture: DTLS 1.3 with connection IDs, and a server that starts late" {
	expect_captured dtls13-cid.pcap 'final | length == 5' \
		'final | map(.verdict.code) == ["no-response","completed","no-response","no-response","completed"]' \
		'final | map(select(.state == "completed")) | all(.[]; .version == "DTLS 1.3")'
}

@test "public capture: record numbers that jump" {
	# Its first fragment ends in the random.
	expect_captured dtls-sequence-number-jumps.pcap 'faults == []' 'stats.events == 4' \
		'final | length == 1' 'final[0].state == "in-progress"' 'final[0].flights | map(.flight) == [1, 4]'
}

# on_terminal COLUMNS ARGUMENT...: what dtlsnoop prints there
on_terminal() {
	local columns=$1
	shift
	script -qec "stty cols $columns; exec ${*@Q}" /dev/null | tr -d '\r'
}

@test "on a terminal no line is wider than it, elsewhere lines stay whole" {
	cd "$ROOT/tests/golden"
	for file in *.rec *.pcap; do
		for option in --color=never -v --time=utc --time=delta; do
			for columns in 60 80 120; do
				on_terminal "$columns" "$DTLSNOOP" --color=never "$option" -r "$file" >"$BATS_TEST_TMPDIR/lines"
				[[ -s $BATS_TEST_TMPDIR/lines ]]
				run awk -v columns="$columns" 'length > columns' "$BATS_TEST_TMPDIR/lines"
				[[ -z $output ]] || {
					echo "$file $option $columns: $output"
					return 1
				}
			done
			# Nothing is left out but the break: the same words.
			diff <(on_terminal 120 "$DTLSNOOP" --color=never "$option" -r "$file" | tr -s ' \n' '\n') \
				<("$DTLSNOOP" "$option" -r "$file" | tr -s ' \n' '\n')
		done
	done
	# Fewer than 60 columns are used as 60.
	diff <(on_terminal 20 "$DTLSNOOP" --color=never -r founding-abi3.rec) <(on_terminal 60 "$DTLSNOOP" --color=never -r founding-abi3.rec)
	"$DTLSNOOP" -r founding-abi3.rec >"$BATS_TEST_TMPDIR/lines"
	grep -q '^           hint: .* Mbed TLS: mbedtls_ssl_set_timer_cb)$' "$BATS_TEST_TMPDIR/lines"
	grep -q ' STUCK  client 127.0.0.1:48535 (dtls_client pid 19369) is not retransmitting$' "$BATS_TEST_TMPDIR/lines"
	on_terminal 80 "$DTLSNOOP" --color=never -r founding-abi3.rec >"$BATS_TEST_TMPDIR/lines"
	grep -q ' STUCK  client 127.0.0.1:48535 (pid 19369) is not retransmitting$' "$BATS_TEST_TMPDIR/lines"
}
