//! [`Proxy`]: takes requests, has a backend chosen for each, and passes on what it answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::backend::Backend;
use crate::balance::{Balance, Choice};

/// How many backends are tried for a request.
pub(crate) const TRIES: usize = 3;

/// Bodies of requests up to this size are kept, to be sent again. Larger ones go through, and once only.
const KEPT: u64 = 64 * 1024;

/// How long a connection to a backend may take.
const CONNECTS: Duration = Duration::from_secs(1);

/// How long a backend may take until it begins to answer.
const ANSWERS: Duration = Duration::from_secs(30);

/// The header that tells how many backends a request was sent to.
pub(crate) const TRIED: HeaderName = HeaderName::from_static("x-tries");

/// The header that tells that the backend of the session had its share already, and so the next one has answered.
pub(crate) const SPILLED: HeaderName = HeaderName::from_static("x-spilled");

/// Headers that are between two neighbours alone. With those that `Connection` names they go no further.
const OF_A_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What is the same for all requests that are to go to one backend, by their headers and the client's address.
pub(crate) type KeyOf = fn(&HeaderMap, SocketAddr) -> String;

type Answer = Response<Either<Full<Bytes>, InFlight>>;
type Sent = Either<Full<Bytes>, Incoming>;

/// A reverse proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    balance: Arc<dyn Balance>,
    key: KeyOf,
    client: Client<HttpConnector, Sent>,
}

impl Proxy {
    /// A proxy before the backends that `balance` chooses, by the key that `key` finds.
    #[must_use]
    pub(crate) fn new(balance: Arc<dyn Balance>, key: KeyOf) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTS));
        connector.set_nodelay(true);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new());
        Self { balance, key, client: client.build(connector) }
    }

    /// Takes connections for as long as it is polled.
    pub(crate) async fn serve(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => drop(tokio::spawn(self.clone().connection(stream, peer))),
                // There are too many, and some will end.
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    }

    /// Answers the requests of one connection.
    async fn connection(self, stream: TcpStream, peer: SocketAddr) {
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let service =
            service_fn(|request| async { Ok::<_, Infallible>(self.answer(request, peer).await) });
        // A client that goes is no error of ours.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    /// Has a request answered by a backend, or by several, one after the other.
    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        let (mut head, body) = request.into_parts();
        let key = (self.key)(&head.headers, peer);
        strip_hop(&mut head.headers);
        forwarded_for(&mut head.headers, peer);
        let Ok(mut body) = Outgoing::read(body).await else {
            return refused(StatusCode::BAD_REQUEST, 0);
        };
        let mut tried: Vec<Arc<Backend>> = Vec::new();
        while tried.len() < TRIES
            && let Some(sent) = body.next()
            && let Some(choice) = self.balance.choose(&key, &tried)
        {
            let request = request_to(choice.backend.address(), &head, sent);
            let unsent = match timeout(ANSWERS, self.client.request(request)).await {
                Ok(Ok(answer)) => return pass_on(answer, choice, tried.len() + 1),
                Ok(Err(error)) => error.is_connect(),
                Err(_) => false,
            };
            tried.push(choice.backend);
            if !may_be_sent_again(&head.method, unsent) {
                break;
            }
        }
        let nobody = tried.is_empty();
        let status = if nobody { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_GATEWAY };
        refused(status, tried.len())
    }
}

/// Whether a request that got no answer may go to another backend: if no backend has seen it, or if it makes no
/// difference that two have.
fn may_be_sent_again(method: &Method, unsent: bool) -> bool {
    unsent || method.is_idempotent()
}

/// The body of a request.
enum Outgoing {
    Kept(Bytes),
    Streamed(Option<Incoming>),
}

impl Outgoing {
    async fn read(body: Incoming) -> Result<Self, hyper::Error> {
        if body.size_hint().upper().is_some_and(|size| size <= KEPT) {
            Ok(Self::Kept(body.collect().await?.to_bytes()))
        } else {
            Ok(Self::Streamed(Some(body)))
        }
    }

