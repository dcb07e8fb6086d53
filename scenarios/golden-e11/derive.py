"""3 % of a payment floored to ten won, and 10 % of that floored again: 40,730 of 1,234,567, but 20,360 of each half."""

import csv
import datetime
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions  # noqa: E402

PERSONS = ("creator", "beginner")
HOLD_DAYS = {"whole": 0, "halves": 30}
LEAST = {"whole": 0, "halves": 10_000}


def floored(amount):
    """Down to ten won."""
    return Fraction(amount // 10 * 10)


def period_of(contract, day):
    """Name of the period, and its last day."""
    if contract == "whole":
        return "2024-03", datetime.date(2024, 3, 31)
    if day.day <= 15:
        return "2024-03-01..2024-03-15", datetime.date(2024, 3, 15)
    return "2024-03-16..2024-03-31", datetime.date(2024, 3, 31)


def main():
    expected = Expected(__file__)
    with open(expected.path("events", "works.csv"), newline="", encoding="utf-8") as file:
        works = list(csv.DictReader(file))
    statements, lasts, totals = Statements(), {}, {}
    for contract in HOLD_DAYS:
        for work in works:
            period, last = period_of(contract, datetime.date.fromisoformat(work["happened"][:10]))
            statements.charge(contract, "operator", work["who"], period, "KRW", "fee", int(work["fee"]), "operator")
            lasts[contract, work["who"], period] = last
            key = contract, work["who"], period
            totals[key] = totals.get(key, Fraction(0)) + int(work["fee"])
    rows, withheld = [], {}
    for (contract, party, period), total in sorted(totals.items()):
        waits = total < LEAST[contract]
        income = floored(total * Fraction(3, 100)) if party in PERSONS and not waits else Fraction(0)
        local = floored(income * Fraction(10, 100))
        withheld[contract, party, period] = (income, local)
        # Due ten days after the last day of the period.
        leaves_on = lasts[contract, party, period] + datetime.timedelta(days=10 + HOLD_DAYS[contract])
        pays = Fraction(0) if waits else total - income - local
        rows.append((contract, party, period, "KRW", leaves_on, "yes" if waits else "no", income, local, pays))
    agree("income tax", withheld["whole", "creator", "2024-03"][0], 37_030)
    agree("local tax", withheld["whole", "creator", "2024-03"][1], 3_700)
    for period in ("2024-03-01..2024-03-15", "2024-03-16..2024-03-31"):
        agree("both taxes of a half", sum(withheld["halves", "creator", period]), 20_360)
    expected.statements(statements)
    header = ["contract", "party", "period", "asset", "leaves_on", "waits", "income", "local", "pays"]
    expected.write("payouts.csv", header, rows)
    expected.summary(decisions(len(works), accepted=4))


main()
