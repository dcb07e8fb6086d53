"""A refund by the day of its original and by its own day."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, graduated, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "sales.csv")
    tiers = ((1000000, Fraction(20, 100)), (None, Fraction(30, 100)))
    january = sum(int(row["amount"]) for row in rows if row["happened"].startswith("2024-01"))
    refund = sum(int(row["amount"]) for row in rows if row["kind"] == "refund")
    issued = rounded(graduated(Fraction(january), tiers), "KRW")
    agree("January", issued, 350000)
    statements = Statements()
    for contract in ("original", "own"):
        statements.charge(contract, "operator", "provider", "2024-01", "KRW", "share", issued, "operator")
    restated = rounded(graduated(Fraction(january + refund), tiers), "KRW") - issued
    agree("restatement", restated, -60000)
    statements.add("original", "provider", "2024-02", "KRW", "restated:share", restated)
    statements.add("original", "provider", "2024-02", "KRW", "total", restated)
    own = rounded(graduated(Fraction(refund), tiers), "KRW")
    agree("own day", own, -40000)
    statements.charge("own", "operator", "provider", "2024-02", "KRW", "share", own, "operator")
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=3))


main()
