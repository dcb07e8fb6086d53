"""Three sales of 116 won at 3 %: scope event gives 9, scope line 10, attributed 3, 4, 3."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    with open(expected.path("events", "sales.csv"), newline="", encoding="utf-8") as file:
        sales = [(row["id"], int(row["price"])) for row in csv.DictReader(file)]
    rate, statements = Fraction(3, 100), Statements()
    running, before, attribution = Fraction(0), Fraction(0), []
    for identity, price in sales:
        statements.charge("by-event", "operator", "provider", "2024-03", "KRW", "share", rounded(rate * price, "KRW"), "operator")
        running += rate * price
        attribution.append(("by-line", "share", identity, rounded(running, "KRW") - before))
        before = rounded(running, "KRW")
    statements.charge("by-line", "operator", "provider", "2024-03", "KRW", "share", before, "operator")
    agree("scope event", statements.amount("by-event", "provider", "2024-03", "KRW", "total"), 9)
    agree("scope line", statements.amount("by-line", "provider", "2024-03", "KRW", "total"), 10)
    assert [row[3] for row in attribution] == [3, 4, 3]
    expected.statements(statements)
    expected.summary(decisions(len(sales), accepted=3))
    expected.write("attribution.csv", ["contract", "term", "event", "amount"], attribution)


main()
