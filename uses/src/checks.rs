//! [`Checks`]: what a program claims, and whether it held.

use std::fmt::Display;

/// What a program claims, and whether it held. All of it is printed as it comes.
#[derive(Debug, Default)]
pub struct Checks {
    held: usize,
    broken: usize,
}

impl Checks {
    /// Notes a claim, and whether it held.
    pub fn check(&mut self, held: bool, claim: impl Display) {
        if held {
            self.held += 1;
            println!("ok     {claim}");
        } else {
            self.broken += 1;
            println!("WRONG  {claim}");
        }
    }

    /// Notes that two numbers are equal, and shows both if they are not.
    pub fn equal<T: PartialEq + Display>(&mut self, found: T, expected: T, claim: impl Display) {
        let held = found == expected;
        let shown = if held { String::new() } else { format!(" (found {found}, not {expected})") };
        self.check(held, format_args!("{claim}{shown}"));
    }

    /// Notes that a number lies between two others, both included, and shows all three.
    pub fn between(&mut self, found: f64, [least, most]: [f64; 2], claim: impl Display) {
        let held = (least..=most).contains(&found);
        self.check(held, format_args!("{claim}: {found:.3}, from {least:.3} to {most:.3}"));
    }

    /// How many claims held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }

    /// How many did not.
    #[must_use]
    pub fn broken(&self) -> usize {
        self.broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_counted() {
        let mut checks = Checks::default();
        checks.check(true, "true");
        checks.equal(1, 2, "one is two");
        checks.between(0.5, [0.5, 1.0], "the end belongs to it");
        checks.between(0.4, [0.5, 1.0], "less");
        checks.between(f64::NAN, [0.5, 1.0], "no number");
        assert_eq!((checks.held(), checks.broken()), (2, 3));
    }
}
