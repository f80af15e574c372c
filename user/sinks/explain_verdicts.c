// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What each verdict means. The man page has these rows, too (make man). */
#include "explain.h"

const struct explanation explain_verdicts[] = {
	{ EXPLAIN_VERDICT, "completed",
	  .meaning =
		"Both Finished messages arrived, or application data went both ways.",
	  .action =
		"Nothing. If the connection still does not work, look above DTLS: the data, or what the "
		"application does with it.",
	  .rfc = "RFC 6347 section 4.2.4, RFC 9147 section 5.8",
	},
	{ EXPLAIN_VERDICT, "not-retransmitting",
	  .meaning =
		"A side on this host sent its flight, got no answer, and did not send it again when its timer "
		"expired. It sent nothing for twice its timer, and at least for the time of the profile.",
	  .causes =
		"The application does not drive the timer of its DTLS library: with OpenSSL, "
		"DTLSv1_handle_timeout() or SSL_handle_events() has to be called when the time of "
		"DTLSv1_get_timeout() is over, also if nothing comes; with GnuTLS, gnutls_handshake() after "
		"gnutls_dtls_get_timeout(); with Mbed TLS, the timer callbacks have to be set. Or its event "
		"loop is blocked, or it waits in a read without a timeout.",
	  .action =
		"Look at what the thread of that socket does (gdb, /proc/PID/stack). Make the application "
		"call its library when the timer is due.",
	  .rfc = "RFC 6347 section 4.2.4",
	},
	{ EXPLAIN_VERDICT, "no-response",
	  .meaning =
		"A client sent its first flight three times or more, and no answer came. Or what comes back is "
		"its own ClientHello: an echo service, or a loop.",
	  .causes =
		"Nothing listens on that address and port, a firewall drops the datagrams in one direction, "
		"or the peer waits for a ClientHello itself (in WebRTC, both sides are passive). A server "
		"that sees no fault may drop what it does not understand, such as a version it does not "
		"support.",
	  .action =
		"See whether the datagrams reach the peer: trace there, too. Then check address, port, "
		"firewall and NAT on the way there and back.",
	  .rfc = "RFC 6347 section 4.2.4",
	},
	{ EXPLAIN_VERDICT, "peer-silent",
	  .meaning =
		"A side answered before, and nothing comes from it now, while the other side sends its flight "
		"three times or more. From one host, a peer that sends nothing looks the same as a path that "
		"loses everything.",
	  .causes =
		"The path lost the rest (a stateful firewall or NAT that forgot the flow, a datagram that is "
		"too big), the process at the peer hangs or exited, or the peer discards what it reads and "
		"says nothing: a wrong PSK looks like this, and so does a certificate that a library refuses "
		"without an alert.",
	  .action =
		"Trace at the peer, too: from one host, silence and loss look the same. Read the log of the "
		"peer.",
	  .rfc = "RFC 6347 section 4.2.4",
	},
	{ EXPLAIN_VERDICT, "not-reading",
	  .meaning =
		"Datagrams of the handshake are in the receive queue of a socket, and its application does "
		"not read them. This lasts half a second at least, and at least the time of the profile. A "
		"side that has sent the last flight has to read the copies of the previous flight, too, "
		"because each of them asks for the last flight again. If the peer is on another host and the "
		"side has read something of the handshake before, the verdict is likely: anybody can have sent "
		"what is unread. A read that only peeks (MSG_PEEK) leaves the datagram in the queue.",
	  .causes =
		"The event loop of the application is blocked, its thread is stopped or waits for a lock, it "
		"does not poll this socket, or it is so busy that the queue grows. GnuTLS can loop, peeking at a "
		"datagram that it cannot use.",
	  .action =
		"Look at what its threads do (gdb, /proc/PID/stack, top -H). ss -unp shows the queue "
		"(Recv-Q).",
	},
	{ EXPLAIN_VERDICT, "silent-after-read",
	  .meaning =
		"The application read a whole flight and has sent nothing since. If that is a server, only "
		"ClientHellos came from another host and none has a cookie that the server gave, anybody can "
		"have sent them, and the verdict is likely.",
	  .causes =
		"The application reads, but does not pass the bytes to its DTLS library, or passes them to "
		"another connection; the library discards them (wrong key, bad record, unexpected message) "
		"and says nothing; or the library waits for something else, such as a certificate store or a "
		"hardware key.",
	  .action =
		"Read the log of the application and of its library at debug level. If both sides use a PSK, "
		"compare identity and key.",
	  .rfc = "RFC 6347 section 4.1.2.7",
	},
	{ EXPLAIN_VERDICT, "library-error",
	  .meaning = "The TLS library of a side on this host reported an error, and the side has sent nothing of the handshake since.",
	  .causes = "What the error says. The application freed the session or ignored the error before the alert was sent.",
	  .action = "Look the error up in the documentation of the library. Make the application send what the library has written, and log the error.",
	},
	{ EXPLAIN_VERDICT, "mtu-blackhole",
	  .meaning =
		"Datagrams up to one size arrive and larger ones do not, or an ICMP error said that a "
		"datagram is too big.",
	  .causes =
		"A tunnel, a VPN or PPPoE makes the path narrower than the interface, and the ICMP error that "
		"would tell the size is filtered; fragments of IP datagrams are dropped by a firewall or NAT; "
		"a certificate chain is larger than what passes.",
	  .action =
		"Lower the MTU of DTLS: with OpenSSL, SSL_set_mtu() or DTLS_set_link_mtu() with "
		"SSL_OP_NO_QUERY_MTU; with GnuTLS, gnutls_dtls_set_mtu(); with Mbed TLS, "
		"mbedtls_ssl_set_mtu(). Or let ICMP type 3 code 4 (IPv6: type 2) pass.",
	  .rfc = "RFC 6347 section 4.1.1.1, RFC 8899",
	},
	{ EXPLAIN_VERDICT, "lost-on-path",
	  .meaning =
		"The traces of two hosts are merged: one shows that a flight left it in three copies or more, the other that "
		"none of them came whole. It says which host sent them, how many datagrams are lost, of which "
		"sizes, and since when. It is not said if either trace has a gap then: a gap is no loss. A datagram is lost if it has "
		"not come within three times the longest delay that was seen, and 5 s at least. If the hooks "
		"cannot see drops, it is likely: a firewall of one of the two hosts may be why.",
	  .causes =
		"A firewall, NAT, load balancer or tunnel between the hosts passes one direction only, or drops "
		"datagrams by their size or content; a route is wrong in one direction.",
	  .action =
		"Capture at each device on the way: the first that the datagrams do not leave drops them.",
	},
	{ EXPLAIN_VERDICT, "missing-fragment",
	  .meaning =
		"A part of a flight was missing in all of three copies or more. Until it was missing in five, "
		"the verdict is likely: a path that loses many datagrams may lose the same part three times "
		"by chance. The verdict says which bytes of which message, or that it is the "
		"ChangeCipherSpec.",
	  .causes =
		"The path drops the same datagram each time: by its size (then mtu-blackhole follows when "
		"sizes differ), by its content (a firewall that inspects), or because it is always the last "
		"of a burst that does not fit into a queue.",
	  .action =
		"Compare the sizes of what arrives and of what is missing. Lower the MTU of DTLS or the size "
		"of the burst.",
	  .rfc = "RFC 6347 section 4.2.3",
	},
	{ EXPLAIN_VERDICT, "hello-fragments-ignored",
	  .meaning =
		"A ClientHello in several fragments was repeated and not answered. dtlsnoop cannot know "
		"whether a server on another host received the fragments.",
	  .causes =
		"The server does not put a ClientHello together before it has verified the client, or not at "
		"all: OpenSSL with DTLSv1_listen(), Mbed TLS, wolfSSL and GnuTLS in versions that are in use. "
		"A post-quantum key share makes a ClientHello larger than one datagram.",
	  .action =
		"Make the ClientHello smaller: fewer groups, no post-quantum key share, fewer cipher suites. "
		"Or update the server.",
	  .rfc = "RFC 9147 section 5.1",
	},
	{ EXPLAIN_VERDICT, "cannot-decrypt",
	  .meaning =
		"A side repeats the flight with its Finished, and its peer repeats its previous flight. "
		"dtlsnoop cannot know whether a peer on another host received all of the flight. It is certain only "
		"where the socket that sent the flight was seen: anybody may have sent one that comes from elsewhere.",
	  .causes =
		"The two ends do not derive the same keys: a different PSK or PSK identity, a difference in "
		"extended master secret, or a middlebox that changed a message. Or one side refuses the "
		"certificate of the other without an alert.",
	  .action =
		"Compare the PSK and its identity at both ends. Read the log of the side that repeats itself.",
	  .rfc = "RFC 6347 section 4.1.2.7",
	},
	{ EXPLAIN_VERDICT, "answer-ignored",
	  .meaning =
		"A side repeats its flight although the application read all of the answer after each of "
		"several copies. In a capture, the answers passed where it was taken; they may have been lost "
		"later. What DTLS 1.3 encrypts has no known end: then the answers to five copies are needed, "
		"and the verdict is only likely.",
	  .causes =
		"The answer breaks a rule that this library checks and others do not: a message_seq that was "
		"used before, record numbers that were used before (a replay window drops them), a version or "
		"suite that was not offered, fragments with other borders in each copy. Or the application "
		"does not pass what it reads to its library.",
	  .action =
		"The evidence says what was odd about the answer. Read the log of the side that ignores it, "
		"at debug level.",
	  .rfc = "RFC 6347 section 4.1.2.6, 4.2.2",
	},
	{ EXPLAIN_VERDICT, "answer-unacknowledged",
	  .meaning =
		"This host answered three copies of a flight or more, and its peer repeats the flight. The "
		"answers do not arrive whole, or the peer does not accept them. If both sides are on this "
		"host and no answer arrives, the side is the network. If all answers are HelloVerifyRequests, "
		"this is a warning, because scanners and forged addresses look the same.",
	  .causes =
		"A firewall or NAT passes datagrams in one direction only; the route back is another one; the "
		"answers are too big for the path; or the peer does not accept them (a certificate it does "
		"not trust, a key that differs).",
	  .action =
		"Trace at the peer: do the answers arrive? If so, read its log. If not, check firewall, NAT "
		"and the size of the datagrams on the way back.",
	  .rfc = "RFC 6347 section 4.2.4",
	},
	{ EXPLAIN_VERDICT, "wrong-address",
	  .meaning =
		"The first answer of a server comes from a different address or port than the one that the "
		"client asked. Nothing comes from the address that the client asked. Or a NAT gave the client "
		"another port during the handshake, and the server does not go on with it there: then the "
		"side is the network, and it is likely only.",
	  .causes =
		"A server on a host with several addresses answers from the wrong one, because its socket is "
		"bound to 0.0.0.0 and it does not use IP_PKTINFO; or NAT rewrites one direction only.",
	  .action =
		"Bind the server to the address that clients use, or make it answer from the address it was "
		"asked at (IP_PKTINFO). If a NAT moved the client, raise the NAT's timeout for UDP to 120 s or more, "
		"or use connection IDs.",
	},
	{ EXPLAIN_VERDICT, "role-conflict",
	  .meaning =
		"Both sides send a ClientHello to each other, and neither side answers.",
	  .causes =
		"Both ends think that they are the client: in WebRTC, a=setup:active on both sides.",
	  .action =
		"Check the negotiation of the roles: a=setup of offer and answer.",
	  .rfc = "RFC 5763 section 5",
	},
	{ EXPLAIN_VERDICT, "cookie-loop",
	  .meaning =
		"The client sent two new ClientHellos with a cookie, or one of them four times, and the server "
		"answered each with a request for a cookie. If none of them has a cookie that this server gave, "
		"the verdict is likely: a scanner may have sent them, or another server of this address gave "
		"the cookie. If it was seen to give the cookie to another port of the client: wrong-address.",
	  .causes =
		"The server does not recognize its own cookies: several processes or hosts behind one address "
		"with secrets of their own, a secret that changes at each start, or an address of the client "
		"that changes between its ClientHellos (NAT).",
	  .action =
		"Give all servers of this address the same cookie secret, or make the load balancer send a "
		"client to one of them.",
	  .rfc = "RFC 6347 section 4.2.1",
	},
	{ EXPLAIN_VERDICT, "rehandshake-ignored",
	  .meaning =
		"A new ClientHello is repeated and not answered, between two addresses that completed a "
		"handshake before. It is a warning where no socket of this host sent the ClientHello and its copies "
		"do not look like those of a client that waits, which have new record numbers and come at ever "
		"longer intervals: anybody can have sent them, and a server does well to ignore those. It is taken back "
		"when the client sends something in the association again.",
	  .causes =
		"The client restarted, or lost its state, and begins anew from the same port. The server "
		"still has the old association, and ignores an unauthenticated ClientHello. Or somebody else sends "
		"ClientHellos with the address of the client, and nothing is wrong.",
	  .action =
		"Ask the client whether it restarted. Wait for the server to give up the old association, let the client use another port, or use "
		"a server that verifies such a ClientHello with a cookie.",
	  .rfc = "RFC 6347 section 4.2.8",
	},
	{ EXPLAIN_VERDICT, "split-across-sockets",
	  .meaning =
		"Parts of one message went to two sockets of one side, and no socket received all of it. Or "
		"one process sent a flight, and the answer goes to the socket of another process, which sends "
		"no next flight: two processes share the port, for example during a restart. The verdict "
		"names both processes. It is likely until the first socket sends its flight again.",
	  .causes =
		"Two processes or threads share the port (SO_REUSEPORT, or a restart with SO_REUSEADDR), and "
		"the kernel gives the datagrams of one association to both.",
	  .action =
		"End the old process, or use one connected socket for each association.",
	},
	{ EXPLAIN_VERDICT, "last-flight-not-resent",
	  .meaning =
		"A side on this host sent the last flight, and its peer, which did not receive or accept it, "
		"repeats the previous flight without an answer. The side reads the repeated flight twice and "
		"does not answer within half a second. A repeat does not count if it comes in the window in "
		"which GnuTLS does not send its last flight again: a second, doubled each time it has sent "
		"it. If the peer is on another host, the verdict is likely: anybody can send copies of its "
		"flight. It is not reported there if the side has read data that came after the last flight, and then sent "
		"data itself: nobody but the peer can make it answer. Nor is it reported if data of the peer comes "
		"between the copies. If such data comes after them, the verdict is taken back: a side that waits for the last "
		"flight sends no data. dtlsnoop may have reported this handshake as completed, because it was completed on "
		"this host. It then reports the handshake as stuck.",
	  .causes =
		"The application stopped to read, or does not pass to its library what comes after its side "
		"of the handshake is complete. The library has to send its last flight again for each copy of "
		"the flight before it.",
	  .action =
		"Go on passing what is read to the DTLS library after the handshake. If the application does "
		"that, update the library.",
	  .rfc = "RFC 6347 section 4.2.4",
	},
	{ EXPLAIN_VERDICT, "truncated-read",
	  .meaning =
		"The buffer of the application was smaller than a datagram of the handshake, and no later "
		"copy was read completely.",
	  .causes =
		"The application reads with a buffer that is smaller than the datagram. The kernel discards "
		"the rest.",
	  .action =
		"Read with a buffer of at least the largest datagram: 16 kB and a header are always enough, "
		"2048 bytes for usual networks.",
	  .rfc = "RFC 6347 section 4.1.1",
	},
	{ EXPLAIN_VERDICT, "kernel-drop",
	  .meaning =
		"The kernel of this host dropped something that the handshake waits for. The verdict has the "
		"reason that the kernel gives (Linux 5.17 or later). Some reasons are about what the sender "
		"put into the datagram, such as a wrong checksum (UDP_CSUM) or a bad header, or about where "
		"it came from (IP_RPFILTER). Anybody can send such datagrams, so they are no move of the "
		"handshake. Only if they come at least three times and nothing else comes, this is the "
		"verdict, as likely.",
	  .causes =
		"The receive buffer of the socket is full (SOCKET_RCVBUFF), a firewall rule of this host "
		"(NETFILTER_DROP), a BPF filter on the socket (SOCKET_FILTER), reverse path filtering "
		"(IP_RPFILTER), a bad checksum (UDP_CSUM).",
	  .action =
		"The reason says where to look: nft list ruleset, ss -unmp, sysctl "
		"net.ipv4.conf.all.rp_filter, ethtool -k (checksum offload).",
	},
	{ EXPLAIN_VERDICT, "send-failed",
	  .meaning =
		"The kernel refused to send a flight. The verdict has the errno.",
	  .causes =
		"A firewall rule rejects the datagram (EPERM), it is larger than the MTU (EMSGSIZE), there is "
		"no route (ENETUNREACH), or an ICMP error came before (ECONNREFUSED).",
	  .action =
		"The evidence has the errno and the size. nft list ruleset, ip route get ADDRESS. If neither "
		"the size nor the address of the send is known, it may be for another peer of the socket: "
		"then it is likely.",
	},
	{ EXPLAIN_VERDICT, "port-unreachable",
	  .meaning =
		"An ICMP error refuses the port (nothing listens there, or a firewall rejects the datagrams), "
		"and nothing came since then, or the kernel of this host says so of the datagrams themselves (NO_SOCKET): then it is certain. If "
		"another host than the peer sent the ICMP error, the verdict says so: it may be a firewall. A "
		"side that closes its socket, or sends internal_error or close_notify, within a second after "
		"an ICMP error has given up because of it: this is the verdict, or rejected, or mtu-blackhole "
		"if the error says that a datagram was too big, and the side is who gave up if its peer goes "
		"on with the handshake. If the side answered before, and there was a fault before the first "
		"such error, such as peer-silent or cannot-decrypt, that remains the verdict: it closed its "
		"socket later.",
	  .causes =
		"The server is not running, listens on another port or address, or has closed its socket.",
	  .action =
		"ss -unlp at the server. If another host sent the error, look at the firewall there.",
	  .rfc = "RFC 1122 section 4.1.3.3",
	},
	{ EXPLAIN_VERDICT, "rejected",
	  .meaning =
		"An ICMP error says that a firewall prohibits the datagrams (administratively prohibited, or "
		"protocol unreachable), or that the host or its network cannot be reached, and nothing came "
		"since then. The verdict has type and code in words, and the host that sent the error if it "
		"is known. With cgroup hooks only the errno is known. If it can have several causes, the "
		"verdict names them all. Anybody can send an ICMP error, so this verdict is at most likely, "
		"except if a firewall of this host rejects the datagrams and its drops were seen: then the "
		"side is the kernel.",
	  .causes =
		"A firewall rejects the datagrams, or a router has no route to that network.",
	  .action =
		"Ask who runs the host that sent the error; the verdict names it.",
	  .rfc = "RFC 1812 section 5.2.7.1",
	},
	{ EXPLAIN_VERDICT, "alert",
	  .meaning =
		"An alert ended the handshake, and no other cause is known: a fatal alert, or close_notify or "
		"user_canceled (a warning), in plaintext; or an encrypted alert before the handshake was "
		"complete for its sender. For an encrypted alert, only epoch and length can be read. In DTLS "
		"1.3 an encrypted alert shows by its length and by what follows: an ACK without entries is as "
		"short, but its sender goes on. So it is told when nothing else came from its sender for the "
		"time of --stuck-after, or when a side closes its socket. The side is the one that ended the "
		"handshake: who sent the alert, or who gave up at it if the side with its source address did "
		"not send it, or goes on with the handshake. Anybody can forge an alert in plaintext. An "
		"alert from another host counts if no side goes on within half a second after it was read "
		"(where reads are not seen: after it came; a fatal one that is not read counts after two "
		"seconds), it is likely, and it is taken back if its sender goes on later, or its receiver on "
		"this host. In a capture, a receiver that repeats its flight may not have got the alert, "
		"which is sent only once.",
	  .causes =
		"The two ends agree on no version (70), on no cipher suite, group or signature algorithm (40, "
		"71), the certificate is not trusted (48), expired (45) or not valid for the name, or the PSK "
		"identity is not known (115).",
	  .action =
		"The hint says what was offered and what is missing. The log of the side that sent the alert "
		"says more.",
	  .rfc = "RFC 5246 section 7.2, RFC 8446 section 6",
	},
	{ EXPLAIN_VERDICT, "closed-by-application",
	  .meaning =
		"A side on this host closed its socket, or its process exited, before the handshake was "
		"complete, and no other cause is known. This is a warning, not a fault. The evidence says "
		"what its peer had read or left unread by then.",
	  .causes =
		"The application gave up (a timeout that is shorter than the timers of DTLS), was stopped, or "
		"crashed.",
	  .action =
		"Look at the log of that process, and at why it ended. A timeout of 10 s or more lets DTLS "
		"send its flight again.",
	},
	{ EXPLAIN_VERDICT, "evicted",
	  .meaning =
		"The table of handshakes was full, a flood goes on between these addresses, or a file of a recording "
		"in several files is missing. If a fault was reported before, that stays the verdict, and ended says "
		"evicted. What comes after a gap in a recording is told as if the trace began there.",
	  .causes =
		"A flood of ClientHellos from forged addresses, or more handshakes at a time than "
		"--max-handshakes. A recording (--rotate) of which not all files are given, or whose disk was full.",
	  .action =
		"Raise --max-handshakes, or trace less (-p, -P). Give all files of the recording.",
	},
	{},
};
