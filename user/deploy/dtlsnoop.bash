# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Completion of dtlsnoop for bash. It is read by the package bash-completion at the first TAB, or by `source`.

# made by make man
_dtlsnoop_options='-p --pid -f --follow-forks -u --user -n --comm --cgroup --netns -P --port -r --read -w --write --annotate --force --rotate -o --output --otlp-endpoint -j --json --faults --color --time --stats --metrics --metrics-listen --host-id --pod-logs --profile --stuck-after --fail-on --duration --count --hooks --app --check --buffer --max-handshakes --rate-limit -v --verbose -q --quiet -V --version -h --help --explain --usage'
# What follows an option: its name in the man page, and the words that there are. Status 1: nothing.
_dtlsnoop_value() {
	case $1 in
	-p | --pid) value='PID[,PID...]' words='' ;;
	-u | --user) value='USER' words='' ;;
	-n | --comm) value='NAME' words='' ;;
	--cgroup) value='PATH' words='' ;;
	--netns) value='PID|NAME|PATH' words='' ;;
	-P | --port) value='PORT[,PORT...]' words='capwap-control capwap-data coaps domain-s ipfixs radsec snmptls snmptls-trap stuns syslog-tls turns' ;;
	-r | --read) value='FILE' words='' ;;
	-w | --write) value='FILE' words='' ;;
	--annotate) value='FILE' words='' ;;
	--rotate) value='SIZE[,N]' words='' ;;
	-o | --output) value='FORMAT[=FILE]' words='timeline json summary ladder html otlp' ;;
	--otlp-endpoint) value='URL' words='' ;;
	--color) value='WHEN' words='auto always never' ;;
	--time) value='FORM' words='relative clock utc delta' ;;
	--stats) value='TIME' words='' ;;
	--metrics) value='FILE' words='' ;;
	--metrics-listen) value='[ADDRESS:]PORT' words='' ;;
	--pod-logs) value='FOLDER' words='' ;;
	--profile) value='NAME' words='webrtc general iot' ;;
	--stuck-after) value='TIME' words='' ;;
	--fail-on) value='WHAT' words='none stuck fault' ;;
	--duration) value='TIME' words='' ;;
	--count) value='N' words='' ;;
	--hooks) value='TIER' words='auto fentry kprobe cgroup' ;;
	--app) value='WHEN' words='auto on off' ;;
	--buffer) value='SIZE' words='' ;;
	--max-handshakes) value='N' words='' ;;
	--rate-limit) value='N' words='' ;;
	--explain) value='NAME' words='completed not-retransmitting no-response peer-silent not-reading silent-after-read library-error mtu-blackhole lost-on-path missing-fragment hello-fragments-ignored cannot-decrypt answer-ignored answer-unacknowledged wrong-address role-conflict cookie-loop rehandshake-ignored split-across-sockets last-flight-not-resent truncated-read kernel-drop send-failed port-unreachable rejected alert closed-by-application evicted retransmissions interleaved slow-reader icmp-error slow-answer duplicated reordered record-numbers-reused early-application-data first-flight-ignored fell-back-to-1.2 large-client-hello mid-handshake one-direction alert-not-acted-on left-at-once peer-moved one-way-delay not-sent-by-peer events-lost rate-limited same-verdict-for-process flight side stuck failed abandoned certain likely witness' ;;
	*) return 1 ;;
	esac
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

# _dtlsnoop_offer WORD...: those that begin with $cur are offered, below $head. Bash replaces what comes after its last word break.
_dtlsnoop_offer() {
	local word

	for word; do
		[[ $word != "$cur"* ]] || COMPREPLY+=("${head#"$kept"}$word")
	done
}

