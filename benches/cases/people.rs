//! Who the flags are asked for: 1,024 different people, in turn, so that no branch predictor and no cache
//! learns one answer by heart.

use crate::flags::{COUNTRIES, SUFFIX};

/// How many people there are.
pub const PEOPLE: usize = 1024;

/// Which people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crowd {
    /// Each condition of shape B is met by four of five, one independent of the other: by all chance, half of
    /// the people meet all three.
    Mixed,
    /// All conditions are met.
    Meeting,
    /// The first condition is not met.
    Elsewhere,
    /// The last one is not met.
    Outdated,
}

/// One of them.
#[derive(Debug)]
pub struct Person {
    /// A random UUID.
    pub key: String,
    /// At the company or elsewhere.
    pub email: String,
    /// One of the five countries, or another.
    pub country: &'static str,
    /// New enough or not.
    pub version: &'static str,
    /// Nobody asks for it.
    pub plan: &'static str,
    /// The five of them as the body of an OFREP request.
    pub body: String,
}

/// The same people in each run.
#[must_use]
pub fn people(crowd: Crowd) -> Vec<Person> {
    let mut random = Random(20_260_301);
    (0..PEOPLE).map(|number| person(number, crowd, &mut random)).collect()
}

fn person(number: usize, crowd: Crowd, random: &mut Random) -> Person {
    let (a, b) = (random.next(), random.next());
    let key = format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        (b >> 48) & 0xfff,
        b & 0xffff_ffff_ffff,
    );
    let [company, country, version] = match crowd {
        Crowd::Mixed => [(); 3].map(|()| !random.one_of_five()),
        Crowd::Meeting => [true, true, true],
        Crowd::Elsewhere => [false, true, true],
        Crowd::Outdated => [true, true, false],
    };
    let host = if company { SUFFIX } else { "@elsewhere.example" };
    let email = format!("person{number:04}{host}");
    let country = if country { random.of(&COUNTRIES) } else { "FR" };
    let version = random.of(if version { &["2.1.0", "2.10.3", "3.0.1"] } else { &["1.9.12", "2.0.7", "2.0.99"] });
    let plan = "team";
    let body = format!(
        r#"{{"context":{{"targetingKey":"{key}","email":"{email}","country":"{country}","version":"{version}","plan":"{plan}"}}}}"#
    );
    Person { key, email, country, version, plan, body }
}

impl Person {
    /// Whether shape B is on for this person before any share is asked.
    #[must_use]
    pub fn meets_the_conditions(&self) -> bool {
        self.email.ends_with(SUFFIX)
            && COUNTRIES.contains(&self.country)
            && !matches!(self.version, "1.9.12" | "2.0.7" | "2.0.99")
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn one_of_five(&mut self) -> bool {
        self.next().is_multiple_of(5)
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[usize::try_from(self.next() >> 33).expect("31 bits") % choices.len()]
    }
}
