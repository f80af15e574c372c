#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Hooks in TLS libraries (--app): whose calls are seen, whose are not, and that a traced process is none the worse for it.

load common

LIBRARY_DEFS='def calls: map(select(.type=="library"));'

# saw FILTER: over the array of all lines.
saw() {
	that "$LIBRARY_DEFS $1"
}

# traced_command [OPTION]... -- COMMAND...: all lines of a command's trace; its own output is in $LAB_TMP/command.out.
traced_command() {
	status=0
	"$DTLSNOOP" -q -v -o "json=$LAB_TMP/trace.out" --force "$@" >"$LAB_TMP/command.out" 2>&1 3>&- </dev/null || status=$?
	"$ROOT/tests/live/validate" "$LAB_TMP/trace.out"
}

# Copies of OpenSSL's libraries in a folder.
copy_openssl() {
	local name
	mkdir -p "$1"
	for name in libssl.so.3 libcrypto.so.3; do
		cp -L "$(ldd "$LAB_BIN/dtls_server" | awk -v name="$name" '$1 == name { print $3 }')" "$1/$name"
	done
}

# lab_server_lab with these libraries.
server_with() {
	LD_LIBRARY_PATH=$1 lab_server_lab "$2"
	grep -q "$1/libssl.so.3" "/proc/$(lab_pid server)/maps"
}

# A client that takes its time, so that the server has to wait for it, and asks its timer for how long.
slow_client() {
	lab_run dtls_client --answer-delay 200 --connect "127.0.0.1:$port"
}

# A handshake that the traced server is seen to call its library for. It goes on by SSL_read(), which is not
# hooked, and drives its timer.
server_is_seen() {
	trace_start -v -p "$1"
	slow_client
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	saw "calls | length >= 2 and all(.[]; .pid == $1 and .library == \"openssl\" and .comm == \"dtls_server\")"
	saw 'calls | any(.[]; .call == "timer-asked" and .step == "returned" and .result == 1)'
}

@test "-- COMMAND: a client that does not trust the certificate: its calls, and the error by the function that raised it" {
	port=$(lab_port)
	lab_server_lab "$port"
	for without in '' uprobe_multi; do
		export DTLSNOOP_WITHOUT=$without
		traced_command -w "$LAB_TMP/recording" -- "$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" \
			--cafile "$LAB_CERTS/other-ca.pem"
		[[ $status != 0 ]]
		saw 'calls | map(select(.call == "handshake")) | length >= 4 and (map(.object) | unique | length == 1)'
		# Each call that begins also returns, and the last one with an error.
		saw 'calls | map(select(.call == "handshake").step) | . as $steps | all(range(length); $steps[.] ==
			(if . % 2 == 0 then "entered" else "returned" end))'
		saw 'calls | map(select(.call == "handshake" and .step == "returned")) | last.result == -1'
		that 'map(select(.type == "library_error")) | length == 1 and (.[0] | .side == "client" and .area == 20 and
			.reason == 134 and .line > 0 and .function == "tls_post_process_server_certificate" and
			(.file | endswith("ssl/statem/statem_clnt.c")))'
		saw "calls | all(.[]; .library_version == \"$(openssl version | awk '{ print $2 }')\")"
		saw 'calls | map(select(.call == "freed")) | length == 1'
		# The recording has the same.
		"$DTLSNOOP" -r "$LAB_TMP/recording" -o json -v >"$LAB_TMP/again.out"
		cmp <(jq -c 'select(.type == "library") | del(.cgroup)' "$LAB_TMP/trace.out") \
			<(jq -c 'select(.type == "library") | del(.cgroup)' "$LAB_TMP/again.out")
		rm "$LAB_TMP/recording"
	done
}

# client_linked_with LDFLAGS: build dtls_client in $LAB_TMP/linked with these.
client_linked_with() {
	rm -f "$LAB_TMP/linked/dtls_client"
	make -s -C "$ROOT/tests/lab" OUT="$LAB_TMP/linked" CFLAGS=-O0 LDFLAGS="$1" "$LAB_TMP/linked/dtls_client" 3>&- 2>&1
}

