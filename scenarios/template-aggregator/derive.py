"""A volume rate for the casino, a pool divided between studio and brand, and the difference of rates for a tree of agents."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

OPERATOR = "aggregator"


def summed(rows, key):
    sums = {}
    for row in rows:
        sums[key(row)] = sums.get(key(row), Fraction(0)) + int(row["stakes"]) - int(row["wins"])
    return sums


def vat(statements, contract, party, period, base, sign):
    amount = sign * rounded(base * Fraction(10, 100), "KRW")
    statements.add(contract, party, period, "KRW", "vat:10%", amount)
    statements.add(contract, party, period, "KRW", "total", amount)


def main():
    expected, rows = Expected(__file__), []
    for month in ("2026-01", "2026-02"):
        with open(expected.path("events", f"days-{month}.csv"), newline="", encoding="utf-8") as file:
            rows += list(csv.DictReader(file))
    statements = Statements()
    for month, ggr in summed(rows, lambda row: row["day"][:7]).items():
        rate = Fraction(16, 100) if ggr <= 10_000_000 else Fraction(14, 100)
        amount = rounded(ggr * rate, "KRW")
        statements.charge("casino", "casino", OPERATOR, month, "KRW", "service", amount, OPERATOR)
        vat(statements, "casino", "casino", month, amount, -1)
    brand = {}
    for (month, studio), ggr in summed(rows, lambda row: (row["day"][:7], row["studio"])).items():
        total = rounded(ggr * Fraction(12, 100), "KRW")
        part = rounded(total * Fraction(15, 100), "KRW")
        statements.charge("content", OPERATOR, "brand", month, "KRW", "content", part, OPERATOR)
        statements.charge("content", OPERATOR, studio, month, "KRW", "content", total - part, OPERATOR)
        vat(statements, "content", studio, month, total - part, 1)
        brand[month] = brand.get(month, Fraction(0)) + part
    for month, part in brand.items():
        vat(statements, "content", "brand", month, part, 1)
    for (month, agent), ggr in summed(rows, lambda row: (row["day"][:7], row["agent"])).items():
        below = Fraction(0)
        for party, rate in {"agency": [("agency", 3), ("master", 5)], "master": [("master", 5)], OPERATOR: []}[agent]:
            reached = rounded(ggr * Fraction(rate, 100), "KRW")
            statements.charge("agents", OPERATOR, party, month, "KRW", "commission", reached - below, OPERATOR)
            below = reached
    amount = statements.amount
    # January: GGR 4,800,000 - 500,000 + 1,400,000 + 3,000,005 + 600,001 + 700,000 = 10,000,006: above the volume.
    agree("January", amount("casino", "casino", "2026-01", "KRW", "service"), -1_400_001)
    agree("February", amount("casino", "casino", "2026-02", "KRW", "service"), -rounded(Fraction(8_299_993 * 16, 100), "KRW"))
    # Studio A in January: GGR 6,800,001, pool 816,000, of which 122,400 for the brand.
    agree("studio A", amount("content", "studio-a", "2026-01", "KRW", "content"), 693_600)
    # January through the agency: GGR 4,900,001 at 3 % and 5 %; through the master agent alone: 3,000,005 at 5 %.
    agree("agency", amount("agents", "agency", "2026-01", "KRW", "commission"), 147_000)
    agree("master", amount("agents", "master", "2026-01", "KRW", "commission"), 245_000 - 147_000 + 150_000)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=9))


main()
