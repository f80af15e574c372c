# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Do the figures (soak_figures.bash) of one tracer grow after the first quarter of `seconds`?
{
	time = $1 - before
	if (NR == 1) begun = time
	for (i = 2; i <= NF; i++) {
		if (NR == 1) first[i] = $i
		last[i] = $i
		if ($i > max[i]) max[i] = $i
		if (time <= seconds / 4 && $i > warm_max[i]) warm_max[i] = $i
	}
	if (time > seconds / 4) num++
}
function row(title, i) { printf "%-18s %10d %10d %10d %10d\n", title, first[i], warm_max[i], last[i], max[i] }
function fail(text) { print "FAILED: " text; bad = 1 }
END {
	printf "%-18s %10s %10s %10s %10s\n", "", "first", "warm-up", "last", "max"
	row("memory, kB", 2); row("open files", 3); row("BPF objects", 4); row("recording, bytes", 5); row("CPU, ms", 6)
	row("events", 7); row("lost", 8); row("rate-limited", 9); row("handshakes", 10)
	if (time > begun) printf "CPU: %.2f %% of one, over %d s\n", (last[6] - first[6]) / 10 / (time - begun), time - begun
	if (max[2] > warm_max[2] + rss_margin) fail("memory grows")
	if (max[3] > warm_max[3]) fail("open files grow")
	if (max[4] > warm_max[4]) fail("BPF objects grow")
	if (max[5] > max_bytes) fail("the recording is larger than it may be: " max[5] " bytes")
	if (num < 2) fail("it did not run to its end")
	exit bad
}
