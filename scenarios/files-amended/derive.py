"""Which rows count after two files are amended."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


def content(row):
    return row["happened"], row["amount"]


def main():
    expected = Expected(__file__)
    names = ("2024-01", "2024-01_corrected", "2024-02", "2024-02_rest", "2024-02_unknown")
    first, corrected, second, rest, unknown = (read(expected, f"plays_{name}.csv") for name in names)
    # The k-th row of one content in one file is the k-th in the other.
    left, new = [content(row) for row in first], 0
    for row in corrected:
        if content(row) in left:
            left.remove(content(row))
        else:
            new += 1
    january = [int(row["amount"]) for row in corrected]
    known, february, added = [content(row) for row in second], [int(row["amount"]) for row in second], 0
    for row in rest:
        if content(row) in known:
            known.remove(content(row))
        else:
            february.append(int(row["amount"]))
            added += 1
    statements = Statements()
    for month, plays, wanted in (("2024-01", january, 65000), ("2024-02", february, 32000)):
        share = rounded(Fraction(10, 100) * sum(plays), "KRW")
        agree(month, share, wanted)
        statements.charge("games", "operator", "provider", month, "KRW", "share", share, "operator")
    expected.statements(statements)
    events = len(first) + len(corrected) + len(second) + len(rest) + len(unknown)
    duplicates = len(corrected) - new + len(rest) - added
    expected.summary(decisions(events, duplicates=duplicates, held=len(unknown)))
    expected.exceptions({("file_slot_taken", "", "plays_2024-02_unknown.csv"): 1, ("command_refused", "", "commands.jsonl"): 1})


main()
