-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- Once a day: partitions for the next days, and an end of those that are too old. Without it, all rows are in *_rest.
--	psql -d dtlsnoop -v keep=30 -f partitions.sql

-- Today's rows may be in *_rest already, so it begins with tomorrow.
SELECT format('CREATE TABLE IF NOT EXISTS dtlsnoop.%I PARTITION OF dtlsnoop.%I FOR VALUES FROM (%L) TO (%L)',
	name || to_char(day, '_YYYYMMDD'), name, day, day + 1)
FROM unnest(ARRAY['handshake', 'datagram']) AS name, (SELECT current_date + n AS day FROM generate_series(1, 3) AS n) days
\gexec

SELECT format('DROP TABLE %s', inhrelid::regclass)
FROM pg_inherits
WHERE inhparent IN ('dtlsnoop.handshake'::regclass, 'dtlsnoop.datagram'::regclass)
	AND inhrelid::regclass::text ~ '_[0-9]{8}$'
	AND to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') < current_date - :keep
\gexec
