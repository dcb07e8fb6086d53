"""The rate of the tier that the whole reaches, for the whole."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "sales.csv")
    statements = Statements()
    for variant, wanted in (("exact", 100000), ("over", 80000)):
        base = sum(int(row["amount"]) for row in rows if row["variant"] == variant)
        rate = Fraction(10, 100) if base <= 1000000 else Fraction(8, 100)
        amount = rounded(rate * base, "KRW")
        agree(variant, amount, wanted)
        statements.charge(variant, "operator", "provider", "2024-03", "KRW", "share", amount, "operator")
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=4))


main()
