#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The manifest for Kubernetes against the description of Kubernetes' API. tests/live/image.bats runs its container.

bats_require_minimum_version 1.5.0
load common

MANIFEST=$ROOT/user/deploy/kubernetes/dtlsnoop.yaml

setup() {
	files_setup
}

# refused CHECK SED: the manifest, changed by SED, is refused, and what is said names the last word of SED.
refused() {
	sed -E "$2" "$MANIFEST" >changed.yaml
	run ! cmp -s "$MANIFEST" changed.yaml
	run "$1" changed.yaml
	[[ $status == 1 && $output == *"$3"* ]] || {
		echo "$2: $output" >&2
		return 1
	}
}

# objects FILE: of a manifest, as one array of JSON.
objects() {
	/usr/bin/python3 -c 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))' <"$1"
}

values() {
	objects "$1" | "$ROOT/tests/live/kubernetes_values" "$NODE_MODULES"
}

@test "the API has each of its fields, and they have the right types" {
	"$ROOT/tests/live/kubernetes_check" "$MANIFEST"
}

@test "a field that the API does not have, a missing one, one of another type: each is found" {
	check=$ROOT/tests/live/kubernetes_check
	refused "$check" 's/hostPID/hostPid/' 'unknown field hostPid'
	refused "$check" 's/mountPath: .sys/mountpath: \/sys/' 'unknown field mountpath'
	refused "$check" 's/allowPrivilegeEscalation/allowPrivilegesEscalation/' 'unknown field allowPrivilegesEscalation'
	refused "$check" 's/( *)tolerations:/\1toleration:/' 'unknown field toleration'
	refused "$check" 's/hostNetwork: true/hostNetwork: "true"/' "hostNetwork: 'true' is not of type bool"
	refused "$check" 's/runAsUser: 0/runAsUser: true/' 'runAsUser: True is not of type int'
	refused "$check" 's/scrape: "true"/scrape: true/' 'prometheus.io/scrape: True is not of type str'
	refused "$check" '/selector:/d; /matchLabels:/d' 'selector'
}

@test "the words and quantities that it takes" {
	NODE_MODULES=$("$ROOT/tests/live/npm_package" kubernetes 3>&-) || skip "the schemas cannot be had by npm within a minute"
	values "$MANIFEST"
	refused values 's/preemptionPolicy: Never/preemptionPolicy: Nobody/' preemptionPolicy
	refused values 's/type: RuntimeDefault/type: Default/' seccompProfile/type
	refused values 's/type: DirectoryOrCreate/type: DirectoryOrMake/' hostPath/type
	refused values 's/operator: Exists/operator: Any/' operator
	refused values 's/memory: 1Gi/memory: 1GiB/' limits/memory
}

# For what the API takes and nodes refuse, or what nobody would notice.
@test "probes ask the port of the metrics, volumes are those that are mounted, the image has this version" {
	version=$(sed -n 's/^VERSION := //p' "$ROOT/Makefile")
	objects "$MANIFEST" >objects
	jq -e --arg version "$version" 'map(select(.kind == "DaemonSet"))[0].spec | .template as $t | $t.spec as $pod |
		$pod.containers[0] as $c | ($c.ports[0].containerPort | tostring) as $port |
		(.selector.matchLabels == $t.metadata.labels) and ($t.metadata.annotations["prometheus.io/port"] == $port) and
		([$c.livenessProbe, $c.startupProbe | .httpGet] | all(.path == "/metrics" and .port == $c.ports[0].name)) and
		($c.args | any(endswith(":" + $port))) and ($c.image | endswith("/dtlsnoop:" + $version)) and
		([$c.volumeMounts[].name] | sort) == ([$pod.volumes[].name] | sort) and
		$c.securityContext.capabilities.drop == ["ALL"]' objects
	jq -e '(map(select(.kind == "PriorityClass"))[0].metadata.name) == (map(select(.kind == "DaemonSet"))[0].spec.template.spec.priorityClassName)
		and (map(select(.kind == "Namespace"))[0].metadata.name) == (map(select(.kind == "DaemonSet"))[0].metadata.namespace)' objects
}
