//! `jeongsan close`: makes the cuts that are due, and posts what has moved.

use super::service::Service;
use super::{Place, accept_clock as accept_clock_until, now};
use crate::failure::Failure;
use crate::tongue::Tongue;
use calendar::Instant;
use runtime::Told;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// What to close.
pub(crate) struct Options {
    pub(crate) place: Place,
    pub(crate) as_of: Option<Instant>,
    pub(crate) accept_clock: bool,
}

pub(crate) fn command(
    options: &Options,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let Options { place, as_of, accept_clock } = options;
    let opened = place.open_telling(tongue, err)?;
    let stamp = opened.node.engine().state().stamp;
    let at = as_of.unwrap_or_else(now).max(stamp);
    let before = opened.node.engine().state().statements.len();
    let service = Service::start(opened, |_| {}).map_err(place.failing())?;
    if *accept_clock || as_of.is_some() {
        // Whoever names a moment has looked at the clock.
        let reason = if *accept_clock { "--accept-clock" } else { "--as-of" };
        accept_clock_until(&service, at, "close", reason).map_err(place.failing())?;
    }
    service.tell(Told::Look(at)).map_err(place.failing())?;
    let issued = service.look(|node| node.engine().state().statements.len() - before).map_err(place.failing())?;
    service.close().map_err(place.failing())?;
    let told = match (as_json, tongue) {
        (true, _) => format!("{}\n", json!({ "book": place.id, "as_of": at.to_string(), "statements_issued": issued })),
        (false, Tongue::English) => format!("{}: {issued} statements issued up to {at}\n", place.id),
        (false, Tongue::Korean) => format!("{}: {at}까지 정산서 {issued}건 발행\n", place.id),
    };
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}
