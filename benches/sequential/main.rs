//! What the sequential tests do on made traffic: false alarms under continuous looking, and looks until a
//! regression is proved, beside the two usual ways of doing without.
#![allow(
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a bench on made numbers of known size"
)]

mod contest;
mod errors;
mod traffic;

use contest::{Judge, Setting, median_delay, most, share};
use errors::Error;
use tidegate::analysis::statistics::Claim;
use traffic::Kind;

const SEED: u64 = 20_260_101;
const ALPHA: f64 = 0.01;
const KINDS: [(&str, Kind); 4] = [
    ("Poisson", Kind::Poisson),
    ("Bernoulli 5 %", Kind::Bernoulli),
    ("shared shocks", Kind::Shocks),
    ("clumped, variance/mean 2.5", Kind::Clumped),
];
const JUDGES: [(&str, Judge); 9] = [
    ("users", Judge::Users(Claim::Worse)),
    ("requests, corrected", Judge::Requests(Claim::Worse)),
    ("requests, uncorrected", Judge::Uncorrected(Claim::Worse)),
    ("lately, users", Judge::Users(Claim::WorseLately)),
    ("lately, requests", Judge::Requests(Claim::WorseLately)),
    ("suspected, users", Judge::Users(Claim::SuspectedWorse)),
    ("suspected, requests", Judge::Requests(Claim::SuspectedWorse)),
    ("peeked z-test", Judge::PeekedZ),
    ("static", Judge::Static),
];

fn main() {
    let seed = argument("--seed").unwrap_or(SEED);
    // `cargo bench -- --test` only shows that it runs.
    let runs =
        if std::env::args().any(|argument| argument == "--test") { 5 } else { argument("--runs").unwrap_or(4_000) };
    println!("seed {seed}, {runs} runs, 720 looks, about 600 requests a look (a tenth candidate), alpha {ALPHA}");
    println!("\nFalse alarms in %; a test of level alpha may show {:.2}", most(ALPHA, runs) * 100.0);
    false_alarms(runs, seed);
    println!("\nMedian looks until a regression is proved, from its onset, Poisson traffic");
    delays(Kind::Poisson, runs / 4, seed);
    println!("\nThe same, clumped traffic");
    delays(Kind::Clumped, runs / 4, seed);
    println!("\nRuns of 720 looks with an error of another test at some look, in %");
    for error in [Error::MeanWorse, Error::MeanSafe, Error::Band, Error::Mismatch, Error::Harm, Error::Trend] {
        let (share, allowed) = (error.share(runs / 4, seed) * 100.0, error.allowed());
        println!("{:32}{share:>8.2} of {:.1}", format!("{error:?}"), allowed * 100.0);
    }
}

fn argument(name: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)?.parse().ok()
}

fn false_alarms(runs: u64, seed: u64) {
    let row = |name: &str, setting: Setting| {
        print!("{name:32}");
        for (_, judge) in JUDGES {
            print!("{:>23.2}", share(&setting.run(judge, runs, seed)) * 100.0);
        }
        println!();
    };
    heads();
    for (name, kind) in KINDS {
        row(name, Setting { kind, factor: 1.0, onset: 0, looks: 720, tolerance: 0.0, alpha: ALPHA });
    }
    for (name, kind) in KINDS {
        let setting = Setting { kind, factor: 1.2, onset: 0, looks: 720, tolerance: 0.2, alpha: ALPHA };
        row(&format!("{name}, ratio r"), setting);
    }
}

fn delays(kind: Kind, runs: u64, seed: u64) {
    heads();
    for (factor, onset, looks) in [(1.5, 0, 3_000), (2.0, 0, 720), (3.0, 0, 720), (10.0, 0, 720), (2.0, 480, 1_200)] {
        print!("{:32}", if onset == 0 { format!("x{factor}") } else { format!("x{factor} from look {onset} on") });
        let setting = Setting { kind, factor, onset, looks, tolerance: 0.0, alpha: ALPHA };
        for (_, judge) in JUDGES {
            print!("{:>23}", median_delay(&setting.run(judge, runs, seed), onset));
        }
        println!();
    }
}

fn heads() {
    print!("{:32}", "");
    for (name, _) in JUDGES {
        print!("{name:>23}");
    }
    println!();
}
