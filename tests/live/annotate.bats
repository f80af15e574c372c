#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# --annotate: a copy of a capture with packet comments, as tshark and editcap see it.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
}

# annotate FILE [OPTION]...: to copy.pcapng.
annotate() {
	rm -f copy.pcapng
	"$DTLSNOOP" -r "$1" --annotate copy.pcapng "${@:2}" >timeline
}

# fields FILE: of each packet, what belongs to the file, and what is in it.
fields() {
	tshark -n -r "$1" -T fields -e frame.number -e frame.time_epoch -e frame.len -e frame.cap_len -e frame.encap_type \
		-e ip.checksum -e udp.checksum -e udp.payload 2>/dev/null
}

# comments FILE: "NUMBER COMMENT", a line for each.
comments() {
	tshark -r "$1" -T fields -E aggregator='|' -e frame.number -e frame.comment -Y frame.comment 2>/dev/null |
		awk -F '\t' '{ n = split($2, text, "|"); for (i = 1; i <= n; i++) print $1, text[i] }'
}

# is_faithful FILE: copy.pcapng has its packets, bit for bit.
is_faithful() {
	diff <(fields "$1") <(fields copy.pcapng)
	editcap -F "${2:-pcap}" copy.pcapng back.pcap
	diff <(tail -c +25 "$1" | sha256sum) <(tail -c +25 back.pcap | sha256sum)
}

@test "every packet of a pcap is kept, and its time; back to pcap, it is the same file" {
	for file in "$GOLDEN"/*.pcap "$ROOT"/../shared/captures/*.pcap; do
		[[ -e $file ]] || continue
		echo "$file"
		annotate "$file"
		is_faithful "$file"
	done
	# Some of these say a time as 0 s and 20,000,000 us, which a pcapng cannot: it is the same time.
	for file in "$ROOT"/../shared/cases/*.pcap; do
		[[ -e $file ]] || continue
		echo "$file"
		annotate "$file"
		diff <(fields "$file") <(fields copy.pcapng)
	done
	# Nanoseconds, too: each packet is moved by one that microseconds cannot show.
	editcap -F nsecpcap -t 0.000000123 "$GOLDEN/founding.pcap" nano.pcap
	annotate nano.pcap
	is_faithful nano.pcap nsecpcap
	tshark -r copy.pcapng -T fields -e frame.time_epoch 2>/dev/null | grep -qE '\.[0-9]{6}123$'
}

@test "a pcapng: several interfaces, comments that were there, names and a description stay" {
	editcap -F nsecpcap -t 0.000000123 "$GOLDEN/founding.pcap" nano.pcap
	editcap -F pcap "$GOLDEN/founding.pcap" micro.pcap
	mergecap -w two.pcapng micro.pcap nano.pcap
	editcap -a '3:a comment of a colleague' --capture-comment 'of the whole file' two.pcapng in.pcapng
	annotate in.pcapng
	diff <(fields in.pcapng) <(fields copy.pcapng)
	diff <(tshark -r in.pcapng -T fields -e frame.interface_id 2>/dev/null) <(tshark -r copy.pcapng -T fields -e frame.interface_id 2>/dev/null)
	capinfos -k copy.pcapng | grep -q 'of the whole file'
	comments copy.pcapng | grep -qx '3 a comment of a colleague'
	comments copy.pcapng | grep -q 'dtlsnoop #1: the handshake begins'
	# A copy of the copy has each comment twice, and the packets still.
	mv copy.pcapng again.pcapng
	annotate again.pcapng
	[[ $(comments copy.pcapng | grep -c dtlsnoop) == $((2 * $(comments again.pcapng | grep -c dtlsnoop))) ]]
	diff <(fields in.pcapng) <(fields copy.pcapng)
}

@test "the comments: where the handshake begins, copies of flights, and the verdict at its datagram" {
	annotate "$GOLDEN/founding.pcap"
	comments copy.pcapng >comments
	grep -q '^1 dtlsnoop #1: the handshake begins: client 127.0.0.1:' comments
	[[ $(grep -c 'copy 2 of flight 4 (retransmission, 1.0 s after copy 1)' comments) == 6 ]]
	# The timeline has as many retransmissions.
	[[ $(grep -c '(retransmission, ' comments) == $("$DTLSNOOP" -v -r "$GOLDEN/founding.pcap" | grep -c '  retransmission$') ]]
	[[ $(grep -c '; verdict: ' comments) == 1 ]]
	grep -E '^26 dtlsnoop #1: stuck 1\.[0-9] s after this datagram: .*; verdict: peer-silent, side client, likely: ' comments | grep -q '; hint: '
	tshark -V -r copy.pcapng 2>/dev/null | grep -q 'dtlsnoop #1: copy 2 of flight 4'
	annotate "$GOLDEN/completed.pcap"
	comments copy.pcapng | grep -q ' dtlsnoop #1: completed 0.0'
	run ! grep -q verdict <(comments copy.pcapng)
	# The timeline is what it is without this.
	"$DTLSNOOP" -r "$GOLDEN/completed.pcap" | diff - timeline
}

@test "a truncated capture: the whole packets are copied, and a message says where it ends" {
	head -c 2000 "$GOLDEN/founding.pcap" >cut.pcap
	"$DTLSNOOP" -r cut.pcap --annotate copy.pcapng >timeline 2>errors
	grep -q 'cut.pcap: the file is truncated in what begins at byte [0-9]*: the copy ends there, after [0-9]* packets' errors
	[[ $(capinfos -Mc copy.pcapng | awk '/Number of packets/ { print $NF }') == $(sed -nE 's/.*ends there, after ([0-9]+) packets.*/\1/p' errors) ]]
}

@test "what is read and what exists is never overwritten; recordings, pipes and live traces have no packets" {
	cp "$GOLDEN/founding.pcap" in.pcap
	for out in in.pcap ./in.pcap; do
		run "$DTLSNOOP" -r in.pcap --annotate $out --force
		[[ $status == 1 && ${lines[0]} == *"it is the file that is read"* ]]
	done
	cmp "$GOLDEN/founding.pcap" in.pcap
	echo mine >other
	run "$DTLSNOOP" -r in.pcap --annotate other
	[[ $status == 1 && ${lines[0]} == *"the file exists"* && $(<other) == mine ]]
	"$DTLSNOOP" -r in.pcap --annotate other --force >timeline
	tshark -r other 2>/dev/null | grep -q DTLS
	run "$DTLSNOOP" -r "$GOLDEN/founding.rec" --annotate new
	[[ $status == 1 && ${lines[0]} == *"is a recording: expected a capture in a file" && ! -e new ]]
	for options in "-r -" "" "-r in.pcap -r other"; do
		# shellcheck disable=SC2086 # words
		run "$DTLSNOOP" $options --annotate new
		[[ $status == 2 && ${lines[0]} == *"--annotate needs one --read FILE"* && ! -e new ]]
	done
	run "$DTLSNOOP" -r <(cat in.pcap) --annotate new
	[[ $status == 1 && ${lines[0]} == *"is a pipe: expected a capture in a file" && ! -e new ]]
}
