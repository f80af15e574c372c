# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2034,SC2016,SC2030,SC2031
#
# The machinery of tests/live/firewall: the network, the software, the observers,
# and the comparison with the rows of the table.

table=$(dirname "$0")/firewall.table
rows=$tmp/rows		# NAME VIEW PROFILE VERDICT SIDE CONFIDENCE SEVERITY ENDED

# until_true SECONDS COMMAND...: by the clock, since to ask this many scenarios takes longer than to wait.
until_true() {
	at_last=$(($(date +%s) + $1))
	shift
	set -- "$at_last" "$@"
	until (shift && "$@"); do
		[ "$(date +%s)" -lt "$1" ] || return 1
		sleep "$pause"
	done
}

# --- the table --------------------------------------------------------------

# rows_read PART: a scenario for each combination of software, fault and patience.
rows_read() {
	grep -v '^#' "$table" | tr -s '\t ' ' ' | while read -r part software fault patience row; do
		[ "$1" = all ] || [ "$1" = "$part" ] || continue
		[ -z "$row" ] || echo "$(echo "$software $fault $patience" | tr -c 'a-z0-9\n' _) $software $fault $patience $row"
	done >"$tmp/table"
	cut -d' ' -f1,5- "$tmp/table" >"$rows"
	cut -d' ' -f1-4 "$tmp/table" | sort -u >"$tmp/runs"
	while read -r run software fault patience; do
		scenario "$run" "$software, $fault, the client has $patience s"
		eval "before_$run() { serve $software; }
			start_$run() { connect $software $fault $patience; }
			done_$run() { all_rows_seen; }
			verify_$run() { verify_rows; }"
	done <"$tmp/runs"
}

# each_row COMMAND...: with the fields of each row of this scenario.
each_row() {
	grep "^$name " "$rows" | while read -r _ view profile code side confidence severity ended; do
		"$@"
	done
}

# --- the network ------------------------------------------------------------

# These processes hold the namespaces, which go when they end.
namespace() {
	name=network
	run_for_scenario "$1" unshare --net sleep "$life" 2>/dev/null &
	until_true "$bound" has_own_namespace "$tmp/network.$1.pid"
}

has_own_namespace() {
	[ -s "$1" ] && [ "$(readlink "/proc/$(cat "$1")/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
		nsenter -t "$(cat "$1")" -n true 2>/dev/null
}

# at ROLE COMMAND...: in its namespace.
at() {
	role_pid=$(cat "$tmp/network.$1.pid")
	shift
	nsenter -t "$role_pid" -n "$@"
}

# link NAMESPACE NUMBER: from the router to it.
link() {
	at router ip link add "$1" type veth peer name veth netns "$(cat "$tmp/network.$1.pid")"
	at router ip addr add "10.91.$2.2/24" dev "$1"
	at router ip addr add "fd91:$2::2/64" dev "$1" nodad
	at router ip link set "$1" up
	at "$1" ip link set lo up
	at "$1" ip addr add "10.91.$2.1/24" dev veth
	at "$1" ip addr add "fd91:$2::1/64" dev veth nodad
	at "$1" ip link set veth up
	at "$1" ip route add default via "10.91.$2.2"
	at "$1" ip route add default via "fd91:$2::2"
}

# Each datagram that is rejected is answered, however many there are at a time.
network_up() {
	for role in client router server; do
		namespace $role
		at $role nft "add table inet f; add chain inet f to_here { type filter hook input priority 0; };
			add chain inet f through { type filter hook forward priority 0; };
			add chain inet f from_here { type filter hook output priority 0; }"
	done
	link client 1
	link server 2
	mkfifo "$tmp/never"
	run_for_scenario never sh -c 'exec sleep "$1" 1<>"$0"' "$tmp/never" "$life" 2>/dev/null &
	# The main tracer of harness.sh is the one at the client.
	tracer_options="--netns $(cat "$tmp/network.client.pid") -w $tmp/client.rec"
	at router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
		echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
}

# rule NAMESPACE CHAIN RULE...
rule() {
	namespace=$1
	shift
	at "$namespace" nft add rule inet f "$@" || wrong "nft: $*"
}

# fault NAME[:DETAIL...]; to_server and to_client are the directions.
break_network() {
	IFS=: read -r kind detail size <<-END
		$1
	END
	case $detail in
	to_server) match="udp dport $dtls_port" ;;
	to_client) match="udp sport $dtls_port" ;;
	esac
	# shellcheck disable=SC2086 # words
	case $kind in
	none) ;;
	drop) rule router through $match drop ;;
	larger) rule router through $match udp length gt "$size" drop ;;
	reject) rule router through udp dport "$dtls_port" reject with "$icmp" type "$detail" ;;
	reject_answers) rule router through udp sport "$dtls_port" reject with "$icmp" type "$detail" ;;
	client_output) rule client from_here udp dport "$dtls_port" drop ;;
	client_input) rule client to_here udp sport "$dtls_port" drop ;;
	server_output) rule server from_here udp sport "$dtls_port" drop ;;
	server_input) rule server to_here udp dport "$dtls_port" drop ;;
	stopped) kill -STOP "$(pid_of server)" ;;
	killed) kill -KILL "$(pid_of server)" && until_true "$bound" is_unbound ;;
	*) wrong "no such fault: $1" ;;
	esac
}

