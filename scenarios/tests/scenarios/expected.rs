//! Compares what came out with the tables in `expected/`, which did not come from the program. All differences of a
//! scenario are told at once.

use crate::amount::{shown, units};
use crate::figures::{charged, figure};
use crate::written::{self, Row, Written, settle};
use scenarios::Scenario;
use serde_json::Value;

/// The rows of a table of a scenario; none where it has no such table.
pub(crate) fn rows(scenario: &Scenario, table: &str) -> Vec<Row> {
    let path = scenario.folder.join("expected").join(table);
    if path.exists() { written::rows(&path) } else { Vec::new() }
}

/// Differences, and how many rows were compared.
#[derive(Default)]
struct Compared {
    rows: usize,
    differences: Vec<String>,
}

impl Compared {
    fn amount(&mut self, what: &str, expected: &str, found: Option<i128>) {
        let is_equal = found.unwrap_or(0) == units(expected);
        let found = found.map_or("nothing".into(), shown);
        self.row(is_equal, || format!("{what}: expected {expected}, found {found}"));
    }

    fn row(&mut self, is_equal: bool, difference: impl FnOnce() -> String) {
        self.rows += 1;
        if !is_equal {
            self.differences.push(difference());
        }
    }
}

/// Settles a scenario and compares all its tables.
#[track_caller]
pub(crate) fn check(name: &str) {
    let written = settle(name);
    let statements = written.statements();
    let mut compared = Compared::default();
    compare_statements(&written, &statements, &mut compared);
    compare_summary(&written, &statements, &mut compared);
    compare_exceptions(&written, &mut compared);
    compare_breaks(&written, &mut compared);
    compare_dates(&written, &statements, &mut compared);
    compare_attribution(&written, &mut compared);
    // Four rows are the dispositions, which every run has.
    assert!(compared.rows > 4, "{name} expects nothing");
    let Compared { rows, differences } = compared;
    assert!(differences.is_empty(), "{name}: {} of {rows} differ\n{}", differences.len(), differences.join("\n"));
}

fn compare_statements(written: &Written, statements: &[Value], compared: &mut Compared) {
    for row in rows(&written.scenario, "statements.csv") {
        let mut found = statements.iter().filter(|statement| {
            statement["contract"] == *row["contract"]
                && statement["party"] == *row["party"]
                && statement["period"]["name"] == *row["period"]
                && statement["asset"] == *row["asset"]
        });
        let statement = found.next();
        assert!(found.next().is_none(), "two statements for {row:?}");
        let what = ["contract", "party", "period", "asset", "line"].map(|column| &*row[column]).join(" ");
        compared.amount(&what, &row["amount"], statement.map(|statement| figure(statement, &row["line"])));
    }
}

fn compare_summary(written: &Written, statements: &[Value], compared: &mut Compared) {
    let summary = written.json("summary.json");
    for row in rows(&written.scenario, "summary.csv") {
        let (figure, expected) = (&*row["figure"], &*row["value"]);
        let found = match figure.split(':').collect::<Vec<_>>()[..] {
            ["charged", contract, period, asset] => charged(statements, contract, period, asset),
            ["reconciled", reconciliation, figure] => count(&summary["reconciliation"][reconciliation], figure),
            [figure] => count(&summary, figure),
            _ => panic!("{figure}"),
        };
        compared.amount(figure, expected, Some(found));
    }
}

/// A count of a summary as an amount.
fn count(counts: &Value, figure: &str) -> i128 {
    units(&counts[figure].as_u64().unwrap_or_else(|| panic!("no {figure}")).to_string())
}

fn compare_exceptions(written: &Written, compared: &mut Compared) {
    let found = written.rows("exceptions.csv");
    let summary = written.json("summary.json");
    for (figure, disposition) in
        [("duplicates", "duplicate"), ("conflicts", "conflict"), ("held", "held"), ("rejected", "rejected")]
    {
        let count = found.iter().filter(|exception| exception["disposition"] == disposition).count();
        compared
            .row(summary[figure] == count, || format!("{count} exceptions are {disposition}, not {}", summary[figure]));
    }
    for row in rows(&written.scenario, "exceptions.csv") {
        let is_it = |exception: &&Row| {
            let is_file = row["file"].is_empty() || exception["file"] == row["file"];
            let is_code = exception["code"] == row["code"];
            is_file
                && is_code
                && (row["difference"].is_empty() || units(&exception["detail"]) == units(&row["difference"]))
        };
        let count = found.iter().filter(is_it).count();
        compared.row(count.to_string() == row["count"], || format!("exceptions {row:?}: found {count}"));
    }
}

/// Every break is expected, and every expected one is there: in the columns that the table has.
fn compare_breaks(written: &Written, compared: &mut Compared) {
    let expected = rows(&written.scenario, "breaks.csv");
    if expected.is_empty() {
        return;
    }
    let found = written.rows("breaks.csv");
    let is_equal = |column: &str, expected: &str, found: &str| {
        let is_amount = column.ends_with("_amount") || column == "difference";
        if is_amount && !expected.is_empty() && !found.is_empty() {
            return units(expected) == units(found);
        }
        expected == found
    };
    for row in &expected {
        let is_it = |found: &&Row| row.iter().all(|(column, expected)| is_equal(column, expected, &found[column]));
        let count = found.iter().filter(is_it).count();
        compared.row(count == 1, || format!("break {row:?}: found {count}"));
    }
    let (all, known) = (found.len(), expected.len());
    compared.row(all == known, || format!("{all} breaks, not {known}"));
}

fn compare_dates(written: &Written, statements: &[Value], compared: &mut Compared) {
    for row in rows(&written.scenario, "dates.csv") {
        let is_it = |statement: &&Value| {
            statement["contract"] == *row["contract"]
                && statement["party"] == *row["party"]
                && statement["period"]["name"] == *row["period"]
        };
        let due: Vec<&str> =
            statements.iter().filter(is_it).map(|statement| statement["due_on"].as_str().unwrap_or("none")).collect();
        let is_equal = !due.is_empty() && due.iter().all(|due| *due == row["computed"]);
        compared.row(is_equal, || format!("due {row:?}: found {due:?}"));
    }
}

fn compare_attribution(written: &Written, compared: &mut Compared) {
    for row in rows(&written.scenario, "attribution.csv") {
        let told = written.explain(&row["event"]);
        let found = attributed(&told, &row["contract"], &row["term"]);
        compared.amount(&format!("attribution {row:?}"), &row["amount"], found);
    }
}

/// The amount that an explained event has in a line of a contract.
fn attributed(told: &[String], contract: &str, term: &str) -> Option<i128> {
    let begins = |line: &&String| line.starts_with(&format!("  contract {contract},"));
    let of_contract = told.iter().skip_while(|line| !begins(line)).skip(1);
    let mut of_contract = of_contract.take_while(|line| !line.starts_with("  contract "));
    of_contract.find(|line| line.starts_with(&format!("    {term} (")))?;
    let arithmetic = of_contract.next()?.split('#').next()?.trim();
    Some(units(arithmetic.rsplit(" = ").next()?))
}
