# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# For tests/live/outsiders: is what each view said of one scenario as it should be? Prints
# what is wrong, a line each.
#
# Input: files VIEW.said (see hosts.sh).
# Variables:
#	port			the scenario's first
#	ends			how the handshake ended: "completed", or anything else
#	forger			the side in whose name the forged datagram came
#	host, client, server	CODE/SIDE|CODE/SIDE: what this view may say of a handshake
#				that did not complete; "-": nothing; "completed/-": from there it
#				looks complete
#	captures		are there any?
BEGIN {
	FS = "\t"
	allowed["host"] = host
	allowed["client"] = client
	allowed["server"] = server
}

FNR == 1 {
	view = FILENAME
	sub(/.*\//, "", view)
	sub(/\.said$/, "", view)
}

$1 == port {
	said[view] = said[view] "\n" $0
	ids[view, $2]
	state[view, $2] = $3
	verdict[view, $2] = $4 "/" $5
	side[view, $2] = $5
	severity[view, $2] = $6
	confidence[view, $2] = $7
	# Even if it is taken back later.
	if ($6 == "fault" && ends == "completed")
		wrong("a healthy handshake was called " $4 "/" $5)
}

function wrong(what) {
	print view ": " what
}

function one_of(what, list) {
	return index("|" list "|", "|" what "|")
}

function judge_end(id,	has_completed) {
	has_completed = state[id] == "completed" && severity[id] == "ok"
	num_completed += has_completed
	num_bad += severity[id] == "fault" || severity[id] == "warning"
	# The server sends the last flight: only its own socket proves that.
	if (has_completed && ends == "completed" && (confidence[id] == "certain") != (view == "host" || view == "server"))
		wrong("completed, " confidence[id])
	if (verdict[id] == "alert/" forger && confidence[id] == "certain")
		wrong("certain of a forged alert")
}

# Of whom a capture says it is what matters: it shows less, and ends when it ends.
function judge_verdict(id, is_capture,	sides) {
	sides = host "|" client "|" server
	gsub(/[^|\/]*\//, "", sides)
	if (is_capture && severity[id] == "fault" && !one_of(side[id], sides))
		wrong(verdict[id] " was said, not of " sides)
	if (!is_capture && severity[id] ~ /fault|warning/ && !one_of(verdict[id], allowed[view]))
		wrong(verdict[id] " was said, not " allowed[view])
}

function judge(which, is_capture,	id, parts, host_name) {
	view = which
	num_completed = num_bad = 0
	for (id in ids) {
		split(id, parts, SUBSEP)
		if (parts[1] != view)
			continue
		judge_end(id)
		judge_verdict(id, is_capture)
	}
	host_name = view
	sub(/-wire$/, "", host_name)
	if (one_of("completed/-", allowed[host_name]))
		return
	if (num_completed != (ends == "completed"))
		wrong(num_completed " completed")
	if (!is_capture && ends != "completed" && !num_bad && !one_of("-", allowed[view]))
		wrong("nothing was said, not " allowed[view])
}

END {
	for (name in allowed) {
		judge(name, 0)
		if (said[name] != said[name "-again"])
			wrong("the recording says something else:" said[name "-again"])
	}
	if (captures) {
		judge("client-wire", 1)
		judge("server-wire", 1)
	}
}