is_unbound() {
	! is_bound
}

# --- the software -----------------------------------------------------------

# What a name in the table means: PRODUCT[-wrong|-suite|-pieces][6]. wrong: the two have different
# pre-shared keys; suite: they have no cipher suite in common; pieces: the ClientHello comes in two, of about 250
# and 150 bytes; 6: by way of IPv6.
parse_software() {
	software=${1%6} key=secret client_key=secret dtls_port=$port
	host=10.91.2.1 at_host=10.91.2.1 icmp=icmp
	[ "$software" = "$1" ] || host=fd91:2::1 at_host='[fd91:2::1]' icmp=icmpv6
	product=${software%-*} variant=${software##*-}
	case $variant in
	wrong) client_key=another ;;
	suite | pieces) ;;
	*) product=$software variant='' ;;
	esac
	# coap-server takes two ports: the second one is for DTLS.
	[ "${product#coap}" = "$product" ] || dtls_port=$((port + 1))
}

hex() {
	printf %s "$1" | od -An -tx1 | tr -d ' \n'
}

gnutls_priority=NORMAL:-VERS-ALL:+VERS-DTLS1.2

# Standard input never ends: the tools of both libraries would end, too.
serves() {
	prefix="nsenter -t $(cat "$tmp/network.server.pid") -n"
	run_for_scenario server sh -c 'exec "$@" <"$0"' "$tmp/never" "$@" 2>/dev/null &
	prefix=''
}

goes() {
	prefix="nsenter -t $(cat "$tmp/network.client.pid") -n"
	task client sh -c 'exec "$@" <"$0"' "$tmp/never" "$@"
	prefix=''
}

# serve SOFTWARE
serve() {
	parse_software "$1"
	case $product in
	coap-*) serves "coap-server-${product#coap-}" -A "$host" -p "$port" -k "$key" -h hint ;;
	openssl)
		case $variant in
		wrong) set -- -nocert -psk "$(hex "$key")" ;;
		suite) set -- -cert "$CERTS/server.pem" -key "$CERTS/server.key" -cipher ECDHE-ECDSA-AES256-GCM-SHA384 ;;
		*) set -- -cert "$CERTS/server.pem" -key "$CERTS/server.key" ;;
		esac
		serves openssl s_server -dtls1_2 -quiet -mtu 1400 -accept "$at_host:$port" "$@" ;;
	gnutls)
		set -- --priority "$gnutls_priority" --x509certfile "$CERTS/server.pem" --x509keyfile "$CERTS/server.key"
		[ "$variant" != wrong ] || {
			echo "client:$(hex "$key")" >"$tmp/$name.keys"
			set -- --priority "$gnutls_priority:-KX-ALL:+PSK" --pskpasswd "$tmp/$name.keys"
		}
		serves gnutls-serv --udp --port "$port" --disable-client-cert "$@" ;;
	wolf13)
		set -- --cert "$CERTS/server.pem" --key "$CERTS/server.key"
		[ "$variant" != wrong ] || set -- --psk "$key"
		[ -x "$LAB/wolf_peer" ] || {
			skip "wolf_peer was not built (tests/lab/libraries)"
			return
		}
		serves "$LAB/wolf_peer" --listen "$at_host:$port" --version 1.3 --no-cookie --duration "$life" "$@" ;;
	*) wrong "no such software: $1" ;;
	esac
}

