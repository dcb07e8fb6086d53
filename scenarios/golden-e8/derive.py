"""Brackets over two versions, in order of days."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, graduated, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "sales.csv")
    statements = Statements()
    for variant in ("in-order", "other-order"):
        own = [row for row in rows if row["variant"] == variant]
        first = sum(int(row["amount"]) for row in own if row["happened"][:10] < "2024-03-15")
        second = sum(int(row["amount"]) for row in own if row["happened"][:10] >= "2024-03-15")
        low = ((1000, Fraction(10, 100)), (None, Fraction(5, 100)))
        high = ((1000, Fraction(20, 100)), (None, Fraction(5, 100)))
        for valid_from, amount in (
            ("2024-03-01", rounded(graduated(Fraction(first), low), "KRW")),
            ("2024-03-15", rounded(graduated(Fraction(second), high, first), "KRW")),
        ):
            statements.charge(variant, "operator", "provider", "2024-03", "KRW", "share", amount, "operator", [f"valid_from={valid_from}"])
        agree(variant, statements.amount(variant, "provider", "2024-03", "KRW", "total"), 150)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=4))


main()
