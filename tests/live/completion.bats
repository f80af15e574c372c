#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Completion in real shells: what a user types, then TAB (tests/live/press_tab).

bats_require_minimum_version 1.5.0
load common

setup_file() {
	# As it is installed.
	export SHARE=$BATS_FILE_TMPDIR/share
	make -s -C "${BATS_TEST_DIRNAME}/../.." install DESTDIR="$BATS_FILE_TMPDIR" PREFIX=
	chmod 755 "$BATS_FILE_TMPDIR"
}

setup() {
	lab_init
	cd "$ROOT"
}

teardown() {
	lab_fini
}

# tab SHELL TEXT: in $output what was listed, then the line.
tab() {
	run "${AS[@]}" tests/live/press_tab "$1" "$SHARE" "$2"
	[[ $status == 0 ]] || {
		echo "$output"
		return 1
	}
}
AS=()

# completes SHELL TEXT LINE
completes() {
	tab "$1" "$2"
	[[ ${lines[-1]} == "LINE $3|" ]] || {
		echo "$1: '$2' became '${lines[-1]}', not '$3'"
		return 1
	}
}

# lists SHELL TEXT WORD...: these are listed, with those after "not" are not.
lists() {
	local wanted=yes word
	tab "$1" "$2"
	for word in "${@:3}"; do
		if [[ $word == not ]]; then
			wanted=no
		elif grep -Eq -- "(^|[[:space:]])$word([[:space:]]|\$)" <<<"${output%LINE*}"; then
			[[ $wanted == yes ]]
		else
			[[ $wanted == no ]]
		fi || {
			echo "$1: '$2': $word, listed: $wanted: $output"
			return 1
		}
	done
}

# server NAME ADDRESS [COMMAND]...: a DTLS server, started by that command.
server() {
	lab_start "$1" "${@:3}" "$LAB_BIN/dtls_server" --listen "$2" --cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" \
		--duration "$LAB_SECONDS"
	lab_ready "$1"
}

@test "the completions are made from the table of options, and have every word that an option accepts" {
	cp -r --parents Makefile user tests/fuzz/fuzz.mk "$LAB_TMP"
	make -s -C "$LAB_TMP" man
	for shell in bash zsh; do
		cmp "user/deploy/dtlsnoop.$shell" "$LAB_TMP/user/deploy/dtlsnoop.$shell"
	done
	# shellcheck source=/dev/null
	source user/deploy/dtlsnoop.bash
	diff <(tr ' ' '\n' <<<"$_dtlsnoop_options" | grep -- -- | sort) <("$DTLSNOOP" --help | sed -nE 's/^  (-.,|   ) (--[a-z-]+).*/\2/p' | sort)
	_dtlsnoop_value --output
	[[ $words == "$("$DTLSNOOP" -V | sed -n 's/.*outputs: \([a-z ]*\);.*/\1/p')" ]]
	_dtlsnoop_value --explain
	diff <(tr ' ' '\n' <<<"$words" | sort) <("$DTLSNOOP" --explain | sed -nE 's/^  ([a-z][a-z0-9.-]*) .*/\1/p' | sort -u)
	# An error names the words that an option accepts.
	for option in color time profile fail-on hooks; do
		_dtlsnoop_value "--$option"
		run "$DTLSNOOP" "--$option" nonsense
		[[ $output == *"expected $(sed 's/ /, /g; s/, \([^,]*\)$/ or \1/' <<<"$words")"* ]]
	done
	# Nothing follows a flag.
	run ! _dtlsnoop_value --quiet
	# In zsh, too.
	for name in $(tr ' ' '\n' <<<"$_dtlsnoop_options" | sed -n 's/^--//p'); do
		grep -qE -- "[-{,']--$name([=}[]|=?\\[)" user/deploy/dtlsnoop.zsh
	done
}

@test "options, and values that are fixed" {
	for shell in bash bash-alone zsh; do
		lists $shell $'dtlsnoop --m\t\t' --metrics --metrics-listen --max-handshakes not --port
		completes $shell $'dtlsnoop --profile w\t' 'dtlsnoop --profile webrtc '
		completes $shell $'dtlsnoop --profile=w\t' 'dtlsnoop --profile=webrtc '
		completes $shell $'dtlsnoop -q --time u\t' 'dtlsnoop -q --time utc '
		completes $shell $'dtlsnoop --explain not-ret\t' 'dtlsnoop --explain not-retransmitting '
		completes $shell $'dtlsnoop --port 4433,coa\t' 'dtlsnoop --port 4433,coaps '
		lists $shell $'dtlsnoop -o \t\t' timeline json summary ladder html otlp not --profile
		completes $shell $'dtlsnoop -o js\t' 'dtlsnoop -o json '
		# There is no fixed value: nothing is made up.
		completes $shell $'dtlsnoop --count \t' 'dtlsnoop --count '
	done
	completes bash $'dtlsnoop --prof\t' 'dtlsnoop --profile '
	completes zsh $'dtlsnoop --prof\t' 'dtlsnoop --profile='
}

