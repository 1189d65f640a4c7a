//! Checks and builds of the workspace, each a command.
fn main() {}
