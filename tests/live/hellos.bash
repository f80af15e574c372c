# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# ClientHellos that nobody answers, a reader for them, and a handshake that completes at once.

# hellos PORT NUM [MS]: to 127.0.0.1, one that is never repeated, then NUM from another socket,
# with so long between them.
hellos() {
	/usr/bin/python3 - "$@" <<'END'
import os, socket, struct, sys, time
port, num = int(sys.argv[1]), int(sys.argv[2])
pause = float(sys.argv[3]) / 1000 if len(sys.argv) > 3 else 0
def hello():
    # With the same random, another port would be the same client's.
    body = b"\xfe\xfd" + os.urandom(32) + b"\0\0\0\2\xc0\x2b\1\0" + b"\0" * 600
    message = struct.pack("!B3sH3s3s", 1, len(body).to_bytes(3, "big"), 0, b"\0\0\0", len(body).to_bytes(3, "big"))
    return struct.pack("!BHHHIH", 22, 0xfefd, 0, 0, 0, len(message + body)) + message + body
lone, sock = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
lone.sendto(hello(), ("127.0.0.1", port))
record = hello()
for _ in range(num):
    sock.sendto(record, ("127.0.0.1", port))
    time.sleep(pause)
END
}

# Something reads what comes to PORT.
reader() {
	lab_start reader "$LAB_BIN/udp_flood" --listen "127.0.0.1:$1" --expect 1000000 --duration 50
	lab_wait_bound "$1"
}

healthy_handshake() {
	run lab_run dtls_client --connect "127.0.0.1:$port"
	[[ $status == 0 ]]
}
