//! Bytes of what ticks, cuts, commands and links change, and of accounts.

use super::plain::{choice, record};
use engine::{Amends, Change, Claim, Contribution, FoundBy, LinkChange, NewPeriod, OriginDay, Part, Resized};
use ledger::{Account, Posting};

record!(Posting { account, amount });
record!(NewPeriod { contract, first_on, closed });
record!(Claim { identity, fingerprint, origin });
record!(Resized { contract, width, places });
record!(OriginDay { contract, day, rate_on });

choice!(Account {
    0 => Accrued(party, asset),
    1 => Payable(party, asset),
    2 => Receivable(party, asset),
    3 => Carried(party, asset),
    4 => Advance(party, asset),
    5 => Revenue(purpose, asset),
    6 => Cost(purpose, asset),
    7 => Opening(asset),
    8 => VatOutput(asset),
    9 => VatInput(asset),
});

choice!(Change {
    0 => Stale { contract },
    1 => Moved { contract, period },
    2 => Unsure { contract },
    3 => Carried { contract, period, asset, carried, provisional },
    4 => Drafted { contract, period, asset, key, posted },
    5 => Issued { contract, period },
    6 => Fresh { contract, period },
    7 => Line { contract, period, asset, key, posted },
    8 => Restatement { contract, period, asset, adjusts_on, key, restated },
    9 => Closed { contract, period, at },
    10 => Frozen { contract, period, at },
    11 => Sealed { contract, period, digest },
    12 => Adjusted { contract, period, adjustment },
    13 => Admitted { contract, period, event },
    14 => Entered,
    15 => Fixed { rates, asset, on, rate, known_from },
    16 => Opened,
    17 => Commanded { identity },
    18 => Begins { contract, first_on },
    19 => Redefined { at, resized },
});

choice!(FoundBy { 0 => Report(identity), 1 => Result(identity), 2 => Row(identity) });
record!(Part { contract, cell, sums, postings });
record!(Contribution { found_by, source, id, original, revision, is_last, earlier, parts });
record!(Amends { slot, digest, amendment });
choice!(LinkChange {
    0 => Reversed { original },
    1 => Voided { original },
    2 => Reclaimed(claim),
    3 => Contributed { contribution, replaced },
    4 => Withdrawn { found_by },
    5 => Kept { identity, numbers },
    6 => Amended { adapter, slot, digest },
    7 => AmendmentBegan { file, slot, replaces },
    8 => AmendmentEnded,
    9 => Row { slot, fingerprint, identity },
    10 => Compared { slot, fingerprint },
    11 => RowsGone { slot, fingerprint, left },
    12 => FileTold { file, adapter, slot, held },
    13 => FileAmends { file, amends },
    14 => FileBegan { file },
    15 => AmendmentPartial,
    16 => FileBrokeOff { file },
});
