//! Prints the tables: `cargo bench -p tidegate-compare`, optionally with `-- --rounds 1001`.
//!
//! All engines hold the same 1,000 flags and take turns in rounds, so that a busy neighbour on the machine
//! slows all of them; a figure is the median of its turns. Contexts are built beforehand, except where a
//! table says otherwise. Before anything is timed, each engine must have given the feature to those who
//! meet the conditions and to a quarter of the others.

mod bodies;
mod bulk;
mod check;
mod counts;
mod loading;
mod rounds;
mod table;

use rounds::{Lane, medians};
use table::{Cell, Table};
use tidegate_cases::flags::{Shape, first, key};
use tidegate_cases::people::{Crowd, PEOPLE, Person, people};
use tidegate_compare::Peer;
use tidegate_compare::peers::{TIDEGATE, loaders};

const FLAGS: usize = 1_000;

fn main() {
    let rounds = rounds_wanted();
    let crowds = [Crowd::Meeting, Crowd::Elsewhere, Crowd::Outdated].map(people);
    let people = people(Crowd::Mixed);
    let mut peers: Vec<Box<dyn Peer<'_> + '_>> = Vec::new();
    for loader in loaders() {
        let mut peer = (loader.load)(&(loader.document)(FLAGS));
        peer.meet(&people);
        check::shares(loader.name, &mut *peer, &people);
        peers.push(peer);
    }
    let [a, b] = [Shape::Rollout, Shape::Ruled].map(|shape| {
        let key = key(first(shape));
        medians(rounds, peers.iter_mut().map(|peer| Lane::new(PEOPLE, || peer.ask_each(&key))).collect())
    });
    let all = medians(
        rounds,
        peers
            .iter_mut()
            .map(|peer| {
                let mut everyone = (0..PEOPLE).cycle();
                Lane::new(1, move || everyone.by_ref().take(1).for_each(|person| peer.ask_all(person)))
            })
            .collect(),
    );
    let counts = counts::counts();
    let own = own();

    let mut table =
        Table::new(&["", "A ns", "x", "B ns", "x", "C µs", "x", "bytes per flag", "x", "allocations A", "B", "C"]);
    for (row, loader) in loaders().iter().enumerate() {
        let count = &counts[row];
        assert_eq!(count.name, loader.name);
        let mut cells = vec![Cell::Text(loader.name.into())];
        for (times, scale) in [(&a, 1.0), (&b, 1.0), (&all, 1e-3)] {
            cells.push(Cell::Figure(times[row] * scale));
            cells.push(Cell::Ratio(times[row] / times[own]));
        }
        cells.push(Cell::Figure(count.bytes_per_flag));
        cells.push(Cell::Ratio(count.bytes_per_flag / counts[own].bytes_per_flag));
        cells.extend(count.allocations.map(Cell::Figure));
        table.row(cells);
    }
    println!("One flag for 1,024 people in turn (A: a quarter by user id; B: three conditions, else a quarter),");
    println!("all of 1,000 flags for one person (C: 70 % A, 30 % B; every answer kept, the floor only counts), and");
    println!(
        "what 1,000 loaded flags hold in memory. x: how many times tidegate's figure. Medians of {rounds} turns.\n"
    );
    table.print();
    by_crowd(rounds, &mut peers, &crowds);
    drop(peers);
    bulk::print(rounds, &people);
    bodies::print(rounds, &people);
    loading::print(&counts);
}

/// What B costs depends on who asks.
fn by_crowd<'p>(rounds: usize, peers: &mut [Box<dyn Peer<'p> + 'p>], crowds: &'p [Vec<Person>; 3]) {
    let key = key(first(Shape::Ruled));
    let times = crowds.each_ref().map(|people| {
        peers.iter_mut().for_each(|peer| peer.meet(people));
        medians(rounds, peers.iter_mut().map(|peer| Lane::new(PEOPLE, || peer.ask_each(&key))).collect())
    });
    let own = own();
    let mut table = Table::new(&["", "all met, ns", "x", "email not, ns", "x", "version not, ns", "x"]);
    for (row, loader) in loaders().iter().enumerate() {
        let figures = times.iter().flat_map(|times| [Cell::Figure(times[row]), Cell::Ratio(times[row] / times[own])]);
        table.row(std::iter::once(Cell::Text(loader.name.into())).chain(figures).collect());
    }
    println!("B again, by crowds that are all alike: all three conditions met; the first not met, so that the share");
    println!("decides; the last not met. Above, each is met by four of five people, independent of the others.\n");
    table.print();
}

/// Tidegate's row.
fn own() -> usize {
    loaders().iter().position(|loader| loader.name == TIDEGATE).expect("its row")
}

fn rounds_wanted() -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rounds").skip(1);
    arguments.next().map_or(301, |number| number.parse().expect("--rounds takes a number"))
}
