"""One month under two versions known one after the other."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "plays.csv")
    issued = rounded(Fraction(12, 100) * sum(int(row["amount"]) for row in rows[:2]), "KRW")
    agree("January", issued, 120000)
    known = rounded(Fraction(10, 100) * sum(int(row["amount"]) for row in rows), "KRW")
    agree("January as known now", known, 110000)
    statements = Statements()
    statements.charge("games", "operator", "provider", "2024-01", "KRW", "share", issued, "operator")
    for line in ("restated:share", "total"):
        statements.add("games", "provider", "2024-02", "KRW", line, known - issued)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=3))


main()
