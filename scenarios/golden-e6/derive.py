"""A chain of carried measures, before and after a late event."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "plays.csv")

    def chain(plays):
        carried, charges = 0, {}
        for month in ("2024-01", "2024-02"):
            base = carried + sum(int(row["amount"]) for row in plays if row["happened"].startswith(month))
            charges[month] = rounded(Fraction(12, 100) * max(base, 0), "KRW")
            carried = min(base, 0)
        return charges

    issued, known = chain(rows[:2]), chain(rows)
    agree("February", issued["2024-02"], 36000)
    statements = Statements()
    statements.charge("games", "operator", "provider", "2024-01", "KRW", "share", issued["2024-01"], "operator")
    statements.charge("games", "operator", "provider", "2024-02", "KRW", "share", issued["2024-02"], "operator")
    agree("January again", known["2024-01"] - issued["2024-01"], 0)
    moved = known["2024-02"] - issued["2024-02"]
    agree("February again", moved, 24000)
    statements.add("games", "provider", "2024-03", "KRW", "restated:share", moved)
    statements.add("games", "provider", "2024-03", "KRW", "total", moved)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=3))


main()
