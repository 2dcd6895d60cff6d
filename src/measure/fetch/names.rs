//! Names of hosts, looked up aside from all else. The system's own look-up cannot be given up: while a name service
//! hangs, it keeps its thread for as long as it likes. So each has a thread of its own, none of those that write to
//! disk, and a name is asked for once at a time, however many wait for it and however often they give up.

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::oneshot;

/// The most names that are looked up at once: more than there can be probes and connections.
const MOST: usize = 1_024;

/// The stack of a look-up's thread, in bytes: the system's libraries need some, and there may be many.
const STACK: usize = 512 * 1_024;

type Found = Result<Arc<[IpAddr]>, Arc<str>>;
type LookUp = fn(&str) -> io::Result<Vec<IpAddr>>;
type Awaited = Shared<oneshot::Receiver<Found>>;

/// The names that are being looked up in this process.
static NAMES: LazyLock<Names> = LazyLock::new(|| Names::new(by_the_system, MOST));

/// The addresses of a host, with that port. A host that is an address itself is not looked up.
///
/// # Errors
/// When the name leads nowhere, or too many others hang.
pub async fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = NAMES.look_up(host).await.map_err(|why| io::Error::other(why.to_string()))?;
    Ok(found.iter().map(|address| SocketAddr::new(*address, port)).collect())
}

struct Names {
    by: LookUp,
    most: usize,
    under_way: Arc<Mutex<HashMap<String, Awaited>>>,
}

impl Names {
    fn new(by: LookUp, most: usize) -> Self {
        Self { by, most, under_way: Arc::default() }
    }

    async fn look_up(&self, name: &str) -> Found {
        let awaited = self.awaited(name)?;
        awaited.await.unwrap_or_else(|_| Err(Arc::from("the look-up of the name ended without an answer")))
    }

    fn awaited(&self, name: &str) -> Result<Awaited, Arc<str>> {
        let mut under_way = known(&self.under_way);
        if let Some(awaited) = under_way.get(name) {
            return Ok(awaited.clone());
        }
        if under_way.len() >= self.most {
            return Err(Arc::from(format!(
                "{} names are being looked up already: does the name service hang?",
                self.most
            )));
        }
        let (sender, receiver) = oneshot::channel();
        let (by, all, own) = (self.by, Arc::clone(&self.under_way), name.to_owned());
        let look = move || {
            let found = by(&own).map(Arc::from).map_err(|error| Arc::from(error.to_string()));
            // Whoever comes from now on asks anew: an answer is given to those who waited, and not kept.
            known(&all).remove(&own);
            // Nobody may be waiting any more.
            let _ = sender.send(found);
        };
        let thread = thread::Builder::new().name("look-up".to_owned()).stack_size(STACK);
        thread.spawn(look).map_err(|error| Arc::from(format!("no look-up can be begun: {error}")))?;
        let awaited = receiver.shared();
        under_way.insert(name.to_owned(), awaited.clone());
        Ok(awaited)
    }
}

fn known(under_way: &Mutex<HashMap<String, Awaited>>) -> MutexGuard<'_, HashMap<String, Awaited>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

fn by_the_system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;
    use tokio::time::timeout;

    static ASKED: AtomicUsize = AtomicUsize::new(0);
    static HANGS: (Mutex<bool>, Condvar) = (Mutex::new(true), Condvar::new());

    /// A name service that answers for good names, knows no others, and hangs for some.
    fn service(name: &str) -> io::Result<Vec<IpAddr>> {
        if name.starts_with("hangs") {
            ASKED.fetch_add(1, Ordering::SeqCst);
            let (hangs, changed) = &HANGS;
            drop(changed.wait_while(hangs.lock().unwrap(), |hangs| *hangs).unwrap());
        }
        if name == "unknown" { Err(io::Error::other("no such name")) } else { Ok(vec![IpAddr::from([10, 0, 0, 1])]) }
    }

    #[tokio::test]
    async fn a_name_that_hangs_keeps_one_thread_and_no_other_name_waiting() {
        let names = Names::new(service, 3);
        for _ in 0..1_000 {
            // Given up at once, as looks that run out of time are.
            assert!(timeout(Duration::ZERO, names.look_up("hangs-1")).await.is_err());
        }
        assert!(timeout(Duration::ZERO, names.look_up("hangs-2")).await.is_err());
        assert_eq!(names.look_up("good").await.unwrap().len(), 1);
        assert_eq!(&*names.look_up("unknown").await.unwrap_err(), "no such name");
        assert!(timeout(Duration::ZERO, names.look_up("hangs-3")).await.is_err());
        let why = names.look_up("good").await.unwrap_err();
        assert!(why.contains("3 names are being looked up already"), "{why}");
        *HANGS.0.lock().unwrap() = false;
        HANGS.1.notify_all();
        assert_eq!(names.look_up("hangs-1").await.unwrap().len(), 1);
        assert!(ASKED.load(Ordering::SeqCst) <= 4, "one for each name, and one after the end of the first");
    }
}
