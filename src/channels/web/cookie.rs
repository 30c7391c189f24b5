//! Who a visitor is: a random cookie, filed under its hash.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    channels::web::{NAME, page::Size},
    message::Address,
};

/// How people reach us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Transport {
    /// Plain, on loopback.
    Http,
    /// Cookies are secure and bound to the host.
    Https,
}

/// Half a year: a conversation is found again for as long.
const MAX_AGE: u32 = 180 * 24 * 3600;

/// The visitor of one request.
pub(super) struct Visitor {
    /// Where their transcript is.
    pub(super) address: Address,
    set: String,
    is_new: bool,
}

impl Visitor {
    /// Reads the cookie, or makes a new one.
    pub(super) fn of(headers: &HeaderMap, transport: Transport) -> Self {
        let (name, suffix) = match transport {
            Transport::Http => ("luzhu", ""),
            Transport::Https => ("__Host-luzhu", "; Secure"),
        };
        let known = cookie(headers, name).filter(|value| Uuid::parse_str(value).is_ok());
        let is_new = known.is_none();
        let value = known.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
        let hash: String = Sha256::digest(value.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let set = format!("{name}={value}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax{suffix}");
        Self { address: Address::new(NAME, hash), set, is_new }
    }

    /// The response with the cookies that it needs.
    pub(super) fn with_cookies(&self, mut response: Response, size: Option<Size>) -> Response {
        let size = size.map(|size| format!("size={}; Path=/; Max-Age={MAX_AGE}; SameSite=Lax", size.name()));
        for cookie in self.is_new.then(|| self.set.clone()).into_iter().chain(size) {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }
}

/// The size of letters that the visitor chose.
pub(super) fn size_of(headers: &HeaderMap) -> Size {
    Size::named(&cookie(headers, "size").unwrap_or_default())
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
