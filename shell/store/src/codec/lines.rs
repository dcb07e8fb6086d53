//! Bytes of lines, their arithmetic and statements.

use super::plain::{choice, record, wrapped};
use close::{Adjustment, CarriedTotal, MeasureTotal, Posted, Restated, Side, Statement, StatementLine, Status};

use contract::{
    CarriedAs, CarryKey, ContractId, Converted, Cross, CrossState, Deducted, Issuer, LineBase, LineKey, LineOf, Part,
    RatesId, Working,
};
use money::Rounding;

wrapped!(ContractId, RatesId);

choice!(Rounding { 0 => HalfUp, 1 => HalfEven, 2 => Down, 3 => Up, 4 => TowardPayee, 5 => FloorTen });
choice!(Issuer { 0 => Creditor, 1 => Debtor });
choice!(Part { 0 => Charge, 1 => Vat, 2 => VatIncluded });
choice!(LineOf {
    0 => Term { term, version },
    1 => Adjustment { number },
    2 => Document { rate, rounding, self_billed },
});
record!(LineKey { of, dimensions, piece, debtor, creditor, part });

choice!(CrossState { 0 => Final, 1 => Provisional, 2 => Missing });
record!(Cross { rate, fixing_on, state });
record!(Converted { from, rate_on, sum, cross });
record!(Deducted { name, amount });
record!(LineBase { measure, converted, deducted, carried_in, taken });

choice!(Working {
    0 => Events { base, rate },
    1 => Flat { base, rate, rounding },
    2 => Volume { base, reached, rate, rounding },
    3 => Carried { base },
    4 => Step { reached, amount },
    5 => Agent { base, own, below, rounding },
    6 => Attributed { base, paths },
    7 => Bound { charged, bound },
    8 => Shortfall { guaranteed, earned },
    9 => Lifted { charged },
    10 => TakenOff { brought, from, share },
    11 => Advanced { on },
    12 => Agreed { reason, document, by },
    13 => Graduated { base, from, to, parts, rounding },
    14 => Fixed { period_on },
    15 => Divided { base, total, share, others, rounding },
    16 => Vat { base, rate, inclusive, rounding, issuer },
    17 => VatEvents { rate, issuer },
});

choice!(CarriedAs { 0 => Measure, 1 => Filled, 2 => Charge, 3 => Earned, 4 => Unrecouped, 5 => Prepaid });
record!(CarryKey { term, what, words, pair });

record!(Posted { amount, booked, working });
record!(Restated { delta, before, working });
record!(Adjustment { period_on, asset, amount, debtor, creditor, purpose, reason, document, by });

choice!(Side { 0 => Owed, 1 => Owes });
choice!(Status { 0 => Issued { cut_at, issued_at }, 1 => Provisional { cut_at, closing } });
record!(StatementLine { key, side, amount, adjusts_on, working, restated, at_end });
record!(MeasureTotal { measure, asset, sum });
record!(CarriedTotal { key, from_on, brought, left });
record!(Statement { contract, party, period, asset, status, due_on, lines, measures, carried, total, accrued });
