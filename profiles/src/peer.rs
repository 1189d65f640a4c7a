//! [`Peer`]: what other systems know of a server; [`Server`]: one that borrows its texts.

use core::net::SocketAddr;

use annulus::Node;

/// A node as another system knows it.
///
/// Its [identity](Node::identity) is its address as the system's configuration writes it: `10.0.0.1:11211`, or a
/// name. What a system asks of a server besides is on the page of that system; no other system looks at it.
pub trait Peer: Node {
    /// The place of the server in the list that the system has, from 0.
    ///
    /// It decides which server has a point that two have, and where a system adds counts up, in which order it
    /// does so. A server keeps its place when another leaves. No two servers of a ring have the same.
    fn place(&self) -> u32;

    /// The name that a system hashes in place of the address, if the server has one.
    fn name(&self) -> Option<&str> {
        None
    }

    /// The number that the system has given to the server; without one it follows from the place.
    fn id(&self) -> Option<u32> {
        None
    }

    /// The address and port that are hashed where a name is not, if they are known.
    fn endpoint(&self) -> Option<SocketAddr> {
        None
    }

    /// The number of the server's labels, where it differs from that of the others.
    fn labels(&self) -> Option<u32> {
        None
    }

    /// Positions that the server was given, as the system writes them. Its [weight](Node::weight) is their number
    /// then: each is one point.
    fn tokens(&self) -> &[i64] {
        &[]
    }

    /// The data centre that the server is in, or an empty text.
    fn data_center(&self) -> &str {
        ""
    }

    /// The rack that the server is in, or an empty text.
    fn rack(&self) -> &str {
        ""
    }
}

/// Implements [`Peer`] for a pointer as for what it points to.
macro_rules! forward {
    ($pointer:ty) => {
        impl<N: Peer + ?Sized> Peer for $pointer {
            fn place(&self) -> u32 {
                (**self).place()
            }

            fn name(&self) -> Option<&str> {
                (**self).name()
            }

            fn id(&self) -> Option<u32> {
                (**self).id()
            }

            fn endpoint(&self) -> Option<SocketAddr> {
                (**self).endpoint()
            }

            fn labels(&self) -> Option<u32> {
                (**self).labels()
            }

            fn tokens(&self) -> &[i64] {
                (**self).tokens()
            }

            fn data_center(&self) -> &str {
                (**self).data_center()
            }

            fn rack(&self) -> &str {
                (**self).rack()
            }
        }
    };
}

forward!(&N);
#[cfg(feature = "alloc")]
forward!(alloc::boxed::Box<N>);
#[cfg(feature = "alloc")]
forward!(alloc::rc::Rc<N>);
// `alloc` has `Arc` only where the target has compare-and-swap.
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
forward!(alloc::sync::Arc<N>);

/// A server of borrowed texts, for all systems.
///
/// ```
/// use annulus::Node;
/// use annulus_profiles::{Peer, Server};
///
/// let server = Server::new("10.0.0.1:11211", 0).with_weight(3).with_name("cache-a");
/// assert_eq!((server.identity(), server.weight()), (&b"10.0.0.1:11211"[..], 3));
/// assert_eq!((server.place(), server.name()), (0, Some("cache-a")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server<'a> {
    /// The address as the system's configuration writes it.
    pub address: &'a str,
    /// See [`Peer::place`].
    pub place: u32,
    /// See [`Node::weight`]. That of a server with tokens is their number, whatever stands here.
    pub weight: u32,
    /// See [`Peer::name`].
    pub name: Option<&'a str>,
    /// See [`Peer::id`].
    pub id: Option<u32>,
    /// See [`Peer::endpoint`].
    pub endpoint: Option<SocketAddr>,
    /// See [`Peer::labels`].
    pub labels: Option<u32>,
    /// See [`Peer::tokens`].
    pub tokens: &'a [i64],
    /// See [`Peer::data_center`].
    pub data_center: &'a str,
    /// See [`Peer::rack`].
    pub rack: &'a str,
}

impl<'a> Server<'a> {
    /// A server of weight 1, of which nothing else is known.
    #[must_use]
    pub const fn new(address: &'a str, place: u32) -> Self {
        Self {
            address,
            place,
            weight: 1,
            name: None,
            id: None,
            endpoint: None,
            labels: None,
            tokens: &[],
            data_center: "",
            rack: "",
        }
    }

    /// This server with a weight.
    #[must_use]
    pub const fn with_weight(self, weight: u32) -> Self {
        Self { weight, ..self }
    }

    /// This server with a [name](Peer::name).
    #[must_use]
    pub const fn with_name(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// This server with an [id](Peer::id).
    #[must_use]
    pub const fn with_id(self, id: u32) -> Self {
        Self { id: Some(id), ..self }
    }

    /// This server with an [endpoint](Peer::endpoint).
    #[must_use]
    pub const fn with_endpoint(self, endpoint: SocketAddr) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// This server with a number of [labels](Peer::labels) of its own.
    #[must_use]
    pub const fn with_labels(self, labels: u32) -> Self {
        Self { labels: Some(labels), ..self }
    }

    /// This server with [tokens](Peer::tokens), in a [data centre](Peer::data_center) and a [rack](Peer::rack).
    #[must_use]
    pub const fn with_tokens(self, tokens: &'a [i64], data_center: &'a str, rack: &'a str) -> Self {
        Self { tokens, data_center, rack, ..self }
    }
}

impl Node for Server<'_> {
    fn identity(&self) -> &[u8] {
        self.address.as_bytes()
    }

    fn weight(&self) -> u32 {
        if self.tokens.is_empty() { self.weight } else { self.tokens.len() as u32 }
    }
}

impl Peer for Server<'_> {
    fn place(&self) -> u32 {
        self.place
    }

    fn name(&self) -> Option<&str> {
        self.name
    }

    fn id(&self) -> Option<u32> {
        self.id
    }

    fn endpoint(&self) -> Option<SocketAddr> {
        self.endpoint
    }

    fn labels(&self) -> Option<u32> {
        self.labels
    }

    fn tokens(&self) -> &[i64] {
        self.tokens
    }

    fn data_center(&self) -> &str {
        self.data_center
    }

    fn rack(&self) -> &str {
        self.rack
    }
}
