//! The golden answers, checked on this core: the file is part of the program.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt;

/// One case per line: a number, a tab, and the upper half of its 64-bit product with
/// 0x9E3779B97F4A7C15.
const GOLDEN: &str = include_str!("../../golden.tsv");

#[cfg_attr(target_os = "none", cortex_m_rt::entry)]
fn main() -> ! {
    firmware::finish(check(GOLDEN))
}

/// How many cases agree; the first that does not is an error.
fn check(golden: &'static str) -> Result<Agreement, Mismatch> {
    let mut cases = 0;
    for line in golden.lines() {
        compare(line)?;
        cases += 1;
    }
    match cases {
        0 => Err(Mismatch { line: "no case" }),
        cases => Ok(Agreement { cases }),
    }
}

/// One case: this is where the library's answer is computed and compared.
fn compare(line: &'static str) -> Result<(), Mismatch> {
    let mismatch = Mismatch { line };
    let (number, expected) = line.split_once('\t').ok_or(mismatch)?;
    let number: u64 = number.parse().map_err(|_| mismatch)?;
    let expected: u32 = expected.parse().map_err(|_| mismatch)?;
    match (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32 == expected {
        true => Ok(()),
        false => Err(mismatch),
    }
}

/// Every case agrees.
struct Agreement {
    cases: usize,
}

/// A case that does not agree.
#[derive(Clone, Copy)]
struct Mismatch {
    line: &'static str,
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} golden cases agree on {} bits",
            self.cases,
            usize::BITS
        )
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "golden case differs on {} bits: {}",
            usize::BITS,
            self.line
        )
    }
}
