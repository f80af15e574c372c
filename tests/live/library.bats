#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the TLS library of a real endpoint says of itself, as the reason for a verdict; and where it must not be one.

load common
load applications

@test "founding case: its thread never asked its DTLS timer" {
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16
	traced "$LAB_BIN/dtls_client" --no-timer --duration 6 --connect "$(lab_ready proxy)"
	that 'handshakes | any(.[]; .verdict.code == "not-retransmitting" and .verdict.side == "client" and .verdict.confidence == "certain")'
	summary_has 'is not retransmitting: its thread never asked its DTLS timer'
	evidence_has 'its thread never asked OpenSSL for its DTLS timer \\(0 calls in [0-9.]+ s\\)'
	that 'final[0].client.application | .library == "openssl" and .calls > 0 and .timer_asked == 0 and .nonblocking == true'
}

@test "near: a client that asks its timer is healthy when flight 5 is lost once" {
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16
	traced "$LAB_BIN/dtls_client" --connect "$(lab_ready proxy)"
	that 'faults == []'
	that 'final[0].client.application | .timer_asked > 0 and .timer_handled > 0'
}

@test "a client whose timer is a minute: asked, but too long" {
	port=$(lab_port)
	lab_server_openssl "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16
	traced "$LAB_BIN/dtls_client" --slow-timer --duration 6 --connect "$(lab_ready proxy)"
	summary_has 'is not retransmitting: its DTLS timer is 60 s'
	that 'handshakes | any(.[]; .verdict.hint // "" | contains("DTLS_set_timer_cb()"))'
}

@test "a client that waits elsewhere with what it has read: it did not call OpenSSL" {
	port=$(lab_port)
	lab_server_lab "$port"
	traced "$LAB_BIN/dtls_client" --answer-delay 9000 --duration 6 --connect "127.0.0.1:$port"
	that 'handshakes | any(.[]; .verdict.side == "client" and .verdict.severity == "fault")'
	evidence_has 'last called the handshake or the timer of OpenSSL|neither the handshake nor the timer of OpenSSL after it had read flight'
}

@test "near: of a client that blocks in its library, nothing is claimed" {
	port=$(lab_port)
	lab_server_lab "$port" --stop-reading-after 1
	lab_start client openssl s_client -dtls1_2 -connect "127.0.0.1:$port"
	trace_start --stuck-after 2 -p "$(lab_pid client)"
	sleep 6
	trace_stop
	claims_nothing
}

@test "a certificate that is not trusted: OpenSSL's and GnuTLS's own words" {
	port=$(lab_port)
	lab_server_openssl "$port"
	traced openssl s_client -dtls1_2 -verify_return_error -connect "127.0.0.1:$port"
	that 'map(select(.type=="library_error")) | any(.[]; .side == "client" and .name == "certificate verify failed" and
		.function == "tls_post_process_server_certificate")'
	that 'final[0].verdict.code == "alert"'
	evidence_has 'its OpenSSL reported certificate verify failed \\(20:134, tls_post_process_server_certificate\\)'
	traced gnutls-cli --udp --port "$port" 127.0.0.1
	that 'map(select(.type=="library_error")) | any(.[]; .side == "client" and .name == "GNUTLS_E_CERTIFICATE_ERROR")'
	evidence_has 'its GnuTLS reported GNUTLS_E_CERTIFICATE_ERROR'
}

@test "no shared cipher suite, in a server's own words" {
	port=$(lab_port)
	lab_server_openssl "$port" -cipher AES128-SHA
	server_traced "$(lab_pid server)"
	timeout 5 openssl s_client -dtls1_2 -connect "127.0.0.1:$port" -cipher ECDHE-RSA-CHACHA20-POLY1305 </dev/null &>/dev/null || true
	trace_until 'map(select(.type=="library_error")) | any(.[]; .side == "server" and .name == "no shared cipher")'
	trace_stop
	evidence_has 'its OpenSSL reported no shared cipher'
}

@test "another PSK, in a server's own words" {
	port=$(lab_port)
	lab_server_openssl "$port" -nocert -psk 00aa -cipher PSK-AES128-CBC-SHA
	server_traced "$(lab_pid server)"
	timeout 5 openssl s_client -dtls1_2 -connect "127.0.0.1:$port" -psk 00bb -cipher PSK-AES128-CBC-SHA </dev/null &>/dev/null || true
	trace_until 'map(select(.type=="library_error")) | any(.[]; .side == "server" and .reason == 281)'
	trace_stop
	evidence_has 'its OpenSSL reported decryption failed or bad record mac'
}
