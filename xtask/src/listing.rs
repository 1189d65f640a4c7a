//! A function in a compiler's listing: its instructions, where control goes, and what it must not
//! have in it.

use std::collections::HashMap;

/// The instruction sets that are understood.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Set {
    X86_64,
    /// Thumb-2.
    Thumb,
}

/// What a function may have.
pub(crate) struct Limits {
    /// Its name, or enough of it where the compiler adds to it.
    pub(crate) name: &'static str,
    /// Barriers and locked instructions.
    pub(crate) barriers: Barriers,
    pub(crate) loops: usize,
    /// The functions that it may call.
    pub(crate) calls: &'static [&'static str],
    /// Instructions, where they are limited.
    pub(crate) instructions: Option<usize>,
}

/// How many barriers a function may have.
pub(crate) enum Barriers {
    None,
    /// One, which some way through the function avoids.
    OneJumpedOver,
    Exactly(usize),
}

/// A function's instructions, and where its labels stand.
pub(crate) struct Code {
    set: Set,
    instructions: Vec<String>,
    labels: HashMap<String, usize>,
}

/// Where control goes after an instruction.
enum Flow<'a> {
    On,
    Return,
    /// Return or on, as a condition has it.
    MayReturn,
    Jump(&'a str),
    /// Jump or on, as a condition has it.
    MayJump(&'a str),
    Call,
}

impl Set {
    fn comment(self) -> char {
        match self {
            Self::X86_64 => '#',
            Self::Thumb => '@',
        }
    }

    fn is_barrier(self, line: &str) -> bool {
        let operations: &[&str] = match self {
            Self::X86_64 => &["lock", "xchg", "mfence", "lfence", "sfence"],
            Self::Thumb => &["dmb", "dsb", "isb", "ldrex", "strex"],
        };
        operations.iter().any(|operation| line.starts_with(operation))
    }

    fn flow(self, line: &str) -> Flow<'_> {
        let (operation, operands) = line.split_once(' ').unwrap_or((line, ""));
        match self {
            Self::X86_64 => match operation {
                "ret" | "retq" | "ud2" => Flow::Return,
                _ if operation.starts_with("call") => Flow::Call,
                _ if operation.starts_with("jmp") => Flow::Jump(operands),
                _ if operation.starts_with('j') => Flow::MayJump(operands),
                _ => Flow::On,
            },
            Self::Thumb => {
                let operation = operation.trim_end_matches(".w").trim_end_matches(".n");
                let to_counter = operands.ends_with("pc}") || operands == "lr";
                match operation {
                    "bl" | "blx" | "tbb" | "tbh" => Flow::Call,
                    "bx" | "pop" | "ldm" if to_counter => Flow::Return,
                    "bx" => Flow::Call,
                    "udf" => Flow::Return,
                    "b" => Flow::Jump(operands),
                    "cbz" | "cbnz" => Flow::MayJump(operands.rsplit(' ').next().unwrap_or("")),
                    _ if to_counter && operation.starts_with(['b', 'p']) => Flow::MayReturn,
                    _ if is_conditional_branch(operation) => Flow::MayJump(operands),
                    _ => Flow::On,
                }
            }
        }
    }
}

/// Whether this is a `b` with a condition, and not `bic` or `bfi`.
fn is_conditional_branch(operation: &str) -> bool {
    const CONDITIONS: [&str; 16] = [
        "eq", "ne", "cs", "hs", "cc", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt",
        "le",
    ];
    operation.strip_prefix('b').is_some_and(|condition| CONDITIONS.contains(&condition))
}

impl Code {
    /// The function whose symbol has `name` in it.
    pub(crate) fn of(set: Set, text: &str, name: &str) -> Result<Self, String> {
        let is_start = |line: &str| {
            let symbol = line.strip_suffix(':').filter(|symbol| !symbol.starts_with('.'));
            symbol.is_some_and(|symbol| symbol.contains(name))
        };
        let mut lines = text.lines().skip_while(|line| !is_start(line)).skip(1).peekable();
        if lines.peek().is_none() {
            return Err(format!("{name} is not in the listing"));
        }
        let mut code = Self { set, instructions: Vec::new(), labels: HashMap::new() };
        for line in lines.take_while(|line| !line.starts_with(".Lfunc_end")) {
            let line = line.split(set.comment()).next().unwrap_or("");
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some(label) = line.strip_suffix(':') {
                code.labels.insert(label.to_owned(), code.instructions.len());
            } else if !line.is_empty() && !line.starts_with('.') {
                code.instructions.push(line);
            }
        }
        Ok(code)
    }

