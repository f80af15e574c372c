-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- Both ends of a handshake, the offset between the clocks of their hosts, and what was lost between them. After schema.sql.
-- timed, clock_offset and lost look at all handshakes of two hosts at once: name client_host, server_host and day. For a single
-- handshake, ask crossing.

SET search_path = dtlsnoop;

-- One row a handshake that the tracers of both ends saw, joined by client_random, also where a NAT translates addresses.
-- Anybody can send a ClientHello of somebody else again: if a random is also in another handshake at either end, it is not
-- known which two belong together, and there is no row.
CREATE VIEW ends AS
SELECT c.client_random, c.day, c.at, date_trunc('hour', c.at) AS hour,
	ct.host AS client_host, st.host AS server_host, c.client, c.server, s.client AS translated_client, s.server AS translated_server,
	c.trace AS client_trace, c.id AS client_id, ct.started_ns AS client_started_ns, c.alive_ns AS client_alive_ns,
	s.trace AS server_trace, s.id AS server_id, st.started_ns AS server_started_ns, s.alive_ns AS server_alive_ns,
	c.code AS client_verdict, s.code AS server_verdict, c.state AS client_state, s.state AS server_state,
	c.whole AND s.whole AS whole
FROM handshake c
JOIN handshake s ON s.client_random = c.client_random AND s.trace <> c.trace
JOIN trace ct ON ct.trace = c.trace
JOIN trace st ON st.trace = s.trace
WHERE c.client_local AND NOT c.server_local AND s.server_local AND NOT s.client_local
	AND NOT EXISTS (SELECT FROM handshake o WHERE o.client_random = c.client_random AND
		(o.trace = c.trace AND o.id <> c.id OR o.trace = s.trace AND o.id <> s.id
		OR o.client_local AND (o.client, o.server) IS DISTINCT FROM (c.client, c.server)
		OR o.server_local AND (o.client, o.server) IS DISTINCT FROM (s.client, s.server)));

-- One row a datagram that left one end: how often, and how often it came to the other. A line that was loaded twice counts once.
CREATE VIEW crossing AS
SELECT e.*, d.direction, s.key, s.length, s.hidden, s.sent - own.num_dropped AS sent, r.arrived,
	d.from_started_ns + s.first_ns AS first_sent_ns, d.from_started_ns + s.last_ns AS last_sent_ns,	-- clock of the sender
	d.from_trace, d.from_id, d.to_trace, d.to_id, d.from_started_ns, d.to_started_ns, r.num_hidden,
	d.to_started_ns + greatest(d.to_alive_ns, r.last_ns) AS alive_until_ns,	-- the receiver, by its clock
	CASE WHEN s.sent = 1 AND r.arrived = 1 THEN d.to_started_ns + r.first_ns - d.from_started_ns - s.first_ns END AS delay_ns
FROM ends e
CROSS JOIN LATERAL (VALUES
	('client to server', client_trace, client_id, client_started_ns, server_trace, server_id, server_started_ns, server_alive_ns),
	('server to client', server_trace, server_id, server_started_ns, client_trace, client_id, client_started_ns, client_alive_ns)
) d (direction, from_trace, from_id, from_started_ns, to_trace, to_id, to_started_ns, to_alive_ns)
CROSS JOIN LATERAL (
	SELECT key, length, hidden, min(ns) AS first_ns, max(ns) AS last_ns,
		count(DISTINCT ns) FILTER (WHERE event = 'sent') - count(DISTINCT ns) FILTER (WHERE event = 'dropped') AS sent
	FROM datagram WHERE trace = d.from_trace AND handshake = d.from_id AND tx AND key IS NOT NULL GROUP BY key, length, hidden
) s
CROSS JOIN LATERAL (
	SELECT max(ns) AS last_ns, count(*) FILTER (WHERE NOT tx AND hidden) AS num_hidden,
		min(ns) FILTER (WHERE NOT tx AND key = s.key) AS first_ns,
		-- What could not be read may have been this one.
		count(DISTINCT ns) FILTER (WHERE NOT tx AND (key = s.key OR key IS NULL) AND length = s.length) AS arrived
	FROM datagram WHERE trace = d.to_trace AND handshake = d.to_id
) r
CROSS JOIN LATERAL (
	SELECT count(DISTINCT ns) AS num_dropped	-- and could not be read
	FROM datagram WHERE trace = d.from_trace AND handshake = d.from_id AND tx AND event = 'dropped' AND key IS NULL AND length = s.length
) own;

-- The same, with what the clock of the server's host is ahead of that of the client's host: half of the difference of the smallest
-- apparent delays in both directions, over all datagrams of these traces in that hour. It is wrong by at most half of the
-- smallest round trip, error_ns (and by what the clocks drift in that hour: 1 ppm is 3.6 ms). NULL: nothing crossed in one direction.
CREATE VIEW timed AS
SELECT *, there / 2 - back / 2 AS offset_ns, CASE WHEN there + back >= 0 THEN (there + back + 1) / 2 END AS error_ns
FROM (SELECT *, min(delay_ns) FILTER (WHERE direction = 'client to server') OVER pair AS there,
		min(delay_ns) FILTER (WHERE direction = 'server to client') OVER pair AS back
	FROM crossing
	WINDOW pair AS (PARTITION BY client_host, server_host, client_trace, server_trace, day, hour)) t;

CREATE VIEW clock_offset AS
SELECT DISTINCT client_host, server_host, client_trace, server_trace, day, hour, offset_ns, error_ns
FROM timed;

-- When a host last got what the tracer of the other one saw it send: the other one was watched then. What came more than
-- once may be an earlier one.
CREATE FUNCTION heard_ns(at_trace integer, at_id bigint, from_trace integer, from_id bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT max(ns) FROM (SELECT min(ns) AS ns FROM dtlsnoop.datagram
		WHERE trace = at_trace AND handshake = at_id AND NOT tx AND key IN (SELECT key FROM dtlsnoop.datagram
			WHERE trace = from_trace AND handshake = from_id AND tx)
		GROUP BY key HAVING count(DISTINCT ns) = 1) once
$$;

-- One row a datagram that left one host and did not come to the other, although the other was watched and its socket was open
-- when it would have come, and for a quarter of a second after that. Where no offset is known, because nothing crossed in one
-- direction: two seconds later, the sender got what the other one was seen to send.
-- Between the hooks of two cgroup tiers are also the firewalls and queues of both hosts: `dtlsnoop --check`.
CREATE VIEW lost AS
SELECT t.*, sent - arrived AS copies, to_time(first_sent_ns) AS sent_at
FROM (SELECT *, last_sent_ns + CASE direction WHEN 'client to server' THEN offset_ns ELSE -offset_ns END AS due_ns
	FROM timed) t
WHERE sent > arrived AND whole AND (NOT hidden OR num_hidden < 8)
	AND CASE WHEN error_ns IS NOT NULL
		THEN due_ns - error_ns >= to_started_ns AND due_ns + error_ns + 250000000 <= alive_until_ns
		ELSE heard_ns(from_trace, from_id, to_trace, to_id) >= last_sent_ns - from_started_ns + 2000000000 END;
