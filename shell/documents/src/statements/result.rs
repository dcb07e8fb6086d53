//! The parts of `statements.json` that not every statement or line has: agreed amounts, steps, what is carried, what would
//! be paid, notices.

use super::Object;
use crate::amount::amount;
use crate::names::Names;
use crate::steps::{Step, are_telling};
use close::{CarriedTotal, Notice, Statement, StatementLine};
use contract::{CrossState, Working};

/// Writes what is carried, what would be paid and what should be noticed, the last fields of a statement.
pub(super) fn write(text: &mut String, statement: &Statement, names: &Names<'_>) {
    let mut object = Object { out: text, separator: "" };
    object.raw("carried", "[");
    for (position, total) in statement.carried.iter().enumerate() {
        object.out.push_str(if position > 0 { ", " } else { "" });
        write_carried(object.out, statement, total, names);
    }
    object.out.push_str("], ");
    let mut object = Object { out: object.out, separator: "" };
    write_payout(&mut object, statement, names);
    object.raw("notices", "[");
    for (position, notice) in close::notices(names.contract(statement), statement).iter().enumerate() {
        object.out.push_str(if position > 0 { ", " } else { "" });
        write_notice(object.out, statement, *notice, names);
    }
    object.out.push(']');
}

fn write_carried(text: &mut String, statement: &Statement, total: &CarriedTotal, names: &Names<'_>) {
    let digits = names.asset(statement.asset).digits;
    let mut object = Object::open(text);
    object.text("term", &names.contract(statement).term_ids[usize::from(total.key.term)]);
    object.text("what", total.key.what.name());
    object.words("dimensions", &names.carried_words(statement, total));
    object.optional("debtor", total.key.pair.map(|pair| names.party(pair.0)));
    object.optional("creditor", total.key.pair.map(|pair| names.party(pair.1)));
    object.optional("from", total.from_on.map(|on| on.to_string()).as_deref());
    object.text("carried_in", &total.brought.shortened(digits).to_string());
    object.text("carried_out", &total.left.shortened(digits).to_string());
    object.out.push('}');
}

fn write_payout(object: &mut Object<'_>, statement: &Statement, names: &Names<'_>) {
    let Some(preview) = names.preview(statement) else { return object.raw("payout", "null") };
    let digits = names.asset(statement.asset).digits;
    object.object("payout", |payout| {
        payout.optional("leaves_on", preview.payout.leaves_on.map(|on| on.to_string()).as_deref());
        payout.raw("hold_days", &preview.payout.hold_days.to_string());
        let minimum = preview.payout.minimum.map(|minimum| amount(i128::from(minimum), digits));
        payout.optional("minimum", minimum.as_deref());
        payout.raw("waits", if preview.payout.waits { "true" } else { "false" });
        match preview.withheld {
            None => payout.raw("withheld", "null"),
            Some((rule, withheld)) => payout.object("withheld", |taxes| {
                taxes.text("rule", &rule.name);
                taxes.text("valid_from", &rule.valid_from.to_string());
                taxes.text("income", &amount(withheld.income, digits));
                taxes.text("local", &amount(withheld.local, digits));
                taxes.text("sum", &amount(withheld.sum(), digits));
            }),
        }
        payout.text("pays", &amount(preview.pays, digits));
    });
}

fn write_notice(text: &mut String, statement: &Statement, notice: Notice, names: &Names<'_>) {
    let digits = names.asset(statement.asset).digits;
    let (name, term, found, bound) = match notice {
        Notice::PrepaidLow { term, balance, low } => ("prepaid_low", term, balance, low),
        Notice::PrepaidBeyondLimit { term, unpaid, limit } => ("prepaid_beyond_limit", term, unpaid, limit),
    };
    let mut object = Object::open(text);
    object.text("name", name);
    object.text("term", &names.contract(statement).term_ids[usize::from(term)]);
    object.text("amount", &amount(found, digits));
    object.text("bound", &amount(i128::from(bound), digits));
    object.out.push('}');
}

/// Writes who agreed on a line and why, where people did.
pub(super) fn write_agreed(object: &mut Object<'_>, line: &StatementLine) {
    let Some(Working::Agreed { reason, document, by }) = &line.working else {
        return object.raw("adjustment", "null");
    };
    object.object("adjustment", |agreed| {
        agreed.text("reason", reason);
        agreed.text("document", document);
        agreed.text("by", by);
    });
}

/// Writes the steps of a line, where they say more than its arithmetic.
pub(super) fn write_steps(object: &mut Object<'_>, statement: &Statement, line: &StatementLine, names: &Names<'_>) {
    object.raw("steps", "[");
    if line.working.as_ref().is_some_and(are_telling) {
        for (position, step) in names.steps(statement, line).iter().enumerate() {
            object.out.push_str(if position > 0 { ", " } else { "" });
            write_step(object.out, step, names);
        }
    }
    object.out.push(']');
}

fn write_step(text: &mut String, step: &Step, names: &Names<'_>) {
    let mut object = Object::open(text);
    object.raw("step", &step.kind.number().to_string());
    object.text("name", step.kind.name());
    object.text("arithmetic", &step.arithmetic);
    if let Some(converted) = &step.converted {
        object.text("asset", &names.asset(converted.from).name);
        object.text("rate_on", &converted.rate_on.to_string());
        object.text("sum", &converted.sum.to_string());
        object.text("cross", &converted.cross.rate.to_string());
        object.text("fixing_on", &converted.cross.fixing_on.to_string());
        let state = match converted.cross.state {
            CrossState::Final => "final",
            CrossState::Provisional => "provisional",
            CrossState::Missing => "missing",
        };
        object.text("state", state);
    }
    object.out.push('}');
}
