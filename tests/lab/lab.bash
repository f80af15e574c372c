# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# lab.bash: starts, watches and stops the programs of the test laboratory.
# To be sourced by bats files and by tests/lab/selfcheck; needs root only
# where the programs do. Everything runs on loopback and ends by itself.
#
# Usage:
#	source tests/lab/lab.bash
#	lab_init			# in setup(): directory, certificates
#	port=$(lab_port)
#	lab_server_openssl "$port"
#	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16
#	proxy=$(lab_ready proxy)	# 127.0.0.1:NNNNN
#	run lab_run dtls_client --connect "$proxy"
#	lab_fini			# in teardown()
#
# Each program has a NAME; its output is in $LAB_TMP/NAME.out and NAME.err, its
# standard input is the FIFO $LAB_TMP/NAME.in, which never ends: s_server and
# the clients stay. `LAB_STDIN=/dev/null lab_client_gnutls ...` is a client that
# closes as soon as it is connected; stopping one by lab_stop sends no
# close_notify, and gnutls-serv and s_server then wait for that client for good.
#
# Settings: LAB_BIN (built programs), LAB_CERTS, LAB_TMP, LAB_SECONDS (longest
# life of a program, default 180), LAB_SCALE (factor for every wait; emulated
# machines are slow), LAB_ADDR (127.0.0.1 or ::1), LAB_FIRST_PORT, LAB_NUM_PORTS
# (where lab_port takes them from; two suites side by side have different ones).

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${LAB_BIN:=$LAB_DIR/../../build/lab}"
: "${LAB_SECONDS:=180}" "${LAB_SCALE:=1}" "${LAB_ADDR:=127.0.0.1}"
: "${LAB_FIRST_PORT:=20000}" "${LAB_NUM_PORTS:=12000}"

lab_init() {
	if [[ -z ${LAB_TMP:-} ]]; then
		LAB_TMP=$(mktemp -d "${BATS_TEST_TMPDIR:-${TMPDIR:-/tmp}}/lab.XXXXXX")
		LAB_OWNS_TMP=1
	fi
	: "${LAB_CERTS:=$LAB_BIN/certs}"
	: >>"$LAB_TMP/pids"
	# In a guest they are there.
	[[ ! -x $LAB_DIR/certs ]] || "$LAB_DIR/certs" "$LAB_CERTS"
}

# Stops everything; keeps $LAB_TMP if LAB_KEEP is set.
lab_fini() {
	lab_stop_all
	if [[ -n ${LAB_OWNS_TMP:-} && -z ${LAB_KEEP:-} ]]; then
		rm -rf "$LAB_TMP"
		unset LAB_TMP LAB_OWNS_TMP
	fi
}

# --- waiting ---------------------------------------------------------------

# lab_until SECONDS COMMAND...: runs COMMAND until it succeeds, every 50 ms at first.
lab_until() {
	local tries=$(($1 * 20 * LAB_SCALE)) num=0
	shift
	until "$@"; do
		((tries > 0)) || return 1
		if ((num++ < 10)); then
			sleep 0.05
			((tries -= 1))
		else
			sleep 0.2
			((tries -= 4))
		fi
	done
}

# A port below ip_local_port_range, so that no ephemeral port takes it.
lab_port() {
	local port
	while :; do
		port=$((LAB_FIRST_PORT + RANDOM % LAB_NUM_PORTS))
		grep -qx "$port" "$LAB_TMP/ports" 2>/dev/null && continue
		lab_is_bound "$port" || break
	done
	echo "$port" | tee -a "$LAB_TMP/ports"
}

# Field 2 is the local address, ADDRESS:PORT in hex, in both families.
lab_is_bound() {
	local hex
	printf -v hex '%04X' "$1"
	awk -v end=":$hex" '$2 ~ end "$" { found = 1 } END { exit !found }' \
		/proc/net/udp /proc/net/udp6
}

# Servers that print nothing listen when the kernel says so.
lab_wait_bound() {
	lab_until 30 lab_is_bound "$1" || {
		echo "lab: nothing listens on UDP port $1" >&2
		return 1
	}
}

# lab_wait_line NAME REGEX [SECONDS]: until NAME.out or NAME.err has it.
lab_wait_line() {
	lab_until "${3:-30}" grep -Eqs -- "$2" "$LAB_TMP/$1.out" \
		"$LAB_TMP/$1.err" || {
		echo "lab: $1 did not print '$2'" >&2
		return 1
	}
}

# lab_ready NAME: waits for its "ready ADDR:PORT" and prints ADDR:PORT.
lab_ready() {
	lab_wait_line "$1" '^ready ' || return 1
	sed -n 's/^ready //p' "$LAB_TMP/$1.out"
}

# --- processes, by id ------------------------------------------------------

