"""Credit bought in advance and drawn by play: what is left, and what is owed beyond it."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

OPERATOR, MONTHS = "supplier", ("2026-01", "2026-02")


def main():
    expected, rows, seen = Expected(__file__), [], set()
    for month in MONTHS:
        with open(expected.path("events", f"usage-{month}.csv"), newline="", encoding="utf-8") as file:
            rows += list(csv.DictReader(file))
    statements, balance = Statements(), {}
    counted = [row for row in rows if not (row["id"] in seen or seen.add(row["id"]))]
    for month in MONTHS:
        of_month = [row for row in counted if row["at"][:7] == month]
        for customer in ("arcade", "lounge"):
            own = [row for row in of_month if row["customer"] == customer]
            charged, games = Fraction(0), {}
            for row in own:
                if row["type"] == "PLAY":
                    games[row["game"]] = games.get(row["game"], Fraction(0)) + int(row["amount"])
            for game, turnover in games.items():
                amount = rounded(turnover * Fraction(6, 100), "KRW")
                statements.charge("credit", customer, OPERATOR, month, "KRW", "play", amount, OPERATOR, [f"game={game}"])
                charged += amount
            topped = sum(int(row["amount"]) for row in own if row["type"] == "TOPUP")
            left = balance.get(customer, Fraction(0)) + topped
            drawn = min(left, max(charged, Fraction(0)))
            balance[customer] = left - drawn
            statements.charge("credit", customer, OPERATOR, month, "KRW", "credit", -drawn, OPERATOR)
    amount = statements.amount
    # 1,900,000 and 1,000,005 at 6 %: 114,000 and 60,000, all drawn from 500,000.
    agree("arcade in January", amount("credit", "arcade", "2026-01", "KRW", "credit"), 174_000)
    agree("nothing is owed", amount("credit", "arcade", "2026-01", "KRW", "total"), 0)
    # 360,000 with 326,000 left.
    agree("arcade in February", amount("credit", "arcade", "2026-02", "KRW", "total"), -34_000)
    # 102,000 with 66,000 left and 30,000 bought.
    agree("lounge in February", amount("credit", "lounge", "2026-02", "KRW", "total"), -6_000)
    expected.statements(statements)
    expected.exceptions({("duplicate", "", ""): 1})
    expected.summary(decisions(len(rows), duplicates=1))


main()
