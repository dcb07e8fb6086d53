"""One sale at two fixings of its day."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, cross, decisions, fixings, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rates, rows = fixings(expected), read(expected, "sales.csv")
    issued = rounded(Fraction(rows[0]["amount"]) * cross(rates, "USD", "2024-04-12", 4), "KRW")
    agree("issued", issued, 13798254)
    rates["2024-04-12"]["USD"] = "1.0650"
    known = rounded(Fraction(rows[0]["amount"]) * cross(rates, "USD", "2024-04-12", 4), "KRW")
    statements = Statements()
    statements.charge("games", "operator", "provider", "2024-04", "KRW", "share", issued, "operator")
    statements.add("games", "provider", "2024-05", "KRW", "restated:share", known - issued)
    agree("restated", known - issued, 2591)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=2))


main()
