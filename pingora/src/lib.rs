//! Selections for pingora's load balancer, on rings of [`annulus`].
//!
//! | selection | keys go |
//! |---|---|
//! | [`Ketama`] | where pingora's own [`KetamaHashing`] sends them: exchange the type, and nothing moves |
//! | [`Native`] | where rings of `annulus` send them, in any program and on any machine |
//!
//! Both are a [`BackendSelection`], so that health checks, service discovery and all else stay as they are:
//!
//! ```
//! use annulus_pingora::Ketama;
//! use pingora_load_balancing::LoadBalancer;
//! use pingora_load_balancing::selection::consistent::KetamaHashing;
//!
//! let addresses = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"];
//! let before = LoadBalancer::<KetamaHashing>::try_from_iter(addresses)?;
//! let after = LoadBalancer::<Ketama>::try_from_iter(addresses)?;
//! assert_eq!(before.select(b"user:42", 256), after.select(b"user:42", 256));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`KetamaHashing`]: pingora_load_balancing::selection::consistent::KetamaHashing
//! [`BackendSelection`]: pingora_load_balancing::selection::BackendSelection

mod ketama;
mod member;
mod native;

pub use ketama::{Ketama, KetamaConfig, KetamaIter};
pub use native::{Native, NativeConfig, NativeIter};
