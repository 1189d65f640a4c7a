//! The page `README.md` of this package: what it says of the machine, and its tables between markers.

use std::path::Path;
use std::process::Command;
use std::{fs, thread};

/// The folder of this package.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The processor of this machine, and the compiler.
pub fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let rustc = rustc.unwrap_or_else(|_| "unknown compiler".into());
    format!("{model}, {threads} hardware threads; {rustc}")
}

/// The page with other text between the markers of this name.
pub fn replace(page: &str, name: &str, text: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let start = page.find(&begin).ok_or_else(|| format!("no {begin}"))? + begin.len();
    let len = page[start..].find(&end).ok_or_else(|| format!("no {end}"))?;
    Ok([&page[..start], text, &page[start + len..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "a\n<!-- pins -->\nold\n<!-- end of pins -->\nb\n";
        let new = "a\n<!-- pins -->\nnew\n<!-- end of pins -->\nb\n";
        assert_eq!(replace(page, "pins", "new\n").as_deref(), Ok(new));
        assert!(replace(page, "keys", "new").is_err());
    }
}
