"""10 % and then 12 % of 1,005 won in one month: two lines, 101 + 121 = 222."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    sums = {"2024-03-01": Fraction(0), "2024-03-16": Fraction(0)}
    with open(expected.path("events", "sales.csv"), newline="", encoding="utf-8") as file:
        sales = list(csv.DictReader(file))
    for row in sales:
        sums["2024-03-16" if row["happened"][:10] >= "2024-03-16" else "2024-03-01"] += int(row["price"])
    statements = Statements()
    for valid_from, rate in (("2024-03-01", Fraction(10, 100)), ("2024-03-16", Fraction(12, 100))):
        amount = rounded(rate * sums[valid_from], "KRW")
        statements.charge("share", "operator", "provider", "2024-03", "KRW", "share", amount, "operator", [f"valid_from={valid_from}"])
    agree("first line", statements.amount("share", "provider", "2024-03", "KRW", "share[valid_from=2024-03-01]"), 101)
    agree("second line", statements.amount("share", "provider", "2024-03", "KRW", "share[valid_from=2024-03-16]"), 121)
    agree("total", statements.amount("share", "provider", "2024-03", "KRW", "total"), 222)
    expected.statements(statements)
    expected.summary(decisions(len(sales), accepted=2))


main()
