//! What flag documents mean and what evaluating them gives.

mod resolve;
mod served;
