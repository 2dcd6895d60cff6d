-- Times are Unix milliseconds.

CREATE TABLE rollouts (
    name    TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL CHECK (version >= 1),
    state   TEXT    NOT NULL, -- JSON
    updated INTEGER NOT NULL
) STRICT;

-- Apart from the rollouts: a plan can be large and seldom changes, a rollout changes at each check.
CREATE TABLE plans (
    rollout TEXT NOT NULL PRIMARY KEY REFERENCES rollouts (name),
    text    TEXT NOT NULL,
    format  TEXT NOT NULL CHECK (format IN ('json', 'yaml')),
    file    TEXT -- NULL: it came over the API
) STRICT;

-- Read as one, a rollout and its plan are of the same commit. A rollout whose plan is lost is there too: it
-- is told as unreadable, and not as unknown.
CREATE VIEW rollouts_with_plans AS
SELECT name, version, text, format, file, state, updated FROM rollouts LEFT JOIN plans ON rollout = name;

CREATE TABLE ledger (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    rollout  TEXT    NOT NULL REFERENCES rollouts (name),
    version  INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    actor    TEXT    NOT NULL,
    sentence TEXT    NOT NULL,
    detail   TEXT    NOT NULL, -- JSON, hashed exactly as it is
    hash     BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX ledger_by_rollout ON ledger (rollout, sequence);

-- Against mistakes; against intent there is the hash chain.
CREATE TRIGGER ledger_rows_stay_as_they_are BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER ledger_rows_stay BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Where the writers are in the chain: a ledger that was cut off at its end is found by it.
CREATE TABLE ledger_head (
    only     INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    sequence INTEGER NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

INSERT INTO ledger_head (only, sequence, hash) VALUES (1, 0, zeroblob(32));

CREATE TABLE outbox (
    sequence  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    rollout   TEXT    NOT NULL REFERENCES rollouts (name),
    topic     TEXT    NOT NULL,
    body      TEXT    NOT NULL, -- JSON
    delivered INTEGER           -- NULL: not yet
) STRICT;

CREATE INDEX outbox_undelivered ON outbox (sequence) WHERE delivered IS NULL;
