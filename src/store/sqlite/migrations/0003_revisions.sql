-- Which plan of its rollout it is, from 1.
ALTER TABLE plans ADD COLUMN revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1);

DROP VIEW rollouts_with_plans;

CREATE VIEW rollouts_with_plans AS
SELECT name, version, text, format, file, revision, state, updated FROM rollouts LEFT JOIN plans ON rollout = name;
