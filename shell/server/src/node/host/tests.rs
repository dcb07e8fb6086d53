//! Books beside each other, of which one meets a bug while deciding and one elsewhere.

use super::*;
use crate::node::service::STOPS_MAX;
use crate::node::service::tests::{begin, open, send};
use canon::Digest;

/// What stands in a book after its events, and after a bug on the way where it meets one.
fn fill(place: &Place, seats: &Seats, member: usize, meets_bug: bool) -> Result<Digest, NodeFailure> {
    let mut service = begin(&place.folder);
    for stop in 1..=STOPS_MAX * u32::from(meets_bug) {
        let seat = seats.take(member);
        let failure = send(&service, true).expect_err("the engine stops on it");
        drop(seat);
        assert!(matches!(failure, NodeFailure::Bug { stops } if stops == stop), "{failure}");
        assert!(service.close().is_err(), "it is left as after a crash");
        service = open(&place.folder);
    }
    if meets_bug {
        let _seat = seats.take(member);
        let turn = send(&service, true)?;
        assert!(!turn.parts[0].decisions.exceptions.is_empty(), "its events are held");
    }
    for _ in 0..3 {
        let mut seat = seats.take(member);
        seat.count(u32::try_from(send(&service, false)?.columns.len()).expect("a batch is bounded"));
    }
    let digest = service.look(|node| node.engine().state().digest())?;
    service.close()?;
    Ok(digest)
}

#[test]
fn a_bug_stops_one_book() {
    const BUG: usize = 1;
    const ELSEWHERE: usize = 2;
    let folder = tempfile::tempdir().expect("a folder for the test");
    let places = ["a", "b", "c", "d"].map(|id| Place::new(folder.path(), id));
    let alone = Place::new(folder.path(), "alone");
    let alone = fill(&alone, &Seats::new(1, 1), 0, false).expect("nothing stands in its way");
    let mut ended: Vec<Option<Result<Digest, Failure>>> = places.iter().map(|_| None).collect();
    host(
        &places,
        2,
        |member, seats, _| {
            let _seat = (member == ELSEWHERE).then(|| seats.take(member));
            assert!(member != ELSEWHERE, "an assertion fails while it has a seat");
            let place = &places[member];
            fill(place, seats, member, member == BUG).map_err(place.failing())
        },
        |member, heard| {
            let Heard::Ended(result) = heard else { panic!("nobody tells anything: {heard:?}") };
            assert!(ended[member].replace(result).is_none(), "each ends once");
        },
    );
    for (member, ended) in ended.into_iter().enumerate() {
        match (member, ended.expect("each ends")) {
            (ELSEWHERE, Err(failure)) => {
                assert_eq!((failure.code(), failure.exit_code()), ("bug", 70));
                assert!(failure.to_string().contains("books/c"), "{failure}");
            }
            (BUG, Ok(digest)) => assert_ne!(digest, alone, "its events were held"),
            (_, Ok(digest)) => assert_eq!(digest, alone, "book {member}"),
            (_, Err(failure)) => panic!("book {member}: {failure:?}"),
        }
    }
}
