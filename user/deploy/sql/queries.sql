-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- What an operator asks. Two hosts, a and b:
--	psql -d dtlsnoop -v a=HOST -v b=HOST -f queries.sql

\echo Which handshakes lost datagrams between the two hosts today: direction, how many, sizes, since when (clock of the sender)
SELECT encode(client_random, 'hex') AS client_random, client, server, direction, sum(copies) AS lost,
	array_agg(DISTINCT length ORDER BY length) AS sizes, min(sent_at) AS since, client_verdict, server_verdict
FROM dtlsnoop.lost
WHERE (client_host = :'a' AND server_host = :'b' OR client_host = :'b' AND server_host = :'a') AND day = current_date
GROUP BY client_random, client, server, direction, client_verdict, server_verdict
ORDER BY since, client_random, direction;

\echo Which sizes were lost between the two hosts today, and in how many handshakes
SELECT client_host, server_host, direction, length, sum(copies) AS lost, count(DISTINCT client_random) AS handshakes
FROM dtlsnoop.lost
WHERE (client_host = :'a' AND server_host = :'b' OR client_host = :'b' AND server_host = :'a') AND day = current_date
GROUP BY client_host, server_host, direction, length
ORDER BY client_host, direction, length;

\echo How far the clock of the server is ahead of that of the client
SELECT client_host, server_host, hour, offset_ns, error_ns
FROM dtlsnoop.clock_offset
WHERE (client_host = :'a' AND server_host = :'b' OR client_host = :'b' AND server_host = :'a') AND day = current_date
ORDER BY client_host, hour;

\echo Which peers do not go on: they do not retransmit, or send nothing after what they read (today, all hosts); certain where a tracer of that side saw it
SELECT t.host AS seen_by, h.code AS verdict, h.side, h.confidence,
	CASE h.side WHEN 'client' THEN regexp_replace(h.client, ':[0-9]+$', '') ELSE h.server END AS peer,
	CASE WHEN h.client_local AND h.side = 'client' OR h.server_local AND h.side = 'server' THEN h.comm END AS process, count(*)
FROM dtlsnoop.handshake h JOIN dtlsnoop.trace t USING (trace)
WHERE h.day = current_date AND h.severity <> 'ok' AND h.code IN ('not-retransmitting', 'silent-after-read', 'peer-silent')
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY count(*) DESC, 1, 2, 3, 5
LIMIT 100;

\echo Verdicts by host, process and port of the server, an hour (today)
SELECT date_trunc('hour', h.at) AS hour, t.host, h.comm AS process, substring(h.server FROM '[0-9]+$') AS port, h.code AS verdict,
	h.side, count(*)
FROM dtlsnoop.handshake h JOIN dtlsnoop.trace t USING (trace)
WHERE h.day = current_date AND h.final
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, count(*) DESC;
