#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which library says what: each that is hooked, with real endpoints on it, where something is wrong and where nothing is.
# OpenSSL 3 and GnuTLS: library.bats. NSS: firefox.bats.

load common
load applications

# peer_server PROGRAM [ARGUMENT]...: NAME "server", on $port.
peer_server() {
	local program=$1
	shift
	[[ -x $LAB_BIN/$program ]] || skip "$program was not built: no headers, or tests/lab/libraries"
	lab_start server "$LAB_BIN/$program" --listen "127.0.0.1:$port" --duration "$LAB_SECONDS" "$@"
	lab_ready server >/dev/null
}

identity() {
	echo --cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key"
}

# both_traced COMMAND...: all processes on $port and $also, while a client runs. It may fail.
both_traced() {
	trace_start --stuck-after 2 --app=on -P "$port${also:+,$also}"
	"$@" </dev/null >"$LAB_TMP/client.out" 2>&1 3>&- || true
	trace_until 'handshakes | any(.[]; .state != "in-progress")'
	trace_stop
}

# through FAULT: a proxy, whose address is $to.
through() {
	lab_proxy proxy "$port" --fault "$1"
	to=$(lab_ready proxy)
	also=${to##*:}
}

setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	port=$(lab_port) also=''
	to=127.0.0.1:$port
}

# Each side was seen to call this library, of this version, in this handshake or in that on the other side of the proxy.
called() {
	that "final | any(.[]; .client.application | .library == \"$1\" and .library_version == \"$2\" and .calls > 0)"
	that "final | any(.[]; .server.application | .library == \"$1\" and .library_version == \"$2\" and .calls > 0)"
}

# macro HEADER NAME: the string of a macro.
macro() {
	printf '#include <%s>\n' "$1" | cc -E -dM - | sed -nE "s/^#define $2 \"([0-9.]+).*/\1/p"
}

# --- Mbed TLS ---

@test "Mbed TLS: a certificate that is not trusted, by the client or by the server" {
	# shellcheck disable=SC2046 # words
	peer_server mbed_peer_shared $(identity)
	both_traced lab_run mbed_peer_shared --connect "$to" --cafile "$LAB_CERTS/other-ca.pem"
	raised client mbedtls MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
	raised server mbedtls MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE
	that 'final[0].verdict | .code == "alert" and .side == "client"'
	evidence_has 'its Mbed TLS reported MBEDTLS_ERR_X509_CERT_VERIFY_FAILED \\(-0x2700\\), in the call that sent that'
	called mbedtls "$(macro mbedtls/version.h MBEDTLS_VERSION_STRING)"
	lab_stop server
	# shellcheck disable=SC2046 # words
	peer_server mbed_peer_shared $(identity) --cafile "$LAB_CERTS/other-ca.pem"
	both_traced lab_run mbed_peer_shared --connect "$to" --cert "$LAB_CERTS/client.pem" --key "$LAB_CERTS/client.key"
	raised server mbedtls MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
	that 'final[0].verdict | .code == "alert" and .side == "server"'
	evidence_has 'its Mbed TLS reported MBEDTLS_ERR_X509_CERT_VERIFY_FAILED'
}

@test "Mbed TLS: no shared cipher suite, and another PSK, in the server's own words" {
	# shellcheck disable=SC2046 # words
	peer_server mbed_peer_shared $(identity)
	both_traced lab_run mbed_peer_shared --connect "$to" --psk one
	that 'map(select(.type=="library_error" and .side=="server")) | length == 1 and (.[0].name |
		IN("MBEDTLS_ERR_SSL_NO_USABLE_CIPHERSUITE", "MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN", "MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE"))'
	evidence_has 'its Mbed TLS reported MBEDTLS_ERR_SSL_'
	lab_stop server
	peer_server mbed_peer_shared --psk one
	both_traced lab_run mbed_peer_shared --connect "$to" --psk another --duration 5
	raised server mbedtls MBEDTLS_ERR_SSL_INVALID_MAC
	evidence_has 'its Mbed TLS reported MBEDTLS_ERR_SSL_INVALID_MAC'
}

