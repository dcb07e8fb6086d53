"""What enters a closing month, and what comes too late."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "plays.csv")
    rate, cut, admitted = Fraction(10, 100), "2024-02-04", {"p-3"}
    january = [row for row in rows if row["happened"].startswith("2024-01")]
    inside = [row for row in january if row["received"][:10] < cut or row["id"] in admitted]
    issued = rounded(rate * sum(int(row["amount"]) for row in inside), "KRW")
    known = rounded(rate * sum(int(row["amount"]) for row in january), "KRW")
    agree("issued", issued, 120000)
    statements = Statements()
    statements.charge("games", "operator", "provider", "2024-01", "KRW", "share", issued, "operator")
    statements.add("games", "provider", "2024-01", "KRW", "total", -5000)
    february = rounded(rate * sum(int(row["amount"]) for row in rows if row["happened"].startswith("2024-02")), "KRW")
    statements.charge("games", "operator", "provider", "2024-02", "KRW", "share", february, "operator")
    statements.add("games", "provider", "2024-02", "KRW", "restated:share", known - issued)
    statements.add("games", "provider", "2024-02", "KRW", "total", known - issued)
    agree("restated", known - issued, 10000)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=5))
    expected.exceptions({("command_refused", "", "commands.jsonl"): 1})


main()
