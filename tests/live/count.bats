#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Counting in JSON: final lines, and the recipes of the README. Recordings and captures, so no root.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden

setup() {
	files_setup
}

# recipe N FILE: the N-th command of the README's block about counting, on the JSON of this file.
recipe() {
	"$DTLSNOOP" -o json=out.json -r "$2" >/dev/null
	sed -n '/^To count handshakes in JSON/,/^```$/p' "$ROOT/README.md" | grep '^jq ' | sed -n "$1p" >recipe
	[[ -s recipe ]]
	bash -eu -o pipefail recipe
	rm out.json
}

@test "exactly one final line for each handshake, its last; --faults keeps that" {
	for file in "$GOLDEN"/*.rec "$GOLDEN"/*.pcap; do
		for option in "" --faults; do
			"$DTLSNOOP" -j -r "$file" $option >trace.out
			"$ROOT/tests/live/validate" trace.out
			that 'handshakes | group_by(.id) | all(.[]; (map(select(.final)) | length) == 1 and last.final)'
		done
		"$DTLSNOOP" -j -r "$file" >trace.out
		that 'def sums(by): map(select(.final) | by | select(.)) | group_by(.) | map({(.[0]): length}) | add;
			(handshakes | sums(.state)) == stats.handshakes and
			((handshakes | sums(.verdict.code)) // {}) == stats.verdicts'
	done
}

@test "README: handshakes by state, and what the timeline counts is the same" {
	diff - <(recipe 1 "$GOLDEN/others-abi6.rec" | jq -c .) <<<'{"failed":1,"stuck":3}'
	diff - <(recipe 1 "$GOLDEN/icmp.pcap" | jq -c .) <<<'{"failed":4,"in-progress":1,"stuck":3}'
	"$DTLSNOOP" -r "$GOLDEN/icmp.pcap" | grep -q '^8 handshakes: 1 in-progress, 4 failed, 3 stuck;'
}

@test "README: verdicts with the side that owes the next move" {
	diff - <(recipe 2 "$GOLDEN/others-abi6.rec") <<-END
		1 kernel-drop kernel
		1 no-response server
		1 rejected network
		1 silent-after-read server
	END
}

@test "README: handshakes a minute" {
	diff - <(recipe 3 "$GOLDEN/icmp.pcap") <<<'2026-09-21T14:13:40Z 8'
	diff - <(recipe 3 "$GOLDEN/founding-abi3.rec") <<<'2026-11-24T17:09:29Z 1'
}

@test "--stats: the totals so far, in between and at the end" {
	"$DTLSNOOP" -j --stats 2 -r "$GOLDEN/icmp.pcap" >trace.out
	"$ROOT/tests/live/validate" trace.out
	# At the earliest every 2 s, and the totals only grow.
	that 'map(select(.type == "stats")) | length >= 3 and
		([range(1; length) as $i | .[$i].ns - .[$i - 1].ns] | all(.[:-1][]; . >= 2000000000)) and
		([range(1; length) as $i | .[$i].events - .[$i - 1].events] | all(.[]; . >= 0))'
	"$DTLSNOOP" -j -r "$GOLDEN/icmp.pcap" >other
	diff <(jq -c 'select(.type != "stats")' trace.out) <(jq -c 'select(.type != "stats")' other)
	diff <(tail -n 1 trace.out) <(tail -n 1 other)
}
