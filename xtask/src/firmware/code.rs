//! Thumb code as far as it matters here: which functions a function can call, and which instructions
//! mask interrupts, read and write memory in one, or jump nobody knows where.
//!
//! The encodings are those of the Armv7-M Architecture Reference Manual, chapter A5.

use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};

/// The code of an executable.
pub(super) struct Code<'a> {
    elf: ElfFile32<'a>,
    /// Address of each function: its name and end.
    functions: BTreeMap<u64, (String, u64)>,
    /// Where data lies between instructions.
    data: BTreeSet<u64>,
    /// Where instructions go on after it.
    text: BTreeSet<u64>,
}

/// What can be run.
#[derive(Default)]
pub(super) struct Reached {
    /// The names of functions.
    pub(super) functions: BTreeSet<String>,
    /// The size of them all.
    pub(super) bytes: u64,
    /// Instructions that there should be none of.
    pub(super) findings: Vec<String>,
}

/// What an instruction does.
#[derive(Debug, PartialEq, Eq)]
enum Effect {
    /// Nothing of interest.
    None,
    /// Goes on, or comes back, at this address.
    Jump(u64),
    /// Should not be there.
    Finding(&'static str),
}

impl<'a> Code<'a> {
    pub(super) fn new(elf: ElfFile32<'a>) -> Self {
        let (mut functions, mut data, mut text) =
            (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for symbol in elf.symbols() {
            let name = symbol.name().unwrap_or_default();
            match symbol.kind() {
                SymbolKind::Text => {
                    // The lowest bit says that it is Thumb code.
                    let start = symbol.address() & !1;
                    functions.insert(start, (name.to_owned(), start + symbol.size()));
                }
                _ if name.starts_with("$d") => drop(data.insert(symbol.address())),
                _ if name.starts_with("$t") => drop(text.insert(symbol.address())),
                _ => {}
            }
        }
        Self { elf, functions, data, text }
    }

    /// Everything that can be run from the one function whose name contains `part`.
    pub(super) fn reached_from(&self, part: &str) -> Result<Reached, String> {
        let named: Vec<u64> = self
            .functions
            .iter()
            .filter(|(_, (name, _))| name.contains(part))
            .map(|f| *f.0)
            .collect();
        let [start] = named[..] else {
            return Err(format!("{} functions called {part}", named.len()));
        };
        let mut reached = Reached::default();
        let (mut open, mut seen) = (vec![start], BTreeSet::new());
        while let Some(start) = open.pop() {
            if !seen.insert(start) {
                continue;
            }
            let (name, end) = &self.functions[&start];
            reached.functions.insert(name.clone());
            reached.bytes += end - start;
            for (at, effect) in self.effects(start, *end)? {
                match effect {
                    Effect::Jump(to) if (start..*end).contains(&to) => {}
                    Effect::Jump(to) => match self.functions.range(..=to).next_back() {
                        Some((callee, (_, end))) if to < *end => open.push(*callee),
                        _ => return Err(format!("{name} jumps to {to:#x}, where no function is")),
                    },
                    Effect::Finding(what) => {
                        reached.findings.push(format!("{what} at {at:#x} in {name}"))
                    }
                    Effect::None => {}
                }
            }
        }
        Ok(reached)
    }

    /// The address and effect of each instruction from `start` to `end`.
    fn effects(&self, start: u64, end: u64) -> Result<Vec<(u64, Effect)>, String> {
        let section = self.elf.sections().find(|section| {
            (section.address()..section.address() + section.size()).contains(&start)
        });
        let bytes =
            section.and_then(|section| section.data_range(start, end - start).ok().flatten());
        let bytes = bytes.ok_or_else(|| format!("no code at {start:#x}"))?;
        let (half_words, _) = bytes.as_chunks::<2>();
        let half_words: Vec<u16> = half_words.iter().copied().map(u16::from_le_bytes).collect();
        let mut effects = Vec::new();
        let mut place = 0;
        while place < half_words.len() {
            let at = start + 2 * place as u64;
            if self.is_data(at) {
                place += 1;
                continue;
            }
            let (first, second) = (half_words[place], half_words.get(place + 1).copied());
            let wide = first >> 11 >= 0b11101;
            let effect = match second {
                Some(second) if wide => wide_effect(at, first, second),
                _ => narrow_effect(at, first),
            };
            effects.push((at, effect));
            place += if wide { 2 } else { 1 };
        }
        Ok(effects)
    }

    /// Whether data was the last to begin before this address.
    fn is_data(&self, at: u64) -> bool {
        self.data.range(..=at).next_back() > self.text.range(..=at).next_back()
    }
}

/// Extends the sign of a number of so many bits.
fn signed(value: u32, bits: u32) -> i64 {
    i64::from((value << (32 - bits)) as i32 >> (32 - bits))
}

/// The program counter reads as four bytes past the instruction.
fn target(at: u64, offset: i64) -> Effect {
    Effect::Jump(at.wrapping_add_signed(offset + 4))
}

fn narrow_effect(at: u64, word: u16) -> Effect {
    let bits = u32::from(word);
    match word {
        // B, with a condition and without; 1101.111 are SVC and an undefined instruction.
        0xd000..=0xddff => target(at, signed((bits & 0xff) << 1, 9)),
        0xe000..=0xe7ff => target(at, signed((bits & 0x7ff) << 1, 12)),
        // BX lr returns; any other BX and every BLX goes where a register says.
        0x4770 => Effect::None,
        0x4700..=0x47ff => Effect::Finding("a jump to a register"),
        // ADD and MOV to the program counter.
        _ if word & 0xff87 == 0x4487 || word & 0xff87 == 0x4687 => {
            Effect::Finding("a computed jump")
        }
        0xb660..=0xb67f => Effect::Finding("a change of the interrupt mask"),
        0xdf00..=0xdfff => Effect::Finding("a supervisor call"),
        _ => Effect::None,
    }
}

fn wide_effect(at: u64, first: u16, second: u16) -> Effect {
    let (high, low) = (u32::from(first), u32::from(second));
    let (sign, j1, j2) = (high >> 10 & 1, low >> 13 & 1, low >> 11 & 1);
    if first >> 11 == 0b11110 && second >> 15 == 1 {
        // BL and B.W have 24 bits of offset, two of them folded with the sign.
        let (i1, i2) = (1 ^ j1 ^ sign, 1 ^ j2 ^ sign);
        let far = sign << 24 | i1 << 23 | i2 << 22 | (high & 0x3ff) << 12 | (low & 0x7ff) << 1;
        let near = sign << 20 | j2 << 19 | j1 << 18 | (high & 0x3f) << 12 | (low & 0x7ff) << 1;
        return match (low >> 14 & 1, low >> 12 & 1) {
            (_, 1) => target(at, signed(far, 25)),
            // B.W with a condition, where the condition is one.
            (0, 0) if high >> 7 & 7 != 7 => target(at, signed(near, 21)),
            // MSR to PRIMASK, BASEPRI or FAULTMASK.
            (0, 0) if first & 0xffe0 == 0xf380 && (16..=19).contains(&(low & 0xff)) => {
                Effect::Finding("a change of the interrupt mask")
            }
            _ => Effect::None,
        };
    }
    match (first & 0xfff0, second & 0x00f0) {
        (0xe840 | 0xe850, _) => Effect::Finding("an exclusive access"),
        (0xe8c0 | 0xe8d0, 0x40 | 0x50) => Effect::Finding("an exclusive access"),
        _ => Effect::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_lead_where_the_assembler_says() {
        // bhs, b, bl forwards, bl backwards, b.w, bhs.w: from listings.
        assert_eq!(narrow_effect(0x1d6a, 0xd228), Effect::Jump(0x1dbe));
        assert_eq!(narrow_effect(0x1de2, 0xe7ae), Effect::Jump(0x1d42));
        assert_eq!(wide_effect(0x1000, 0xf000, 0xf802), Effect::Jump(0x1008));
        assert_eq!(wide_effect(0x1000, 0xf7ff, 0xfffe), Effect::Jump(0x1000));
        assert_eq!(wide_effect(0x1000, 0xf000, 0xb802), Effect::Jump(0x1008));
        assert_eq!(wide_effect(0xd08, 0xf4bf, 0xaf44), Effect::Jump(0xb94));
    }

    #[test]
    fn what_should_not_be_there_is_found() {
        let mask = Effect::Finding("a change of the interrupt mask");
        assert_eq!(narrow_effect(0, 0xb672), mask);
        assert_eq!(wide_effect(0, 0xf380, 0x8810), mask);
        assert_eq!(wide_effect(0, 0xe850, 0x0f00), Effect::Finding("an exclusive access"));
        assert_eq!(wide_effect(0, 0xe8d0, 0x0f4f), Effect::Finding("an exclusive access"));
        assert_eq!(narrow_effect(0, 0x4798), Effect::Finding("a jump to a register"));
        assert_eq!(narrow_effect(0, 0x46b7), Effect::Finding("a computed jump"));
    }

    #[test]
    fn ordinary_instructions_are_of_no_interest() {
        // bx lr, push, adds, dmb sy, ldrd, mul, ldr.w.
        for word in [0x4770, 0xb5f0, 0x3001] {
            assert_eq!(narrow_effect(0, word), Effect::None, "{word:#x}");
        }
        for (first, second) in
            [(0xf3bf, 0x8f5f), (0xe9d0, 0x0102), (0xfb00, 0xf105), (0xf85e, 0x0021)]
        {
            assert_eq!(wide_effect(0, first, second), Effect::None, "{first:#x}");
        }
    }
}
