//! A small http server on the loopback interface that can misbehave.

#![allow(dead_code, reason = "a kit for all tests")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does with a request.
#[derive(Clone)]
pub enum Reply {
    /// A complete answer: status, content type, body.
    Body(u16, &'static str, Vec<u8>),
    /// A redirect.
    Moved(String),
    /// A body that never ends.
    Endless,
    /// A body that comes a byte a second.
    Slow(Vec<u8>),
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Body(status, "text/plain", b"no reason".to_vec())
    }

    pub fn html() -> Self {
        Self::Body(
            200,
            "text/html",
            b"<!DOCTYPE html>\n<p>Please log in".to_vec(),
        )
    }
}

/// A running server, stopped when dropped.
pub struct Server {
    port: u16,
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            stop: Arc::default(),
            seen: Arc::default(),
        };
        let (stop, seen, answer) = (server.stop.clone(), server.seen.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, answer) = (seen.clone(), answer.clone());
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The paths that were asked for.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// One answer for each connection keeps this simple.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Reply) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(n) if n > 0 => head.extend_from_slice(&part[..n]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    seen.lock().unwrap().push(path.clone());
    let mut send = |bytes: &[u8]| stream.write_all(bytes).and_then(|()| stream.flush());
    match answer(&path) {
        Reply::Body(status, kind, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = send(head.as_bytes()).and_then(|()| send(&body));
        }
        Reply::Moved(to) => {
            let head = format!(
                "HTTP/1.1 302 X\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = send(head.as_bytes());
        }
        Reply::Slow(body) => {
            let mut result = send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            for byte in body {
                thread::sleep(Duration::from_secs(1));
                result = result.and_then(|()| send(&[byte]));
                if result.is_err() {
                    return;
                }
            }
        }
        Reply::Endless => {
            let mut result = send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while result.is_ok() {
                result = send(&[b'x'; 1 << 16]);
            }
        }
    }
}
