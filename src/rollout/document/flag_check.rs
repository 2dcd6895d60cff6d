//! Whether a plan and the flag it drives fit together.
