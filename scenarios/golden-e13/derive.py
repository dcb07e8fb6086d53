"""Cross rates of two weekends."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, cross, decisions, fixings, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rates, rows = fixings(expected), read(expected, "sales.csv")
    statements = Statements()
    # The days in Frankfurt: half past midnight on Monday in Seoul is Sunday afternoon there.
    cases = (
        ("four-digits", rows[1], "2024-04-13", "2024-04", 4, 13798254),
        ("two-digits", rows[1], "2024-04-13", "2024-04", 2, 13798300),
        ("sunday-in-frankfurt", rows[0], "2023-01-08", "2023-01", 4, 12735048),
    )
    for contract, row, on, period, digits, wanted in cases:
        amount = rounded(Fraction(row["amount"]) * cross(rates, "USD", on, digits), "KRW")
        agree(contract, amount, wanted)
        statements.charge(contract, "operator", "provider", period, "KRW", "share", amount, "operator")
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=2))


main()
