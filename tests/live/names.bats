#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The names that are made from a source are still what the source says.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit
	command -v tshark >/dev/null || skip "tshark is not installed"
	made=$(sed -nE 's/.*tls_names.gen from Wireshark ([0-9.]+)\..*/\1/p' user/analysis/tls_names.h)
	here=$(tshark --version 2>/dev/null | sed -nE 's/^TShark \(Wireshark\) ([0-9.]*[0-9]).*/\1/p')
	user/analysis/tls_names.gen >"$BATS_TEST_TMPDIR/names"
}

@test "tls_names.h is what tls_names.gen makes of the same Wireshark" {
	[[ $made == "$here" ]] || skip "made from Wireshark $made, here is $here"
	diff "$BATS_TEST_TMPDIR/names" user/analysis/tls_names.h
}

# Groups from 0x0200 on are experiments whose numbers were given away again.
@test "another Wireshark contradicts no name of tls_names.h" {
	local numbers=0 line name
	[[ $made ]]
	while read -r line; do
		name=${line#*, }
		grep -qF "${line%%, *}, " user/analysis/tls_names.h || continue
		grep -qF "${line%%, *}, $name" user/analysis/tls_names.h || {
			echo "here: $line; not so in tls_names.h"
			return 1
		}
		numbers=$((numbers + 1))
	done < <(grep -E '^(CIPHER_SUITE|SRTP_PROFILE|ALERT|NAMED_GROUP\(0x0[01])' "$BATS_TEST_TMPDIR/names")
	echo "$numbers names compared"
	[ "$numbers" -gt 450 ]
}
