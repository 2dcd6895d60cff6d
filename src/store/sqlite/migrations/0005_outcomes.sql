-- What applications posted, as it is counted: parts of a series by list and number. What a part holds has a version and
-- a checksum of its own.
CREATE TABLE outcome_parts (
    flag    TEXT    NOT NULL,
    variant TEXT    NOT NULL,
    ring    INTEGER NOT NULL,
    slot    INTEGER NOT NULL,
    data    BLOB    NOT NULL,
    PRIMARY KEY (flag, variant, ring, slot)
) STRICT;

-- The batches that were counted, by the hash of their name: one that is sent again counts nothing.
CREATE TABLE outcome_batches (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    content      BLOB    NOT NULL CHECK (length(content) = 16),
    at           INTEGER NOT NULL,
    kept         INTEGER NOT NULL,
    late         INTEGER NOT NULL,
    future       INTEGER NOT NULL,
    dropped      INTEGER NOT NULL,
    unattributed INTEGER NOT NULL
) STRICT;

CREATE INDEX outcome_batches_by_time ON outcome_batches (at);

-- What was served of a flag over the last day, for outcomes that tell of then.
CREATE TABLE served_before (
    flag TEXT NOT NULL PRIMARY KEY,
    eras TEXT NOT NULL -- JSON
) STRICT;

-- Up to when that is right.
CREATE TABLE served_up_to (
    only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    at   INTEGER NOT NULL
) STRICT;
