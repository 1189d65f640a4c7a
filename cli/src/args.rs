//! The options that several subcommands share.

use std::ffi::OsString;

use crate::error::Error;
use crate::nodes::Nodes;

/// Which nodes there are, and how many points they have.
#[derive(Debug, clap::Args)]
pub(crate) struct Membership {
    /// The nodes: a file, or a list of names with a comma in it
    #[arg(long, value_name = "NODES")]
    nodes: OsString,
    #[command(flatten)]
    pub(crate) points: Points,
}

impl Membership {
    /// The nodes.
    pub(crate) fn load(&self) -> Result<Nodes, Error> {
        Nodes::load("--nodes", &self.nodes)
    }
}

/// How many points nodes have.
#[derive(Debug, clap::Args)]
pub(crate) struct Points {
    /// Points of a node of weight 1
    #[arg(long, value_name = "V", default_value_t = annulus::DEFAULT_VNODES,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) vnodes: u32,
}