    /// The body for another try, if it can be had again.
    fn next(&mut self) -> Option<Sent> {
        match self {
            Self::Kept(bytes) => Some(Either::Left(Full::new(bytes.clone()))),
            Self::Streamed(body) => body.take().map(Either::Right),
        }
    }
}

/// The request as it goes to this backend.
fn request_to(backend: SocketAddr, head: &Parts, body: Sent) -> Request<Sent> {
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = head.headers.clone();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let uri = Uri::builder().scheme("http").authority(backend.to_string()).path_and_query(path);
    *request.uri_mut() = uri.build().expect("an address and a path that was one before");
    request
}

/// The answer as it goes to the client. The request is in flight until its last byte has come from the backend.
fn pass_on(answer: Response<Incoming>, choice: Choice, tries: usize) -> Answer {
    let (mut head, body) = answer.into_parts();
    strip_hop(&mut head.headers);
    head.version = Version::HTTP_11;
    head.headers.insert(TRIED, HeaderValue::from(tries));
    if choice.spilled {
        head.headers.insert(SPILLED, HeaderValue::from_static("1"));
    }
    Response::from_parts(head, Either::Right(InFlight::new(body, choice.held)))
}

/// An answer of the proxy itself.
fn refused(status: StatusCode, tries: usize) -> Answer {
    let mut answer = Response::new(Either::Left(Full::default()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(TRIED, HeaderValue::from(tries));
    answer
}

/// Takes away what is for the neighbour alone.
fn strip_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_A_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Adds the client to those that the request has come from.
fn forwarded_for(headers: &mut HeaderMap, peer: SocketAddr) {
    let name = HeaderName::from_static("x-forwarded-for");
    let before = headers.get_all(&name).iter().filter_map(|line| line.to_str().ok());
    let all: Vec<&str> = before.collect();
    let peer = peer.ip().to_string();
    let list = all.into_iter().chain([peer.as_str()]).collect::<Vec<_>>().join(", ");
    headers.insert(name, list.parse().expect("addresses, and text that was a header before"));
}

/// The body of an answer, with what is held while its request is in flight.
///
/// That is let go before the client has the last byte, so that a client's next request never finds its last one
/// still counted; and also if the client goes first.
struct InFlight {
    body: Incoming,
    held: Option<Box<dyn Send>>,
}

impl InFlight {
    fn new(body: Incoming, held: Box<dyn Send>) -> Self {
        let held = (!body.is_end_stream()).then_some(held);
        Self { body, held }
    }
}

impl Body for InFlight {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let ended = match &polled {
            Poll::Pending => false,
            Poll::Ready(Some(Ok(_))) => self.body.is_end_stream(),
            Poll::Ready(None | Some(Err(_))) => true,
        };
        if ended {
            self.held = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_come_twice_or_never_came_is_sent_again() {
        assert!(may_be_sent_again(&Method::GET, false));
        assert!(may_be_sent_again(&Method::PUT, false));
        assert!(may_be_sent_again(&Method::POST, true));
        assert!(!may_be_sent_again(&Method::POST, false));
    }

    #[test]
    fn what_is_for_the_neighbour_goes_no_further() {
        let mut headers = HeaderMap::new();
        let pairs = [
            ("connection", "close, x-mine"),
            ("x-mine", "1"),
            ("te", "trailers"),
            ("accept", "*/*"),
            ("x-forwarded-for", "10.0.0.1"),
        ];
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        strip_hop(&mut headers);
        forwarded_for(&mut headers, SocketAddr::from(([10, 0, 0, 2], 80)));
        let mut left: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        left.sort_unstable();
        assert_eq!(left, [("accept", "*/*"), ("x-forwarded-for", "10.0.0.1, 10.0.0.2")]);
    }
}
