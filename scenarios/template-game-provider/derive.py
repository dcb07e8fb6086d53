"""Three months of a share of GGR: a month below zero that is carried, a guarantee, and a rollback that restates a closed month."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

MONTHS = ("2026-01", "2026-02", "2026-03")
# Membership of a month ends five days after it, at midnight in Seoul.
CUTS = {"2026-01": "2026-02-06T00:00:00", "2026-02": "2026-03-06T00:00:00", "2026-03": "2026-04-06T00:00:00"}


def month_of(row, rows):
    """The month whose tally a row enters: a rollback that of its bet."""
    day = next(own for own in rows if own["id"] == row["bet"])["placed"] if row["type"] == "ROLLBACK" else row["placed"]
    return day[:7]


def ggr(rows, month, until):
    sums = Fraction(0)
    for row in rows:
        if month_of(row, rows) == month and row["received"][:19] <= until:
            sums += int(row["amount"]) * (1 if row["type"] == "BET" else -1)
    return sums


def charges(measure, carried):
    """Share, guarantee, VAT of both, and what is carried on."""
    base = measure - rounded(measure * Fraction(2, 100), "KRW") + carried
    share = Fraction(0)
    if base > 0:
        share = rounded(min(base, 1_000_000) * Fraction(10, 100) + max(base - 1_000_000, 0) * Fraction(15, 100), "KRW")
    guarantee = max(50_000 - share, 0)
    return share, guarantee, rounded((share + guarantee) * Fraction(10, 100), "KRW"), min(base, Fraction(0))


def chain(rows, until):
    """The charges of all months as known at a moment."""
    found, carried = {}, Fraction(0)
    for month in MONTHS:
        share, guarantee, vat, carried = charges(ggr(rows, month, until), carried)
        found[month] = (share, guarantee, vat)
    return found


def main():
    expected = Expected(__file__)
    rows = []
    for month in MONTHS:
        with open(expected.path("events", f"rounds-{month}.csv"), newline="", encoding="utf-8") as file:
            rows += list(csv.DictReader(file))
    last = max(row["received"][:19] for row in rows)
    statements, now = Statements(), chain(rows, last)
    for month in MONTHS:
        issued = chain(rows, min(CUTS[month], last))[month]
        for line, amount in zip(("share", "guarantee", "vat:10%"), issued):
            statements.add("games", "provider", month, "KRW", line, amount)
            statements.add("games", "provider", month, "KRW", "total", amount)
        # What moved in a month after its cut stands in March, the only month that is not cut.
        for line, before, after in zip(("share", "guarantee", "vat:10%"), issued, now[month]):
            if CUTS[month] < last:
                statements.add("games", "provider", "2026-03", "KRW", f"restated:{line}", after - before)
                statements.add("games", "provider", "2026-03", "KRW", "total", after - before)
    amount = lambda month, line: statements.amount("games", "provider", month, "KRW", line)
    # January: 600,000 of stakes, 50,000 rolled back, 1,150,000 of wins: GGR -600,000, base -588,000, all carried.
    agree("January", amount("2026-01", "total"), 55_000)
    # February at its cut: 2,900,005 - 560,000 = 2,340,005 less 46,800 less 588,000 = 1,705,205.
    agree("February", amount("2026-02", "share"), 100_000 + 105_781)
    # Without the bet of 200,000: 2,140,005 less 42,800 less 588,000 = 1,509,205.
    agree("the rollback", amount("2026-03", "restated:share"), 176_381 - 205_781)
    agree("March", amount("2026-03", "share"), 36_260)
    agree("the guarantee of March", amount("2026-03", "guarantee"), 13_740)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=16))


main()
