//! What the programs of this package have in common, none of which their readers would take home: servers that are
//! started on loopback and ended, what is checked, and tables.
//!
//! The programs are in `src/bin`, a folder each. `README.md` says which files of each are there to be taken home.

pub mod checks;
pub mod options;
pub mod pages;
pub mod run;
pub mod server;
pub mod table;

pub use checks::Checks;
pub use options::Options;
pub use run::run;
pub use server::{Program, Server};
pub use table::Table;
