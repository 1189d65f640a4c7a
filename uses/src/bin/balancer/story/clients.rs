//! Clients, each with a session, who ask as soon as they are answered.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, COOKIE, HOST, HeaderMap, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::nginx::{BACKEND, IN_FLIGHT};
use crate::proxy::{SPILLED, TRIED};

/// How long a client waits for an answer: longer than the proxy does.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it takes at most until all clients have their next answers, on a machine with much else to do.
const MOVES_ON: Duration = Duration::from_secs(240);

/// How a client says which session it is of.
#[derive(Clone, Debug)]
pub(crate) enum Session {
    Header(String),
    Cookie(String),
    /// By the address that it comes from.
    Address(Ipv4Addr),
}

impl Session {
    /// The key of it, as the balancer should find it.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Header(key) | Self::Cookie(key) => key.clone(),
            Self::Address(address) => address.to_string(),
        }
    }

    /// Where its clients are.
    fn address(&self) -> Ipv4Addr {
        if let Self::Address(address) = self { *address } else { Ipv4Addr::LOCALHOST }
    }

    /// The header by which they say so.
    fn header(&self) -> (HeaderName, String) {
        match self {
            Self::Header(key) => (HeaderName::from_static("x-session"), key.clone()),
            Self::Cookie(key) => (COOKIE, format!("session={key}")),
            Self::Address(_) => (ACCEPT, "*/*".to_owned()),
        }
    }
}

/// A connection of a client to the proxy.
pub(crate) struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    pub(crate) async fn open(from: Ipv4Addr, proxy: SocketAddr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        let stream = socket.connect(proxy).await.context("the proxy takes no connection")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // What becomes of it the sender hears.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self(sender))
    }

    /// Sends a request, and waits until all of the answer is there.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        header: (HeaderName, &str),
    ) -> Result<Response<()>> {
        let request = Request::builder().method(method).uri("/").header(HOST, "shop.test");
        let request = request.header(header.0, header.1).body(Full::default())?;
        self.0.ready().await?;
        let (head, body) = self.0.send_request(request).await?.into_parts();
        body.collect().await?;
        Ok(Response::from_parts(head, ()))
    }
}

/// The number in a header; 0 where there is none.
pub(crate) fn count_of(headers: &HeaderMap, name: &HeaderName) -> u32 {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// What a client was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    /// The number of its session.
    pub(crate) session: usize,
    pub(crate) method: Method,
    /// The times at which it asked and was answered.
    pub(crate) times: [usize; 2],
    /// `None` if there was no answer.
    pub(crate) status: Option<StatusCode>,
    /// Who has answered.
    pub(crate) backend: String,
    pub(crate) spilled: bool,
    pub(crate) tries: u32,
    /// How many requests that one had in flight as this came.
    pub(crate) in_flight: u32,
}

/// What all clients and the story share.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    /// Which time it is. An even one is settled, an odd one goes from one to the next.
    pub(crate) time: AtomicUsize,
    over: AtomicBool,
    /// How many answers each client has had.
    answers: Vec<AtomicUsize>,
}

/// Clients who ask as soon as they are answered.
pub(crate) struct Clients {
    pub(crate) stage: Arc<Stage>,
    running: Vec<JoinHandle<Result<Vec<Answered>>>>,
}

impl Clients {
    /// Starts a client for each of these, which has the session of this number, and uses this method. They connect
    /// one after the other, so that no crowd waits before the proxy.
    pub(crate) async fn start(
        proxy: SocketAddr,
        sessions: &[Session],
        clients: impl IntoIterator<Item = (usize, Method)>,
    ) -> Result<Self> {
        let clients: Vec<_> = clients.into_iter().collect();
        let answers = clients.iter().map(|_| AtomicUsize::new(0)).collect();
        let stage = Arc::new(Stage { answers, ..Stage::default() });
        let mut running = Vec::new();
        for (number, (session, method)) in clients.into_iter().enumerate() {
            let asks = sessions[session].clone();
            let connection = Connection::open(asks.address(), proxy).await?;
            let client = Client { number, session, asks, method, proxy };
            running.push(tokio::spawn(client.run(connection, Arc::clone(&stage))));
        }
        Ok(Self { stage, running })
    }

    /// Waits until each has had so many answers more.
    pub(crate) async fn go_on(&self, more: usize) -> Result<()> {
        let now = |answers: &AtomicUsize| answers.load(Ordering::SeqCst);
        let wanted: Vec<usize> = self.stage.answers.iter().map(|a| now(a) + more).collect();
        let started = Instant::now();
        loop {
            let all = self.stage.answers.iter().zip(&wanted);
            let waiting = all.filter(|&(answers, &wanted)| now(answers) < wanted).count();
            if waiting == 0 {
                break;
            }
            let time = self.stage.time.load(Ordering::SeqCst);
            let patient = started.elapsed() < MOVES_ON;
            ensure!(patient, "{waiting} of {} clients wait for answers at {time}", wanted.len());
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Has all of them stop; what they were answered.
    pub(crate) async fn end(self) -> Result<Vec<Answered>> {
        self.stage.over.store(true, Ordering::SeqCst);
        let mut all = Vec::new();
        for client in self.running {
            all.extend(client.await??);
        }
        Ok(all)
    }
}

/// A client.
struct Client {
    number: usize,
    /// The number of its session.
    session: usize,
    asks: Session,
    method: Method,
    proxy: SocketAddr,
}

impl Client {
    /// Asks until it is over.
    async fn run(self, mut connection: Connection, stage: Arc<Stage>) -> Result<Vec<Answered>> {
        let Self { number, session, asks, method, proxy } = self;
        let header = asks.header();
        let mut all = Vec::new();
        while !stage.over.load(Ordering::SeqCst) {
            let asked = stage.time.load(Ordering::SeqCst);
            let answer = connection.ask(method.clone(), (header.0.clone(), &header.1));
            let answer = timeout(PATIENCE, answer)
                .await
                .map_err(anyhow::Error::from)
                .and_then(|answer| answer);
            let times = [asked, stage.time.load(Ordering::SeqCst)];
            stage.answers[number].fetch_add(1, Ordering::SeqCst);
            let failed = answer.is_err();
            let (status, headers) = answer.map_or_else(
                |_| (None, HeaderMap::new()),
                |answer| (Some(answer.status()), answer.headers().clone()),
            );
            let text = headers.get(BACKEND).and_then(|name| name.to_str().ok());
            all.push(Answered {
                session,
                method: method.clone(),
                times,
                status,
                backend: text.unwrap_or_default().to_owned(),
                spilled: headers.contains_key(SPILLED),
                tries: count_of(&headers, &TRIED),
                in_flight: count_of(&headers, &IN_FLIGHT),
            });
            if failed {
                connection = Connection::open(asks.address(), proxy).await?;
            }
        }
        Ok(all)
    }
}
