"""One sale at two fixings of its day."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402


def fixings(expected):
    with open(expected.path("book", "rates", "ecb.csv"), newline="", encoding="utf-8") as file:
        return {row["Date"]: row for row in csv.DictReader(file)}


def cross(rates, asset, on, digits):
    """Won for one unit of an asset by the last fixing not after a day, rounded half up to digits."""
    day = max(known for known in rates if known <= on)
    value = Fraction(rates[day]["KRW"]) / Fraction(rates[day][asset])
    scale = 10**digits
    return Fraction((value * scale + Fraction(1, 2)).__floor__(), scale)


def read(expected, name):
    with open(expected.path("events", name), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main():
    expected = Expected(__file__)
    rates, rows = fixings(expected), read(expected, "sales.csv")
    issued = rounded(Fraction(rows[0]["amount"]) * cross(rates, "USD", "2024-04-12", 4), "KRW")
    agree("issued", issued, 13798254)
    rates["2024-04-12"]["USD"] = "1.0650"
    known = rounded(Fraction(rows[0]["amount"]) * cross(rates, "USD", "2024-04-12", 4), "KRW")
    statements = Statements()
    statements.charge("games", "operator", "provider", "2024-04", "KRW", "share", issued, "operator")
    statements.add("games", "provider", "2024-05", "KRW", "restated:share", known - issued)
    agree("restated", known - issued, 2591)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=2))


main()