# A process id alone may have been given to another process meanwhile.
lab_start_time() {
	local stat
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
	stat=${stat##*) } # the name before it may hold spaces
	[[ $stat != Z* ]] || return 1
	awk '{ print $20 }' <<<"$stat"
}

# lab_start NAME COMMAND...: in the background, for at most LAB_SECONDS.
# Descriptor 3 is bats' own: who inherits it makes bats wait.
lab_start() {
	local name=$1 stdin=$LAB_TMP/$1.in
	shift
	[[ -p $stdin ]] || mkfifo "$stdin"
	stdin=${LAB_STDIN:-$stdin}
	# Here and not in the background, or who waits for a line finds one of an earlier process of that name.
	: >"$LAB_TMP/$name.out" 2>"$LAB_TMP/$name.err"
	"$LAB_BIN/run_for" "$LAB_SECONDS" "$@" <>"$stdin" \
		>>"$LAB_TMP/$name.out" 2>>"$LAB_TMP/$name.err" 3>&- &
	echo "$name $! $(lab_start_time $!)" >>"$LAB_TMP/pids"
}

lab_pid() {
	awk -v name="$1" '$1 == name { pid = $2 } END { print pid }' \
		"$LAB_TMP/pids"
}

lab_is_over() {
	local now
	now=$(lab_start_time "$1") || return 0
	[[ $now != "$2" ]]
}

# Stops one process (PID START_TIME); never another that has its number now.
lab_end_process() {
	lab_is_over "$1" "$2" && return
	kill -TERM "$1" 2>/dev/null || true
	kill -CONT "$1" 2>/dev/null || true
	lab_until 10 lab_is_over "$1" "$2" || kill -KILL "$1" 2>/dev/null || true
}

# lab_stop NAME: the last one started by that name.
lab_stop() {
	local pid start
	read -r pid start < <(awk -v name="$1" \
		'$1 == name { line = $2 " " $3 } END { print line }' \
		"$LAB_TMP/pids")
	[[ -z $pid ]] || lab_end_process "$pid" "$start"
}

lab_stop_all() {
	local pid start
	[[ -s ${LAB_TMP:-}/pids ]] || return 0
	while read -r _ pid start; do
		lab_end_process "$pid" "$start"
	done <"$LAB_TMP/pids"
	: >"$LAB_TMP/pids"
}

# lab_join NAME [SECONDS]: waits for its end; its exit status (124: still runs).
# Only in the shell that started it, so not under bats' `run`.
lab_join() {
	local pid start
	pid=$(lab_pid "$1")
	start=$(awk -v pid="$pid" '$2 == pid { print $3 }' "$LAB_TMP/pids")
	lab_until "${2:-$LAB_SECONDS}" lab_is_over "$pid" "$start" || return 124
	wait "$pid"
}

# lab_run PROGRAM [ARGUMENT]...: one of ours, in the foreground.
lab_run() {
	local program=$1
	shift
	"$LAB_BIN/$program" "$@" </dev/null 3>&-
}

# --- endpoints -------------------------------------------------------------

# "4444" -> "127.0.0.1:4444" or "[::1]:4444"; ADDR:PORT stays.
lab_address() {
	case $1 in
	*:*) echo "$1" ;;
	*) [[ $LAB_ADDR == *:* ]] && echo "[$LAB_ADDR]:$1" || echo "$LAB_ADDR:$1" ;;
	esac
}

# lab_proxy NAME UPSTREAM [ARGUMENT]...: then lab_ready NAME for its address.
lab_proxy() {
	local name=$1 upstream
	upstream=$(lab_address "$2")
	shift 2
	lab_start "$name" "$LAB_BIN/udp_fault_proxy" --upstream "$upstream" \
		--listen "$(lab_address 0)" --duration "$LAB_SECONDS" "$@"
	lab_ready "$name" >/dev/null
}

# lab_server_lab PORT [ARGUMENT]...: our own dtls_server, NAME "server". The
# only one on OpenSSL that can do without HelloVerifyRequest (see selfcheck).
lab_server_lab() {
	local address
	address=$(lab_address "$1")
	shift
	lab_start server "$LAB_BIN/dtls_server" --listen "$address" \
		--cert "$LAB_CERTS/server.pem" --key "$LAB_CERTS/server.key" \
		--duration "$LAB_SECONDS" "$@"
	lab_ready server >/dev/null
}

# lab_server_openssl PORT [ARGUMENT]...: NAME "server". s_server asks for a
# cookie (HelloVerifyRequest) always; -listen only makes that stateless.
lab_server_openssl() {
	local address
	address=$(lab_address "$1")
	shift
	lab_start server openssl s_server -dtls1_2 -quiet -accept "$address" \
		-cert "$LAB_CERTS/server.pem" -key "$LAB_CERTS/server.key" "$@"
	lab_wait_bound "${address##*:}"
}

# lab_server_gnutls PORT [ARGUMENT]...: NAME "server". It binds the wildcard
# addresses of both families. HelloVerifyRequest unless --nocookie.
lab_server_gnutls() {
	local port=$1
	shift
	lab_start server gnutls-serv --udp --echo --port "$port" \
		--priority NORMAL:-VERS-ALL:+VERS-DTLS1.2 \
		--x509certfile "$LAB_CERTS/server.pem" \
		--x509keyfile "$LAB_CERTS/server.key" \
		--disable-client-cert "$@"
	lab_wait_bound "$port"
}

# lab_client_openssl ADDRESS [ARGUMENT]...: NAME "client", in the background
# and connected until lab_stop client. Add -quiet to hear less.
lab_client_openssl() {
	local address
	address=$(lab_address "$1")
	shift
	lab_start client openssl s_client -dtls1_2 -connect "$address" \
		-CAfile "$LAB_CERTS/ca.pem" "$@"
}

# lab_client_gnutls ADDRESS [ARGUMENT]...: NAME "client", as above.
lab_client_gnutls() {
	local address host
	address=$(lab_address "$1")
	shift
	host=${address%:*}
	host=${host#[}
	lab_start client gnutls-cli --udp --port "${address##*:}" \
		--priority NORMAL:-VERS-ALL:+VERS-DTLS1.2 \
		--x509cafile "$LAB_CERTS/ca.pem" "$@" "${host%]}"
}

# Both say so when the handshake is done.
lab_wait_client() {
	lab_wait_line client \
		'^- Handshake was completed|^ *Verify return code|^SSL-Session:' \
		"${1:-30}"
}