@test "files, also with blanks in their names; a command after --; users" {
	mkdir "$LAB_TMP/files"
	touch "$LAB_TMP/files/a b.rec"
	for shell in bash bash-alone zsh; do
		completes $shell "dtlsnoop -r $LAB_TMP/files/a"$'\t' "dtlsnoop -r $LAB_TMP/files/a\\ b.rec "
		completes $shell "dtlsnoop --write=$LAB_TMP/files/a"$'\t' "dtlsnoop --write=$LAB_TMP/files/a\\ b.rec "
		completes $shell "dtlsnoop -o json=$LAB_TMP/files/a"$'\t' "dtlsnoop -o json=$LAB_TMP/files/a\\ b.rec "
		completes $shell "dtlsnoop -q -- cat $LAB_TMP/files/a"$'\t' "dtlsnoop -q -- cat $LAB_TMP/files/a\\ b.rec "
		completes $shell $'dtlsnoop -- prlimi\t' 'dtlsnoop -- prlimit '
		completes $shell $'dtlsnoop -u nobod\t' 'dtlsnoop -u nobody '
	done
}

@test "processes that have UDP sockets, of both families and in any network namespace, and no others; ports" {
	server one 127.0.0.1:0
	server two '[::1]:0'
	lab_start idle sleep "$LAB_SECONDS"
	one=$(lab_pid one) two=$(lab_pid two) port=$(lab_ready one)
	port=${port##*:}
	for shell in bash bash-alone; do
		lists $shell $'dtlsnoop -p \t\t\t' "$one \\(dtls_server\\)" "$two \\(dtls_server\\)" not "$(lab_pid idle)"
	done
	lists zsh $'dtlsnoop -p \t\t\t' "$one( +[0-9]+)* +-- dtls_server" "$two( +[0-9]+)* +-- dtls_server" not "$(lab_pid idle)"
	for shell in bash bash-alone zsh; do
		# One that is given is not offered again.
		lists $shell "dtlsnoop --pid=$one,"$'\t\t\t' not "$one"
		completes $shell "dtlsnoop -P 4433,$port"$'\t' "dtlsnoop -P 4433,$port "
		completes $shell $'dtlsnoop --comm dtls_ser\t' 'dtlsnoop --comm dtls_server '
	done
	if [[ $(id -u) == 0 ]]; then
		server inside 127.0.0.1:0 unshare --net bash -c 'ip link set lo up; exec "$@"' bash
		for shell in bash zsh; do
			lists $shell $'dtlsnoop -p \t\t\t' "$(lab_pid inside) .*dtls_server.*"
		done
	fi
	# Others' processes are none of a user's business.
	if [[ $(id -u) == 0 ]]; then
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		for shell in bash zsh; do
			lists $shell $'dtlsnoop -p \t\t\t' not "$one" "$two"
			completes $shell $'dtlsnoop --comm dtls_ser\t' 'dtlsnoop --comm dtls_ser'
		done
	fi
}

@test "a process with a hostile name gets nothing into the line or the terminal" {
	cat >"$LAB_TMP/hostile" <<-'END'
		import os, socket, sys, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("127.0.0.1", 0))
		open("/proc/self/comm", "wb").write(b"ho$(id)\x1b[2J`")
		print("ready", flush=True)
		time.sleep(60)
	END
	lab_start hostile /usr/bin/python3 "$LAB_TMP/hostile"
	server other 127.0.0.1:0
	lab_wait_line hostile ready
	lists bash $'dtlsnoop -p \t\t\t' "$(lab_pid hostile) \\(ho\\?\\?id\\?\\?\\?2J\\?\\)"
	lists zsh $'dtlsnoop -p \t\t\t' "$(lab_pid hostile) +-- ho\\?\\?id\\?\\?\\?2J\\?"
	for shell in bash zsh; do
		completes $shell $'dtlsnoop -n ho$\t' 'dtlsnoop -n ho$'
		lists $shell $'dtlsnoop -n \t\t\t' not 'ho[$?\\].*'
	done
}

@test "network namespaces by name, cgroups by their path" {
	[[ $(id -u) == 0 ]] || skip "needs root"
	ip netns add "dtlsnoop-tab-$$"
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	mkdir -p "$root/dtlsnoop-tab-$$/x\\x2dy"
	for shell in bash bash-alone zsh; do
		completes $shell $'dtlsnoop --netns dtlsnoop-tab-\t' "dtlsnoop --netns dtlsnoop-tab-$$ "
		tab $shell "dtlsnoop --cgroup /dtlsnoop-tab-$$/x"$'\t'
		[[ ${lines[-1]} =~ ^"LINE dtlsnoop --cgroup /dtlsnoop-tab-$$/x\\\\x2dy"[/\ ]?'|'$ ]]
	done
}

# Also if the test before failed.
teardown_file() {
	[[ $(id -u) == 0 ]] || return 0
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	for name in /run/netns/dtlsnoop-tab-*; do
		[[ ! -e $name ]] || ip netns del "${name##*/}"
	done
	for name in "$root"/dtlsnoop-tab-*; do
		[[ ! -e $name ]] || rmdir "$name/x\\x2dy" "$name"
	done
}
