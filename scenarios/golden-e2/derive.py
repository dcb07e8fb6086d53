"""Tiers over what is left; a flat rate mirrored event by event."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, graduated, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "sales.csv")
    tiers = ((1000, Fraction(10, 100)), (None, Fraction(15, 100)))
    left = sum(int(row["amount"]) for row in rows if row["variant"] == "tiers")
    before = sum(int(row["amount"]) for row in rows[:2])
    statements = Statements()
    agree("before the refund", rounded(graduated(Fraction(before), tiers), "KRW"), 174)
    share = rounded(graduated(Fraction(left), tiers), "KRW")
    agree("after it", share, 50)
    statements.charge("tiers", "operator", "provider", "2024-03", "KRW", "share", share, "operator")
    charges = [rounded(int(row["amount"]) * Fraction(10, 100), "KRW") for row in rows if row["variant"] == "mirror"]
    agree("the sale", charges[0], 100)
    agree("its mirror", charges[1], -100)
    statements.charge("mirror", "operator", "provider", "2024-03", "KRW", "share", sum(charges), "operator")
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=5))


main()
