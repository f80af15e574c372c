// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What each note and each word of the outputs means. The man page has these rows, too (make man). */
#include "explain.h"

const struct explanation explain_words[] = {
	{ EXPLAIN_NOTE, "retransmissions",
	  .meaning =
		"Flights that were sent again, and how much of the duration was spent on waiting for the "
		"timers.",
	  .action =
		"A little loss is normal. If the waits make handshakes slow, look for the loss.",
	  .rfc = "RFC 6347 section 4.2.4",
	},
	{ EXPLAIN_NOTE, "interleaved",
	  .meaning =
		"Several handshakes go on between the same two addresses at the same time.",
	},
	{ EXPLAIN_NOTE, "slow-reader",
	  .meaning =
		"A datagram of the handshake stayed unread in the receive queue for some time.",
	  .action =
		"Look at what else the thread of the application does.",
	},
	{ EXPLAIN_NOTE, "truncated-read",
	  .meaning =
		"A read lost the end of a datagram, and a later copy was read whole.",
	  .action =
		"Use a larger buffer.",
	},
	{ EXPLAIN_NOTE, "kernel-drop",
	  .meaning =
		"The kernel dropped something of the handshake, and the handshake did not wait for it.",
	},
	{ EXPLAIN_NOTE, "send-failed",
	  .meaning =
		"The kernel refused to send something, and a later copy was sent.",
	},
	{ EXPLAIN_NOTE, "port-unreachable",
	  .meaning =
		"An ICMP error says that the port is unreachable, and the handshake did not stop at it.",
	},
	{ EXPLAIN_NOTE, "icmp-error",
	  .meaning =
		"An ICMP error came, and the handshake did not stop at it. Anybody can send one.",
	},
	{ EXPLAIN_NOTE, "slow-answer",
	  .meaning =
		"Half a second or more passed between reading a flight and answering it.",
	  .action =
		"Look for a slow key operation, certificate check or name lookup.",
	},
	{ EXPLAIN_NOTE, "duplicated",
	  .meaning =
		"The network delivered datagrams twice.",
	},
	{ EXPLAIN_NOTE, "reordered",
	  .meaning =
		"Datagrams came in another order than they were sent.",
	},
	{ EXPLAIN_NOTE, "record-numbers-reused",
	  .meaning =
		"Copies have the record numbers of the first copy. A receiver may drop them as replays.",
	  .action =
		"A library has to give each record a new number, also in a retransmission: update it.",
	  .rfc = "RFC 6347 section 4.1.2.6",
	},
	{ EXPLAIN_NOTE, "early-application-data",
	  .meaning =
		"Application data came before the end of the handshake.",
	},
	{ EXPLAIN_NOTE, "first-flight-ignored",
	  .meaning =
		"The first ClientHello got no answer until it was sent again.",
	  .action =
		"The server was not ready yet, or its queue was full. A second of each connection is lost by "
		"it.",
	},
	{ EXPLAIN_NOTE, "fell-back-to-1.2",
	  .meaning =
		"The client offered DTLS 1.3, and the server chose DTLS 1.2.",
	  .rfc = "RFC 9147 section 5.3",
	},
	{ EXPLAIN_NOTE, "large-client-hello",
	  .meaning =
		"The ClientHello has more than 1200 bytes, which does not fit into one datagram on all paths. "
		"A post-quantum key share makes it so.",
	  .rfc = "RFC 9147 section 4.4",
	},
	{ EXPLAIN_NOTE, "mid-handshake",
	  .meaning =
		"The handshake began before the trace. What was sent before is not known.",
	},
	{ EXPLAIN_NOTE, "one-direction",
	  .meaning =
		"The capture has nothing that one of the two sides sends. It was made where only one direction "
		"passes, or nothing answers: the capture alone does not tell, so there is no verdict.",
	  .action =
		"Capture on the host of one of the two, where both directions pass.",
	},
	{ EXPLAIN_NOTE, "alert-not-acted-on",
	  .meaning =
		"An alert after which both sides went on. It may be forged, or only its receiver ignored it. If a socket "
		"of this host sent it, its sender went on after it.",
	  .rfc = "RFC 6347 section 4.1.2.7",
	},
	{ EXPLAIN_NOTE, "left-at-once",
	  .meaning =
		"After a handshake of DTLS 1.2 that offers SRTP (WebRTC), a side sends an encrypted alert within a second "
		"of its completion, before any data. What the alert says cannot be read.",
	  .causes =
		"The certificate does not have the fingerprint that the SDP promised: WebRTC compares it when the "
		"handshake is complete. Or the call was hung up at that moment.",
	  .action =
		"Compare a=fingerprint in the SDP with the certificate of the other side. A proxy or a server that "
		"changes the SDP, or a certificate that was made anew, makes them differ.",
	  .rfc = "RFC 8122 section 6.2",
	},
	{ EXPLAIN_NOTE, "peer-moved",
	  .meaning =
		"The handshake goes on from another port or address of the client: a NAT gave it a new one.",
	  .action =
		"A NAT that forgets a flow within a handshake has too short a timeout for UDP: 120 s is the "
		"least (RFC 4787).",
	  .rfc = "RFC 4787 section 4.3",
	},
	{ EXPLAIN_NOTE, "one-way-delay",
	  .meaning =
		"How long datagrams took from each host to the other, if the traces of both are merged and it was a millisecond or "
		"more. It is as good as "
		"the clocks agree: their difference is measured by the datagrams that both hosts saw, so a path that "
		"takes longer in one direction all the time looks like one that does not.",
	  .action =
		"Compare the longest with the shortest: a large difference is a queue on the way, in that direction.",
	},
	{ EXPLAIN_NOTE, "not-sent-by-peer",
	  .meaning =
		"Datagrams have the address of a side that cannot have sent them: its socket is on this host "
		"and did not. Somebody forges them.",
	  .action =
		"Filter datagrams with forged sources (reverse path filtering) where they enter the network.",
	  .rfc = "RFC 2827",
	},
	{ EXPLAIN_NOTE, "events-lost",
	  .meaning =
		"The tracer lost events, so that something may be missing.",
	  .action =
		"Raise --buffer, or trace less (-p, -P).",
	},
	{ EXPLAIN_NOTE, "rate-limited",
	  .meaning =
		"The rate limit left datagrams out, so that something may be missing. Where both sides answer each copy of a "
		"flight by a copy at once, without a timer, that is told with the verdict, once it has lasted.",
	  .action =
		"Raise --rate-limit.",
	},
	{ EXPLAIN_NOTE, "same-verdict-for-process",
	  .meaning =
		"So many handshakes of this process ended with the same verdict: the cause is in what they "
		"have in common.",
	},
	{ EXPLAIN_TERM, "flight",
	  .meaning =
		"The messages that one side sends before it waits for the other. 1: ClientHello. 2: "
		"HelloVerifyRequest (DTLS 1.3: HelloRetryRequest). 3: ClientHello with the cookie. 4: "
		"ServerHello to ServerHelloDone (1.3: to Finished). 5: the client's certificate, key exchange "
		"and Finished (1.3: Finished). 6: ChangeCipherSpec and Finished of the server (1.3: ACK). "
		"Without a cookie, flights 2 and 3 are absent; in a resumed handshake of DTLS 1.2, the server "
		"sends its Finished in flight 4 and the client ends with flight 5. A side that gets no answer "
		"sends its whole flight again.",
	  .rfc = "RFC 6347 section 4.2.4, RFC 9147 section 5.7",
	},
	{ EXPLAIN_TERM, "side",
	  .meaning =
		"Who owes the next move: client, server, the network between them, or the kernel of this "
		"host. It is no accusation: from one host, a peer that sends nothing looks the same as a path "
		"that loses everything.",
	},
	{ EXPLAIN_TERM, "stuck",
	  .meaning =
		"A state: one side waits for something that has not come for longer than --profile or "
		"--stuck-after allows. If it comes later, the verdict is taken back.",
	},
	{ EXPLAIN_TERM, "failed",
	  .meaning =
		"A state: the handshake is over because of an error, such as an alert or a refused datagram.",
	},
	{ EXPLAIN_TERM, "abandoned",
	  .meaning =
		"A state: a side ended the handshake, and nothing shows that this was because of a fault.",
	},
	{ EXPLAIN_TERM, "certain",
	  .meaning =
		"The verdict rests on what this host saw itself: what a socket here sent, read, left unread "
		"or closed, or on what both sides did.",
	},
	{ EXPLAIN_TERM, "likely",
	  .meaning =
		"The verdict may be wrong in a way that cannot be seen from here: it is about a side on "
		"another host, it rests on datagrams that anybody can send, or events were lost. The outputs "
		"say which, after the word.",
	},
	{ EXPLAIN_TERM, "witness",
	  .meaning =
		"Whoever saw what a verdict rests on: a socket of this host (local), both sides, or only the "
		"network.",
	},
	{},
};
