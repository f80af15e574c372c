#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The container image (make image), and its container run by runc as the manifest for Kubernetes says.

bats_require_minimum_version 1.5.0
load common

MANIFEST=$ROOT/user/deploy/kubernetes/dtlsnoop.yaml

# Without the static dtlsnoop or a tool, skipped aloud.
setup_file() {
	local tool
	for tool in umoci runc; do
		command -v $tool >/dev/null || { export NO_IMAGE="no $tool here" && return; }
	done
	make -s -C "$ROOT" static OPTIONAL=yes >"$BATS_FILE_TMPDIR/make" 2>&1 || { cat "$BATS_FILE_TMPDIR/make" && return 1; }
	[[ -e $ROOT/build/static/dtlsnoop ]] || { NO_IMAGE="$(tail -n 1 "$BATS_FILE_TMPDIR/make")" && export NO_IMAGE && return; }
	make -s -C "$ROOT" image >"$BATS_FILE_TMPDIR/image" 2>&1 || { cat "$BATS_FILE_TMPDIR/image" && return 1; }
}

setup() {
	[[ -z ${NO_IMAGE:-} ]] || skip "$NO_IMAGE"
	files_setup
	IMAGE=$ROOT/build/image:$("$ROOT/build/static/dtlsnoop" --version | sed -n '1s/^dtlsnoop //p')
}

teardown() {
	[[ ! -d ${LAB_TMP:-}/runc ]] || runc --root "$LAB_TMP/runc" delete --force traced 2>/dev/null || true
	lab_fini
	[[ ! -d ${POD:-} ]] || rmdir "$POD"/*/ "$POD"
}

@test "the image: the static dtlsnoop, the license, and nothing else" {
	umoci unpack --rootless --image "$IMAGE" "$LAB_TMP/bundle"
	(cd "$LAB_TMP/bundle/rootfs" && find . -mindepth 1 -printf '%P %m %s\n' | sort) >"$LAB_TMP/files"
	diff "$LAB_TMP/files" - <<-END
	LICENSE 644 $(stat -c %s "$ROOT/LICENSE")
	dtlsnoop 755 $(stat -c %s "$ROOT/build/static/dtlsnoop")
	END
	cmp "$LAB_TMP/bundle/rootfs/dtlsnoop" "$ROOT/build/static/dtlsnoop"
	echo "# of $(stat -c %s "$ROOT/build/static/dtlsnoop") bytes, the image has $(stat -c %s "$ROOT/build/image.tar")" >&3
	# As the README has it, in MB with one digit.
	said=$(sed -n 's/.*nothing else (\([0-9.]*\) MB; needs umoci).*/\1/p' "$ROOT/README.md")
	[[ $(awk -v size="$(stat -c %s "$ROOT/build/image.tar")" 'BEGIN { printf "%.1f", size / 1e6 }') == "$said" ]]
}

@test "its labels, its entry point, and the same bytes whenever it is made" {
	umoci unpack --rootless --image "$IMAGE" "$LAB_TMP/bundle"
	jq -e --arg version "${IMAGE##*:}" '.process.args == ["/dtlsnoop"] and .process.user.uid == 0 and (.annotations |
		.["org.opencontainers.image.version"] == $version and
		.["org.opencontainers.image.licenses"] == "GPL-2.0-only OR BSD-2-Clause" and
		.["org.opencontainers.image.title"] == "dtlsnoop" and has("org.opencontainers.image.source") == false)' \
		"$LAB_TMP/bundle/config.json"
	arch=$(jq -r '.annotations["org.opencontainers.image.architecture"]' "$LAB_TMP/bundle/config.json")
	(umask 077 && "$ROOT/user/deploy/image" "$ROOT/build/static/dtlsnoop" "$arch" "${IMAGE##*:}" "$LAB_TMP/again")
	cmp "$ROOT/build/image.tar" "$LAB_TMP/again.tar"
	IMAGE_SOURCE=https://example.org/x "$ROOT/user/deploy/image" "$ROOT/build/static/dtlsnoop" "$arch" 1.0+x~1 "$LAB_TMP/sourced"
	umoci unpack --rootless --image "$LAB_TMP/sourced:1.0-x-1" "$LAB_TMP/sourced.bundle"
	jq -e '.annotations | .["org.opencontainers.image.source"] == "https://example.org/x" and
		.["org.opencontainers.image.version"] == "1.0+x~1"' "$LAB_TMP/sourced.bundle/config.json"
}

# serves REGEX: does a line of the metrics match?
serves() {
	curl -sf -m 5 "http://$HOST_IP:9684/metrics" | grep -Eq -- "$1"
}

