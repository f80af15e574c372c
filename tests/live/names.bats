#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The names that are made from a source are still what the source says.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit
	[[ $BATS_TEST_DESCRIPTION != *library_names* ]] || return 0
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

@test "library_names.h is what library_names.gen makes of the same libraries" {
	for header in openssl/sslerr.h gnutls/gnutls.h mbedtls/ssl.h wolfssl/ssl.h; do
		echo "#include <$header>" | cc -E -o /dev/null - 2>/dev/null || skip "$header is not installed"
	done
	openssl1=$(tests/lab/openssl_1 3>&-) || skip "$openssl1"
	: "${MBEDTLS3:=build/mbedtls/source/include}"
	[[ -e $MBEDTLS3/mbedtls/ssl.h ]] || skip "no headers of Mbed TLS 3: tests/lab/libraries was not run"
	OPENSSL1=$openssl1/include MBEDTLS3=$MBEDTLS3 user/analysis/library_names.gen >"$BATS_TEST_TMPDIR/names"
	[[ $(sed -n 2,5p user/analysis/library_names.h) == "$(sed -n 2,5p "$BATS_TEST_TMPDIR/names")" ]] || skip "other versions are here"
	diff "$BATS_TEST_TMPDIR/names" user/analysis/library_names.h
}

# OpenSSL keeps the numbers of its reasons: it names the same ones.
@test "openssl errstr contradicts no reason of OpenSSL in library_names.h" {
	local numbers=0 number name
	command -v openssl >/dev/null || skip "openssl is not installed"
	while IFS='|' read -r number name; do
		# Its texts have capitals, slashes and hyphens that the names of macros lack.
		here=$(openssl errstr "$(printf '%x' $((20 << 23 | number)))" | cut -d: -f5 | tr 'A-Z/()-' 'a-z    ' | tr -s ' ')
		[[ $here == reason* || ${here// /} == "${name// /}" ]] || echo "$number: here $here, there $name"
		[[ $here == reason* ]] || numbers=$((numbers + 1))
	done < <(sed -nE '/ifdef OPENSSL_SSL/,/endif/s/^OPENSSL_SSL\(([0-9]+), "(.*)"\)/\1|\2/p' user/analysis/library_names.h | sed -n '1~9p') >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out"
	[[ ! -s $BATS_TEST_TMPDIR/out && $numbers -gt 25 ]]
}
