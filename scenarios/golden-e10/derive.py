"""10,006 won divided 10/27/63 %, residue to the third: 1,001 + 2,702 + 6,303."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    with open(expected.path("events", "sales.csv"), newline="", encoding="utf-8") as file:
        prices = [int(row["price"]) for row in csv.DictReader(file)]
    agency, studio = (rounded(Fraction(share, 100) * sum(prices), "KRW") for share in (10, 27))
    statements = Statements()
    for party, amount, wanted in (("agency", agency, 1001), ("studio", studio, 2702), ("author", sum(prices) - agency - studio, 6303)):
        agree(party, amount, wanted)
        statements.charge("division", "operator", party, "2024-03", "KRW", "division", amount, "operator")
    expected.statements(statements)
    expected.summary(decisions(len(prices), accepted=2) + [("charged:division:2024-03:KRW", sum(prices))])


main()
