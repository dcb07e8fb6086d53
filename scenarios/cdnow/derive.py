"""Royalties of 10 % on 69,659 purchases, rounded five ways."""

import os
import sys
from collections import Counter
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

RATE = Fraction(10, 100)
# What was agreed beforehand.
AGREED = {
    "line-once": "250031.56", "line-month": "250031.59",
    "event-half-up": "250121.32", "event-half-even": "250105.44", "event-down": "249609.13",
}


def purchases(path):
    with open(path, encoding="ascii") as file:
        next(file)
        return [(row[1], Fraction(row[3]), tuple(row)) for row in (line.split() for line in file) if row]


def main():
    expected = Expected(__file__)
    bought = purchases(expected.path("events", "CDNOW_master.txt"))
    repeated = [count for count in Counter(row for _, _, row in bought).values() if count > 1]
    agree("purchases", len(bought), 69659)
    agree("dollars", sum(price for _, price, _ in bought), "2500315.63")
    agree("rows that are not alone", sum(repeated), 470)
    agree("groups of identical rows", len(repeated), 215)

    statements = Statements()

    def charge(contract, period, amount):
        statements.charge(contract, "shop", "label", period, "USD", "royalty", amount, "shop")

    charge("line-once", "once", rounded(RATE * sum(price for _, price, _ in bought), "USD"))
    months, counts = {}, Counter()
    for date, price, _ in bought:
        period = f"{date[:4]}-{date[4:6]}"
        months[period] = months.get(period, Fraction(0)) + price
        counts[period] += 1
    agree("months", len(months), 18)
    for period, sales in months.items():
        charge("line-month", period, rounded(RATE * sales, "USD"))
        statements.add("line-month", "label", period, "USD", "measure:purchases", counts[period])
    for contract, mode in (("event-half-up", "half_up"), ("event-half-even", "half_even"), ("event-down", "down")):
        for _, price, _ in bought:
            charge(contract, "once", rounded(RATE * price, "USD", mode))
    charged = []
    for contract, amount in AGREED.items():
        found = sum(value for key, value in statements.lines.items() if key[0] == contract and key[4] == "total")
        agree(contract, found, amount)
        charged.append((f"charged:{contract}:*:USD", amount))
    expected.statements(statements, keep=lambda key: not key[4].startswith("owed:"))
    expected.summary(decisions(len(bought), accepted=69659) + charged)


main()
