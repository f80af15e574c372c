#compdef dtlsnoop
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Completion of dtlsnoop for zsh, to be in a folder of $fpath as _dtlsnoop.

# made by make man
_dtlsnoop_options() {
	local -a specs=(
		'*'{-p+,--pid=}'[trace only these processes (repeatable)]:PID[,PID...]:_dtlsnoop_pids'
		'(-f --follow-forks)'{-f,--follow-forks}'[with -p or a command: also trace the child processes, those that run and those that start later]'
		'(-u --user)'{-u+,--user=}'[with a command: run the command as this user]:USER:_users'
		'(-n --comm)'{-n+,--comm=}'[trace only processes with this name (comm: the first 15 bytes count)]:NAME:_dtlsnoop_names'
		'--cgroup=[trace only processes in this cgroup v2 or below it: one container]:PATH:_dtlsnoop_cgroups'
		'--netns=[trace only this network namespace: that of a process, a name (ip netns), or a path]:PID|NAME|PATH:_dtlsnoop_netns'
		'*'{-P+,--port=}'[trace only these local or remote ports (repeatable): numbers, or names such as coaps]:PORT[,PORT...]:_dtlsnoop_ports capwap-control capwap-data coaps domain-s ipfixs radsec snmptls snmptls-trap stuns syslog-tls turns'
		'*'{-r+,--read=}'[analyse a recording, JSON lines (-o json -v), a pcap or a pcapng instead of this host; '\''-'\'' means standard input (repeatable: the files of --rotate, and recordings of several hosts)]:FILE:_files'
		'(-w --write)'{-w+,--write=}'[also write a recording for --read: headers only]:FILE:_files'
		'--annotate=[with -r CAPTURE: also write a copy of it, a pcapng with packet comments for Wireshark]:FILE:_files'
		'--force[with -w, --annotate, --metrics or -o FORMAT=FILE: replace a file that exists]'
		'--rotate=[with -w: begin a new file at this size and keep N (default 10): FILE, FILE.1, ...; K, M or G may follow SIZE]:SIZE[,N]:'
		'*'{-o+,--output=}'[print this format: on standard output, or to a file as well (repeatable).]:FORMAT[=FILE]:_dtlsnoop_formats timeline json summary ladder html otlp'
		'--otlp-endpoint=[also send what -o otlp writes to an OpenTelemetry receiver: http://HOST:4318, or https]:URL:'
		'(-j --json)'{-j,--json}'[same as -o json]'
		'--faults[print only handshakes with a fault, or that a side gave up early for a known cause]'
		'--color=[when to use colours: auto (default), always or never; auto respects NO_COLOR]:WHEN:(auto always never)'
		'--time=[times of the timeline: relative (default: seconds since the start), clock, utc, or delta (since the line before)]:FORM:(relative clock utc delta)'
		'--stats=[also print a stats line of JSON every so many seconds, or every 90s, 5m, 2h]:TIME:'
		'--metrics=[keep metrics for Prometheus in this file, for the textfile collector of node_exporter: written anew every 10 s]:FILE:_files'
		'--metrics-listen=[serve the same metrics at http://ADDRESS:PORT/metrics (default address: 127.0.0.1)]:[ADDRESS\:]PORT:'
		'--host-id[tell in JSON and recordings which machine it is: a hash of /etc/machine-id]'
		'--pod-logs=[where kubelet keeps logs of pods, whose folders name them (default: /var/log/pods)]:FOLDER:_files -/'
		'--profile=[how long a silence must last to be a fault: webrtc 2.5 s, general 5 s (default) or iot 20 s]:NAME:(webrtc general iot)'
		'--stuck-after=[the same, as a number of seconds, or with a unit (250ms, 90s, 5m)]:TIME:'
		'--fail-on=[when to exit with status 3: fault (after any fault), stuck (after a stuck handshake) or none (default)]:WHAT:(none stuck fault)'
		'--duration=[stop after this number of seconds, or after 90s, 5m, 2h]:TIME:'
		'--count=[stop after N handshakes have ended]:N:'
		'--hooks=[kind of hooks: fentry, kprobe, cgroup, or auto (default: the first that this kernel supports)]:TIER:(auto fentry kprobe cgroup)'
		'--app=[hook the calls and errors of TLS libraries: on, off, or auto (default: of the processes of -p, or of a command)]:WHEN:(auto on off)'
		'--check[report what this host supports, which hooks would be used and what cannot be seen (-j: as JSON); trace nothing]'
		'--buffer=[size of the ring buffer in bytes, a power of two; K or M may follow (default 4M)]:SIZE:'
		'--max-handshakes=[follow at most N handshakes at a time (default 4096)]:N:'
		'--rate-limit=[under a flood, inspect at most N datagrams per second from new addresses (default 2000; 0: all)]:N:'
		'*'{-v,--verbose}'[show each datagram at both ends, and a Wireshark display filter with each verdict; in JSON all that --read needs; -vv: also the messages of libbpf]'
		'(-q --quiet)'{-q,--quiet}'[print no messages except errors]'
		'(-V --version)'{-V,--version}'[print the version and the features]'
		'(-h --help)'{-h,--help}'[print this help]'
		'--explain=[print what a verdict, a note or another word of the output means, and what to do; without NAME: the list]::NAME:(completed not-retransmitting no-response peer-silent not-reading silent-after-read library-error mtu-blackhole lost-on-path missing-fragment hello-fragments-ignored cannot-decrypt answer-ignored answer-unacknowledged wrong-address role-conflict cookie-loop rehandshake-ignored split-across-sockets last-flight-not-resent truncated-read kernel-drop send-failed port-unreachable rejected alert closed-by-application evicted retransmissions interleaved slow-reader icmp-error slow-answer duplicated reordered record-numbers-reused early-application-data first-flight-ignored fell-back-to-1.2 large-client-hello mid-handshake one-direction alert-not-acted-on left-at-once peer-moved one-way-delay not-sent-by-peer events-lost rate-limited same-verdict-for-process flight side stuck failed abandoned certain likely witness)'
		'--usage[print the names of all options]'
	)
	_arguments -s -S : "${specs[@]}"
}

