//! `jeongsan verify`: checks everything that books keep on disk, and changes nothing.
//!
//! All books are looked at, also behind one that is not sound. How fast the passes were is told beside what they found.

use super::Place;
use super::failure::NodeFailure;
use crate::arguments::InBooks;
use crate::failure::Failure;
use crate::tongue::Tongue;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime::{Depth, Scale, Step, Verified, verify};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Moment;
use store::Folder;

/// Verifies the books and gives the exit code: that of the first that is not sound.
pub(crate) fn command(
    books: &InBooks,
    redecide: bool,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let depth = if redecide { Depth::Decide } else { Depth::Fold };
    let (mut code, mut told, mut list) = (0, String::new(), Vec::new());
    for place in Place::all(&books.data, &books.books)? {
        let mut passes = Passes::new(!as_json);
        match verify_place(&place, depth, &mut passes) {
            Ok(verified) => {
                told.push_str(&text(&place.id, &verified, &passes, tongue));
                list.push(json(&place.id, &verified, &passes));
            }
            Err(failure) => {
                code = if code == 0 { failure.exit_code() } else { code };
                let not_sound = tongue.of("not sound", "이상이 있습니다");
                told.push_str(&format!("{}: {not_sound}: {}\n", place.id, failure.told()));
                list.push(json!({
                    "book": place.id, "verified": false, "error": failure.code(), "message": failure.told(),
                }));
            }
        }
    }
    if as_json {
        told = format!("{}\n", json!({ "format": "jeongsan.verify", "version": 1, "books": list }));
    }
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))?;
    Ok(code)
}

/// Verifies one book.
fn verify_place(place: &Place, depth: Depth, passes: &mut Passes) -> Result<Verified, NodeFailure> {
    let disk = Arc::new(Folder::look(&place.folder));
    let verified = verify(&disk, Scale::default(), &place.id, depth, &mut |step| passes.step(step))?;
    passes.bar.finish_and_clear();
    Ok(verified)
}

/// How long passes took.
struct Passes {
    bar: ProgressBar,
    /// The pass at hand: when its first frame was done, and the events until then.
    at_hand: Option<(Depth, Moment, u64)>,
    /// Events a second of each pass.
    rates: Vec<(Depth, f64)>,
}

impl Passes {
    fn new(is_wanted: bool) -> Self {
        let bar = match is_wanted && std::io::stderr().is_terminal() {
            true => ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()),
            false => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {eta}");
        Self { bar: bar.with_style(style.expect("the template is valid")), at_hand: None, rates: Vec::new() }
    }

    fn step(&mut self, step: Step) {
        let at_hand = self.at_hand.filter(|(pass, ..)| *pass == step.pass);
        let Some((_, began, before)) = at_hand else {
            self.at_hand = Some((step.pass, Moment::now(), step.events));
            self.bar.set_length(step.frames);
            self.bar.set_message(name(step.pass));
            return;
        };
        self.bar.set_position(step.frame);
        if step.frame == step.frames {
            let seconds = began.elapsed().as_secs_f64();
            self.rates.push((step.pass, (step.events - before) as f64 / seconds.max(1e-9)));
        }
    }

    /// Whole events a second; none where the pass was not made, or has no frames to tell.
    fn rate(&self, pass: Depth) -> Option<u64> {
        self.rates.iter().find(|(own, _)| *own == pass).map(|(_, rate)| *rate as u64)
    }
}

const fn name(pass: Depth) -> &'static str {
    match pass {
        Depth::Frames => "frames",
        Depth::Fold => "fold",
        Depth::Decide => "redecide",
    }
}

fn json(id: &str, verified: &Verified, passes: &Passes) -> Value {
    json!({
        "book": id,
        "verified": true,
        "position": verified.position.sequence,
        "head": verified.position.head.to_string(),
        "events": verified.events,
        "identities": verified.identities,
        "identities_in_runs": verified.sealed,
        "runs": verified.runs,
        "snapshots": verified.snapshots,
        "entries": verified.entries,
        "statements": verified.statements,
        "sealed_periods": verified.seals,
        "stamp": verified.stamp.present().map(|at| at.to_string()),
        "is_closed": verified.is_closed,
        "unfinished_bytes": verified.unfinished,
        "state_digest": verified.digest.map(|digest| digest.to_string()),
        "frames_events_per_s": passes.rate(Depth::Frames),
        "fold_events_per_s": passes.rate(Depth::Fold),
        "redecide_events_per_s": passes.rate(Depth::Decide),
    })
}

fn text(id: &str, verified: &Verified, passes: &Passes, tongue: Tongue) -> String {
    let Verified { events, identities, entries, statements, seals, runs, .. } = verified;
    let (frames, snapshots) = (verified.position.sequence, verified.snapshots.len());
    let mut text = match tongue {
        Tongue::English => format!(
            "{id}: sound: {frames} frames, {events} events, {identities} identities in {runs} runs and the log, {snapshots} snapshots, \
             {entries} entries, {statements} statements, {seals} sealed periods\n"
        ),
        Tongue::Korean => format!(
            "{id}: 이상 없음: 프레임 {frames}개, 거래 {events}건, 식별자 {identities}개(런 {runs}개와 로그), 스냅숏 {snapshots}개, \
             분개 {entries}건, 정산서 {statements}건, 봉인된 주기 {seals}개\n"
        ),
    };
    if let Some(digest) = verified.digest {
        text.push_str(&format!("  {} {digest}\n", tongue.of("digest", "다이제스트")));
    }
    for (pass, rate) in &passes.rates {
        text.push_str(&format!("  {}: {rate:.0} {}\n", name(*pass), tongue.of("events/s", "건/초")));
    }
    if verified.unfinished > 0 {
        let unfinished = verified.unfinished;
        text.push_str(&match tongue {
            Tongue::English => format!(
                "  {unfinished} bytes behind the last frame: being written, or torn by a crash; the next start sets them aside\n"
            ),
            Tongue::Korean => format!(
                "  마지막 프레임 뒤 {unfinished}바이트: 쓰는 중이거나 중단으로 잘린 것입니다. 다음 시작 때 따로 옮깁니다\n"
            ),
        });
    }
    text
}
