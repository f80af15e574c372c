#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# NSS as Firefox has it: WebRTC between two ends in one page. Its DTLS is in a child process, "Socket Process", with the libraries
# beside the browser. It wants a network with a default route, which here leads nowhere.

load common
load applications

setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	firefox=$(command -v firefox-esr || command -v firefox) || skip "no Firefox here (package firefox-esr)"
	netns=lab-firefox-$$
	ip netns add "$netns"
	ip -n "$netns" link set lo up
	ip -n "$netns" link add eth0 type veth peer name eth1
	ip -n "$netns" address add 10.46.9.1/24 dev eth0
	ip -n "$netns" link set eth0 up
	ip -n "$netns" link set eth1 up
	ip -n "$netns" route add default via 10.46.9.2
}

teardown() {
	lab_stop_all
	[[ -z ${netns:-} ]] || ip netns delete "$netns"
	lab_fini
}

# serve [PREFERENCE VALUE]...: the page, and a profile for Firefox.
serve() {
	mkdir -p "$LAB_TMP/www" "$LAB_TMP/profile"
	rm -f "$LAB_TMP/www/go"
	cp "$ROOT/tests/live/firefox_page.html" "$LAB_TMP/www/page.html"
	printf 'user_pref("%s", %s);\n' media.peerconnection.ice.obfuscate_host_addresses false app.normandy.enabled false \
		datareporting.policy.dataSubmissionEnabled false network.captive-portal-service.enabled false "$@" >"$LAB_TMP/profile/user.js"
	lab_start www ip netns exec "$netns" python3 -u -m http.server --bind 127.0.0.1 --directory "$LAB_TMP/www" 8080
	lab_wait_line www 'Serving HTTP'
}

# browse QUERY [PREFERENCE VALUE]...: the page in Firefox. It waits until $LAB_TMP/www/go is there.
browse() {
	local query=$1
	shift
	serve "$@"
	lab_start firefox ip netns exec "$netns" env HOME="$LAB_TMP" "$firefox" --headless --no-remote --profile "$LAB_TMP/profile" \
		"http://127.0.0.1:8080/page.html$query"
	lab_wait_line www 'GET /go' 60
}

# says REGEX: the page.
says() {
	lab_wait_line www "GET /said.$1" 60
}

# Each call that returned, of both ends: by NSS, in the child of the browser.
called_nss() {
	that 'map(select(.type=="library")) | length > 3 and all(.[]; .library == "nss" and .comm == "Socket Process" and
		.call == "handshake" and (.library_version | test("^3[.]")))'
	that 'final[0] | all((.client, .server); .application | .library == "nss" and .calls > 1)'
}

@test "near: Firefox, healthy: its calls and results, and nothing is claimed" {
	browse ''
	trace_start -v --stuck-after 2 -f -p "$(lab_pid firefox)"
	touch "$LAB_TMP/www/go"
	says 'message%20hello'
	sleep 3
	trace_stop
	called_nss
	claims_nothing
	that 'faults == [] and (final | length == 1) and (final[0] | .state == "completed" and .verdict.code == "completed")'
	that 'final[0] | all((.client, .server); .application | .last_result == 0 and .errors == [])'
}

@test "-- COMMAND: Firefox, whose libraries are beside it" {
	serve
	touch "$LAB_TMP/www/go"
	HOME=$LAB_TMP lab_start tracer nsenter "--net=/run/netns/$netns" "$DTLSNOOP" -v -f -o "json=$LAB_TMP/trace.out" -- "$firefox" \
		--headless --no-remote --profile "$LAB_TMP/profile" http://127.0.0.1:8080/page.html
	says 'message%20hello'
	# The browser gets it, too.
	kill -TERM "$(lab_pid tracer)"
	lab_join tracer 30 || true
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
	called_nss
}

@test "Firefox that expects another certificate, by the fingerprint in the SDP: in DTLS 1.3 and 1.2, and no error is made up" {
	for version in 772 771; do
		browse '?wrong' media.peerconnection.dtls.version.max $version
		trace_start -v --stuck-after 2 -f -p "$(lab_pid firefox)"
		touch "$LAB_TMP/www/go"
		says 'offerer%20failed'
		trace_until 'handshakes | any(.[]; .verdict.code == "alert")'
		trace_stop
		called_nss
		that 'map(select(.type=="library_error")) == []'
		that 'final[0].verdict | .code == "alert" and .side == "server" and (.hint | contains("compare the fingerprint in the SDP"))'
		that 'final[0].server.application | .last_result == -1 and .errors == []'
		[[ $version == 772 ]] || summary_has 'the fatal alert bad certificate (42)'
		lab_stop firefox
		lab_stop www
	done
}