    /// What goes beyond the limits, if anything does.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), String> {
        let allowed = |call: &str| limits.calls.iter().any(|name| call.contains(name));
        if let Some(call) = self.calls().find(|call| !allowed(call)) {
            return Err(format!("a call: {call}"));
        }
        let barriers = self.barriers();
        match limits.barriers {
            Barriers::None if !barriers.is_empty() => {
                return Err(format!("a barrier: {}", self.instructions[barriers[0]]));
            }
            Barriers::OneJumpedOver if barriers.len() != 1 => {
                return Err(format!("{} barriers, not 1", barriers.len()));
            }
            Barriers::OneJumpedOver if barriers.iter().any(|&barrier| self.needs(barrier)) => {
                return Err("the barrier cannot be jumped over".into());
            }
            Barriers::Exactly(count) if barriers.len() != count => {
                return Err(format!("{} barriers, not {count}", barriers.len()));
            }
            _ => {}
        }
        let loops = self.loops();
        if loops > limits.loops {
            return Err(format!("{loops} loops, not {}", limits.loops));
        }
        match (self.instructions.len(), limits.instructions) {
            (count, Some(most)) if count > most => Err(format!("{count} instructions, not {most}")),
            _ => Ok(()),
        }
    }

    /// The counts, for the report.
    pub(crate) fn figures(&self) -> String {
        let (all, barriers) = (self.instructions.len(), self.barriers().len());
        format!("{all} instructions, {barriers} barriers, {} calls", self.calls().count())
    }

    /// The instructions, one a line.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (at, line) in self.instructions.iter().enumerate() {
            for (label, _) in self.labels.iter().filter(|&(_, &place)| place == at) {
                text += &format!("{label}:\n");
            }
            text += &format!("    {line}\n");
        }
        text
    }

    /// Calls, and jumps that leave the function, which are calls too.
    fn calls(&self) -> impl Iterator<Item = &str> {
        let leaves = |label: &str| !self.labels.contains_key(label);
        self.instructions.iter().map(String::as_str).filter(move |line| match self.set.flow(line) {
            Flow::Call => true,
            Flow::Jump(label) | Flow::MayJump(label) => leaves(label),
            Flow::On | Flow::Return | Flow::MayReturn => false,
        })
    }

    /// Where the barriers and locked instructions stand.
    fn barriers(&self) -> Vec<usize> {
        let lines = self.instructions.iter().enumerate();
        lines.filter(|(_, line)| self.set.is_barrier(line)).map(|(at, _)| at).collect()
    }

    /// What may come after instruction `at`.
    fn next(&self, at: usize) -> Vec<usize> {
        let on = Some(at + 1).filter(|&on| on < self.instructions.len());
        let target = |label: &str| self.labels.get(label).copied();
        let (target, on) = match self.set.flow(&self.instructions[at]) {
            Flow::Return => (None, None),
            Flow::Jump(label) => (target(label), None),
            Flow::MayJump(label) => (target(label), on),
            Flow::On | Flow::MayReturn | Flow::Call => (None, on),
        };
        target.into_iter().chain(on).collect()
    }

    /// Whether no way to a return avoids instruction `avoided`.
    fn needs(&self, avoided: usize) -> bool {
        let mut seen = vec![false; self.instructions.len()];
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            if at == avoided || std::mem::replace(&mut seen[at], true) {
                continue;
            }
            if matches!(self.set.flow(&self.instructions[at]), Flow::Return | Flow::MayReturn) {
                return false;
            }
            open.extend(self.next(at));
        }
        true
    }

    /// How many jumps lead back to where the same walk has been.
    fn loops(&self) -> usize {
        let mut entered = vec![false; self.instructions.len()];
        let mut loops = 0;
        // The way to here, with what is still to be tried at each place.
        let mut way = vec![(0, self.next(0))];
        entered[0] = true;
        while let Some((_, untried)) = way.last_mut() {
            match untried.pop() {
                None => drop(way.pop()),
                Some(next) if way.iter().any(|&(at, _)| at == next) => loops += 1,
                Some(next) if entered[next] => {}
                Some(next) => {
                    entered[next] = true;
                    way.push((next, self.next(next)));
                }
            }
        }
        loops
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(set: Set, body: &str, barriers: Barriers, loops: usize) -> Result<(), String> {
        let text = format!("_f_:\n{body}\n.Lfunc_end0:\n");
        let limits =
            Limits { name: "f", barriers, loops, calls: &["bisect"], instructions: Some(4) };
        Code::of(set, &text, "f").unwrap().check(&limits)
    }

    fn x86(body: &str, loops: usize) -> Result<(), String> {
        judge(Set::X86_64, body, Barriers::None, loops)
    }

    fn chosen(body: &str) -> Result<(), String> {
        judge(Set::X86_64, body, Barriers::OneJumpedOver, 0)
    }

    fn thumb(body: &str, loops: usize) -> Result<(), String> {
        judge(Set::Thumb, body, Barriers::None, loops)
    }

    #[test]
    fn a_fence_that_is_jumped_over_passes_where_it_may() {
        let fenced = "cmpb $0, 32(%rdi)\n je .L1\n lock\t\torl\t$0, (%rsp)\n.L1:\n retq";
        assert_eq!(chosen(fenced), Ok(()));
        assert_eq!(chosen("retq"), Err("0 barriers, not 1".into()));
        let none = judge(Set::X86_64, fenced, Barriers::None, 0);
        assert_eq!(none, Err("a barrier: lock orl $0, (%rsp)".into()));
        let always = "lock orl $0, (%rsp)\n retq";
        assert_eq!(chosen(always), Err("the barrier cannot be jumped over".into()));
        let locked = "je .L1\n mfence\n.L1:\n lock cmpxchgq %rcx, (%rax)\n retq";
        assert_eq!(chosen(locked), Err("2 barriers, not 1".into()));
    }

    #[test]
    fn calls_are_found_even_as_jumps() {
        assert_eq!(x86("callq *bisect@GOT\n retq", 0), Ok(()));
        assert_eq!(x86("callq malloc\n retq", 0), Err("a call: callq malloc".into()));
        assert_eq!(x86("jmp malloc", 0), Err("a call: jmp malloc".into()));
        assert_eq!(x86("jmpq *%rax", 0), Err("a call: jmpq *%rax".into()));
        assert_eq!(thumb("bl bisect\n bx lr", 0), Ok(()));
        assert_eq!(thumb("bl __aeabi_uidiv\n bx lr", 0), Err("a call: bl __aeabi_uidiv".into()));
        assert_eq!(thumb("b.w memcpy", 0), Err("a call: b.w memcpy".into()));
        assert_eq!(thumb("bx r3", 0), Err("a call: bx r3".into()));
        assert_eq!(thumb("tbb [pc, r0]", 0), Err("a call: tbb [pc, r0]".into()));
    }

    #[test]
    fn loops_are_told_from_layout() {
        let back = ".L1:\n decq %rax\n jne .L1\n retq";
        assert_eq!(x86(back, 0), Err("1 loops, not 0".into()));
        assert_eq!(x86(back, 1), Ok(()));
        let layout = "jmp .L2\n.L1:\n retq\n.L2:\n jmp .L1";
        assert_eq!(x86(layout, 0), Ok(()));
        for back in [".L1:\n cbz r0, .L1\n bx lr", ".L1:\n bne.w .L1\n pop.w {r4, pc}"] {
            assert_eq!(thumb(back, 0), Err("1 loops, not 0".into()));
        }
        assert_eq!(thumb(".L1:\n bic r0, r1\n bfi r0, r1, #2, #3\n bx lr", 0), Ok(()));
        assert_eq!(thumb(".L1:\n it eq\n bxeq lr\n b .L1", 0), Err("1 loops, not 0".into()));
    }

    #[test]
    fn barriers_and_instructions_are_counted() {
        assert_eq!(thumb("@MEMBARRIER\n .p2align 1\n bx lr @ comment", 0), Ok(()));
        assert_eq!(thumb("dmb sy\n bx lr", 0), Err("a barrier: dmb sy".into()));
        let two = "dmb sy\n dmb sy\n bx lr";
        assert_eq!(judge(Set::Thumb, two, Barriers::Exactly(2), 0), Ok(()));
        for (count, says) in [(1, "2 barriers, not 1"), (3, "2 barriers, not 3")] {
            assert_eq!(judge(Set::Thumb, two, Barriers::Exactly(count), 0), Err(says.into()));
        }
        let long = "movs r0, #0\n".repeat(4) + "bx lr";
        assert_eq!(thumb(&long, 0), Err("5 instructions, not 4".into()));
    }
}
