# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# soak_traffic.bash: what tests/bench/soak lets the tracer see. Each client is in the ledger, $LAB_TMP/ledger:
#	ADDRESS:PORT BEGAN ENDED WANT STATUS
# times in ms since the machine started; WANT: completed, not-retransmitting, or killed, when it had not retransmitted for
# long or, on a busy machine, not yet; STATUS: how the client ended.

ROUND_MS=$((12000 * SOAK_SLOW))
# So many short containers in an hour.
BOXES_AN_HOUR=1000
num_rounds=0 num_clients=0 num_boxes=0 num_floods=0 floods_left_out=0
next_client=1024

# No date: that clock may be set.
now_ms() {
	local up
	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}

# The tracer is told these ports: others on this machine may speak DTLS, too.
choose_ports() {
	local i
	ports=()
	for i in 0 1 2 3 4; do
		ports[i]=$(lab_port)
	done
	server=${ports[0]} lossy=${ports[1]} stuck=${ports[2]} flooded=${ports[3]} boxed=${ports[4]}
}

# An address of its own for each client: whose bytes are in the ledger is known for sure.
next_address() {
	address=127.0.0.2:$next_client
	next_client=$((next_client + 1))
	[ $next_client -lt 65000 ] || next_client=1024
	num_clients=$((num_clients + 1))
}

# entered WANT ADDRESS COMMAND...: runs it and enters it into the ledger.
entered() {
	local want=$1 address=$2 began status=0
	shift 2
	began=$(now_ms)
	"$@" </dev/null >/dev/null 2>&1 3>&- || status=$?
	echo "$address $began $(now_ms) $want $status" >>"$LAB_TMP/ledger"
}

# client WANT PORT [OPTION]...
client() {
	local want=$1 port=$2
	shift 2
	next_address
	entered "$want" "$address" "$LAB_BIN/dtls_client" --bind "$address" --connect "127.0.0.1:$port" \
		--duration $((6 * SOAK_SLOW)) "$@" &
	clients="$clients $!"
}

# One that is killed before it ends.
killed_client() {
	next_address
	entered killed "$address" "$LAB_BIN/run_for" $((5 * SOAK_SLOW)) "$LAB_BIN/dtls_client" --bind "$address" \
		--connect "127.0.0.1:$stuck" --duration $((6 * SOAK_SLOW)) --no-timer 2>/dev/null &
	clients="$clients $!"
}

# --- containers ---

# What runs in one, as its first process: when it ends, the server is killed.
# shellcheck disable=SC2016 # for the shell inside
BOX='ip link set lo up
	exec 4< <(exec $4/dtls_server --listen 127.0.0.1:$1 --cert $3/server.pem --key $3/server.key --duration 20)
	read -t 15 -u 4 ready
	exec $4/dtls_client --bind $2 --connect 127.0.0.1:$1 --send hello --duration 15'

# Containers are made by runc where it is, and otherwise from what it uses: namespaces and a cgroup.
make_box() {
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	box=$LAB_TMP/box
	boxes_by=namespaces
	command -v runc >/dev/null || return 0
	boxes_by=runc
	mkdir -p "$box/rootfs/"{usr,bin,lib,lib64,proc,dev,lab,certs}
	(cd "$box" && runc spec)
	jq --arg lab "$(realpath "$LAB_BIN")" --arg certs "$(realpath "$LAB_CERTS")" '
		def bind(from; to): { destination: to, type: "bind", source: from, options: ["rbind", "ro"] };
		.process.rlimits = [] | .process.terminal = false | .root.readonly = true |
		.process.env = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] |
		.process.capabilities |= with_entries(.value += ["CAP_NET_ADMIN"]) |
		.mounts |= map(select(.type != "cgroup")) + [bind("/usr"; "/usr"), bind("/bin"; "/bin"), bind("/lib"; "/lib"),
			bind("/lib64"; "/lib64"), bind($lab; "/lab"), bind($certs; "/certs")]' "$box/config.json" >"$box/common.json"
}

# in_box NAME PORT ADDRESS: a container that lives for one handshake, with namespaces and a cgroup of its own.
in_box() {
	local bundle=$LAB_TMP/$1 status=0
	if [ $boxes_by = runc ]; then
		mkdir "$bundle"
		ln -s "$box/rootfs" "$bundle/rootfs"
		jq --arg script "$BOX" --arg rootfs "$box/rootfs" --arg port "$2" --arg address "$3" \
			'.process.args = ["bash", "-c", $script, "box", $port, $address, "/certs", "/lab"] | .root.path = $rootfs' \
			"$box/common.json" >"$bundle/config.json"
		timeout 60 runc run --bundle "$bundle" "$1" || status=$?
		rm -r "$bundle"
		return $status
	fi
	mkdir "$cgroups/$1"
	# shellcheck disable=SC2016 # for the shell inside
	timeout 60 bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec unshare --net --pid --mount --ipc --uts --fork "$@"' bash "$cgroups/$1" \
		bash -c "$BOX" box "$2" "$3" "$LAB_CERTS" "$LAB_BIN" || status=$?
	lab_until 10 rmdir "$cgroups/$1" 2>/dev/null || status=98
	return $status
}

