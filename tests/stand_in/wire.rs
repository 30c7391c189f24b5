//! HTTP over a plain socket, since what goes wrong here goes wrong below HTTP.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::{
    Fault, StandIn,
    method::{envelope, name, refusal},
};

pub(super) async fn serve(stand_in: StandIn, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let stand_in = stand_in.clone();
        // Whatever happens to a connection is its client's to notice.
        tokio::spawn(async move { connection(&stand_in, BufReader::new(stream)).await });
    }
}

/// What was asked for, without the body.
struct Head {
    path: String,
    kind: String,
    length: usize,
}

async fn head(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Head>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut head = Head { path: line.split(' ').nth(1).unwrap_or_default().to_owned(), kind: String::new(), length: 0 };
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else { return Ok(Some(head)) };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.trim().parse().unwrap_or_default(),
            "content-type" => head.kind = value.trim().to_owned(),
            _ => {}
        }
    }
}

/// JSON, or a form, or the query.
fn arguments(head: &Head, body: &[u8]) -> Value {
    let form = |text: &[u8]| {
        Value::Object(form_urlencoded::parse(text).map(|(key, value)| (key.into(), value.into())).collect())
    };
    match head.path.split_once('?') {
        _ if head.kind.starts_with("application/json") => serde_json::from_slice(body).unwrap_or_default(),
        Some((_, query)) if body.is_empty() => form(query.as_bytes()),
        _ => form(body),
    }
}

impl StandIn {
    /// The fault of this call, if there is to be one.
    fn draw(&self, method: &str) -> Option<Fault> {
        let world = &mut *self.world();
        let dice = &mut world.dice;
        let mut chances = world.chances.iter().filter(|(of, _, per)| of == method && dice.below(*per) == 0);
        let by_chance = chances.next().map(|(_, fault, _)| fault.clone());
        let fault = world.faults.get_mut(method).and_then(|line| line.pop_front()).or(by_chance)?;
        *world.used.entry(format!("{method} {fault:?}")).or_default() += 1;
        Some(fault)
    }

    async fn lag(&self, method: &str) {
        let time = {
            let world = &mut *self.world();
            if method == "getUpdates" { 0 } else { world.dice.below(world.options.lag + 1) }
        };
        sleep(Duration::from_millis(time as u64)).await;
    }
}

async fn connection(stand_in: &StandIn, mut stream: BufReader<TcpStream>) -> io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    while let Some(head) = head(&mut stream).await? {
        let path = head.path.split('?').next().unwrap_or_default();
        let (bot, method) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let method = name(method);
        let fault = stand_in.draw(method);
        if fault == Some(Fault::ResetBefore) {
            stand_in.change(|world| world.note(method, Value::Null, fault.as_ref(), Value::Null));
            return stream.get_ref().set_zero_linger();
        }
        let mut body = vec![0; head.length];
        stream.read_exact(&mut body).await?;
        let asked = arguments(&head, &body);
        if fault == Some(Fault::Silent) {
            stand_in.change(|world| world.note(method, asked, fault.as_ref(), Value::Null));
            // Until the client has had enough.
            stream.read_u8().await?;
            return Ok(());
        }
        stand_in.lag(method).await;
        let answer = match bot.strip_prefix("bot") {
            Some(token) if token == stand_in.0.token => stand_in.answer(method, asked, fault.as_ref()).await,
            Some(_) => Err(refusal(401, "Unauthorized")),
            None => Err(refusal(404, "Not Found")),
        };
        stand_in.lag(method).await;
        let page = "<html><body>nginx</body></html>".to_owned();
        let status = answer.as_ref().err().map_or(200, |refusal| refusal.code);
        let (kind, text) = match fault {
            Some(Fault::Status(502..) | Fault::WrongType) => ("text/html", page),
            _ => ("application/json", envelope(&answer).to_string()),
        };
        let text = text.as_bytes();
        let text = if fault == Some(Fault::Truncated) { &text[..text.len() / 2] } else { text };
        let pause = match fault {
            Some(Fault::ResetAfter) => return stream.get_ref().set_zero_linger(),
            Some(Fault::Late(time)) => {
                sleep(time).await;
                None
            }
            Some(Fault::Slow(time)) => Some(time / 10),
            _ => None,
        };
        let said = format!("HTTP/1.1 {status} .\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", text.len());
        stream.write_all(said.as_bytes()).await?;
        if fault == Some(Fault::Cut) {
            return stream.write_all(&text[..text.len() / 2]).await;
        }
        for part in text.chunks(text.len().div_ceil(10).max(1)) {
            if let Some(pause) = pause {
                sleep(pause).await;
            }
            stream.write_all(part).await?;
        }
    }
    Ok(())
}