# untrusting COMMAND [OPTION]...: trace this client, which does not trust the server; the library says so.
untrusting() {
	traced_command -- "$@" --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem"
	[[ $status != 0 ]]
	saw 'calls | any(.[]; .call == "handshake" and .step == "returned" and .result == -1)'
	that 'map(select(.type == "library_error")) | length == 1 and .[0].reason == 134 and .[0].name == "certificate verify failed"'
}

@test "-- COMMAND: a library of LD_LIBRARY_PATH, of the program's own folder, of a script's, and one that is linked in" {
	port=$(lab_port)
	lab_server_lab "$port"
	copy_openssl "$LAB_TMP/copies"
	LD_LIBRARY_PATH=/nowhere:$LAB_TMP/copies: untrusting "$LAB_BIN/dtls_client"
	# shellcheck disable=SC2016 # the dynamic linker's and make's
	client_linked_with '-Wl,-rpath,/nowhere:\$$ORIGIN/../copies'
	untrusting "$LAB_TMP/linked/dtls_client"
	PATH=/nowhere:$LAB_TMP/linked:$PATH untrusting dtls_client
	# Its interpreter is given --send and the script's path.
	printf '#! %s --send\n' "$LAB_TMP/linked/dtls_client" >"$LAB_TMP/script"
	chmod +x "$LAB_TMP/script"
	untrusting "$LAB_TMP/script"
	client_linked_with -static
	untrusting "$LAB_TMP/linked/dtls_client"
	# Near: what is not there is no error, and no library.
	traced_command -- ./nothing
	[[ $status == 1 ]]
	grep -q "cannot run ./nothing" "$LAB_TMP/command.out"
	LD_LIBRARY_PATH=$(printf '/nowhere%.0s:' {1..2000}) traced_command -- true
	[[ $status == 0 ]]
	saw 'calls == []'
}

# A process that loads OpenSSL, waits for a line, and then is the command (exec) or starts it (run).
WAITS_THEN='import os, ssl, subprocess, sys
print("ready", flush=True)
sys.stdin.readline()
os.execvp(sys.argv[2], sys.argv[2:]) if sys.argv[1] == "exec" else subprocess.run(sys.argv[2:])'

# told_by [OPTION]...: trace the process "loop", which then starts the client that does not trust the server.
told_by() {
	trace_start -v "$@" -p "$(lab_pid loop)"
	echo >"$LAB_TMP/loop.in"
	lab_join loop 20 || true
	trace_join
}

@test "a traced process that becomes another program, and children that are traced (-f) or not" {
	port=$(lab_port)
	lab_server_lab "$port"
	client=("$LAB_BIN/dtls_client" --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem")
	# shellcheck disable=SC2016 # for the inner shell
	untrusting sh -c 'exec "$@"' sh "$LAB_BIN/dtls_client"
	for how in exec "run -f" run; do
		read -r what option <<<"$how"
		lab_start loop /usr/bin/python3 -c "$WAITS_THEN" "$what" "${client[@]}"
		lab_wait_line loop ready
		told_by ${option:+"$option"}
		case $how in
		run) saw 'calls == []' ;;
		*) that 'map(select(.type == "library_error")) | length == 1 and .[0].side == "client" and .[0].reason == 134' ;;
		esac
	done
}

@test "500 processes with a TLS library: --app=on tells of the one that has a handshake" {
	port=$(lab_port)
	lab_server_lab "$port"
	# They end when it does.
	lab_start many /usr/bin/python3 -c 'import os, ssl, sys
end, open_end = os.pipe()
for _ in range(500):
    if not os.fork():
        os.close(open_end)
        os._exit(len(os.read(end, 1)))
print("ready", flush=True)
sys.stdin.readline()'
	lab_wait_line many ready
	trace_start -v --app=on -P "$port"
	lab_run dtls_client --connect "127.0.0.1:$port" --cafile "$LAB_CERTS/other-ca.pem" || true
	trace_wait '.type=="library_error"'
	trace_stop
	that 'map(select(.type == "library_error")) | length == 1 and .[0].side == "client" and .[0].reason == 134'
	saw 'calls | map(.comm) | unique == ["dtls_client", "dtls_server"]'
	lab_stop many
}

