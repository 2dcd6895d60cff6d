-- A train has a plan, a state and rows of the ledger as a rollout has, and a name that no rollout has: it stands beside them.
ALTER TABLE rollouts ADD COLUMN kind TEXT NOT NULL DEFAULT 'rollout' CHECK (kind IN ('rollout', 'train'));

DROP VIEW rollouts_with_plans;

CREATE VIEW rollouts_with_plans AS
SELECT name, kind, version, text, format, file, revision, state, updated FROM rollouts LEFT JOIN plans ON rollout = name;
