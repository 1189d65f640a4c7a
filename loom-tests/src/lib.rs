//! Loom models of the publication protocol.
