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

needs_root() {
	[[ $(id -u) == 0 ]] || skip "needs root"
	lab_init
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
		"--fail-on maybe" "--color red" "--buffer 100000" "--buffer 8X" "--max-handshakes 0" "stray"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" $args
		echo "$args: $status $output"
		[[ $status == 2 ]]
		[[ $output == *dtlsnoop:* ]]
	done
}

@test "-V and -h: standard output, status 0" {
	run "$DTLSNOOP" -V
	[[ $status == 0 && $output == "dtlsnoop 0."* && $output == *"hooks: fentry kprobe cgroup"* && $output == *"libbpf"* ]]
	run "$DTLSNOOP" -h
	[[ $status == 0 && $output == *"--stuck-after"* && $output == *"Exit status"* ]]
}

@test "every option of --help is in the man page, and the other way round" {
	options=$("$DTLSNOOP" --help | grep -oE -- '--[a-z-]+' | sort -u)
	[[ $(wc -w <<<"$options") -ge 15 ]]
	documented=$(man -l "$ROOT/user/dtlsnoop.8" | col -b | grep -oE -- '--[a-z-]+' | sort -u)
	diff <(echo "$options") <(echo "$documented")
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
	run --separate-stderr "$DTLSNOOP" -q -j --duration 0.5
	[[ $status == 0 && -z $stderr ]]
	[[ ${#lines[@]} == 2 ]]
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
		lab_start trace "$DTLSNOOP" -j --fail-on "$what" --count 1
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
	lab_start trace "$DTLSNOOP" -j --fail-on stuck --stuck-after 1 --duration 8
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
	lab_start trace "$DTLSNOOP" -q --color never --count 2
	lab_wait_line trace '^ *SECONDS'
	lab_run dtls_client --connect "127.0.0.1:$port"
	run lab_run dtls_client --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem"
	lab_join trace
	cat "$LAB_TMP/trace.out"
	grep -qE 'client > server +1 +205  ClientHello' "$LAB_TMP/trace.out"
	grep -qE 'server > client +2 +[0-9]+  HelloVerifyRequest' "$LAB_TMP/trace.out"
	grep -qE 'COMPLETED +DTLS 1.2 completed in [0-9.]+ s; client .*\(dtls_client pid [0-9]+\), server' "$LAB_TMP/trace.out"
	grep -qE 'FAILED +client .* ended the handshake with the fatal alert unknown_ca \(48\)' "$LAB_TMP/trace.out"
	grep -q '^2 handshakes: 1 completed, 1 failed; .* 0 lost$' "$LAB_TMP/trace.out"
	absent $'\033'
}

@test "colours: always, never, and not into a pipe" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port"
	for when in always never auto; do
		lab_start trace "$DTLSNOOP" -q --color "$when" --count 1
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
		lab_start trace "$DTLSNOOP" -q -o "$format" --color never --count 1
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
		lab_wait_line trace '"type":"trace"|^ *SECONDS' 20
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

@test "--check: each tier, its hooks, why not, what is not seen; nothing stays attached" {
	needs_root
	before=$(bpftool -j link show | jq length)
	run "$DTLSNOOP" --check
	echo "$output"
	[[ $status == 0 ]]
	for words in "fentry: " "kprobe: " "cgroup: available" "cgroup_skb/egress" "tp_btf/kfree_skb" "not seen:"; do
		[[ $output == *"$words"* ]]
	done
	[[ $(bpftool -j link show | jq length) == "$before" ]]
}

@test "what is never seen: --check and the man page name the same, and each has a word for it" {
	needs_root
	run "$DTLSNOOP" --check --hooks cgroup
	sed -n '/^never seen, on any host:$/,$p' <<<"$output" | sed '1d; s/^  //' >"$LAB_TMP/check"
	sed -n '/^Never seen, on any host:$/,/^\.PP$/p' "$ROOT/user/dtlsnoop.8" | grep -v '^[.N]' >"$LAB_TMP/man"
	diff "$LAB_TMP/check" "$LAB_TMP/man"
	for word in AF_XDP DPDK TURN STUN QUIC kTLS hardware 'DTLS 1.3'; do
		grep -q "$word" "$LAB_TMP/check"
	done
}

@test "--hooks: a word that is no tier is wrong usage" {
	run "$DTLSNOOP" --hooks xdp
	[[ $status == 2 ]]
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
