#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Clocks that differ from the host's, or change.

load common

teardown() {
	lab_fini
}

@test "in a time namespace whose clock is a day ahead, or behind: times and silences are the host's" {
	port=$(lab_port)
	lab_server_lab "$port"
	lab_proxy proxy "$port" --fault delay:dir=s2c,count=1,ms=1500
	unshare --time --monotonic 1 --fork true 2>/dev/null || skip "this kernel has no time namespaces"
	uptime=$(cut -d. -f1 /proc/uptime)
	for offset in 86400 "-$((uptime / 2))"; do
		lab_start trace unshare --time --monotonic="$offset" --fork --kill-child=INT "$DTLSNOOP" -j --stuck-after 4 \
			--duration 8 "${OWN[@]}"
		lab_wait_line trace '"type":"trace"'
		lab_run dtls_client --connect "$(lab_ready proxy)"
		trace_join
		that 'faults == []'
		that 'final | length == 2 and all(.[]; completed)'
		that 'datagrams | length > 0 and all(.[]; .ns > 0 and .ns < 4000000000)'
		that 'stats.ns >= 4000000000 and stats.ns < 60000000000'
	done
}

@test "the clock is set back, and a CPU taken away, during a trace" {
	skip "both would be done to everything else on this machine, too"
}
