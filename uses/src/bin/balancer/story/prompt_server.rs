//! [`PromptServer`]: answers prompts, sooner where their beginnings are in its cache. It is a process of its own.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderName;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use super::clients::count_of;
use super::nginx::{HEALTH, IN_FLIGHT};

/// The header with the number of a prompt's beginning: what the prompts of one conversation, or of one template, have
/// in common.
pub(crate) const BEGINNING: HeaderName = HeaderName::from_static("x-beginning");

/// The header that says whether the beginning was in the cache.
pub(crate) const HIT: HeaderName = HeaderName::from_static("x-hit");

/// A server that answers prompts. It keeps the beginnings that were asked for last.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PromptServer {
    pub(crate) port: u16,
    /// How many beginnings it keeps
    pub(crate) keeps: usize,
    /// How many prompts it works on at once
    pub(crate) at_once: usize,
    /// How many milliseconds a prompt takes whose beginning it has
    pub(crate) hit_ms: u64,
    /// How many one takes whose beginning it has to read
    pub(crate) miss_ms: u64,
}

/// What it has, and what it does.
struct State {
    server: PromptServer,
    /// The one that was asked for last comes first.
    beginnings: RefCell<VecDeque<u32>>,
    in_flight: Cell<u32>,
    working: Semaphore,
}

impl PromptServer {
    /// As arguments of the program.
    pub(crate) fn arguments(self) -> Vec<String> {
        let Self { port, keeps, at_once, hit_ms, miss_ms } = self;
        let numbers = [port.into(), keeps as u64, at_once as u64, hit_ms, miss_ms];
        let numbers = numbers.iter().map(ToString::to_string);
        ["prompt-server".to_owned()].into_iter().chain(numbers).collect()
    }

    /// Serves until it is killed.
    pub(crate) fn serve(self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let state = Rc::new(State {
            server: self,
            beginnings: RefCell::default(),
            in_flight: Cell::default(),
            working: Semaphore::new(self.at_once),
        });
        LocalSet::new().block_on(&runtime, async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let state = Rc::clone(&state);
                spawn_local(async move {
                    let service = service_fn(|request| state.answer(request));
                    let stream = TokioIo::new(stream);
                    let _ = http1::Builder::new().serve_connection(stream, service).await;
                });
            }
        })
    }
}

impl State {
    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let mut answer = Response::new(Full::default());
        if request.uri().path() == HEALTH {
            return Ok(answer);
        }
        let in_flight = self.in_flight.get() + 1;
        self.in_flight.set(in_flight);
        let hit = self.look_up(count_of(request.headers(), &BEGINNING));
        let PromptServer { hit_ms, miss_ms, .. } = self.server;
        if let Ok(_working) = self.working.acquire().await {
            sleep(Duration::from_millis(if hit { hit_ms } else { miss_ms })).await;
        }
        self.in_flight.set(self.in_flight.get() - 1);
        answer.headers_mut().insert(HIT, u32::from(hit).into());
        answer.headers_mut().insert(IN_FLIGHT, in_flight.into());
        Ok(answer)
    }

    /// Whether it has this beginning; it has afterwards.
    fn look_up(&self, beginning: u32) -> bool {
        let mut beginnings = self.beginnings.borrow_mut();
        let at = beginnings.iter().position(|&kept| kept == beginning);
        if let Some(at) = at {
            beginnings.remove(at);
        }
        beginnings.push_front(beginning);
        beginnings.truncate(self.server.keeps);
        at.is_some()
    }
}
