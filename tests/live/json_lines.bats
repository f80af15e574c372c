#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# JSON lines as a source: what --output json -v wrote, from a file, a pipe, or a database that gave them back.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden

setup() {
	files_setup
}

# write_lines FILE: the JSON lines of a recording or a capture, whole.
write_lines() {
	"$DTLSNOOP" -j -v -r "$1" >"$LAB_TMP/lines"
	"$ROOT/tests/live/validate" "$LAB_TMP/lines"
}

# The sockets that were open at the start are in no line, and no other line tells what was.
without_sockets() {
	sed 1d "$1" | grep -v '^{"type":"unread"' | sed 's/"sockets":[0-9]*,//'
}

# same_from FILE: its lines give what it gives itself, in each output.
same_from() {
	local format
	write_lines "$1"
	for format in timeline ladder html otlp; do
		diff <("$DTLSNOOP" -o $format -r "$1" | sed "s|$1|FILE|") <("$DTLSNOOP" -o $format -r "$LAB_TMP/lines" | sed "s|$LAB_TMP/lines|FILE|")
	done
	"$DTLSNOOP" -j -r "$1" >"$LAB_TMP/expected"
	"$DTLSNOOP" -j -r "$LAB_TMP/lines" >"$LAB_TMP/trace.out"
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
	diff <(without_sockets "$LAB_TMP/expected") <(without_sockets "$LAB_TMP/trace.out")
	# Once more around.
	"$DTLSNOOP" -j -v -r "$LAB_TMP/lines" | cmp - "$LAB_TMP/lines"
}

