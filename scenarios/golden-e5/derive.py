"""A share, a shortfall, and both of them again."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "plays.csv")
    minimum, rate, cut = 50000, Fraction(12, 100), "2024-02-04"

    def january(plays):
        share = rounded(rate * sum(int(row["amount"]) for row in plays), "KRW")
        return share, max(Fraction(0), minimum - share)

    issued = january([row for row in rows if row["received"][:10] < cut])
    agree("share", issued[0], 36000)
    agree("shortfall", issued[1], 14000)
    known = january(rows)
    statements = Statements()
    statements.charge("games", "operator", "provider", "2024-01", "KRW", "share", issued[0], "operator")
    statements.charge("games", "operator", "provider", "2024-01", "KRW", "minimum", issued[1], "operator")
    statements.charge("games", "operator", "provider", "2024-02", "KRW", "minimum", minimum, "operator")
    for term, now, then in (("share", known[0], issued[0]), ("minimum", known[1], issued[1])):
        statements.add("games", "provider", "2024-02", "KRW", f"restated:{term}", now - then)
        statements.add("games", "provider", "2024-02", "KRW", "total", now - then)
    agree("share again", statements.amount("games", "provider", "2024-02", "KRW", "restated:share"), 12000)
    agree("shortfall again", statements.amount("games", "provider", "2024-02", "KRW", "restated:minimum"), -12000)
    agree("together", statements.amount("games", "provider", "2024-02", "KRW", "total"), minimum)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=3))


main()