is_bound() {
	at server cat /proc/net/udp /proc/net/udp6 | grep -q ":$(printf %04X "$dtls_port") "
}

# connect SOFTWARE FAULT PATIENCE: coap-client, wolf_peer and the others give up by themselves, or are ended.
connect() {
	parse_software "$1"
	until_true "$bound" is_bound || wrong "the server does not listen"
	break_network "$2"
	patience=$3
	case $product in
	coap-*)
		# Without a key it wants a certificate, which the server has not.
		[ "$variant" = suite ] && set -- -n || set -- -u client -k "$client_key"
		case $patience in
		*.*) goes timeout -s INT "$patience" "coap-client-${product#coap-}" -B 60 "$@" "coaps://$at_host:$dtls_port/" ;;
		*) goes "coap-client-${product#coap-}" -B "$patience" "$@" "coaps://$at_host:$dtls_port/" ;;
		esac ;;
	openssl)
		case $variant in
		wrong) set -- -psk "$(hex "$client_key")" ;;
		suite) set -- -cipher ECDHE-ECDSA-AES128-GCM-SHA256 ;;
		pieces) set -- -mtu 256 -alpn "$(seq -s, 100000 100020)" ;;
		*) set -- ;;
		esac
		goes timeout "$patience" openssl s_client -dtls1_2 -connect "$at_host:$port" "$@" ;;
	gnutls)
		case $variant in
		wrong) set -- --priority "$gnutls_priority:-KX-ALL:+PSK" --pskusername client --pskkey "$(hex "$client_key")" ;;
		suite) set -- --priority "$gnutls_priority:-KX-ALL:+RSA" --insecure ;;
		*) set -- --priority "$gnutls_priority" --insecure ;;
		esac
		goes timeout "$patience" gnutls-cli --udp --port "$port" "$@" "$host" ;;
	wolf13)
		set --
		[ "$variant" != wrong ] || set -- --psk "$client_key"
		goes "$LAB/wolf_peer" --connect "$at_host:$port" --version 1.3 --group p256 --duration "$patience" "$@" ;;
	esac
}

# --- the observers ----------------------------------------------------------

# observe VIEW COMMAND...: output in observer.VIEW.out.
observe() {
	name=observer
	run_for_scenario "$@" 2>/dev/null &
}

observer_says() {
	grep -qs "$2" "$tmp/observer.$1.out" "$tmp/observer.$1.err" || observer_ended "$1"
}

observer_ended() {
	[ -e "$tmp/observer.$1.status" ]
}

# ports_of SEVERITY: of the scenarios whose row for both ends has that severity.
ports_of() {
	each port_of "$1" | paste -sd, -
}

port_of() {
	! grep "^$name both " "$rows" | cut -d' ' -f7 | grep -qx "$1" || echo "$port,$((port + 1))"
}

observe_both() {
	ports=$(ports_of "$2")
	[ -z "$ports" ] || observe "$1" "$DTLSNOOP" -q -j --hooks "$tier" --fail-on fault -P "$ports"
}

