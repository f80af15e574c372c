# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034
#
# For tests/live/rows and tests/live/pairs: endpoints on every library, beside
# those of harness.sh, and what is asked of all of them.

# through_proxy FAULT...: from port + 1 to the server's port.
through_proxy() {
	for fault; do
		shift
		set -- "$@" --fault "$fault"
	done
	proxy --listen "127.0.0.1:$((port + 1))" --upstream "127.0.0.1:$port" "$@"
}

# They print "ready", and have one client at a time.
other_server() {
	program=$1
	shift
	daemon server "$LAB/$program" --listen "127.0.0.1:$port" --cert "$CERTS/server.pem" --key "$CERTS/server.key" \
		--duration "$life" "$@"
}

wolf_server() { other_server wolf_peer "$@"; }
wolf_client() { task client "$LAB/wolf_peer" --duration "$bound" "$@"; }
mbed_server() { other_server mbed_peer "$@"; }
mbed_client() { task client "$LAB/mbed_peer" --duration "$bound" "$@"; }

has() {
	for library; do
		[ "$library" != wolf ] && [ "$library" != mbed ] || [ -x "$LAB/${library}_peer" ] || {
			skip "${library}_peer was not built (tests/lab/libraries)"
			return 1
		}
	done
}

gnutls_12=NORMAL:-VERS-ALL:+VERS-DTLS1.2

# gnutls-serv does not say when it listens; it takes the address of every interface.
gnutls_serves() {
	run_for_scenario server gnutls-serv --udp --echo --port "$port" --disable-client-cert "$@" 2>/dev/null &
	until_true "$bound" bound_between "$port" $((port + 1))
}

gnutls_server() {
	gnutls_serves --priority "$gnutls_12" --x509certfile "$CERTS/server.pem" --x509keyfile "$CERTS/server.key" "$@"
}

# gnutls_client [PRIORITY]: it ends as soon as it is connected, since its standard input does.
gnutls_client() {
	task client gnutls-cli --udp --port "$port" --priority "${1:-$gnutls_12}" --insecure 127.0.0.1
}

openssl_server() { server --listen "127.0.0.1:$port" "$@"; }
openssl_client() { client --connect "127.0.0.1:$port" "$@"; }

# all_healthy N: in every view N handshakes that completed, of which nothing bad was ever said.
all_healthy() {
	that 'faults == []' "final | length == $1" 'final | all(.[]; completed)'
	from_near 'faults == []' "final | length == $1" 'final | all(.[]; completed)'
	from_wire 'faults == []' "final | length == $1" 'final | all(.[]; completed)'
}

flights='final | map([.state, .resumed, [.flights[] | [.flight, .from, .copies, .complete]], .retransmissions])'

# never CODE: in no view, at no time.
never() {
	that "all(handshakes[]; .verdict.code != \"$1\")"
	from_near "all(handshakes[]; .verdict.code != \"$1\")"
	from_wire "all(handshakes[]; .verdict.code != \"$1\")"
}
