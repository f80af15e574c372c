#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The structure of the sources: what each room of user/ may include, and who calls whom.

bats_require_minimum_version 1.5.0

setup() {
	load common
	cd "$ROOT"
}

# compiles ROOM HEADER: does a file of this room that includes this header compile?
compiles() {
	printf '#include "%s"\n' "$2" >"$BATS_TEST_TMPDIR/user/$1/fence.c"
	run make -s -C "$BATS_TEST_TMPDIR" "build/user/$1/fence.o"
	rm -f "$BATS_TEST_TMPDIR/build/user/$1/fence.o"
	[[ $status == 0 ]]
}

@test "a room that includes what it does not stand on does not compile" {
	cp -r --parents Makefile include user tests/fuzz/fuzz.mk "$BATS_TEST_TMPDIR"
	while read -r room allowed; do
		for header in verdict.h recording.h sink.h loader.h options.h trace.h message.h trace_info.h; do
			compiles "$room" "$header" && now=1 || now=0
			[[ " $allowed " == *" $header "* ]] && wanted=1 || wanted=0
			[[ $now == "$wanted" ]] || {
				echo "$header in $room: $now, wanted: $wanted: $output"
				return 1
			}
		done
	done <<-END
		analysis verdict.h
		files verdict.h recording.h message.h trace_info.h
		sinks verdict.h sink.h message.h trace_info.h
		live verdict.h loader.h message.h trace_info.h
		. verdict.h recording.h sink.h loader.h options.h trace.h message.h trace_info.h
	END
}

@test "no room climbs out by a path, and each library has one room" {
	run ! grep -rn '#include "\.\.' user
	# A name and a version is all that is asked of it elsewhere.
	[[ $(grep -rlE '#include <bpf/' user | cut -d/ -f2 | sort -u) == live ]]
	[[ $(grep -rlE '#include <pcap' user | cut -d/ -f2 | sort -u) == files ]]
	[[ $(grep -rlE '#include <(microhttpd|curl/)' user | cut -d/ -f2 | sort -u) == sinks ]]
	# Whoever takes JSON from outside.
	[[ $(grep -rl '#include <json-c/' user | cut -d/ -f2 | sort -u | xargs) == 'files sinks' ]]
}

# A start takes three times as long with what these two bring along.
@test "the libraries that only an option needs are loaded, not linked" {
	readelf -d build/dtlsnoop | grep -q 'NEEDED.*libbpf'
	run ! grep -E 'NEEDED.*(libcurl|libmicrohttpd)' <(readelf -d build/dtlsnoop)
}

@test "outside of the rooms there are at most eight modules, and no other rooms" {
	[[ $(find user -maxdepth 1 -name '*.c' | wc -l) -le 8 ]]
	[[ $(find user -mindepth 1 -maxdepth 1 -type d | sort | tr '\n' ' ') == "user/analysis user/deploy user/files user/live user/sinks " ]]
}

@test "every file of the analysis includes core.h, last" {
	for file in user/analysis/*.c; do
		[[ $(grep '^#include' "$file" | grep -v -e tls_names.h -e library_names.h | tail -n 1) == '#include "core.h"' ]] || {
			echo "$file"
			return 1
		}
	done
	# It is a fence: what it forbids does not compile.
	cp -r --parents Makefile include user tests/fuzz/fuzz.mk "$BATS_TEST_TMPDIR"
	for line in 'void *f(void); void *f(void) { return malloc(1); }' 'int f(void); int f(void) { return printf("x"); }'; do
		{
			printf '#include <stdio.h>\n#include <stdlib.h>\n#include "state.h"\n'
			echo '#include "core.h"'
			echo "$line"
		} >"$BATS_TEST_TMPDIR/user/analysis/fence.c"
		run ! make -s -C "$BATS_TEST_TMPDIR" build/user/analysis/fence.o
		[[ $output == *poisoned* ]]
	done
}

# circles PAIRS: those among lines "caller callee".
circles() {
	tsort "$1" 2>&1 >/dev/null | grep -v 'contains a loop'
}

@test "no two files call each other in a circle" {
	# Of the sources that there are: objects of others may lie about.
	sources=(user/*.c user/*/*.c)
	objects=("${sources[@]/#/build/}")
	nm -A -P "${objects[@]/%.c/.o}" | sed 's/^\([^ ]*\):/\1/' >"$BATS_TEST_TMPDIR/symbols"
	awk '$3 ~ /^[TDRBV]$/ { owner[$2] = $1; next }
		$3 == "U" { user[++num] = $1; used[num] = $2 }
		END { for (i = 1; i <= num; i++) if (used[i] in owner) print user[i], owner[used[i]] }' \
		"$BATS_TEST_TMPDIR/symbols" | sort -u >"$BATS_TEST_TMPDIR/calls"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/calls") -gt 200 ]]
	run circles "$BATS_TEST_TMPDIR/calls"
	[[ -z $output ]]
	# It would be seen.
	echo "build/user/message.o build/user/main.o" >>"$BATS_TEST_TMPDIR/calls"
	run circles "$BATS_TEST_TMPDIR/calls"
	[[ $output == *message.o* ]]
}

@test "the table of hooks has the programs of bpf/, each at its place" {
	for object in tracing cgroup; do
		llvm-objdump -t "build/$object.bpf.o" | awk -v object=$object '$3 == "F" && $4 ~ "/" { print object, $NF, $4 }'
	done | sort >"$BATS_TEST_TMPDIR/programs"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/programs") -gt 30 ]]
	printf '%s\n' '#define HOOK(object, program, where, ...) object program where;' '#include "hooks_table.h"' |
		cc -E -P -Iuser/live - | tr ';' '\n' | sed -nE 's/"//g; s|^ *(\w+) (\w+) (\w+/) ?(\w+) *$|\1 \2 \3\4|p' | sort |
		diff - "$BATS_TEST_TMPDIR/programs"
}

# bash goes on after "! command", whatever comes of it: it asserts nothing unless it is the last line.
@test "what must fail in a test is run by bats, since a negated command ends no test" {
	run ! grep -nE '^[[:space:]]+! [^|]*(\|[^|]+)*$' tests/live/*.bats
}