observers_start() {
	observe server "$DTLSNOOP" -q -j --hooks "$tier" --netns "$(cat "$tmp/network.server.pid")" -w "$tmp/server.rec"
	observe_both fault fault
	observe_both calm 'ok\|warning'
	prefix="nsenter -t $(cat "$tmp/network.router.pid") -n"
	PATH="$PATH:/usr/sbin:/sbin" observe wire tcpdump -i client -n -U -s 0 -B 8192 -w "$tmp/wire.pcap" udp or icmp or icmp6
	prefix=''
	sleep "$pause"
	for view in server fault calm; do
		[ ! -e "$tmp/observer.$view.pid" ] || until_true "$bound" observer_says "$view" '"type":"trace"'
	done
	until_true "$bound" observer_says wire 'listening on'
}

observers_stop() {
	for view in server fault calm wire; do
		[ ! -e "$tmp/observer.$view.pid" ] || observer_ended $view || kill -INT "$(cat "$tmp/observer.$view.pid")"
		[ ! -e "$tmp/observer.$view.pid" ] || until_true "$bound" observer_ended $view
	done
	# A server that was stopped has to go on, to end.
	for file in "$tmp"/*.server.pid; do
		[ -e "${file%.pid}.status" ] || kill -CONT "$(cat "$file")" 2>/dev/null
	done
}

# --- the comparison ---------------------------------------------------------

# live VIEW: what was reported while it happened.
live() {
	case $1 in
	client) echo "$trace" ;;
	both) { grep -ls ":${port%?}[0-9]\"" "$tmp/observer.fault.out" "$tmp/observer.calm.out"; echo /dev/null; } | head -n 1 ;;
	*) echo "$tmp/observer.$1.out" ;;
	esac
}

# reading VIEW PROFILE [OPTION]: the recording read again.
reading() {
	read_again=$tmp/$1.$2$3.out
	recording=$tmp/$1.rec
	[ "$1" != wire ] || recording=$tmp/wire.pcap
	[ -e "$read_again" ] ||
		"$DTLSNOOP" -q -j --fail-on fault --profile "$2" $3 -r "$recording" >"$read_again" 2>"$read_again.err" ||
		echo $? >"$read_again.status"
	echo "$read_again"
}

last_of() {
	own_lines "$1" | grep '"type":"handshake"' | tail -n 1
}

# Is it what the row says by now, as far as grep can tell?
note_unseen() {
	[ "$view" != wire ] && [ "$profile" = general ] || return 0
	said=$(last_of "$(live "$view")")
	echo "$said" | grep -Eq "\"code\":\"($code)\"" || echo unseen
	[ "$ended" = - ] || echo "$said" | grep -q '"ended"' || echo unseen
}

all_rows_seen() {
	tasks_ended && ! each_row note_unseen | grep -q unseen
}

# "alert server likely fault server:alert"
say() {
	last_of "$1" | jq -r '[.verdict.code // "-", .verdict.side // "-", .verdict.confidence // "-", .verdict.severity // "-",
		if .ended then "\(.ended.by // "none"):\(.ended.how)" else "-" end] | join(" ")'
}

verify_row() {
	file=$(live "$view")
	[ "$view" != wire ] && [ "$profile" = general ] || file=$(reading "$view" "$profile")
	said=$(say "$file")
	echo "$said" | grep -Eqx "($code) ($side) ($confidence) ($severity) ($ended)" ||
		wrong "$view, $profile: $said, not $code $side $confidence $severity $ended"
	# Exit status and --faults go by the cause.
	if [ "$view" = both ]; then
		[ "$(cat "${file%out}status")" = "$([ "$severity" = fault ] && echo 3 || echo 0)" ] ||
			wrong "both: exit status $(cat "${file%out}status"), $severity"
		return
	fi
	said=$(last_of "$(reading "$view" "$profile" --faults)")
	case $severity:$said in
	*'|'* | fault:?* | warning: | ok:) ;;
	# Given up early, with a cause that is not the end itself.
	warning:*'"ended":'*'"severity":"warning"'*) ;;
	*) wrong "$view, $profile, --faults: $severity, but ${said:-nothing}" ;;
	esac
}

verify_rows() {
	each_row verify_row
}
