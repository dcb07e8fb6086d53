"""VAT 10 % on 3 x 1,005 won: event half up 303, document half up 302, event down 300, document down 301."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    with open(expected.path("events", "supplies.csv"), newline="", encoding="utf-8") as file:
        prices = [int(row["price"]) for row in csv.DictReader(file)]
    rate, statements = Fraction(10, 100), Statements()
    for contract, mode, wanted in (("event-half-up", "half_up", 303), ("event-down", "down", 300)):
        for price in prices:
            statements.charge(contract, "operator", "supplier", "2024-03", "KRW", "supply", price, "operator")
            statements.charge(contract, "operator", "supplier", "2024-03", "KRW", "vat:supply", rounded(rate * price, "KRW", mode), "operator")
        agree(contract, statements.amount(contract, "supplier", "2024-03", "KRW", "vat:supply"), wanted)
    for contract, mode, wanted in (("document-half-up", "half_up", 302), ("document-down", "down", 301)):
        statements.charge(contract, "operator", "supplier", "2024-03", "KRW", "supply", sum(prices), "operator")
        vat = rounded(rate * sum(prices), "KRW", mode)
        agree(contract, vat, wanted)
        statements.charge(contract, "operator", "supplier", "2024-03", "KRW", "vat:10%", vat, "operator")
    expected.statements(statements, keep=lambda key: ":vat" not in key[4])
    expected.summary(decisions(len(prices), accepted=3))


main()