# _dtlsnoop_list WORD...: the same for a list with commas, of which some are given.
_dtlsnoop_list() {
	local word given

	if [[ $cur == *,* ]]; then
		given=${cur%,*}
		head+=$given,
		cur=${cur##*,}
	fi
	for word; do
		[[ ,$given, == *,"$word",* ]] || _dtlsnoop_offer "$word"
	done
}

# _dtlsnoop_lines KIND: of pids with their names, only pids; bash shows the names when it lists them (second TAB).
_dtlsnoop_lines() {
	local kind id comm
	local -a found=()
	local -A comms=()

	while read -r kind id comm; do
		[[ $kind == "$1" ]] || continue
		found+=("$id")
		comms[$id]=$comm
	done < <(_dtlsnoop_sockets)
	_dtlsnoop_list "${found[@]}"
	((COMP_TYPE == 63 && ${#COMPREPLY[@]} > 1)) || return
	for id in "${!COMPREPLY[@]}"; do
		comm=${comms[${COMPREPLY[id]##*[,=]}]}
		[[ ! $comm ]] || COMPREPLY[id]+=" ($comm)"
	done
}

# Names of processes with UDP sockets that can be typed as they are.
_dtlsnoop_names() {
	local kind id comm

	while read -r kind id comm; do
		[[ $kind != pid || $comm == *\?* ]] || _dtlsnoop_offer "$comm"
	done < <(_dtlsnoop_sockets)
}

# Paths from the root of cgroup v2.
_dtlsnoop_cgroups() {
	local root path

	root=$(command awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	[[ $root ]] || return
	# Its backslashes are the shell's.
	# shellcheck disable=SC2162
	IFS= read cur <<<"$cur"
	while IFS= read -r path; do
		printf -v path %q "${path#"$root"}"
		COMPREPLY+=("${head#"$kept"}$path")
	done < <(compgen -d -- "$root/${cur#/}")
	compopt -o nospace
}

_dtlsnoop_netns() {
	local path name

	case $cur in
	[0-9]*) _dtlsnoop_lines pid ;;
	[./]*) compopt -o default ;;
	*)
		for path in /run/netns/*; do
			printf -v name %q "${path##*/}"
			[[ ! -e $path ]] || _dtlsnoop_offer "$name"
		done ;;
	esac
}

# _dtlsnoop_command I: word I and what follows is a command with its arguments.
_dtlsnoop_command() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
	else
		compopt -o default
	fi
}

_dtlsnoop() {
	local cur option='' head='' kept value='' words=''
	local last=${COMP_WORDS[COMP_CWORD]} word
	local -a line=()
	local -i i

	COMPREPLY=()
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- ]] && ((i < COMP_CWORD)); then
			_dtlsnoop_command $((i + 1))
			return
		fi
		# Bash takes --profile=iot for three words.
		if ((${#line[@]})) && [[ $word == = || ${line[-1]} == *= ]]; then
			line[-1]+=$word
		else
			line+=("$word")
		fi
	done
	cur=${line[-1]}
	[[ $last != = ]] || last=
	kept=${cur%"$last"}
	if [[ $cur =~ ^(--[a-z-]+)=(.*)$ ]]; then
		option=${BASH_REMATCH[1]} cur=${BASH_REMATCH[2]} head=${BASH_REMATCH[1]}=
	elif ((${#line[@]} > 1)); then
		option=${line[-2]}
	fi
	if [[ $cur == -* ]] || ! _dtlsnoop_value "$option"; then
		# shellcheck disable=SC2086 # words
		_dtlsnoop_offer $_dtlsnoop_options --
		return
	fi
	case $value in
	FORMAT*=*)
		if [[ $cur == *=* ]]; then
			compopt -o default
		else
			# shellcheck disable=SC2086 # words
			_dtlsnoop_offer $words
		fi ;;
	FILE) compopt -o default ;;
	FOLDER) compopt -o dirnames ;;
	PID,* | PID\[*) _dtlsnoop_lines pid ;;
	PORT*)
		# shellcheck disable=SC2086 # words
		if [[ ${cur##*,} == [0-9]* ]]; then _dtlsnoop_lines port; else _dtlsnoop_list $words; fi ;;
	USER)
		mapfile -t line < <(compgen -u -- "$cur")
		_dtlsnoop_offer "${line[@]}" ;;
	PATH) _dtlsnoop_cgroups ;;
	PID\|*) _dtlsnoop_netns ;;
	*)
		if [[ $words ]]; then
			# shellcheck disable=SC2086 # words
			_dtlsnoop_offer $words
		elif [[ $value == NAME ]]; then
			_dtlsnoop_names
		fi ;;
	esac
} && complete -F _dtlsnoop dtlsnoop
