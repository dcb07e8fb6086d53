//! `jeongsan rebuild`: deletes what is derived from a book's log and makes it anew.

use super::Place;
use super::failure::NodeFailure;
use crate::failure::Failure;
use crate::tongue::Tongue;
use runtime::{Rebuilt, Scale};
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use store::Folder;

pub(crate) fn command(place: &Place, as_json: bool, tongue: Tongue, out: &mut dyn Write) -> Result<(), Failure> {
    if !place.is_there() {
        return Err(Failure::NoBook { folder: place.folder.clone() });
    }
    let disk = Arc::new(Folder::open(&place.folder).map_err(place.failing())?);
    let rebuilt = runtime::rebuild(&disk, Scale::default(), &place.id).map_err(place.failing())?;
    let Rebuilt { frames, events, runs, sealed, before, after } = rebuilt;
    if before != after {
        return Err(place.failing()(NodeFailure::Other { before, after }));
    }
    let told = if as_json {
        let told = json!({
            "book": place.id, "frames": frames, "events": events, "runs": runs, "identities_in_runs": sealed,
            "state_digest": after.to_string(),
        });
        format!("{told}\n")
    } else {
        match tongue {
            Tongue::English => format!(
                "{}: {runs} runs with {sealed} identities and a snapshot made from {frames} frames, {events} events; same digest {after}\n",
                place.id
            ),
            Tongue::Korean => format!(
                "{}: 프레임 {frames}개, 거래 {events}건에서 런 {runs}개(식별자 {sealed}개)와 스냅숏을 다시 만들었습니다. 다이제스트 일치 {after}\n",
                place.id
            ),
        }
    };
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}
