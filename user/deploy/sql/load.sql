-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- Loads a file of JSON lines. A file that was loaded before changes nothing.
--	psql -d dtlsnoop -v source=HOST:FILE -f load.sql <FILE

\set ON_ERROR_STOP on
SELECT set_config('dtlsnoop.source', :'source', false) AS source
\gset loaded_
-- As CSV with a delimiter, a quote and a NULL that JSON lines never have, a line is one column as it is.
\copy dtlsnoop.incoming (line) FROM pstdin WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', NULL E'\x03')
CALL dtlsnoop.take();
