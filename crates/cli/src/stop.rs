//! Stopping in order when a signal asks for it.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::Failure;

/// Becomes true at the first SIGTERM or SIGINT. From now on, neither ends the process by itself.
pub fn on_signal() -> Result<watch::Receiver<bool>, Failure> {
    let (terminate, interrupt) =
        signals().map_err(|error| Failure::new("could not listen for signals").because(error))?;
    let (say, stop) = watch::channel(false);
    tokio::spawn(stop_on(terminate, interrupt, say));
    Ok(stop)
}

fn signals() -> std::io::Result<(Signal, Signal)> {
    Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
}

async fn stop_on(mut terminate: Signal, mut interrupt: Signal, say: watch::Sender<bool>) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: no more is received");
    say.send_replace(true);
}

/// Ends when it is to stop.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Without a sender nobody can say so any more: that is a stop, too.
    let _ = stop.wait_for(|stop| *stop).await;
}