@test "TLS over TCP of the traced processes is not reported, in a thread with DTLS or without" {
	port=$(lab_port)
	lab_server_lab "$port"
	other=$(lab_port)
	lab_start tls openssl s_server -quiet -accept "127.0.0.1:$other" -cert "$LAB_CERTS/server.pem" -key "$LAB_CERTS/server.key"
	lab_until 10 bash -c "exec 9<>/dev/tcp/127.0.0.1/$other" 2>/dev/null
	# shellcheck disable=SC2016 # for the inner shell
	traced_command -f -- sh -c 'openssl s_client -connect "127.0.0.1:$1" </dev/null; shift; "$@"' sh "$other" \
		"$LAB_BIN/dtls_client" --connect "127.0.0.1:$port"
	[[ $status == 0 ]]
	grep -q 'Verif' "$LAB_TMP/command.out"
	saw 'calls | length > 3 and all(.[]; .comm == "dtls_client")'
	# Both in one thread, by the memory of two sessions.
	traced_command -- /usr/bin/python3 "$ROOT/tests/live/library_loop" --both 20
	[[ $status == 0 ]]
	saw "calls | map(select(.call == \"handshake\" and .step == \"returned\")) | length == 20 and
		(map(.object) | unique | length == 1)"
	# A stream that cannot be read right after a handshake of the same thread: an error, and not of the handshake.
	third=$(lab_port)
	lab_start cutter /usr/bin/python3 "$ROOT/tests/live/library_beside" serve "$third" "$LAB_CERTS/server.pem" "$LAB_CERTS/server.key"
	lab_wait_line cutter ready
	traced_command -- /usr/bin/python3 "$ROOT/tests/live/library_beside" connect "$port" "$third" "$LAB_CERTS/ca.pem"
	[[ $status == 0 ]]
	grep -q "the stream cannot be read: .*WRONG_VERSION_NUMBER" "$LAB_TMP/command.out"
	that 'final[0] | .state == "completed" and .client.application.errors == []'
	that 'map(select(.type == "library_error")) == []'
}

@test "a thread that calls without end: 200 events a second, the others are counted" {
	traced_command -- /usr/bin/python3 "$ROOT/tests/live/library_loop" 5000
	[[ $status == 0 ]]
	num=$(jq -rs "$LIBRARY_DEFS calls | length" "$LAB_TMP/trace.out")
	((num >= 200 && num <= 2000))
	saw "(calls | map(select(.step == \"returned\")) | length) + stats.library_limited >= 5000"
	saw 'stats.lost == 0'
	# It is said at the end.
	run "$DTLSNOOP" -- /usr/bin/python3 "$ROOT/tests/live/library_loop" 5000 </dev/null 3>&-
	[[ $output == *"calls and errors of TLS libraries left out"* ]]
}