# As many as are due by now, one after another.
boxes() {
	local due=$(((($(now_ms) - begun) / 1000 + ROUND_MS / 1000) * BOXES_AN_HOUR / 3600))
	while [ $num_boxes -lt $due ]; do
		num_boxes=$((num_boxes + 1))
		next_address
		entered completed "$address" in_box "soak-$$-$num_boxes" "$boxed" "$address"
	done
}

# --- floods ---

# take_turn: false if others kept the lock for too long. Without SOAK_LOCK there is none.
take_turn() {
	[ -n "$SOAK_LOCK" ] || return 0
	exec {turn}>>"$SOAK_LOCK"
	flock -w "$1" "$turn" || { exec {turn}>&-; return 1; }
}

end_turn() {
	[ -z "$SOAK_LOCK" ] || exec {turn}>&-
}

# This port has a reader: the kernel's rate limit of ICMP errors is shared by all receivers.
read_flood() {
	lab_start flooded "$LAB_BIN/udp_flood" --listen "127.0.0.1:$flooded" --expect 1000000 --duration $((20 * SOAK_SLOW))
	lab_wait_bound "$flooded"
}

# All that is bounded is filled to its bound, so that what grows later is a leak: the summary remembers the latest
# 65536 handshakes (CENSUS_HANDSHAKES), of which 4096 may be open.
fill() {
	local num=0 tries=0
	while [ "$num" -lt 62000 ] && [ -z "$stop" ]; do
		[ $((tries += 1)) -le 60 ] || { complain "in $tries floods only $num handshakes ended"; return 1; }
		take_turn 120 || continue
		read_flood
		lab_run spoof_flood --to "127.0.0.1:$flooded" --mode clienthello --rate 1900 --duration 10 >/dev/null || true
		lab_stop flooded
		end_turn
		num=$(scrape | counters | cut -d' ' -f4)
	done
	sed -i '/^flooded /d' "$LAB_TMP/pids"
}

# A short one, each time of another kind.
flood() {
	local rate=$((3000 / SOAK_SLOW / SOAK_SLOW)) to=127.0.0.1:$flooded
	take_turn 20 || { floods_left_out=$((floods_left_out + 1)); return 0; }
	read_flood
	# A flood that is too much for this machine is cut short.
	case $((num_floods % 5)) in
	0) lab_run socket_churn --to "$to" --rate $rate --duration 1 >/dev/null || true ;;
	1) lab_run spoof_flood --to "$to" --mode clienthello --rate $rate --duration 1 >/dev/null || true ;;
	2) lab_run spoof_flood --to "$to" --mode malformed --rate $rate --duration 1 >/dev/null || true ;;
	3) lab_run spoof_flood --to "$to" --mode unfinished --rate $rate --duration 1 >/dev/null || true ;;
	4) lab_run udp_flood --to "$to" --mix --count $rate >/dev/null || true ;;
	esac
	num_floods=$((num_floods + 1))
	lab_stop flooded
	end_turn
}

# --- one round ---

# The server and the proxies have 64 places for clients each, so every round starts new ones.
round() {
	local clients='' name i
	lab_server_lab "$server" --duration $((20 * SOAK_SLOW))
	lab_proxy lossy "$server" --listen "127.0.0.1:$lossy" --duration $((20 * SOAK_SLOW)) --fault drop:dir=c2s,nth=2 \
		--fault drop:dir=s2c,nth=5 --fault duplicate:dir=s2c,nth=3 --fault delay:dir=c2s,nth=4,ms=300
	lab_proxy stuck "$server" --listen "127.0.0.1:$stuck" --duration $((20 * SOAK_SLOW)) --fault drop:dir=c2s,msg=16,count=0
	for i in 1 2 3 4 5 6; do
		client completed "$server" --send hello
	done
	client completed "$lossy"
	client completed "$lossy"
	client not-retransmitting "$stuck" --no-timer
	killed_client
	# At first one of each kind: tables and buffers are as full as they get.
	for i in $(case $num_rounds in 0) echo 1 2 3 4 5 ;; *[369]) echo 1 ;; esac); do
		flood
	done
	boxes
	# shellcheck disable=SC2086 # words
	wait $clients 2>/dev/null || true
	for name in lossy stuck server; do
		lab_stop $name
	done
	# Remove from the laboratory's list of processes what this round started.
	sed -i '/^\(lossy\|stuck\|server\|flooded\) /d' "$LAB_TMP/pids"
	num_rounds=$((num_rounds + 1))
}
