"""Each sale at the cross of its day in Frankfurt."""

import datetime
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, cross, decisions, fixings, read, rounded  # noqa: E402


def day_in_frankfurt(happened):
    """The date of an instant given in Seoul time: summer time in Frankfurt is seven hours earlier, all of this month."""
    local = datetime.datetime.fromisoformat(happened) - datetime.timedelta(hours=7)
    return local.date().isoformat()


def main():
    expected = Expected(__file__)
    rates, rows = fixings(expected), read(expected, "sales.csv")
    total, closed = Fraction(0), set()
    for row in rows[:120]:
        on = day_in_frankfurt(row["happened"])
        if on not in rates:
            closed.add(on)
        rate = cross(rates, row["asset"], on, 4) * (1 - Fraction(15, 1000))
        rate = Fraction((rate * 10000 + Fraction(1, 2)).__floor__(), 10000)
        total += Fraction(row["amount"]) * rate
    agree("days without a fixing", len({"2024-04-01", "2024-03-31"} & closed), 2)
    statements = Statements()
    statements.charge("games", "operator", "provider", "2024-04", "KRW", "share", rounded(Fraction(30, 100) * total, "KRW"), "operator")
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=121))


main()
