-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- The JSON lines (schema 2) of many tracers in PostgreSQL 13 or later: tables, and how lines get into them.
--
--	createdb dtlsnoop
--	psql -d dtlsnoop -f schema.sql -f views.sql
--
-- Lines come by load.sql (a file) or rsyslog.conf (all the time) into `incoming`. `CALL dtlsnoop.take()`, once a minute by
-- cron, moves what is needed to `trace`, `handshake` and `datagram`. views.sql joins both ends of a handshake.
--
-- Everything in a line is hostile: a type, range or pattern that is not as expected makes a field NULL or a line a rejected
-- one, and never an error. Nothing of a line becomes part of a statement.

CREATE SCHEMA dtlsnoop;
SET search_path = dtlsnoop;

-- What the shippers write, and may write: nothing else.
--	CREATE ROLE dtlsnoop_shipper LOGIN;
--	GRANT USAGE ON SCHEMA dtlsnoop TO dtlsnoop_shipper;
--	GRANT INSERT ON dtlsnoop.incoming TO dtlsnoop_shipper;
CREATE TABLE incoming (
	n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,	-- the lines of a source, in order
	source text NOT NULL DEFAULT current_setting('dtlsnoop.source'),	-- HOST:FILE
	line text NOT NULL
);

-- One row a trace: what the first line of each file says.
CREATE TABLE trace (
	trace integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	trace_id uuid NOT NULL UNIQUE,
	host text NOT NULL,
	boot_id uuid,
	version text,
	hooks text,
	started_ns bigint NOT NULL,	-- since 1970, by the clock of that host; what is called ns is since then
	last_ns bigint NOT NULL DEFAULT 0	-- of the latest line: until then it was watched
);
CREATE INDEX ON trace (host);

-- The trace that a source is in. Its next lines belong to this one.
CREATE TABLE source (
	source text PRIMARY KEY,
	trace integer NOT NULL REFERENCES trace,
	rejected bigint NOT NULL DEFAULT 0	-- lines that are no JSON object, or too long
);

-- One row a handshake that a trace saw, as its latest line has it.
-- Both tables are partitioned by the day of loading, by the clock of this database: clocks of hosts may be wrong.
CREATE TABLE handshake (
	day date NOT NULL DEFAULT current_date,
	trace integer NOT NULL,
	id bigint NOT NULL,
	at timestamptz NOT NULL,	-- of its first flight, by the clock of that host
	alive_ns bigint NOT NULL,	-- if it is not complete: its ends were open until then, as far as was seen
	client_random bytea,
	client text, server text,	-- addresses with ports, as this host sees them
	client_local boolean NOT NULL, server_local boolean NOT NULL,	-- its socket is on this host
	comm text,	-- process of this host
	final boolean NOT NULL,
	whole boolean NOT NULL,	-- no event of it is known to be missing
	state text NOT NULL,
	code text, side text, severity text, confidence text,	-- of the verdict
	line jsonb,	-- all of it, if the verdict is not ok
	PRIMARY KEY (trace, id, day)
) PARTITION BY RANGE (day);
CREATE INDEX ON handshake (client_random);
CREATE INDEX ON handshake (day, code) WHERE severity <> 'ok';
CREATE TABLE handshake_rest PARTITION OF handshake DEFAULT;

CREATE TYPE event AS ENUM ('sent', 'queued', 'dropped');

-- One row a datagram of a handshake that left this host or came to it. Application data and alerts are left out: a host
-- shows only the first of them.
CREATE TABLE datagram (
	handshake bigint NOT NULL,
	ns bigint NOT NULL,
	key bigint,	-- of the records in it: the same at both ends. NULL: not all of it was readable
	day date NOT NULL DEFAULT current_date,
	trace integer NOT NULL,
	event event NOT NULL,	-- dropped: by the kernel of this host, before it was queued or after it was sent
	length integer NOT NULL,
	tx boolean NOT NULL,
	hidden boolean NOT NULL	-- its type is encrypted: a host shows eight of these
) PARTITION BY RANGE (day);
CREATE INDEX ON datagram (trace, handshake);
CREATE TABLE datagram_rest PARTITION OF datagram DEFAULT;

