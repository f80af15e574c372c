#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The command line: its promises, its errors, its exit statuses.

bats_require_minimum_version 1.5.0
load common

# Not the setup of the live tests: most of this needs no root.
setup() {
	:
}

teardown() {
	[[ -z ${LAB_TMP:-} ]] || lab_fini
}

# No such byte in what was traced. (bats lets `! grep` pass.)
absent() {
	if grep -q "$1" "$LAB_TMP/trace.out"; then
		return 1
	fi
}

# One line on standard error that has all the words given.
assert_one_error() {
	[[ ${#lines[@]} -le 2 ]]
	for word in "$@"; do
		[[ $output == *"$word"* ]] || {
			echo "'$word' is not in: $output"
			return 1
		}
	done
}

@test "wrong usage: status 2 and what is wrong" {
	for args in "--nonsense" "-p x" "-p 0" "-p 1,,2" "-P 65536" "-P 12x" "-o xml" "--profile slow" \
		"--stuck-after 0" "--stuck-after -1" "--stuck-after nan" "--duration 1e99" "--count 0" \
		"-p 1," "-p ,1" "-P 1,," "--stuck-after 1e-9" "--stuck-after 1e-400" "--duration -1e-400" "--duration 0" \
		"--fail-on maybe" "--color red" "--buffer 100000" "--buffer 8X" "--max-handshakes 0" "stray"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" $args
		echo "$args: $status $output"
		[[ $status == 2 ]]
		[[ $output == *dtlsnoop:* ]]
	done
}

@test "an empty value, -- in its place, and no command behind --: status 2, and the option is named" {
	for option in -p:--pid -P:--port -r:--read -w:--write -u:--user -o:--output -n:--comm --cgroup:--cgroup \
		--netns:--netns --color:--color --profile:--profile --stuck-after:--stuck-after --fail-on:--fail-on \
		--duration:--duration --count:--count --hooks:--hooks --buffer:--buffer \
		--max-handshakes:--max-handshakes --rate-limit:--rate-limit --time:--time; do
		for value in '' --; do
			run "$DTLSNOOP" "${option%%:*}" "$value" touch "$BATS_TEST_TMPDIR/ran"
			echo "$option '$value': $status $output"
			[[ $status == 2 && ${lines[0]} == "dtlsnoop: ${option#*:} '$value': expected "* ]]
		done
	done
	for args in "--" "-q --"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" $args
		[[ $status == 2 && ${lines[0]} == *COMMAND* ]]
	done
	run "$DTLSNOOP" -- '' x
	[[ $status == 2 && ${lines[0]} == *COMMAND* ]]
	# A stray word is none, wherever it stands.
	printf '#!/bin/sh\ntouch "%s"\n' "$BATS_TEST_TMPDIR/ran" >"$BATS_TEST_TMPDIR/stray"
	chmod +x "$BATS_TEST_TMPDIR/stray"
	for args in "$BATS_TEST_TMPDIR/stray" "$BATS_TEST_TMPDIR/stray -- true" "-q $BATS_TEST_TMPDIR/stray -q -- true"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" $args
		[[ $status == 2 && ${lines[0]} == "dtlsnoop: unexpected argument '"*"stray': a command must follow --" ]]
	done
	[[ ! -e $BATS_TEST_TMPDIR/ran ]]
}

@test "times with units, names of services and --netns NAME are understood" {
	file=$ROOT/tests/golden/founding.rec
	for pair in "0.25 250ms" "2.5 2.5s" "90 1.5m" "3600 1h" "86400 1d"; do
		diff <("$DTLSNOOP" -r "$file" --stuck-after "${pair% *}" --duration "${pair% *}") \
			<("$DTLSNOOP" -r "$file" --stuck-after "${pair#* }" --duration "${pair#* }")
	done
	for time in 5x 5mm m -5m 0s 5\ m 1e99h; do
		run "$DTLSNOOP" -r "$file" --duration "$time"
		[[ $status == 2 && ${lines[0]} == *"--duration '$time': invalid value: "*"5m"* ]]
	done
	run "$DTLSNOOP" -j -r "$file" -P coaps,5349,radsec
	[[ $status == 0 && ${lines[0]} == *'"port":[5684,5349,2083]'* ]]
	for ports in coapz coaps,, ,coaps coaps,1x; do
		run "$DTLSNOOP" -r "$file" -P "$ports"
		echo "$ports: $output"
		[[ $status == 2 && ${lines[0]} == "dtlsnoop: --port"* ]]
	done
	needs_root
	run "$DTLSNOOP" --netns no-such-name --duration 1
	[[ $status == 1 ]]
	assert_one_error "--netns no-such-name: /run/netns/no-such-name: No such file"
}

@test "--stuck-after and --profile say the same: only one of them" {
	run "$DTLSNOOP" -r "$ROOT/tests/golden/founding.rec" --stuck-after 3 --profile iot
	[[ $status == 2 ]]
	assert_one_error "give one of them"
}

@test "an invalid word: the message lists the valid ones" {
	for args in "--output|timeline, json, summary, ladder, html or otlp" "--time|relative, clock, utc or delta" "--color|auto, always or never" "--profile|webrtc, general or iot" \
		"--fail-on|none, stuck or fault" "--hooks|auto, fentry, kprobe or cgroup"; do
		run "$DTLSNOOP" "${args%%|*}" mistyped
		echo "$args: $status $output"
		[[ $status == 2 ]]
		assert_one_error "dtlsnoop: ${args%%|*} 'mistyped': invalid value: expected ${args#*|}"
	done
}

@test "an option that names one thing, given twice: status 2, instead of silence about the first value" {
	for args in "--write a --write b" "--comm a --comm b" "--cgroup a --cgroup b" \
		"--netns 1 --netns 2" "--user a --user b" "--output json --output timeline"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" $args
		echo "$args: $status $output"
		[[ $status == 2 ]]
		assert_one_error "dtlsnoop: ${args%% *}" one
	done
	run "$DTLSNOOP" -j -o timeline
	[[ $status == 2 ]]
	assert_one_error "one format, json or timeline"
}

@test "near miss: the same value twice, a list, and a setting, of which the last value counts" {
	run "$DTLSNOOP" -j -o json -r "$ROOT/tests/golden/founding.rec" -r "$ROOT/tests/golden/founding.rec" \
		--profile iot --profile general --fail-on none --fail-on fault
	[[ $status == 3 && ${lines[0]} == '{"type":"trace"'* ]]
	# With the last profile, iot, nobody there is silent for long enough.
	run "$DTLSNOOP" -r "$ROOT/tests/golden/founding.rec" --profile general --profile iot --fail-on fault
	[[ $status == 0 ]]
	# Two lists: the first complaint is about --read, so both were accepted.
	run "$DTLSNOOP" -p 1 -p 2 -P 1 -P 2 --check -r x
	[[ $status == 2 ]]
	assert_one_error "--read cannot be used with"
}

@test "--netns: a namespace of another type is refused" {
	needs_root
	run "$DTLSNOOP" --netns /proc/self/ns/mnt
	[[ $status == 1 ]]
	assert_one_error "not a network namespace" "ip netns list" /proc/PID/ns/net
	run "$DTLSNOOP" -q --netns /proc/self/ns/net --duration 0.01
	[[ $status == 0 ]]
}

@test "--netns: a FIFO is not waited for" {
	needs_root
	mkfifo "$LAB_TMP/fifo"
	run timeout 10 "$DTLSNOOP" --netns "$LAB_TMP/fifo"
	[[ $status == 1 ]]
	assert_one_error "not a network namespace"
}

@test "what cannot be printed is said, status 1" {
	for args in -V -h; do
		run --separate-stderr bash -c '"$0" "$1" >/dev/full' "$DTLSNOOP" "$args"
		[[ $status == 1 && $stderr == "dtlsnoop: standard output "*"No space left"* ]]
		run --separate-stderr bash -c '"$0" "$1" >&-' "$DTLSNOOP" "$args"
		[[ $status == 1 && $stderr == "dtlsnoop: standard output "*"Bad file descriptor"* ]]
	done
	run bash -c '"$0" -r - <&-' "$DTLSNOOP"
	[[ $status == 1 && $output == "dtlsnoop: standard input: Bad file descriptor" ]]
	[[ $(id -u) != 0 ]] || {
		run bash -c '"$0" --check --hooks cgroup >/dev/full' "$DTLSNOOP"
		[[ $status == 1 && $output == *"No space left"* ]]
	}
}

@test "a file name in a message is one line, and no terminal obeys it" {
	run "$DTLSNOOP" -r $'/no\e[2J\nwhere/\xff/\u00fc'
	[[ $status == 1 && $output == $'dtlsnoop: /no?[2J?where/\ufffd/\u00fc: No such file or directory' ]]
}

@test "set-user-ID and set-group-ID: refused, whatever is asked for; sudo is not" {
	[[ $(id -u) == 0 ]] || skip "needs root"
	open=$(mktemp -d)
	chmod 755 "$open"
	nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	for mode in 4755 2755 6755; do
		install -m "$mode" "$DTLSNOOP" "$open/dtlsnoop"
		cp "$ROOT/tests/golden/completed.pcap" "$open"
		run "${nobody[@]}" "$open/dtlsnoop" -V
		[[ $status == 1 ]] || ! findmnt -no OPTIONS -T "$open" | grep -q nosuid || skip "nothing is set-user-ID here"
		for args in "" "-h" "--check" "-u root -- id" "-- id" "-r $open/completed.pcap" \
			"-r $open/completed.pcap -w $open/out" "--nonsense"; do
			# shellcheck disable=SC2086 # words
			run "${nobody[@]}" "$open/dtlsnoop" $args
			echo "$mode $args: $status $output"
			[[ $status == 1 && ${#lines[@]} == 1 && $output == *"set-user-ID"*"refused"* && ! -e $open/out ]]
		done
		# Who is root anyway gets nothing by it.
		[[ $mode != 4755 ]] || "$open/dtlsnoop" -q --duration 0.1
	done
	install -m 755 "$DTLSNOOP" "$open/dtlsnoop"
	"${nobody[@]}" "$open/dtlsnoop" -r "$open/completed.pcap" >"$open/out"
	"$open/dtlsnoop" -q -u nobody -- id -un | grep -qx nobody
	rm -r "$open"
}

@test "however few files may be open: one line that says so, status 1" {
	needs_root
	# With fewer not even its libraries are found.
	min=4
	until prlimit --nofile="$min:$min" "$DTLSNOOP" -V >/dev/null 2>&1; do
		((++min < 20))
	done
	# 96 and those that are open already are enough.
	for ((num = min; num <= 120; num++)); do
		for args in "" --check "-- true"; do
			# shellcheck disable=SC2086 # words
			status=0 output=$(prlimit --nofile="$num:$num" "$DTLSNOOP" -q --duration 0.01 $args 2>&1) || status=$?
			echo "$num $args: $status $output"
			((num < 110 || status == 0)) && ((num >= 96 || status == 1))
			[[ $status == 0 ]] || [[ $status == 1 && $output == "dtlsnoop: "*"oo many open files"* && $output != *$'\n'* ]]
		done
		((status)) || break
		((num < 10 || num > 90)) || ((num += 9))
	done
	for ((num = min; num <= min + 6; num++)); do
		status=0 output=$(prlimit --nofile="$num:$num" "$DTLSNOOP" -r "$ROOT/tests/golden/completed.pcap" 2>&1) || status=$?
		[[ $status == 0 || $output == "dtlsnoop: "*": Too many open files" ]]
	done
	[[ $status == 0 ]]
}

@test "no /proc: named, status 1; a file is read without it" {
	needs_root
	for hide in "mount -t tmpfs none /proc" "umount -l /proc"; do
		for args in "" "-p $$" "--netns $$" "--cgroup /" --check "-- true"; do
			run unshare --mount sh -c "$hide && exec \"\$@\"" - "$DTLSNOOP" -q --duration 0.1 $args
			echo "$hide, $args: $status $output"
			[[ $status == 1 && ${#lines[@]} == 1 && $output == *"/proc is not mounted"* ]]
		done
		run unshare --mount sh -c "$hide && exec \"\$@\"" - "$DTLSNOOP" -q -r "$ROOT/tests/golden/completed.pcap"
		[[ $status == 0 && $output == *"1 completed"* ]]
	done
}

@test "-V and -h: standard output, status 0" {
	run "$DTLSNOOP" -V
	[[ $status == 0 && $output == "dtlsnoop 0."* && $output == *"hooks: fentry kprobe cgroup"* && $output == *"libbpf"* ]]
	run "$DTLSNOOP" -h
	[[ $status == 0 && $output == *"--stuck-after"* && $output == *"Exit status"* ]]
	# Wrong usage names it.
	run --separate-stderr "$DTLSNOOP" --usage
	[[ $status == 0 && $output == "Usage: "*"[--stuck-after=TIME]"* && -z $stderr ]]
}

@test "every option of --help is in the man page, and the other way round" {
	options=$("$DTLSNOOP" --help | grep -oE -- '--[a-z-]+' | sort -u)
	[[ $(wc -w <<<"$options") -ge 15 ]]
	documented=$(man -l "$ROOT/user/deploy/dtlsnoop.8" | col -b | grep -oE -- '--[a-z-]+' | sort -u)
	diff <(echo "$options") <(echo "$documented")
}

@test "every format of the table is in --help, in the man page, and is accepted" {
	formats=$("$DTLSNOOP" -V | sed -n 's/.*outputs: \([a-z ]*\);.*/\1/p')
	[[ $(wc -w <<<"$formats") -ge 2 ]]
	for format in $formats; do
		"$DTLSNOOP" --help | tr -s ' \n' '  ' | grep -qE "(Formats:|;) $format[ ,]"
		sed -n '/^.fB.-o/,/^.fB.-j/p' "$ROOT/user/deploy/dtlsnoop.8" | grep -qx "\.B $format"
		"$DTLSNOOP" -r "$ROOT/tests/golden/completed.pcap" -o "$format" | grep -q .
	done
	[[ $(sed -n '/^.fB.-o/,/^.RE/p' "$ROOT/user/deploy/dtlsnoop.8" | grep -c '^\.B [a-z]*$') == $(wc -w <<<"$formats") ]]
}

@test "the man page is well formed: man and mandoc warn of nothing" {
	[[ -z $(man --warnings -l "$ROOT/user/deploy/dtlsnoop.8" 2>&1 >/dev/null) ]]
	mandoc -T lint -W warning "$ROOT/user/deploy/dtlsnoop.8"
	# An unknown macro is found by both.
	sed 's/^\.TP$/.TQQ/' "$ROOT/user/deploy/dtlsnoop.8" >"$BATS_TEST_TMPDIR/page.8"
	[[ -n $(man --warnings -l "$BATS_TEST_TMPDIR/page.8" 2>&1 >/dev/null) ]]
	run ! mandoc -T lint -W warning "$BATS_TEST_TMPDIR/page.8"
}

@test "the headings of the man page are those of the table of options" {
	cd "$ROOT"
	user/deploy/man_headings user/options.c user/deploy/dtlsnoop.8 | diff - user/deploy/dtlsnoop.8
	# One that the table does not have, or that the page lacks, is named.
	sed 's/"quiet"/"silent"/' user/options.c >"$BATS_TEST_TMPDIR/options.c"
	run user/deploy/man_headings "$BATS_TEST_TMPDIR/options.c" user/deploy/dtlsnoop.8
	[[ $status == 1 && $output == *"there is no option --quiet"* && $output == *"--silent has no heading"* ]]
}

@test "what the man page says of verdicts, notes and words is what --explain says" {
	cd "$ROOT"
	user/deploy/man_explanations user/sinks/explain_verdicts.c user/sinks/explain_words.c user/deploy/dtlsnoop.8 |
		diff - user/deploy/dtlsnoop.8
	# make man makes that page.
	cp -r --parents Makefile user tests/fuzz/fuzz.mk "$BATS_TEST_TMPDIR"
	make -s -C "$BATS_TEST_TMPDIR" man
	cmp user/deploy/dtlsnoop.8 "$BATS_TEST_TMPDIR/user/deploy/dtlsnoop.8"
	# All of them stand in both.
	words() { sed 's/[^A-Za-z0-9]//g' | tr -d '\n'; }
	page=$(MANWIDTH=1000 man -l user/deploy/dtlsnoop.8 | col -b | words)
	names=$("$DTLSNOOP" --explain | sed -nE 's/^  ([a-z][a-z0-9.-]*) .*/\1/p' | sort -u)
	[[ $(wc -l <<<"$names") -ge 50 ]]
	for name in $names; do
		"$DTLSNOOP" --explain "$name" >"$BATS_TEST_TMPDIR/text"
		[[ $page == *"$(sed -n '2,/^$/p' "$BATS_TEST_TMPDIR/text" | words)"* ]]
	done
}

@test "--explain: a name, in any case, with or without =; a wrong one is named; the list" {
	run "$DTLSNOOP" --explain not-retransmitting
	[[ $status == 0 && ${lines[0]} == "not-retransmitting (verdict, state stuck)" && $output == *DTLSv1_handle_timeout* ]]
	expected=$output
	run "$DTLSNOOP" --explain=NOT-retransmitting
	[[ $status == 0 && $output == "$expected" ]]
	run "$DTLSNOOP" --explain nothing-of-this
	[[ $status == 2 ]]
	assert_one_error "'nothing-of-this'" "prints the list"
	run "$DTLSNOOP" --explain ''
	[[ $status == 2 ]]
	for args in --explain "--explain -q"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" $args
		[[ $status == 0 && ${lines[0]} == "Verdicts:" && $output == *"  kernel-drop "*"  peer-moved "*"  likely "* ]]
	done
	# The words are in the README, too.
	for word in $(sed -n '/^Words:/,$s/^  \([a-z]*\) .*/\1/p' <<<"$output"); do
		grep -q "^| \`$word\` | " "$ROOT/README.md"
	done
}

@test "the picture in the README shows what is printed (make picture)" {
	cd "$ROOT"
	"$DTLSNOOP" -r tests/golden/founding-abi3.rec --color always |
		user/deploy/picture -v command='dtlsnoop -p 19369' -v until=note: | diff - user/deploy/founding.svg
}

@test "every option in the README exists" {
	for option in $(grep -oE -- '(^|[` ])--[a-z-]+' "$ROOT/README.md" | tr -d '` ' | sort -u); do
		case $option in --help) continue ;; esac
		"$DTLSNOOP" --help | grep -q -- "$option" || {
			echo "$option"
			return 1
		}
	done
}

@test "not root: one line that says what to do, status 1" {
	user=nobody
	[[ $(id -u) == 0 ]] || user=
	copy=$(mktemp -d /tmp/dtlsnoop.XXXXXX)
	cp "$DTLSNOOP" "$copy"
	chmod -R a+rx "$copy"
	run ${user:+setpriv --reuid=$user --regid=nogroup --clear-groups} "$copy/dtlsnoop"
	rm -r "$copy"
	[[ $status == 1 ]]
	assert_one_error root CAP_BPF sudo
}

@test "no cgroup v2: one line that says what to do, status 1" {
	needs_root
	run unshare --mount bash -c 'for dir in $(awk "\$3 == \"cgroup2\" { print \$2 }" /proc/self/mounts); do
		umount -l "$dir"; done; exec "$0"' "$DTLSNOOP"
	[[ $status == 1 ]]
	assert_one_error "cgroup v2" "mount -t cgroup2"
}

@test "no BTF: one line that says what is missing, status 1" {
	needs_root
	run unshare --mount bash -c 'mount -t tmpfs none /sys/kernel/btf && exec "$0"' "$DTLSNOOP"
	[[ $status == 1 ]]
	assert_one_error /sys/kernel/btf/vmlinux CONFIG_DEBUG_INFO_BTF
}

@test "a process that does not exist: status 1" {
	needs_root
	run "$DTLSNOOP" -p 4194303
	[[ $status == 1 ]]
	assert_one_error "4194303" "no such process"
}

@test "--duration ends the trace; --quiet says nothing" {
	needs_root
	run --separate-stderr "$DTLSNOOP" -q -j --duration 0.5 "${OWN[@]}"
	[[ $status == 0 && -z $stderr ]]
	[[ ${#lines[@]} == 2 ]]
}

@test "--duration: less than a nanosecond is over at once, no time is not" {
	needs_root
	for duration in 1e-10 1e-400 0.0000000001; do
		run timeout 20 "$DTLSNOOP" -q -j --duration "$duration" "${OWN[@]}"
		[[ $status == 0 && ${#lines[@]} == 2 ]]
		run "$DTLSNOOP" -j -r "$ROOT/tests/golden/completed.pcap" --duration "$duration"
		[[ $status == 0 && $output != *'"type":"handshake"'*completed* ]]
	done
	run timeout 2 "$DTLSNOOP" -q -j
	[[ $status == 124 ]]
}

@test "--count ends the trace after that many handshakes" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port"
	trace_start --count 2
	for _ in 1 2; do
		lab_run dtls_client --connect "127.0.0.1:$port"
	done
	trace_join
	that 'final | length == 2'
}

@test "--fail-on: status 3 when a fault was seen, 0 otherwise" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port"
	for what in fault stuck none; do
		lab_start trace "$DTLSNOOP" -j --fail-on "$what" --count 1 "${OWN[@]}"
		lab_wait_line trace '"type":"trace"'
		run lab_run dtls_client --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem"
		status=0
		lab_join trace || status=$?
		echo "$what: $status"
		[[ $what == fault && $status == 3 || $what != fault && $status == 0 ]]
	done
}

@test "--fail-on stuck: status 3" {
	needs_root
	lab_proxy proxy "$(lab_port)" --fault drop:dir=c2s,count=0
	proxy=$(lab_ready proxy)
	lab_start trace "$DTLSNOOP" -j --fail-on stuck --stuck-after 1 --duration 8 "${OWN[@]}"
	lab_wait_line trace '"type":"trace"'
	lab_start client "$LAB_BIN/dtls_client" --connect "$proxy" --duration 6
	status=0
	lab_join trace || status=$?
	[[ $status == 3 ]]
}

@test "the timeline shows both a completed and a failed handshake in plain words" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port" --cookie
	lab_start trace "$DTLSNOOP" -q --color never --count 2 "${OWN[@]}"
	lab_wait_line trace '^ *SECONDS'
	lab_run dtls_client --connect "127.0.0.1:$port"
	run lab_run dtls_client --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem"
	lab_join trace
	cat "$LAB_TMP/trace.out"
	grep -qE 'client > server +1 +205  ClientHello' "$LAB_TMP/trace.out"
	grep -qE 'server > client +2 +[0-9]+  HelloVerifyRequest' "$LAB_TMP/trace.out"
	grep -qE 'COMPLETED +DTLS 1.2 completed in [0-9.]+ s; client .*\(dtls_client pid [0-9]+\), server' "$LAB_TMP/trace.out"
	grep -qE 'FAILED +client .* ended the handshake with the fatal alert unknown ca \(48\)' "$LAB_TMP/trace.out"
	grep -q '^2 handshakes: 1 completed, 1 failed; .* 0 lost$' "$LAB_TMP/trace.out"
	absent $'\033'
}

@test "colours: always, never, and not into a pipe" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port"
	for when in always never auto; do
		lab_start trace "$DTLSNOOP" -q --color "$when" --count 1 "${OWN[@]}"
		lab_wait_line trace '^ *SECONDS'
		lab_run dtls_client --connect "127.0.0.1:$port"
		lab_join trace
		if [[ $when == always ]]; then
			grep -q $'\033\[32;1mCOMPLETED' "$LAB_TMP/trace.out"
		else
			absent $'\033'
		fi
	done
}

@test "escape sequences in SNI and comm reach neither terminal nor JSON raw" {
	needs_root
	port=$(lab_port)
	cp "$LAB_BIN/dtls_client" "$LAB_TMP/"$'e\033[31mvil'
	lab_server_lab "$port"
	for format in timeline json; do
		lab_start trace "$DTLSNOOP" -q -o "$format" --color never --count 1 "${OWN[@]}"
		lab_wait_line trace '"type":"trace"|^ *SECONDS'
		"$LAB_TMP/"$'e\033[31mvil' --connect "127.0.0.1:$port" --servername $'a\033]0;x\007\xffb' 3>&-
		lab_join trace
		absent $'\033'
		absent $'\007'
	done
	that 'final[0].server_name == "a\u001b]0;x\u0007\ufffdb"'
	that 'final[0].client.comm == "e\u001b[31mvil"'
}

@test "escape sequences in ALPN reach neither terminal nor JSON raw" {
	needs_root
	for format in timeline json; do
		# s_server waits for good for a client that was stopped.
		port=$(lab_port)
		lab_server_openssl "$port"
		lab_start trace "$DTLSNOOP" -q -o "$format" --color never --count 1 -P "$port"
		lab_wait_line trace '"type":"trace"|^ *SECONDS'
		lab_client_openssl "127.0.0.1:$port" -alpn $'h\033[2J\007,x'
		lab_join trace
		lab_stop client
		absent $'\033'
		absent $'\007'
		grep -qF '[2J' "$LAB_TMP/trace.out"
	done
	that '[.. | .alpn? // empty] | any(.[]; .[0] == "h\u001b[2J\u0007")'
}

# --- tiers of hooks ---

# Links that are pinned or left behind; other tracers hold theirs.
links_of_nobody() {
	comm -23 <(bpftool -j link show | jq '.[].id' | sort) \
		<(sed -n 's/^link_id:[[:space:]]*//p' /proc/[0-9]*/fdinfo/* 2>/dev/null | sort)
}

nothing_is_left() {
	[[ -z $(comm -13 "$LAB_TMP/before" <(links_of_nobody)) ]]
}

@test "--check: each tier, its hooks, why not, what is not seen; nothing stays attached" {
	needs_root
	links_of_nobody >"$LAB_TMP/before"
	run "$DTLSNOOP" --check
	echo "$output"
	[[ $status == 0 ]]
	for words in "fentry: " "kprobe: " "cgroup: available" "cgroup_skb/egress" "tp_btf/kfree_skb" "not seen:"; do
		[[ $output == *"$words"* ]]
	done
	lab_until 30 nothing_is_left
}

@test "--check -j: the same as one JSON line; what is not needed, not permitted and not there are told apart" {
	needs_root
	"$DTLSNOOP" --check -j --hooks cgroup >"$LAB_TMP/check.json"
	"$ROOT/tests/live/validate" "$LAB_TMP/check.json"
	DTLSNOOP_WITHOUT=kfree_skb "$DTLSNOOP" --check -j --hooks cgroup -p $$ >"$LAB_TMP/other.json"
	jq -e '[.tiers[].hooks[] | select(.where | test("exit")).support] == ["not-needed"]' "$LAB_TMP/check.json"
	jq -e '[.tiers[].hooks[] | select(.where | test("exit")).support] == ["yes"]' "$LAB_TMP/other.json"
	jq -e '[.tiers[].hooks[] | select(.where | test("kfree")).support] == ["kernel-lacks"]' "$LAB_TMP/other.json"
	# The text says as much.
	"$DTLSNOOP" --check --hooks cgroup >"$LAB_TMP/check.txt"
	jq -r '.never_seen[], (.tiers[] | .not_seen[], (.hooks[] | .where, .gives))' "$LAB_TMP/check.json" >"$LAB_TMP/words"
	grep -c . "$LAB_TMP/words"
	while read -r words; do
		grep -qF -- "$words" "$LAB_TMP/check.txt"
	done <"$LAB_TMP/words"
	# What an ordinary user is refused says nothing about the kernel.
	copy=$(mktemp -d /tmp/dtlsnoop.XXXXXX)
	cp "$DTLSNOOP" "$copy"
	chmod -R a+rx "$copy"
	run setpriv --reuid=nobody --regid=nogroup --clear-groups "$copy/dtlsnoop" --check -j
	rm -r "$copy"
	[[ $status == 1 ]]
	echo "$output" >"$LAB_TMP/nobody.json"
	"$ROOT/tests/live/validate" "$LAB_TMP/nobody.json"
	jq -e '[.tiers[].support] | unique == ["not-permitted"]' "$LAB_TMP/nobody.json"
}

@test "in a named network namespace, whose /sys has no cgroups: the name to use outside" {
	needs_root
	netns=dtlsnoop-$$
	ip netns add "$netns"
	run ip netns exec "$netns" "$DTLSNOOP" --duration 1
	ip netns delete "$netns"
	[[ $status == 1 && $output == *"ip netns exec"*"--netns $netns"* ]]
}

@test "what is never seen: --check and the man page name the same, and each has a word for it" {
	needs_root
	run "$DTLSNOOP" --check --hooks cgroup
	sed -n '/^never seen, on any host:$/,$p' <<<"$output" | sed '1d; s/^  //' >"$LAB_TMP/check"
	sed -n '/^Never seen, on any host:$/,/^\.PP$/p' "$ROOT/user/deploy/dtlsnoop.8" | grep -v '^[.N]' >"$LAB_TMP/man"
	diff "$LAB_TMP/check" "$LAB_TMP/man"
	for word in AF_XDP DPDK TURN STUN QUIC kTLS hardware 'DTLS 1.3'; do
		grep -q "$word" "$LAB_TMP/check"
	done
}

@test "--hooks: a word that is no tier is wrong usage" {
	run "$DTLSNOOP" --hooks xdp
	[[ $status == 2 ]]
}

# A library that cannot be loaded is the same as one that is not installed.
broken() {
	: >"$BATS_TEST_TMPDIR/$1"
	export LD_LIBRARY_PATH=$BATS_TEST_TMPDIR
}

@test "libcurl is not installed: --otlp-endpoint names the package, and all else works" {
	broken libcurl-gnutls.so.4
	broken libcurl.so.4
	run "$DTLSNOOP" -q -r "$ROOT/tests/golden/founding.rec" --otlp-endpoint http://localhost:4318
	[[ $status == 1 && ${#lines[@]} == 1 ]]
	assert_one_error --otlp-endpoint "needs libcurl" "apt install libcurl3-gnutls"
	run "$DTLSNOOP" -q -r "$ROOT/tests/golden/founding.rec"
	[[ $status == 0 ]]
}

@test "libmicrohttpd is not installed: --metrics-listen names the package, and all else works" {
	broken libmicrohttpd.so.12
	run "$DTLSNOOP" --version
	[[ $status == 0 && $output == *"no libmicrohttpd"* ]]
	needs_root
	run "$DTLSNOOP" -q --hooks cgroup --duration 0.2 --metrics-listen 39684
	[[ $status == 1 ]]
	assert_one_error --metrics-listen "needs libmicrohttpd" "apt install libmicrohttpd12"
	run "$DTLSNOOP" -q --hooks cgroup --duration 0.2
	[[ $status == 0 ]]
}

@test "an optional hook that is missing: the others work, and the trace line says what is not seen" {
	needs_root
	DTLSNOOP_WITHOUT=kfree_skb,sock_recv_length run "$DTLSNOOP" -q -j --hooks cgroup --duration 0.2
	[[ $status == 0 ]]
	jq -es '.[0].not_seen | any(.[]; test("kernel dropped")) and any(.[]; test("reads a datagram"))' <<<"$output"
	DTLSNOOP_WITHOUT=kfree_skb run "$DTLSNOOP" --check --hooks cgroup
	[[ $output == *"left out by DTLSNOOP_WITHOUT"* ]]
}

@test "a required hook that is missing: one line that names it, status 1" {
	needs_root
	DTLSNOOP_WITHOUT=cgroup_egress run "$DTLSNOOP" --hooks cgroup
	[[ $status == 1 && $output == *"cgroup_skb/egress"* && ${#lines[@]} == 1 ]]
}
