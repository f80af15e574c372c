#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The static dtlsnoop (make static): one file that needs nothing, and does what the other one does.
# tests/run --all also runs suites of outputs with it; tests/vm runs guests with it.

bats_require_minimum_version 1.5.0
load common

# Without its libraries' sources, skipped aloud. Both are of one commit, which outputs name.
setup_file() {
	make -s -C "$ROOT" all static OPTIONAL=yes >"$BATS_FILE_TMPDIR/make" 2>&1 || { cat "$BATS_FILE_TMPDIR/make" && return 1; }
	[[ -e $ROOT/build/static/dtlsnoop ]] || export NO_STATIC="$(tail -n 1 "$BATS_FILE_TMPDIR/make")"
}

setup() {
	[[ -z ${NO_STATIC:-} ]] || skip "$NO_STATIC"
	STATIC=$ROOT/build/static/dtlsnoop
	files_setup
}

# is_alone FILE: no program interpreter, no shared library, and small.
is_alone() {
	[[ $(readelf -lW "$1" | grep -c INTERP) == 0 ]]
	[[ $(readelf -dW "$1" | grep -c NEEDED) == 0 ]]
	readelf -hW "$1" | grep -q 'Type: *DYN'
	(($(stat -c %s "$1") <= 4000000))
}

# prints_the_same RUN...: as the dynamic one, whatever it reads and in whatever format. RUN... runs the static one.
prints_the_same() {
	local file format num=0
	for file in "$ROOT"/tests/golden/*.{rec,pcap}; do
		for format in timeline json summary ladder html otlp; do
			"$DTLSNOOP" -q -r "$file" -o $format >"$LAB_TMP/dynamic"
			[[ -s $LAB_TMP/dynamic ]]
			"$@" -q -r "$file" -o $format | cmp - "$LAB_TMP/dynamic"
			: $((num++))
		done
	done
	((num >= 40))
}

# A root with the static dtlsnoop and a few files of /etc, and no library.
make_bare() {
	BARE=$LAB_TMP/bare
	mkdir -p "$BARE/etc" "$BARE/proc" "$BARE/sys"
	cp "$STATIC" "$BARE/dtlsnoop"
	cp "$(command -v busybox)" "$BARE/busybox"
	echo 'nobody-here:x:4321:4322::/:/busybox' >"$BARE/etc/passwd"
	printf '%s\n' 'own:x:4322:' 'more:x:4323:nobody-here' >"$BARE/etc/group"
	echo 'strange 60374/udp' >"$BARE/etc/services"
	# What a host with other sources of names has; its modules are of another C library, if any are there at all.
	printf '%s\n' 'passwd: sss systemd files' 'group: sss files' 'initgroups: sss files' 'services: sss db files' \
		'hosts: mymachines resolve files myhostname dns' >"$BARE/etc/nsswitch.conf"
	cp "$ROOT/tests/golden/founding.rec" "$BARE/"
}

@test "one file: no interpreter, no shared library, position-independent, at most 4 MB" {
	is_alone "$STATIC"
	run ! is_alone "$DTLSNOOP"
	# As the README has it, in MB with one digit.
	said=$(sed -n 's/.*build\/static\/dtlsnoop, \([0-9.]*\) MB; copy it.*/\1/p' "$ROOT/README.md")
	[[ $(awk -v size="$(stat -c %s "$STATIC")" 'BEGIN { printf "%.1f", size / 1e6 }') == "$said" ]]
}

@test "--version: the same features, the libraries in it, and what it lacks" {
	run "$STATIC" --version
	[[ $status == 0 ]]
	diff <(sed -n 1,2p <<<"$output") <("$DTLSNOOP" --version | sed -n 1,2p)
	[[ ${lines[2]} == *"libbpf "*"libpcap "*"libmicrohttpd "*"libcurl "*"(mbedTLS/"* ]]
	[[ ${lines[3]} == "static: "*"/etc/passwd"*"DNS"* && ${#lines[@]} == 4 ]]
	run "$DTLSNOOP" --version
	[[ $status == 0 && ${#lines[@]} == 3 && ${lines[2]} == *"libcurl "* ]]
}

@test "golden recordings and captures: every output as from the dynamic one, byte for byte" {
	prints_the_same "$STATIC"
}

@test "in a root without a library: users, groups and services by name, and no module of names is looked for" {
	needs_root
	command -v busybox >/dev/null || skip "no busybox here"
	make_bare
	run chroot "$BARE" /dtlsnoop -r /founding.rec -P strange
	[[ $status == 0 && $output == *"STUCK  client"* ]]
	run chroot "$BARE" /dtlsnoop -r /founding.rec -P stranger
	[[ $status == 2 && $output == *"name of a UDP service"* ]]
	# Who owns a file that may not be read.
	chmod 600 "$BARE/founding.rec"
	chown 4321 "$BARE/founding.rec"
	chmod 711 "$LAB_TMP" "${BATS_TEST_TMPDIR:-$LAB_TMP}"
	run chroot --userspec 65534:65534 "$BARE" /dtlsnoop -r /founding.rec
	[[ $status == 1 && $output == *"belongs to nobody-here (user 4321)"* ]]
	# nsswitch.conf is looked at, and what it names is not. strace sees chroot's own libraries first.
	strace -f -e trace=file -o "$LAB_TMP/opened" chroot "$BARE" /dtlsnoop -q -r /founding.rec -P strange >/dev/null
	sed '1,/chroot("/d' "$LAB_TMP/opened" >"$LAB_TMP/inside"
	grep -q '/etc/services' "$LAB_TMP/inside"
	run ! grep -F '.so' "$LAB_TMP/inside"
}

@test "in a root without a library: it traces, and runs a command as another user with that user's groups" {
	needs_root
	command -v busybox >/dev/null || skip "no busybox here"
	make_bare
	unshare -m bash -c 'mount --rbind /proc "$1/proc" && mount --rbind /sys "$1/sys" && cd / &&
		exec chroot "$1" /dtlsnoop -q --hooks cgroup -u nobody-here -- /busybox id' bash "$BARE" >"$LAB_TMP/said" 2>&1 || true
	grep -q 'uid=4321.* gid=4322.* groups=4322.*4323' "$LAB_TMP/said" || { cat "$LAB_TMP/said" && return 1; }
}

@test "host names come from /etc/hosts of that root, and from no module" {
	needs_root
	make_bare
	port=$(lab_port)
	lab_start receiver "$ROOT/tests/live/otlp_receiver" "$port" "$LAB_TMP" ok
	lab_wait_line receiver listening
	echo '127.0.0.1 receiver.example' >"$BARE/etc/hosts"
	run chroot "$BARE" /dtlsnoop -q -r /founding.rec --otlp-endpoint "http://receiver.example:$port"
	[[ $status == 0 && -s $LAB_TMP/taken ]]
}

@test "arm64: one file, which prints the same in emulation" {
	command -v aarch64-linux-gnu-gcc >/dev/null || skip "no cross compiler here"
	command -v qemu-aarch64-static >/dev/null || skip "no qemu-aarch64-static here"
	cd "$ROOT"
	said=$(tests/vm/sysroot 2>&1) || skip "$said"
	make -s static ARCH=arm64 >"$LAB_TMP/make" 2>&1 || { cat "$LAB_TMP/make" && return 1; }
	is_alone build/arm64/static/dtlsnoop
	readelf -hW build/arm64/static/dtlsnoop | grep -q 'Machine: *AArch64'
	diff <(qemu-aarch64-static build/arm64/static/dtlsnoop --version) <("$STATIC" --version)
	prints_the_same qemu-aarch64-static build/arm64/static/dtlsnoop
}
