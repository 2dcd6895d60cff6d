//! A server in a process of its own.

use crate::report::Measured;
use crate::wrk;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// This program as a server. The process ends with this value.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts this program as a server; its first line says where it listens.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self, String> {
        let which = arguments.join(" ");
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let process = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn();
        let mut process = process.map_err(|error| format!("cannot start {which}: {error}"))?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let address = read.ok().and_then(|_| line.trim().parse().ok());
        let address = address.ok_or_else(|| format!("{which} said `{}` instead of its address", line.trim()))?;
        Ok(Self { process, address })
    }

    /// Asks this server, and notes what its processor time was meanwhile.
    pub(crate) fn measured(&self, script: &wrk::Script, connections: u32, seconds: u32) -> Result<Measured, String> {
        let before = self.busy_nanos()?;
        let asked = wrk::run(script, self.address, connections, seconds)?;
        let busy = self.busy_nanos()? - before;
        Ok(Measured { asked, busy_micros_per_request: busy / 1e3 / asked.requests })
    }

    /// The body of the answer to one request.
    pub(crate) fn body(&self, path: &str, body: &str) -> Result<Vec<u8>, String> {
        let mut stream = TcpStream::connect(self.address).map_err(|error| error.to_string())?;
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let mut answer = Vec::new();
        let exchanged = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer));
        exchanged.map_err(|error| format!("cannot ask for {path}: {error}"))?;
        let end_of_head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let body = end_of_head.and_then(|end| answer.get(end.checked_add(4)?..)).map(<[u8]>::to_vec);
        body.ok_or_else(|| format!("no answer for {path}"))
    }

    /// The processor time of the server's one thread so far, as the kernel counts it. Unlike the
    /// throughput it does not depend on what else the machine has to do.
    fn busy_nanos(&self) -> Result<f64, String> {
        let path = format!("/proc/{}/schedstat", self.process.id());
        let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
        let nanos = text.split_whitespace().next().and_then(|word| word.parse().ok());
        nanos.ok_or_else(|| format!("{path} has no time in it"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An address on this machine that nobody listens on.
pub(crate) fn free_port() -> Result<SocketAddr, String> {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(|error| error.to_string())
}
