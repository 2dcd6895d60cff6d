//! Columns that line up.

/// One cell.
pub(crate) enum Cell {
    Text(String),
    Figure(f64),
    Ratio(f64),
}

/// Rows under headings.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells.into_iter().map(written).collect());
    }

    pub(crate) fn print(&self) {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..self.rows[0].len()).map(width).collect();
        for row in &self.rows {
            print!("{:<width$}", row[0], width = widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                print!("  {cell:>width$}");
            }
            println!();
        }
        println!();
    }
}

fn written(cell: Cell) -> String {
    match cell {
        Cell::Text(text) => text,
        Cell::Figure(0.0) => "0".into(),
        Cell::Figure(figure) if figure < 100.0 => format!("{figure:.1}"),
        Cell::Figure(figure) => format!("{figure:.0}"),
        Cell::Ratio(ratio) => format!("{ratio:.2}"),
    }
}
