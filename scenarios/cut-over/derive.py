"""The first two months after taking over."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "plays.csv")
    loss, advance, statements = Fraction(-300000), Fraction(40000), Statements()
    for month, wanted in (("2024-04", 20000), ("2024-05", 60000)):
        base = loss + sum(int(row["amount"]) for row in rows if row["happened"].startswith(month))
        loss = min(base, Fraction(0))
        share = rounded(Fraction(12, 100) * max(base, 0), "KRW")
        recouped = min(advance, share)
        advance -= recouped
        agree(month, share - recouped, wanted)
        statements.charge("games", "operator", "provider", month, "KRW", "share", share, "operator")
        statements.charge("games", "operator", "provider", month, "KRW", "advance", -recouped, "operator")
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=2, held=1))
    expected.exceptions({("too_old", "", ""): 1})


main()
