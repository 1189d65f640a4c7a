//! The machine code of pin, lookup and unpin: no call but the cold search, no loop but that search,
//! and no locked instruction but the fence that the asymmetric form jumps over.

use crate::process::Process;
use crate::step::{Context, Note, Outcome, Problem, Step};
use crate::workspace;
use std::collections::HashMap;
use std::fs;

/// The workspace of the functions that are looked at.
const FOLDER: &str = "tests/disassembly";

/// The fence of the other form, which a pin jumps over when readers pay nothing.
const FENCE: &str = "lock orl $0, (%rsp)";

/// What a function may have.
struct Limits {
    name: &'static str,
    /// Loops: the search by halves is one, where a bucket cannot be told.
    loops: usize,
    /// The only function that it may call.
    calls: Option<&'static str>,
}

/// The functions, shown and checked.
const CHECKED: [Limits; 2] = [
    Limits { name: "disassembled_pin", loops: 0, calls: None },
    Limits { name: "disassembled_lookup", loops: 1, calls: Some("bisect") },
];

/// The function that is shown beside them.
const PEER: &str = "disassembled_crossbeam";

/// One step, for machines of this kind.
pub(crate) fn steps() -> Vec<Step> {
    vec![Step::new("disassembly: x86-64", check)]
}

fn check(context: Context) -> Outcome {
    if !cfg!(target_arch = "x86_64") {
        return Ok(Note(Some("nothing looked at: not an x86-64".into())));
    }
    let file = workspace::target_dir(FOLDER).join("release/disassembly.s");
    let emit = format!("--emit=asm={}", file.display());
    let build = Process::cargo().within(FOLDER).args(["rustc", "--release", "--lib", "--"]);
    build.arg(emit).check(context)?;
    let failed = |error| Problem::Failed(format!("{}: {error}", file.display()));
    let text = fs::read_to_string(&file).map_err(failed)?;
    let mut figures = Vec::new();
    for limits in CHECKED {
        let code = Code::of(&text, limits.name)?;
        if context.verbose {
            println!("{}:\n{}", limits.name, code.instructions.join("\n"));
        }
        code.check(&limits).map_err(|what| Problem::Failed(format!("{}: {what}", limits.name)))?;
        figures.push(format!("{} {}", limits.name, code.figures()));
    }
    figures.push(format!("{PEER} {}", Code::of(&text, PEER)?.figures()));
    Ok(Note(Some(figures.join("; "))))
}

/// A function's instructions, and where its labels stand.
struct Code {
    instructions: Vec<String>,
    labels: HashMap<String, usize>,
}

impl Code {
    /// The function of this name in a listing by the compiler.
    fn of(text: &str, name: &str) -> Result<Self, Problem> {
        let start = format!("{name}:");
        let mut lines = text.lines().skip_while(|line| *line != start).skip(1).peekable();
        if lines.peek().is_none() {
            return Err(Problem::Failed(format!("{name} is not in the listing")));
        }
        let mut code = Self { instructions: Vec::new(), labels: HashMap::new() };
        for line in lines.take_while(|line| !line.starts_with(".Lfunc_end")) {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some(label) = line.strip_suffix(':') {
                code.labels.insert(label.to_owned(), code.instructions.len());
            } else if !line.is_empty() && !line.starts_with(['.', '#']) {
                code.instructions.push(line);
            }
        }
        Ok(code)
    }

    fn check(&self, limits: &Limits) -> Result<(), String> {
        let allowed = |call: &str| limits.calls.is_some_and(|name| call.contains(name));
        if let Some(call) = self.calls().find(|call| !allowed(call)) {
            return Err(format!("a call: {call}"));
        }
        if let Some(locked) = self.locked().find(|locked| *locked != FENCE) {
            return Err(format!("a locked instruction: {locked}"));
        }
        if self.locked().count() > 1 {
            return Err("more than one fence".into());
        }
        let fence = self.instructions.iter().position(|line| line == FENCE);
        if fence.is_some_and(|fence| self.reaches_the_end_only_through(fence)) {
            return Err("the fence cannot be jumped over".into());
        }
        let loops = self.loops();
        if loops > limits.loops {
            return Err(format!("{loops} loops, not {}", limits.loops));
        }
        Ok(())
    }

    fn figures(&self) -> String {
        let (all, locked) = (self.instructions.len(), self.locked().count());
        format!("{all} instructions, {locked} locked, {} calls", self.calls().count())
    }

    fn calls(&self) -> impl Iterator<Item = &str> {
        self.instructions.iter().map(String::as_str).filter(|line| line.starts_with("call"))
    }

    fn locked(&self) -> impl Iterator<Item = &str> {
        let locked = |line: &&str| ["lock", "xchg", "mfence"].iter().any(|op| line.starts_with(op));
        self.instructions.iter().map(String::as_str).filter(locked)
    }

    /// What may come after instruction `at`.
    fn next(&self, at: usize) -> Vec<usize> {
        let line = &self.instructions[at];
        let target = line.split_once(' ').and_then(|(_, label)| self.labels.get(label)).copied();
        let on = Some(at + 1).filter(|&on| on < self.instructions.len());
        match line {
            line if line.starts_with("ret") => Vec::new(),
            line if line.starts_with("jmp") => target.into_iter().collect(),
            line if line.starts_with('j') => target.into_iter().chain(on).collect(),
            _ => on.into_iter().collect(),
        }
    }

    /// Whether no way to a return avoids instruction `avoided`.
    fn reaches_the_end_only_through(&self, avoided: usize) -> bool {
        let mut seen = vec![false; self.instructions.len()];
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            if at == avoided || std::mem::replace(&mut seen[at], true) {
                continue;
            }
            if self.instructions[at].starts_with("ret") {
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

    fn judge(body: &str, loops: usize) -> Result<(), String> {
        let text = format!("f:\n{body}\n.Lfunc_end0:\n");
        let limits = Limits { name: "f", loops, calls: Some("bisect") };
        Code::of(&text, "f").unwrap().check(&limits)
    }

    #[test]
    fn a_fence_that_is_jumped_over_passes() {
        let fenced = "cmpb $0, 32(%rdi)\n je .L1\n lock\t\torl\t$0, (%rsp)\n.L1:\n retq";
        assert_eq!(judge(fenced, 0), Ok(()));
        let always = "lock orl $0, (%rsp)\n retq";
        assert_eq!(judge(always, 0), Err("the fence cannot be jumped over".into()));
    }

    #[test]
    fn calls_locks_and_loops_are_found() {
        assert_eq!(judge("callq *bisect@GOT\n retq", 0), Ok(()));
        assert_eq!(judge("callq malloc\n retq", 0), Err("a call: callq malloc".into()));
        let locked = "lock cmpxchgq %rcx, (%rax)\n retq";
        assert!(judge(locked, 0).unwrap_err().starts_with("a locked instruction"));
        let back = ".L1:\n decq %rax\n jne .L1\n retq";
        assert_eq!(judge(back, 0), Err("1 loops, not 0".into()));
        assert_eq!(judge(back, 1), Ok(()));
        let layout = "jmp .L2\n.L1:\n retq\n.L2:\n jmp .L1";
        assert_eq!(judge(layout, 0), Ok(()));
    }
}