@test "-p: a server whose library was deleted since it was started, as by an upgrade" {
	port=$(lab_port)
	copy_openssl "$LAB_TMP/old"
	server_with "$LAB_TMP/old" "$port"
	rm "$LAB_TMP/old"/*
	server_is_seen "$(lab_pid server)"
	"$DTLSNOOP" --check -j --hooks cgroup -p "$(lab_pid server)" >"$LAB_TMP/check.json"
	jq -e --arg path "$LAB_TMP/old/libssl.so.3" '.libraries | any(.[]; .path == $path and .support == "yes" and .functions == 4)' \
		"$LAB_TMP/check.json"
}

@test "-p: a process that loads the library later" {
	lab_start loop /usr/bin/python3 "$ROOT/tests/live/library_loop" --wait 20
	lab_wait_line loop ready
	trace_start -v -p "$(lab_pid loop)"
	echo >"$LAB_TMP/loop.in"
	trace_join
	saw "calls | map(select(.call == \"handshake\" and .step == \"returned\")) | length == 20 and all(.[]; .pid == $(lab_pid loop))"
}

@test "-p: a server in a mount namespace of its own, as in a container, with a library that nobody else has" {
	port=$(lab_port)
	copy_openssl "$LAB_TMP/copies"
	mkdir "$LAB_TMP/own"
	# shellcheck disable=SC2016 # for the inner shell
	lab_start server unshare -m --propagation private sh -c 'mount -t tmpfs none "$1/own" && cp "$1"/copies/* "$1/own" || exit
		folder=$1; shift; LD_LIBRARY_PATH=$folder/own exec "$@"' sh "$LAB_TMP" \
		"$LAB_BIN/dtls_server" --listen "127.0.0.1:$port" --cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" \
		--duration "$LAB_SECONDS"
	lab_ready server
	grep -q "$LAB_TMP/own/libssl.so.3" "/proc/$(lab_pid server)/maps"
	[[ ! -e $LAB_TMP/own/libssl.so.3 ]]
	server_is_seen "$(lab_pid server)"
	# So does --app=on, of all processes.
	trace_start -v --app=on -P "$port"
	slow_client
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	saw "calls | any(.[]; .pid == $(lab_pid server) and .call == \"timer-asked\")"
	saw 'calls | any(.[]; .comm == "dtls_client" and .call == "handshake" and .step == "returned" and .result == 1)'
}

# Links of the tracer that are uprobes.
uprobes_of() {
	grep -lsE '^link_type:[[:space:]]*(uprobe_multi|perf)' "/proc/$1/fdinfo/"* | wc -l
}

@test "--app=off hooks no library, and neither does a trace without -p; SIGKILL leaves the process as it was" {
	port=$(lab_port)
	lab_server_lab "$port"
	server=$(lab_pid server)
	for options in "--app=off -p $server" ""; do
		# shellcheck disable=SC2086 # words
		trace_start -v $options
		[[ $(uprobes_of "$(lab_pid trace)") == 0 ]]
		lab_run dtls_client --connect "127.0.0.1:$port"
		trace_wait '.type=="handshake" and .state=="completed"'
		trace_stop
		saw 'calls == []'
	done
	trace_start -v -p "$server"
	[[ $(uprobes_of "$(lab_pid trace)") -gt 0 ]]
	kill -KILL "$(lab_pid trace)"
	lab_join trace 10 || true
	for _ in 1 2 3; do
		lab_run dtls_client --connect "127.0.0.1:$port"
	done
	server_is_seen "$server"
}

@test "GnuTLS: a server's handshake call, and the alert that a client sends" {
	port=$(lab_port)
	lab_server_gnutls "$port"
	server=$(lab_pid server)
	trace_start -v -p "$server"
	lab_client_gnutls "$port"
	lab_wait_client
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	lab_stop client
	saw "calls | any(.[]; .pid == $server and .library == \"gnutls\" and .call == \"handshake\" and .step == \"returned\" and
		.result == 0)"
	saw 'calls | all(.[]; .library == "gnutls")'
	lab_stop server
	lab_server_gnutls "$port"
	traced_command -- gnutls-cli --udp --port "$port" --x509cafile "$LAB_CERTS/other-ca.pem" 127.0.0.1
	# GNUTLS_E_CERTIFICATE_ERROR, and the alert bad_certificate.
	saw 'calls | map(select(.call == "handshake" and .step == "returned")) | last.result == -43'
	saw 'calls | map(select(.call == "alert-sent")) | length == 1'
	that 'final[0].client.application | .library == "gnutls" and .alert_sent == 42'
}

@test "--check -p: a process without a TLS library, one that is gone, and one that has it" {
	port=$(lab_port)
	lab_server_lab "$port"
	lab_start idle sleep 60
	lab_until 10 grep -q sleep "/proc/$(lab_pid idle)/comm"
	run "$DTLSNOOP" --check --hooks cgroup -p "$(lab_pid idle),$(lab_pid server)"
	[[ $status == 0 ]]
	grep -E "process $(lab_pid idle) +no +no TLS library that dtlsnoop knows" <<<"$output"
	grep -E "process $(lab_pid server) +yes +/.*/libssl.so.3: 4 functions" <<<"$output"
	grep -E "process $(lab_pid server) +yes +/.*/libcrypto.so.3: 2 functions" <<<"$output"
	lab_stop idle
	run "$DTLSNOOP" --check -j --hooks cgroup -p "$(lab_pid idle)"
	echo "$output" >"$LAB_TMP/check.json"
	"$ROOT/tests/live/validate" "$LAB_TMP/check.json"
	jq -e '.libraries[0] | .support == "not-permitted" and (.why | test("cannot be read"))' "$LAB_TMP/check.json"
}