-- Is a line of use? Left out, before they are parsed: what an application read, and what is no final line of a healthy handshake.
-- No string in a line can look like this, because quotes in strings are escaped.
CREATE FUNCTION is_needed(line text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT line NOT LIKE '%"event":"read"%' AND line NOT LIKE '%"event":"other"%'
		AND (line NOT LIKE '%"state":"completed"%' OR line LIKE '%"final":true%')
$$;

-- An object, or NULL if the line is none.
CREATE FUNCTION object(line text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	value jsonb;
BEGIN
	IF octet_length(line) > 65536 THEN
		RETURN NULL;
	END IF;
	value := line::jsonb;
	RETURN CASE jsonb_typeof(value) WHEN 'object' THEN value END;
EXCEPTION WHEN others THEN	-- no JSON, \u0000, nested too deeply
	RETURN NULL;
END $$;

-- An integer from 0 to `most`, or NULL.
CREATE FUNCTION number(value jsonb, most bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN value::text ~ '^[0-9]{1,18}$' THEN CASE WHEN value::text::bigint <= most THEN value::text::bigint END END
$$;

-- A string without control characters, of at most 128 characters, or NULL.
CREATE FUNCTION word(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN jsonb_typeof(value) = 'string' THEN
		left(regexp_replace(value #>> '{}', '[[:cntrl:]]', '?', 'g'), 128) END
$$;

-- A string that matches all of the pattern, or NULL.
CREATE FUNCTION word_like(value jsonb, pattern text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN word(value) ~ ('^(' || pattern || ')$') THEN word(value) END
$$;

-- Nanoseconds since 1970 of the "started" of a trace, or NULL; the year is 1970 to 2199.
CREATE FUNCTION nanoseconds(value jsonb) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
	t text := word_like(value, '(19[789]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z');
BEGIN
	RETURN extract(epoch FROM (left(t, 19) || 'Z')::timestamptz)::bigint * 1000000000 + substr(t, 21, 9)::bigint;
EXCEPTION WHEN data_exception THEN	-- no such day
	RETURN NULL;
END $$;

CREATE FUNCTION to_time(ns bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT 'epoch'::timestamptz + ns / 1000 * interval '1 microsecond'
$$;

-- What makes a datagram the same one at both ends: epoch, number and length of each of its records.
CREATE FUNCTION datagram_key(records jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT hashtextextended(string_agg(concat_ws(':', r ->> 'content_type', r ->> 'epoch', r ->> 'epoch_bits', r ->> 'seq',
		r ->> 'length'), ' ' ORDER BY place), 0)
	FROM jsonb_array_elements(records) WITH ORDINALITY AS list (r, place)
$$;

-- Moves at most so many lines to the tables; returns how many.
CREATE FUNCTION take_batch(most integer) RETURNS integer LANGUAGE plpgsql SET search_path = dtlsnoop, pg_temp AS $$
DECLARE
	age CONSTANT bigint := 100000000000000000;	-- three years: the largest ns, so that no sum of times is too large
	num integer;
BEGIN
	CREATE TEMP TABLE batch (n bigint, source text, trace integer, j jsonb) ON COMMIT DROP;
	WITH gone AS (
		DELETE FROM incoming WHERE n IN (SELECT n FROM incoming ORDER BY n LIMIT most) RETURNING n, source, line
	), needed AS (
		INSERT INTO batch (n, source, j) SELECT n, source, object(line) FROM gone WHERE is_needed(line)
	) SELECT count(*) INTO num FROM gone;
	ANALYZE batch;

	-- A trace line begins a trace: the lines of its source belong to it up to the next one.
	CREATE TEMP TABLE part (source text, n bigint, trace_id uuid, trace integer) ON COMMIT DROP;
	INSERT INTO part (source, n, trace_id) SELECT source, n,
		coalesce(word_like(j -> 'trace_id', '[0-9a-f]{32}'), md5(source || j::text))::uuid
	FROM batch WHERE j ->> 'type' = 'trace' AND nanoseconds(j -> 'started') IS NOT NULL;
	INSERT INTO trace (trace_id, host, boot_id, version, hooks, started_ns)
	SELECT trace_id, coalesce(word(j #> '{host,name}'), split_part(b.source, ':', 1)),
		word_like(j -> 'boot_id', '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')::uuid,
		word(j -> 'version'), word(j -> 'hooks'), nanoseconds(j -> 'started')
	FROM part JOIN batch b USING (source, n) ORDER BY n
	ON CONFLICT (trace_id) DO NOTHING;
	UPDATE part SET trace = t.trace FROM trace t WHERE t.trace_id = part.trace_id;
	INSERT INTO part (source, n, trace) SELECT source, 0, trace FROM source;
	UPDATE batch SET trace = p.trace
	FROM (SELECT source, trace, n, lead(n) OVER (PARTITION BY source ORDER BY n) AS until FROM part) p
	WHERE p.source = batch.source AND batch.n >= p.n AND (batch.n < p.until OR p.until IS NULL);
	INSERT INTO source (source, trace)
	SELECT DISTINCT ON (source) source, trace FROM part WHERE n > 0 ORDER BY source, n DESC
	ON CONFLICT (source) DO UPDATE SET trace = excluded.trace;
	UPDATE source SET rejected = rejected + b.count
	FROM (SELECT source, count(*) FROM batch WHERE j IS NULL GROUP BY source) b WHERE b.source = source.source;
	UPDATE trace SET last_ns = b.last_ns
	FROM (SELECT trace, max(number(j -> 'ns', age)) AS last_ns FROM batch GROUP BY trace) b
	WHERE b.trace = trace.trace AND b.last_ns > trace.last_ns;

	-- A queued datagram that is dropped later did come to this host.
	INSERT INTO datagram (handshake, ns, key, trace, event, length, tx, hidden)
	SELECT handshake, ns, CASE WHEN jsonb_typeof(j -> 'records') = 'array' AND NOT j ? 'malformed' THEN datagram_key(j -> 'records') END, trace, event::event,
		length, j ->> 'direction' = 'tx', (j @? '$.records[*] ? (@.content_type == "handshake" ||
			@.content_type == "change_cipher_spec" || @.epoch_bits == 2)') IS NOT TRUE
	FROM (SELECT j, trace, number(j -> 'handshake', age) AS handshake, number(j -> 'ns', age) AS ns,
			j ->> 'event' AS event, number(j -> 'length', 65535)::integer AS length
		FROM batch WHERE j ->> 'type' = 'datagram' AND j ->> 'event' IN ('sent', 'queued', 'dropped') OFFSET 0) d
	WHERE trace IS NOT NULL AND handshake IS NOT NULL AND ns IS NOT NULL AND length IS NOT NULL
		AND j ->> 'direction' IN ('tx', 'rx') AND NOT (event = 'dropped' AND j ? 'datagram')
		AND (NOT j ? 'records' OR j @? '$.records[*] ? (@.content_type != "application_data" && @.content_type != "alert")');

	-- The latest line of each handshake replaces the earlier one.
	CREATE TEMP TABLE latest (trace integer, id bigint, ns bigint, j jsonb) ON COMMIT DROP;
	INSERT INTO latest SELECT DISTINCT ON (trace, id) trace, id, ns, j FROM (
		SELECT trace, number(j -> 'id', age) AS id, number(j -> 'ns', age) AS ns, j, n
		FROM batch WHERE j ->> 'type' = 'handshake' AND trace IS NOT NULL) h
	WHERE id IS NOT NULL AND ns IS NOT NULL AND word(j -> 'state') IS NOT NULL ORDER BY trace, id, n DESC;
	DELETE FROM handshake h USING latest l WHERE h.trace = l.trace AND h.id = l.id;
	INSERT INTO handshake (trace, id, at, alive_ns, client_random, client, server, client_local, server_local, comm, final,
		whole, state, code, side, severity, confidence, line)
	SELECT trace, id, to_time(started_ns + coalesce(first_ns, ns)),
		CASE WHEN word(j -> 'state') = 'completed' THEN 0
			WHEN j ? 'ended' THEN coalesce(first_ns + number(j #> '{ended,after_ns}', age), 0) ELSE ns END,
		decode(word_like(j -> 'client_random', '[0-9a-f]{64}'), 'hex'),
		word(j #> '{client,address}'), word(j #> '{server,address}'),
		j @> '{"client": {"local": true}}', j @> '{"server": {"local": true}}',
		coalesce(word(j #> '{server,comm}'), word(j #> '{client,comm}')), j @> '{"final": true}',
		first_ns IS NOT NULL AND (j @? '$.notes[*] ? (@.code == "events-lost" || @.code == "rate-limited" ||
			@.code == "mid-handshake" || @.code == "one-direction")') IS NOT TRUE AND NOT j @> '{"verdict": {"code": "evicted"}}',
		word(j -> 'state'), word(j #> '{verdict,code}'), word(j #> '{verdict,side}'),
		word(j #> '{verdict,severity}'), word(j #> '{verdict,confidence}'),
		CASE WHEN word(j #> '{verdict,severity}') <> 'ok' THEN j END
	FROM (SELECT *, number(j #> '{flights,0,first_ns}', age) AS first_ns FROM latest) l JOIN trace t USING (trace);
	RETURN num;
END $$;

-- Moves all lines that wait. One at a time: a second one waits.
CREATE PROCEDURE take(batch_lines integer DEFAULT 50000) LANGUAGE plpgsql AS $$
BEGIN
	LOOP
		PERFORM pg_advisory_xact_lock(1684566899);	-- any number, always the same
		EXIT WHEN dtlsnoop.take_batch(batch_lines) < batch_lines;
		COMMIT;
	END LOOP;
END $$;
