-- The files that a plan names, as they were when it was taken. The digest is XXH3 of the text: what is kept is
-- told from what is to be kept without reading it.
CREATE TABLE plan_files (
    rollout TEXT NOT NULL REFERENCES rollouts (name),
    name    TEXT NOT NULL,
    text    TEXT NOT NULL,
    digest  BLOB NOT NULL CHECK (length(digest) = 16),
    PRIMARY KEY (rollout, name)
) STRICT;
