#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What dtlsnoop needs to attach, and that it keeps nothing of it.

load common

# Everybody may look into $open.
setup() {
	[[ $(id -u) == 0 ]] || skip "tracing the kernel needs root"
	lab_init
	open=$(mktemp -d)
	chmod 711 "$open"
}

teardown() {
	lab_fini
	rm -rf "$open"
}

# as_nobody CAPABILITY,...: sets $as to what runs a command with exactly these.
as_nobody() {
	local caps=+${1//,/,+}
	as=(setpriv --reuid nobody --regid nogroup --clear-groups --bounding-set "-all,$caps"
		--inh-caps "-all,$caps" --ambient-caps "-all,$caps")
}

status_of() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(lab_pid trace)/status"
}

keeps_nothing() {
	local set
	for set in CapInh CapPrm CapEff CapAmb; do
		[[ $(status_of $set) == 0000000000000000 ]] || {
			echo "$set: $(status_of $set)" >&2
			return 1
		}
	done
	[[ $(status_of NoNewPrivs) == 1 ]]
}

traces_a_handshake() {
	local port
	port=$(lab_port)
	lab_server_lab "$port"
	run lab_run dtls_client --connect "127.0.0.1:$port"
	[[ $status == 0 ]]
	trace_wait '.type=="handshake" and .state=="completed"'
	trace_stop
	that 'final[0] | completed and .client.comm == "dtls_client" and .server.cgroup != null'
}

@test "root: every capability is given up once attached, the bounding set too" {
	trace_start
	keeps_nothing
	[[ $(status_of CapBnd) == 0000000000000000 ]]
	traces_a_handshake
}

@test "without root: CAP_BPF, CAP_PERFMON and, for the cgroup hooks, CAP_NET_ADMIN are enough" {
	install -m 755 "$DTLSNOOP" "$open/dtlsnoop"
	as_nobody bpf,perfmon,net_admin
	lab_start trace "${as[@]}" "$open/dtlsnoop" -j --hooks cgroup "${OWN[@]}"
	lab_wait_line trace '"type":"trace"'
	keeps_nothing
	[[ $(status_of Uid) == "$(id -u nobody)"* ]]
	traces_a_handshake
}

@test "without one of them: one line that names what is needed, status 1" {
	install -m 755 "$DTLSNOOP" "$open/dtlsnoop"
	for caps in bpf,perfmon bpf,net_admin perfmon,net_admin; do
		as_nobody "$caps"
		run "${as[@]}" "$open/dtlsnoop" --hooks cgroup
		[[ $status == 1 && ${#lines[@]} == 1 ]]
		[[ $output == *CAP_BPF* && $output == *CAP_PERFMON* && $output == *CAP_NET_ADMIN* ]]
	done
}

@test "a file capability: files are opened as who calls it" {
	cp "$ROOT/tests/golden/completed.pcap" "$open"
	install -m 755 "$DTLSNOOP" "$open/dtlsnoop"
	install -d -o nobody "$open/own"
	install -d -m 700 "$open/roots"
	cp "$open/completed.pcap" "$open/roots"
	PATH="$PATH:/usr/sbin:/sbin" setcap cap_dac_override,cap_bpf,cap_perfmon,cap_net_admin+ep "$open/dtlsnoop" ||
		skip "no file capabilities here"
	nobody=(setpriv --reuid nobody --regid nogroup --clear-groups "$open/dtlsnoop" -q)
	for source in "--duration 0.2" "-r $open/completed.pcap"; do
		# shellcheck disable=SC2086 # words
		run "${nobody[@]}" $source -w "$open/own/recording"
		[[ $status == 0 && $(stat -c %U "$open/own/recording") == nobody ]]
		# shellcheck disable=SC2086 # words
		run "${nobody[@]}" $source -w "$open/roots/recording"
		[[ $status == 1 && $output == *"Permission denied"* && ! -e $open/roots/recording ]]
		rm "$open/own/recording"
	done
	run "${nobody[@]}" -r "$open/roots/completed.pcap"
	[[ $status == 1 && $output == *"Permission denied"* ]]
}
