//! Every printed expression is recomputed by the small evaluator, and every total is the sum of its lines.

use crate::amount::{shown, units};
use crate::evaluator::evaluate;
use crate::written::settle;

#[track_caller]
pub(crate) fn check(name: &str) {
    let mut faults = Vec::new();
    for statement in settle(name).statements() {
        let mut total = 0;
        for line in statement["lines"].as_array().unwrap() {
            let (text, amount) = (line["arithmetic"].as_str().unwrap(), line["amount"].as_str().unwrap());
            let right = text.split('#').next().unwrap().rsplit(" = ").next().unwrap().trim();
            if evaluate(text) != Ok(true) || units(right) != units(amount) {
                faults.push(format!("{} {amount}: {text}: {:?}", line["id"], evaluate(text)));
            }
            for step in line["steps"].as_array().unwrap() {
                let step = step["arithmetic"].as_str().unwrap();
                if evaluate(step) != Ok(true) {
                    faults.push(format!("{}: step {step}: {:?}", line["id"], evaluate(step)));
                }
            }
            if let (Some(before), Some(now)) = (line["before"].as_str(), line["now"].as_str())
                && units(now) - units(before) != units(amount)
            {
                faults.push(format!("{}: {amount} is not {now} - {before}", line["id"]));
            }
            total += if line["part"] == "vat_included" { 0 } else { units(amount) };
        }
        if total != units(statement["total"].as_str().unwrap()) {
            faults.push(format!("{}: the lines make {}, not {}", statement["id"], shown(total), statement["total"]));
        }
    }
    assert!(faults.is_empty(), "{name}: {} faults\n{}", faults.len(), faults.join("\n"));
}