# refused FILE WORDS: status 1, and one line with these words.
refused() {
	run --separate-stderr "$DTLSNOOP" -q -r "$1"
	echo "$status $stderr"
	[[ $status == 1 && ${#stderr_lines[@]} == 1 && $stderr == *"$2"* ]]
}

@test "the founding case: its lines give what the recording gives, in each output" {
	same_from "$GOLDEN/founding.rec"
	that 'final[0] | .verdict.code == "not-retransmitting" and .verdict.confidence == "certain"'
	# As before -v knew of it: no line has more.
	"$DTLSNOOP" -j -r "$GOLDEN/founding.rec" >"$LAB_TMP/plain"
	! grep -qE '"raw"|"event_abi"|"sees"' "$LAB_TMP/plain" || false
	diff <(jq -c 'del(.raw, .cgroup, .event_abi, .byte_order, .sees, .start_ns) | select(.type != "handshake")' "$LAB_TMP/lines") \
		<(jq -c 'select(.type != "handshake")' "$LAB_TMP/plain")
}

@test "a capture, and ICMP errors in one: likewise" {
	local file
	for file in completed.pcap founding.pcap icmp.pcap; do
		write_lines "$GOLDEN/$file"
		# A capture's packets are counted in no line that is read.
		diff <("$DTLSNOOP" -j -r "$GOLDEN/$file" | sed 1d | jq -c 'select(.type != "stats")') \
			<("$DTLSNOOP" -j -r "$LAB_TMP/lines" | sed 1d | jq -c 'select(.type != "stats")')
	done
}

@test "a live trace that lost events, with the cgroup of each process: what its lines give" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	trace_start -v -w "$LAB_TMP/live.rec" --buffer 64K --stuck-after 1 -P "$port"
	clients_while_stopped 6 2 4 "$port"
	trace_stop
	that 'stats.lost > 0 and (final | length) > 20'
	that 'datagrams | map(select(.cgroup)) | length > 0 and all(.[]; .cgroup | startswith("/"))'
	cp "$LAB_TMP/trace.out" "$LAB_TMP/lines"
	"$DTLSNOOP" -j --stuck-after 1 -r "$LAB_TMP/lines" >"$LAB_TMP/trace.out"
	for told in lines trace.out; do
		jq -cs "$JQ_DEFS"'final[] | [.client.address, .state, .verdict.code, .verdict.confidence, .notes]' "$LAB_TMP/$told" >"$LAB_TMP/$told.final"
	done
	diff "$LAB_TMP/lines.final" "$LAB_TMP/trace.out.final"
	that "stats | .lost == $(jq -s 'last.lost' "$LAB_TMP/lines")"
	# Lines from which those of the gaps were left out, as a query might: said.
	grep -v '^{"type":"gap"' "$LAB_TMP/lines" >"$LAB_TMP/some"
	run --separate-stderr "$DTLSNOOP" -j --stuck-after 1 -r "$LAB_TMP/some"
	[[ $status == 0 && ${#stderr_lines[@]} == 1 && $stderr == *'the lines of type "gap" that say when are missing'* ]]
	echo "$output" >"$LAB_TMP/trace.out"
	that "stats | .lost == $(jq -s 'last.lost' "$LAB_TMP/lines")"
}

@test "from a pipe as they come: told while the pipe goes on" {
	write_lines "$GOLDEN/founding.rec"
	mkfifo "$LAB_TMP/pipe"
	"$DTLSNOOP" -r "$LAB_TMP/pipe" >"$LAB_TMP/told" &
	reader=$!
	exec 7>"$LAB_TMP/pipe"
	grep -v '"type":"stats"' "$LAB_TMP/lines" >&7
	lab_until 10 grep -q STUCK "$LAB_TMP/told"
	grep '"type":"stats"' "$LAB_TMP/lines" >&7
	exec 7>&-
	wait "$reader"
	"$DTLSNOOP" -r "$GOLDEN/founding.rec" | sed 's|/[^ ]*founding.rec|FILE|' >"$LAB_TMP/expected"
	diff "$LAB_TMP/expected" <(sed 's|/[^ ]*/pipe|FILE|' "$LAB_TMP/told")
}

@test "lines of one handshake, with lines of other things left out, and out of order: what they tell" {
	write_lines "$GOLDEN/founding.rec"
	grep -E '"type":"(trace|datagram|stats)"' "$LAB_TMP/lines" >"$LAB_TMP/some"
	"$DTLSNOOP" -j -r "$LAB_TMP/some" | jq -es "$JQ_DEFS"'final | length == 1 and .[0].verdict.code == "not-retransmitting"'
	{ head -n 1 "$LAB_TMP/some" && sed 1d "$LAB_TMP/some" | tac; } >"$LAB_TMP/backwards"
	diff <("$DTLSNOOP" -j -r "$LAB_TMP/some") <("$DTLSNOOP" -j -r "$LAB_TMP/backwards")
	# What comes through a pipe is told at once.
	run --separate-stderr "$DTLSNOOP" -r - <"$LAB_TMP/backwards"
	diff <("$DTLSNOOP" -r "$LAB_TMP/some" | sed 1d) <(echo "$output" | sed 1d)
	run --separate-stderr bash -c "cat '$LAB_TMP/backwards' | '$DTLSNOOP' -r -"
	[[ $status == 0 && ${#stderr_lines[@]} == 1 && $stderr == *"is of an earlier time than the lines before"* ]]
	# Handshakes alone.
	grep -v '"type":"datagram"' "$LAB_TMP/lines" >"$LAB_TMP/none"
	run --separate-stderr "$DTLSNOOP" -r "$LAB_TMP/none"
	[[ $status == 0 && $stderr == *"it has handshakes, but no datagrams"*"--faults"* ]]
}

@test "lines of a machine of the other byte order: the same" {
	write_lines "$GOLDEN/founding.rec"
	python3 - "$LAB_TMP/lines" >"$LAB_TMP/other" <<-'END'
		import base64, json, struct, sys
		head, items = "HBBHBB4Q8IHBB16s16sHH16sHHHHHHI", {1: "BBBBHHHHBB2sQ", 2: "BBHIIIH6s"}
		native, other = ("<", ">") if sys.byteorder == "little" else (">", "<")
		def turn(form, data):
		    return struct.pack(other + form, *struct.unpack(native + form, data))
		for text in open(sys.argv[1]):
		    line = json.loads(text)
		    if "byte_order" in line:
		        line["byte_order"] = {"little": "big", "big": "little"}[line["byte_order"]]
		    if "raw" in line:
		        raw = base64.b64decode(line["raw"])
		        out = turn(head, raw[:144])
		        for i in range(raw[7]):
		            item = raw[144 + 24 * i:168 + 24 * i]
		            out += turn(items[item[0]], item)
		        out += raw[len(out):]
		        line["raw"] = base64.b64encode(out).decode()
		    print(json.dumps(line, separators=(",", ":")))
	END
	! cmp -s "$LAB_TMP/lines" "$LAB_TMP/other" || false
	diff <("$DTLSNOOP" -j -r "$LAB_TMP/lines") <("$DTLSNOOP" -j -r "$LAB_TMP/other")
}

@test "what cannot be read: one line says where and why, and what came before is told" {
	write_lines "$GOLDEN/founding.rec"
	cd "$LAB_TMP"
	"$DTLSNOOP" -j -r "$GOLDEN/founding.rec" >plain
	refused plain 'line 1: only the lines of --output json -v can be read'
	sed 1d lines >headless
	refused headless 'line 1: expected the line "type":"trace"'
	sed '1s/"schema":2/"schema":1/' lines >schema
	refused schema 'line 1: the schema is 1, and only 2 can be read'
	sed '1s/"event_abi":[0-9]*/"event_abi":99/' lines >abi
	refused abi 'line 1: the lines have event ABI 99'
	sed '1s/"trace_id":"[0-9a-f]*/"trace_id":"x/; 1s/"hooks":"[a-z]*/"hooks":"of a kind/' lines >hooks
	refused hooks 'line 1: the '
	echo '{"another":"file"}' >another
	refused another 'line 1: expected the line "type":"trace"'
	echo '{"type":"trace",' >half
	refused half 'line 1: this is not a JSON object'
	{ head -n 1 lines && head -n 1 lines; } >twice
	refused twice 'line 2: a second trace begins'
	sed '5s/"raw":"./"raw":"*/' lines >base64
	refused base64 'line 5: "raw" is not base64'
	sed '5s/"raw":"......../"raw":"/' lines >short
	refused short 'line 5: the event'
	sed '5s/"raw":"[^"]*",*//; 5s/,}/}/' lines >bare
	refused bare 'line 5: this line has no "raw"'
	sed '5s/"ns":[0-9]*/"ns":9223372036854775807/' lines >late
	refused late 'line 5: the time is impossible'
	{ head -n 4 lines && head -c 70000 /dev/zero | tr '\0' ' ' && echo; } >long
	refused long 'line 5: the line is too long'
	{ head -n 4 lines && printf '{"type":\0"stats"}\n'; } >zero
	refused zero 'line 5: the line is too long, or has bytes that are not text'
	{ head -n 4 lines && printf '[%.0s' {1..1000} && echo; } >deep
	refused deep 'line 5: this is not a JSON object'
	# Its writer was stopped: no failure.
	head -c -5 lines >cut
	run --separate-stderr "$DTLSNOOP" -q -r cut
	[[ $status == 0 && $stderr == *"is truncated: its writer was stopped"* && $output == *STUCK* ]]
	# What came before a damage is told.
	sed "$(wc -l <lines)s/.*/{}/" lines >end
	run --separate-stderr "$DTLSNOOP" -r end
	[[ $status == 1 && $stderr == *'the line has no "type"'* && $output == *STUCK* ]]
}