@test "near: Mbed TLS, healthy over a path that loses flight 5 once, by whole handshakes or step by step" {
	for how in '' --step; do
		# shellcheck disable=SC2046 # words
		peer_server mbed_peer_shared $(identity) --cookie $how
		through drop:dir=c2s,msg=16
		both_traced lab_run mbed_peer_shared --connect "$to" --cafile "$LAB_CERTS/ca.pem" $how
		grep -qx 'handshake ok' "$LAB_TMP/client.out"
		claims_nothing
		that 'faults == [] and (final | all(.[]; .state == "completed"))'
		called mbedtls "$(macro mbedtls/version.h MBEDTLS_VERSION_STRING)"
		that 'final | all(.[] | .client.application, .server.application; . == null or (.errors == [] and .last_result == 0))'
		lab_stop proxy
		lab_stop server
	done
}

@test "near: of the timer of Mbed TLS, a callback of the application, nothing is claimed" {
	# shellcheck disable=SC2046 # words
	peer_server mbed_peer_shared $(identity)
	through drop:dir=c2s,msg=1
	both_traced lab_run mbed_peer_shared --connect "$to" --no-timer --duration 6
	that 'handshakes | any(.[]; .verdict.code == "not-retransmitting" and .verdict.side == "client")'
	that 'final[0].client.application | .library == "mbedtls" and .timer_asked == 0'
	claims_nothing
}

# --- wolfSSL ---

@test "wolfSSL: a certificate that is not trusted, and no shared cipher suite: by name and function" {
	# shellcheck disable=SC2046 # words
	peer_server wolf_peer_shared --version 1.2 $(identity)
	both_traced lab_run wolf_peer_shared --version 1.2 --connect "$to" --cafile "$LAB_CERTS/other-ca.pem"
	raised client wolfssl ASN_NO_SIGNER_E ParseCertRelative
	raised server wolfssl FATAL_ERROR wolfSSL_accept
	that 'map(select(.type=="library_error")) | length == 2 and all(.[]; .line > 0 and (.file | endswith(".c")))'
	that 'final[0].verdict | .code == "alert" and .side == "client"'
	evidence_has 'its wolfSSL reported ASN_NO_SIGNER_E \\(-188, ParseCertRelative\\), in the call that sent that'
	called wolfssl "$(macro wolfssl/version.h LIBWOLFSSL_VERSION_STRING)"
	both_traced lab_run wolf_peer_shared --version 1.2 --connect "$to" --psk one
	raised server wolfssl MATCH_SUITE_ERROR MatchSuite
	evidence_has 'its wolfSSL reported MATCH_SUITE_ERROR \\(-501, MatchSuite\\), in the call that sent that'
}

@test "near: wolfSSL, healthy over a path that loses flight 5 once: that a call would block is no error" {
	# shellcheck disable=SC2046 # words
	peer_server wolf_peer_shared --version 1.2 $(identity)
	through drop:dir=c2s,msg=16
	both_traced lab_run wolf_peer_shared --version 1.2 --connect "$to" --cafile "$LAB_CERTS/ca.pem"
	grep -qx 'handshake ok' "$LAB_TMP/client.out"
	claims_nothing
	that 'faults == [] and (final | all(.[]; .state == "completed"))'
	called wolfssl "$(macro wolfssl/version.h LIBWOLFSSL_VERSION_STRING)"
	that 'final | all(.[] | .client.application, .server.application; . == null or (.errors == [] and .last_result == 1))'
	that 'final | any(.[] | .client.application, .server.application; . != null and .timer_asked > 0 and .timer_handled > 0)'
}

@test "wolfSSL: a client that asks its timer, and does not call the library when it is due" {
	# shellcheck disable=SC2046 # words
	peer_server wolf_peer_shared --version 1.2 $(identity)
	through drop:dir=c2s,msg=1
	both_traced lab_run wolf_peer_shared --version 1.2 --connect "$to" --no-timer --duration 7
	summary_has 'does not call wolfSSL when its DTLS timer expires'
	that 'final[0].client.application | .timer_asked > 0 and .timer_handled == 0'
}

# --- linked into the program ---

