#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The HTML report, as a browser sees it.

bats_require_minimum_version 1.5.0
load common

GOLDEN=$ROOT/tests/golden

setup() {
	files_setup
}

# report FILE [OPTION]...: of a recording or capture, to report.html.
report() {
	"$DTLSNOOP" -o html -r "$@" >report.html
}

# browse [OPTION]... FILE: Chromium, with a folder of its own; what it says goes to browser.log.
browse() {
	chromium --headless --no-sandbox --disable-gpu --user-data-dir="$LAB_TMP/chromium" --enable-logging=stderr "${@:1:$#-1}" \
		"file://$LAB_TMP/${*: -1}" 2>browser.log
}

# The elements of the document after the browser has read FILE: "details 2", a line each.
elements() {
	browse --dump-dom "$1" >dom
	grep -oE '<[a-zA-Z!][a-zA-Z0-9-]*' dom | tr -d '<' | sort | uniq -c | awk '{ print $2, $1 }'
}

# The text of FILE on paper.
printed() {
	browse --print-to-pdf=report.pdf --no-pdf-header-footer "$1"
	pdftotext -layout report.pdf -
}

hex() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

# with_length DIGITS HEX: the bytes after their number, in so many hexadecimal digits.
with_length() {
	printf "%0$1x%s" $((${#2} / 2)) "$2"
}

# client_hello NAME ALPN: a pcap, hello.pcap, with a ClientHello that nobody answers.
client_hello() {
	local name alpn body
	name=0000$(with_length 4 "$(with_length 4 "00$(with_length 4 "$(hex "$1")")")")
	alpn=0010$(with_length 4 "$(with_length 4 "$(with_length 2 "$(hex "$2")")")")
	body=fefd$(printf '5a%.0s' {1..32})00000002c02b0100$(with_length 4 "$name$alpn")
	body=01$(printf %06x $((${#body} / 2)))0000000000$(with_length 6 "$body" | head -c 6)$body
	printf '000000 %s\n' "$(sed 's/../& /g' <<<"16fefd0000000000000000$(with_length 4 "$body")")" >hello.txt
	text2pcap -q -u 40000,4433 hello.txt hello.pcap
}

@test "HTML of recordings and of a capture: what is said stays the same, byte for byte" {
	"$GOLDEN/outputs" "$LAB_TMP"
	for name in founding-abi3 others-abi6 others-abi7 icmp; do
		cmp "$GOLDEN/$name.html" "$name.html"
	done
}

@test "the policy allows the style sheet that is there, and nothing else" {
	report "$GOLDEN/founding-abi3.rec"
	sha256=$(perl -0777 -ne 'print $1 if m{<style>(.*)</style>}s' report.html | openssl dgst -sha256 -binary | base64)
	policy=$(sed -nE 's/.*Content-Security-Policy" content="([^"]*)".*/\1/p' report.html)
	echo "$policy; the style sheet's: $sha256"
	[[ $policy == "default-src &#39;none&#39;; style-src &#39;sha256-$sha256&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;" ]]
	# Nothing comes from elsewhere: the only links are to places in the file.
	run ! grep -oE '(href|src|url)[=(]"?[^#"]' report.html
	run ! grep -qE '@import|https?:|<(script|link|img|iframe|object)' report.html
}

@test "a browser has nothing to complain of, and shows every handshake; it would complain" {
	report "$GOLDEN/founding-abi3.rec"
	elements report.html >elements
	run ! grep CONSOLE browser.log
	grep -qx 'details 2' elements
	[[ $(grep -o '<div class="ladder"' dom | wc -l) == 1 ]]
	# A style sheet that the policy does not know, and a script.
	sed 's/h1{/h1{color:red;/' report.html >other.html
	elements other.html >/dev/null
	grep CONSOLE browser.log | grep -q 'Content Security Policy'
	sed 's|</body>|<script>document.title = "x"</script>&|' report.html >other.html
	elements other.html >/dev/null
	grep CONSOLE browser.log | grep -q 'Content Security Policy'
	run ! grep -q '<title>x' dom
}

@test "server name, ALPN and comm that look like markup are text" {
	client_hello '"><script>document.title=1</script>' "'><img src=x onerror=y>"
	report hello.pcap
	elements report.html >elements
	run ! grep CONSOLE browser.log
	run ! grep -E '^(script|img) ' elements
	grep -qF '&lt;script&gt;document.title=1&lt;/script&gt;' dom
	grep -qF '&lt;img src=x onerror=y&gt;' dom
	# As many bytes as the names of the processes that were recorded.
	sed "s/dtls_client/<script>x()/g; s/udp_fault_proxy/\"><img src=x>'\\&/g" "$GOLDEN/founding-abi3.rec" >hostile.rec
	report hostile.rec
	elements report.html >hostile
	run ! grep CONSOLE browser.log
	report "$GOLDEN/founding-abi3.rec"
	elements report.html | diff hostile -
	printed report.html >/dev/null
	report hostile.rec
	printed report.html >text
	grep -qF '<script>x() pid 19369' text
	grep -qF "\"><img src=x>'& pid 19325" text
}

@test "on paper: the verdict, its evidence and hint, the diagram, and the hellos that the page keeps closed" {
	report "$GOLDEN/founding-abi3.rec"
	printed report.html >text
	for words in 'STUCK not-retransmitting, side client' 'the server sent flight 4 five times' 'Hint: call the DTLS library' \
		'2 HelloVerifyRequest' '1.0 s of silence' 'stuck: not-retransmitting, side client' 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'; do
		grep -qF "$words" text || {
			echo "'$words' is not printed"
			return 1
		}
	done
}

@test "live: the report is written when the trace ends" {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	port=$(lab_port)
	trace_start -P "$port" -o html="$LAB_TMP/report.html"
	lab_server_openssl "$port"
	lab_client_openssl "$port" -quiet -servername example.org
	trace_wait '.type=="handshake" and .state=="completed"'
	[[ ! -s $LAB_TMP/report.html ]]
	trace_stop
	grep -qF '<title>dtlsnoop: 0 of 1 handshakes with a fault</title>' "$LAB_TMP/report.html"
	grep -qF '>example.org</td>' "$LAB_TMP/report.html"
	[[ $(stat -c %a "$LAB_TMP/report.html") == 600 ]]
}