# As kubelet and containerd have it: a container and its pod, with the folder of its logs. Sets POD, a cgroup, and ID.
pod_make() {
	local uid=8a6f3c1e-0b5d-4f6a-9c3e-2d1f0a9b8c7d
	ID=$(printf '0123456789abcdef%.0s' 1 2 3 4)
	POD=$(findmnt -no TARGET -t cgroup2 | tail -n 1)/kubepods-dtlsnoop_test_$$-pod${uid//-/_}.slice
	mkdir -p "$POD/cri-containerd-$ID.scope" "$LAB_TMP/log/pods/shop_web-7d9f_$uid/nginx"
}

# container_start SETTING... [-- ARGUMENT...]: the container of the DaemonSet (tests/live/kubernetes_bundle), named trace.
container_start() {
	umoci unpack --image "$IMAGE" "$LAB_TMP/bundle"
	mkdir -p "$LAB_TMP/recordings" "$LAB_TMP/log/pods" "$LAB_TMP/log/containers"
	# Nobody else's, whatever else runs on this host.
	HOST_IP=127.$((BASHPID >> 16 & 255)).$((BASHPID >> 8 & 255)).$((BASHPID & 255 | 2))
	"$ROOT/tests/live/kubernetes_bundle" "$MANIFEST" "$LAB_TMP/bundle" "env HOST_IP=$HOST_IP" \
		"volume recordings=$LAB_TMP/recordings" "volume pods=$LAB_TMP/log/pods" \
		"volume containers=$LAB_TMP/log/containers" "$@"
	lab_start trace runc --root "$LAB_TMP/runc" run --bundle "$LAB_TMP/bundle" traced
}

@test "the DaemonSet's container: it traces the host, with these capabilities and until it is attached" {
	needs_root
	port=$(lab_port)
	lab_server_lab "$port"
	lab_proxy proxy "$port" --fault drop:dir=c2s,msg=16
	proxy=$(lab_ready proxy)
	container_start "add NET_ADMIN" -- --hooks cgroup --stuck-after 2 -P "${proxy##*:}" -o json=/var/lib/dtlsnoop/out.json
	lab_until 30 serves "^dtlsnoop_build_info"
	pid=$(runc --root "$LAB_TMP/runc" state traced | jq .pid)
	grep -q '^CapEff:[[:space:]]*0000000000000000$' "/proc/$pid/status"
	grep -q '^CapPrm:[[:space:]]*0000000000000000$' "/proc/$pid/status"
	grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$pid/status"
	grep -qE '^[^ ]+ / [^ ]+ ro,' "/proc/$pid/mounts"
	grep -qE '^cgroup2? /sys/fs/cgroup[^ ]* [^ ]+ ro,|^tmpfs /sys/fs/cgroup tmpfs ro,' "/proc/$pid/mounts"
	pod_make
	# shellcheck disable=SC2016 # for the inner shell
	lab_start client bash -c 'echo $$ >"$0" && exec "$@"' "$POD/cri-containerd-$ID.scope/cgroup.procs" \
		"$LAB_BIN/dtls_client" --no-timer --connect "$proxy"
	lab_until 30 grep -q 'verdict: not-retransmitting, side client (on this host), certain' "$LAB_TMP/trace.out"
	grep -q "STUCK  client .*(dtls_client pid $(lab_pid client))" "$LAB_TMP/trace.out"
	grep -q '^           the client is in pod shop/web-7d9f, container nginx$' "$LAB_TMP/trace.out"
	lab_until 30 serves '^dtlsnoop_handshakes_stuck[{].*dtls_client.*[}] 1$'
	runc --root "$LAB_TMP/runc" kill traced TERM
	lab_join trace 30
	"$ROOT/tests/live/validate" "$LAB_TMP/recordings/out.json"
	jq -es 'map(select(.type == "handshake" and .client.comm == "dtls_client")) | last |
		.client.container.namespace == "shop" and .client.container.name == "nginx" and .verdict.code == "not-retransmitting"' "$LAB_TMP/recordings/out.json" >/dev/null
	"$ROOT/build/dtlsnoop" -q --stuck-after 2 -r "$LAB_TMP/recordings/handshakes.rec" | grep -q 'verdict: not-retransmitting'
}

@test "the DaemonSet's container without one of them: it says which it needs, and ends" {
	needs_root
	local cap
	for cap in BPF PERFMON; do
		rm -rf "$LAB_TMP/bundle" "$LAB_TMP/recordings"
		sed "s/add: .*/add: [NET_ADMIN, ${cap/BPF/SYSLOG}]/" "$MANIFEST" >"$LAB_TMP/manifest"
		MANIFEST=$LAB_TMP/manifest container_start -- --hooks cgroup -P "$(lab_port)"
		run lab_join trace 30
		[[ $status != 0 && $status != 124 ]]
		grep -q 'CAP_BPF.*CAP_PERFMON' "$LAB_TMP/trace.err"
	done
}
