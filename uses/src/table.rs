//! [`Table`]: rows of text under a head, as Markdown writes them.

use std::fmt::{self, Display};

/// Rows of text under a head, as Markdown writes them: what a program prints goes into a page as it is.
#[derive(Clone, Debug)]
pub struct Table {
    /// The head first, which all others are as long as.
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head.
    #[must_use]
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(str::to_owned).to_vec()] }
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// Panics if it is not as long as the head.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a dyn Display>) {
        let row: Vec<String> = cells.into_iter().map(ToString::to_string).collect();
        assert_eq!(row.len(), self.rows[0].len(), "a row is as long as the head");
        self.rows.push(row);
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..self.rows[0].len()).filter_map(width).collect();
        for (place, row) in self.rows.iter().enumerate() {
            for (cell, &width) in row.iter().zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if place == 0 {
                for &width in &widths {
                    write!(f, "|{:-<1$}", "", width + 2)?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["what", "n"]);
        table.row([&"a" as &dyn Display, &10]);
        assert_eq!(table.to_string(), "| what | n  |\n|------|----|\n| a    | 10 |\n");
    }
}
