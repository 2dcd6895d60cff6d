//! All flags at once, in steps: what came out, each as a resolution, the tag, the OFREP objects.

use crate::rounds::{Lane, medians};
use crate::table::{Cell, Table};
use std::hint::black_box;
use tidegate_cases::people::Person;
use tidegate_cases::tidegate::{Context, Flags, context, document};

pub(crate) fn print(rounds: usize, people: &[Person]) {
    let flags = Flags::load(&document(1_000));
    let contexts: Vec<_> = people.iter().map(|person| context(&person.body).expect("a context")).collect();
    let mut out = Vec::with_capacity(1024 * 1024);
    let names = ["asked", "asked, as resolutions", "asked, tagged", "asked, tagged, written as OFREP"];
    let lanes = vec![
        lane(&contexts, |context| drop(black_box(flags.ask_all(context)))),
        lane(&contexts, |context| drop(black_box(flags.ask_all(context).resolutions().collect::<Vec<_>>()))),
        lane(&contexts, |context| {
            black_box(flags.ask_all(context).tag());
        }),
        lane(&contexts, |context| {
            out.clear();
            let answers = flags.ask_all(context);
            black_box(answers.tag());
            answers.write_ofrep(&mut out);
            black_box(&out);
        }),
    ];
    let mut table = Table::new(&["", "µs"]);
    for (name, time) in names.into_iter().zip(medians(rounds, lanes)) {
        table.row(vec![Cell::Text(name.into()), Cell::Figure(time * 1e-3)]);
    }
    println!("Tidegate: all of 1,000 flags for one person, {} bytes when written.\n", out.len());
    table.print();
}

fn lane<'a>(contexts: &'a [Context<'a>], mut ask: impl FnMut(&Context<'a>) + 'a) -> Lane<'a> {
    let mut everyone = contexts.iter().cycle();
    Lane::new(1, move || everyone.by_ref().take(1).for_each(|context| ask(black_box(context))))
}
