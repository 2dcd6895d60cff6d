-- The exports of telemetry that were counted, by the hash of their body: apart from the batches that have names, which
-- many small exports would otherwise push out.
CREATE TABLE telemetry_exports (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    content      BLOB    NOT NULL CHECK (length(content) = 16),
    at           INTEGER NOT NULL,
    kept         INTEGER NOT NULL,
    late         INTEGER NOT NULL,
    future       INTEGER NOT NULL,
    dropped      INTEGER NOT NULL,
    unattributed INTEGER NOT NULL
) STRICT;

CREATE INDEX telemetry_exports_by_time ON telemetry_exports (at);

-- Until now they stood among the batches.
INSERT INTO telemetry_exports SELECT * FROM outcome_batches;
