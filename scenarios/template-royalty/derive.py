"""Royalties of three months: an advance, half of the royalties kept until it is recouped, tiers over the year, tax withheld."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

OPERATOR, AUTHOR, MONTHS = "publisher", "author", ("2026-01", "2026-02", "2026-03")
DUE = {"2026-01": "2026-02-28", "2026-02": "2026-03-31", "2026-03": "2026-04-30"}


def upto(sales):
    """Royalties of print for sales of a year so far, not rounded."""
    return min(sales, 5_000_000) * Fraction(10, 100) + max(sales - 5_000_000, 0) * Fraction(12, 100)


def floored(amount):
    return Fraction(amount // 10 * 10)


def main():
    expected, rows = Expected(__file__), []
    for month in MONTHS:
        with open(expected.path("events", f"sales-{month}.csv"), newline="", encoding="utf-8") as file:
            rows += list(csv.DictReader(file))
    statements, filled, left, payouts = Statements(), Fraction(0), Fraction(0), []
    charge = lambda month, term, amount, labels=(): statements.charge(
        "author", OPERATOR, AUTHOR, month, "KRW", term, amount, OPERATOR, labels)
    for month in MONTHS:
        own = [row for row in rows if row["on"][:7] == month]
        sales = sum(int(row["net"]) for row in own if row["format"] == "PRINT")
        royalties = rounded(upto(filled + sales) - upto(filled), "KRW")
        filled += sales
        charge(month, "print", royalties)
        titles = {}
        for row in own:
            if row["format"] == "EBOOK":
                titles[row["title"]] = titles.get(row["title"], 0) + int(row["net"])
        for title, net in titles.items():
            amount = rounded(net * Fraction(25, 100), "KRW")
            charge(month, "ebook", amount, [f"title={title}"])
            royalties += amount
        if month == "2026-01":
            left = Fraction(1_000_000)
            charge(month, "advance", left)
        kept = min(left, rounded(royalties * Fraction(50, 100), "KRW", "down"))
        left -= kept
        charge(month, "advance", -kept)
        total = statements.amount("author", AUTHOR, month, "KRW", "total")
        income = floored(total * Fraction(3, 100))
        local = floored(income * Fraction(10, 100))
        payouts.append(("author", AUTHOR, month, "KRW", DUE[month], "no", income, local, total - income - local))
    amount = lambda month, line: statements.amount("author", AUTHOR, month, "KRW", line)
    # 360,000 + 210,001 + 52,500, of which 311,250 is kept, beside the advance.
    agree("January", amount("2026-01", "total"), 622_501 + 1_000_000 - 311_250)
    # Sales of the year from 3,600,000 to 6,120,000: 1,400,000 at 10 %, 1,120,000 at 12 %.
    agree("print in February", amount("2026-02", "print"), 140_000 + 134_400)
    agree("print in March", amount("2026-03", "print"), 576_000)
    # 1,000,000 - 311,250 - 215,950 are left; half of 926,000 is less.
    agree("recouped in March", amount("2026-03", "advance"), -463_000)
    expected.statements(statements)
    header = ["contract", "party", "period", "asset", "leaves_on", "waits", "income", "local", "pays"]
    expected.write("payouts.csv", header, payouts)
    expected.summary(decisions(len(rows), accepted=8))


main()