# "pid 812 coap-server" for each process that has a UDP socket, "port 5684" for each port of a socket that is not connected: what
# this user may see, in all network namespaces. A process chooses its name: characters that a shell or terminal may take amiss are "?".
_dtlsnoop_sockets() (
	cd /proc && command find [0-9]*/ns/net [0-9]*/fd -maxdepth 1 \( -lname 'socket:*' -o -lname 'net:*' \) -printf '%p %l\n' 2>/dev/null |
		command awk -F '[][/ :]+' '
			function port(hex,    i, n) {
				for (i = 1; i <= length(hex); i++)
					n = n * 16 + index("123456789ABCDEF", substr(hex, i, 1))
				return n
			}
			function sockets_of(file,    line, part, at) {
				while ((getline line <file) > 0) {
					if (split(line, part, " ") < 10 || part[1] == "sl")
						continue
					is_udp[part[10]] = 1
					at = part[2]
					sub(/.*:/, "", at)
					if (part[3] ~ /:0000$/)
						ports[port(at)] = 1
				}
				close(file)
			}
			$2 == "fd" { holders[$5] = holders[$5] " " $1; next }
			!($5 in seen) { seen[$5] = 1; sockets_of($1 "/net/udp"); sockets_of($1 "/net/udp6") }
			END {
				for (inode in is_udp) {
					num = split(holders[inode], pid, " ")
					for (i = 1; i <= num; i++) {
						if (pid[i] in told)
							continue
						told[pid[i]] = 1
						comm = ""
						getline comm <(pid[i] "/comm")
						close(pid[i] "/comm")
						gsub(/[^A-Za-z0-9_.+@%\/-]/, "?", comm)
						print "pid", pid[i], comm
					}
				}
				for (number in ports)
					print "port", number
			}'
)
# end of what make man makes

# Processes that have UDP sockets, with their names; of a list with commas, the next one.
_dtlsnoop_pids() {
	local -a found
	local kind id comm

	compset -P '*,'
	_dtlsnoop_sockets | while read -r kind id comm; do
		[[ $kind != pid || ,${IPREFIX##*[ =]} == *,$id,* ]] || found+=("$id:$comm")
	done
	_describe -t processes 'process with UDP sockets' found
}

# Names of such processes that can be typed as they are.
_dtlsnoop_names() {
	local -aU found
	local kind id comm

	_dtlsnoop_sockets | while read -r kind id comm; do
		[[ $kind != pid || $comm == *\?* ]] || found+=("$comm")
	done
	_wanted processes expl 'name of a process with UDP sockets' compadd -a found
}

# _dtlsnoop_ports SERVICE...: what _arguments gives to compadd stands before them.
_dtlsnoop_ports() {
	local -a found
	local kind id comm

	compset -P '*,'
	_dtlsnoop_sockets | while read -r kind id comm; do
		[[ $kind != port ]] || found+=("$id")
	done
	_wanted ports expl 'port of a UDP socket, or service' compadd -- "${found[@]}" "${(@)argv[(r)[a-z]*,-1]}"
}

# _dtlsnoop_formats FORMAT...: a format, or FORMAT=FILE.
_dtlsnoop_formats() {
	if compset -P '*='; then
		_files
	else
		_wanted formats expl format compadd -- "${(@)argv[(r)[a-z]*,-1]}"
	fi
}

# Paths from the root of cgroup v2.
_dtlsnoop_cgroups() {
	local root=${${(M)${(f)"$(</proc/self/mounts)"}:#* cgroup2 *}[1]}

	root=${${(s: :)root}[2]}
	[[ -n $root ]] || return
	compset -P /
	_path_files -/ -W $root
}

_dtlsnoop_netns() {
	local -aU names

	names=(/run/netns/*(N:t))
	_alternative 'names:name of ip netns:compadd -a names' 'processes:process:_dtlsnoop_pids' 'files:path:_files'
}

_dtlsnoop() {
	local i=${words[(i)--]}
	local expl

	# A command after -- has its own completion.
	if ((i < CURRENT)); then
		shift $i words
		((CURRENT -= i))
		_normal
		return
	fi
	_dtlsnoop_options
}

_dtlsnoop "$@"
