//! A proxy that sends each user to one backend: `proxy LISTEN BACKEND...`.
//!
//! The user is what the parameter `key` says. A backend that does not answer is passed over: only its users move, and
//! they come back when it does.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use annulus_pingora::Ketama;
use async_trait::async_trait;
use pingora_core::server::Server;
use pingora_core::services::background::background_service;
use pingora_core::upstreams::peer::HttpPeer;
use pingora_core::{Error, ErrorType, Result};
use pingora_load_balancing::LoadBalancer;
use pingora_load_balancing::health_check::TcpHealthCheck;
use pingora_proxy::{ProxyHttp, Session, http_proxy_service};

/// How many points are passed until one has a backend that is up.
const STEPS: usize = 256;

struct Proxy(Arc<LoadBalancer<Ketama>>);

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(&self, session: &mut Session, _: &mut ()) -> Result<Box<HttpPeer>> {
        let query = session.req_header().uri.query().unwrap_or_default();
        let user = query.split('&').find_map(|pair| pair.strip_prefix("key="));
        let backend = self.0.select(user.unwrap_or_default().as_bytes(), STEPS);
        let none = || Error::explain(ErrorType::HTTPStatus(503), "no backend is up");
        Ok(Box::new(HttpPeer::new(backend.ok_or_else(none)?, false, String::new())))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let listen = arguments.next().ok_or("proxy LISTEN BACKEND...")?;
    let mut server = Server::new(None)?;
    server.bootstrap();

    let mut balancer = LoadBalancer::<Ketama>::try_from_iter(arguments)?;
    let mut check = TcpHealthCheck::new();
    // One slow answer is no failure.
    check.consecutive_failure = 3;
    balancer.set_health_check(check);
    balancer.health_check_frequency = Some(Duration::from_millis(100));
    let checks = background_service("health checks", balancer);

    let mut proxy = http_proxy_service(&server.configuration, Proxy(checks.task()));
    proxy.add_tcp(&listen);
    server.add_service(proxy);
    server.add_service(checks);
    server.run_forever()
}
