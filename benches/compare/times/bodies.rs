//! From the body of a request: what reading the context adds to parsing the body.

use crate::rounds::{Lane, medians};
use crate::table::{Cell, Table};
use serde::de::IgnoredAny;
use std::hint::black_box;
use tidegate_cases::flags::{Shape, first, key};
use tidegate_cases::people::Person;
use tidegate_cases::tidegate::{Context, Flags, document, read};

pub(crate) fn print(rounds: usize, people: &[Person]) {
    let flags = Flags::load(&document(1_000));
    let key = key(first(Shape::Rollout));
    let mut out = Vec::with_capacity(4096);
    let texts = || people.iter().map(|person| black_box(person.body.as_str()));
    let bodies = || texts().map(str::as_bytes);
    let rows: [(&str, Lane<'_>); 5] = [
        (
            "parse: serde_json, every value ignored",
            Lane::new(people.len(), || {
                bodies().for_each(|body| drop(black_box(serde_json::from_slice::<IgnoredAny>(body))));
            }),
        ),
        (
            "parse: serde_json::Value",
            Lane::new(people.len(), || {
                bodies().for_each(|body| drop(black_box(serde_json::from_slice::<serde_json::Value>(body))));
            }),
        ),
        (
            "context from the body",
            Lane::new(people.len(), || {
                for body in texts() {
                    let mut context = Context::empty();
                    read(&mut context, body);
                    black_box(&context);
                }
            }),
        ),
        (
            "context from the body, A asked",
            Lane::new(people.len(), || {
                for body in texts() {
                    let mut context = Context::empty();
                    read(&mut context, body);
                    black_box(flags.ask(black_box(&key), &context));
                }
            }),
        ),
        (
            "context from the body, A asked, answer written",
            Lane::new(people.len(), || {
                for body in texts() {
                    out.clear();
                    let mut context = Context::empty();
                    read(&mut context, body);
                    flags.ask(black_box(&key), &context).write_ofrep(&mut out);
                    black_box(&out);
                }
            }),
        ),
    ];
    let (names, lanes): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let times = medians(rounds, lanes);
    let mut table = Table::new(&["", "ns", "more than to ignore every value", "x"]);
    for (name, time) in names.into_iter().zip(&times) {
        table.row(vec![
            Cell::Text(name.into()),
            Cell::Figure(*time),
            Cell::Text(format!("{:+.0}", time - times[0])),
            Cell::Ratio(time / times[0]),
        ]);
    }
    println!("From the body of an OFREP request, {} bytes, five attributes.\n", people[0].body.len());
    table.print();
}