@test "-- COMMAND: a program with Mbed TLS or wolfSSL linked in, of versions that it does not tell" {
	# shellcheck disable=SC2046 # words
	peer_server mbed_peer $(identity)
	trace_start --stuck-after 2 -- "$LAB_BIN/mbed_peer" --connect "$to" --cafile "$LAB_CERTS/other-ca.pem"
	lab_join trace 30 || true
	sed -i '/^{/!d' "$LAB_TMP/trace.out"
	raised client mbedtls MBEDTLS_ERR_X509_CERT_VERIFY_FAILED
	that 'final[0].client.application | .library == "mbedtls" and (has("library_version") | not)'
	lab_stop server
	# It has no function for errors: its results alone. A wrong PSK ends without any.
	peer_server wolf_peer --version 1.2 --psk one
	trace_start --stuck-after 2 -- "$LAB_BIN/wolf_peer" --version 1.2 --connect "$to" --psk another --duration 5
	lab_join trace 30 || true
	sed -i '/^{/!d' "$LAB_TMP/trace.out"
	that 'map(select(.type=="library_error")) == []'
	that 'final[0].client.application | .library == "wolfssl" and .calls > 1 and .last_result == -1 and (has("library_version") | not)'
	that 'final[0].verdict.code == "cannot-decrypt"'
}

# --- OpenSSL 1.1.1 ---

# OpenSSL 1.1.1 of Debian 11: $old has it.
old_openssl() {
	old=$("$ROOT/tests/lab/openssl_1" 3>&-) || skip "$old"
	export LD_LIBRARY_PATH=$old OPENSSL_CONF=/dev/null
}

old_server() {
	lab_start server "$old/openssl" s_server -dtls1_2 -quiet -accept "127.0.0.1:$port" -cert "$LAB_CERTS/server.pem" \
		-key "$LAB_CERTS/server.key" "$@"
	lab_wait_bound "$port"
}

@test "OpenSSL 1.1.1: a certificate that is not trusted, by name and by the function, of which it tells a number" {
	old_openssl
	old_server
	traced "$old/openssl" s_client -dtls1_2 -connect "$to" -CAfile "$LAB_CERTS/other-ca.pem" -verify_return_error
	raised client openssl 'certificate verify failed' tls_process_server_certificate
	# What it prints itself.
	grep -q 'error:1416F086:SSL routines:tls_process_server_certificate:certificate verify failed' "$LAB_TMP/traced.out"
	that 'final[0] | .verdict.code == "alert" and .client.application.library_version == "1.1.1"'
	evidence_has 'its OpenSSL reported certificate verify failed \\(20:134, tls_process_server_certificate\\)'
	that 'map(select(.type=="library_error"))[0] | .area == 20 and .reason == 134 and .line > 0 and (.file | endswith("statem_clnt.c"))'
}

@test "OpenSSL 1.1.1: no shared cipher suite, and another PSK, in a server's own words" {
	old_openssl
	old_server -cipher AES128-SHA
	server_traced "$(lab_pid server)"
	timeout 5 "$old/openssl" s_client -dtls1_2 -connect "$to" -cipher ECDHE-RSA-CHACHA20-POLY1305 </dev/null &>/dev/null || true
	trace_until 'map(select(.type=="library_error")) != []'
	trace_stop
	raised server openssl 'no shared cipher' tls_post_process_client_hello
	evidence_has 'its OpenSSL reported no shared cipher \\(20:193, tls_post_process_client_hello\\)'
	lab_stop server
	old_server -nocert -psk 00aa -cipher PSK-AES128-CBC-SHA
	server_traced "$(lab_pid server)"
	timeout 5 "$old/openssl" s_client -dtls1_2 -connect "$to" -psk 00bb -cipher PSK-AES128-CBC-SHA </dev/null &>/dev/null || true
	trace_until 'map(select(.type=="library_error")) != []'
	trace_stop
	raised server openssl 'decryption failed or bad record mac' dtls1_process_record
}

@test "near: OpenSSL 1.1.1, healthy over a path that loses flight 5 once: it asks its timer, and handles it" {
	old_openssl
	old_server
	through drop:dir=c2s,msg=16
	traced "$old/openssl" s_client -dtls1_2 -connect "$to" -CAfile "$LAB_CERTS/ca.pem" -verify_return_error
	grep -q 'Verify return code: 0' "$LAB_TMP/traced.out"
	claims_nothing
	that 'faults == []'
	that 'final | any(.[]; .client.application | . != null and .library_version == "1.1.1" and .timer_asked > 0 and .timer_handled > 0)'
}
