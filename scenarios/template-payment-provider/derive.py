"""A week of payments over New Year of the lunar calendar: fees with bounds, VAT outside and inside, paid on the second open day."""

import csv
import datetime
import os
import re
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

OPERATOR, SHOPS = "psp", ("bookshop", "teahouse")


def holidays(expected):
    with open(expected.path("book", "calendars", "kr.toml"), encoding="utf-8") as file:
        return set(re.findall(r'^date = "(\d{4}-\d{2}-\d{2})"', file.read(), re.MULTILINE))


def due(day, closed):
    """The second open day after a day."""
    left = 2
    while left:
        day += datetime.timedelta(days=1)
        left -= day.weekday() < 5 and str(day) not in closed
    return day


def card_fee(amount):
    return min(max(rounded(amount * Fraction(29, 1000), "KRW", "down"), 100), 50_000)


def main():
    expected = Expected(__file__)
    with open(expected.path("events", "payments-2026-02.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    statements, seen, cards, closed, days = Statements(), set(), Fraction(0), holidays(expected), set()
    for row in rows:
        # Sent twice; of no merchant; of no payment.
        if row["id"] in seen or row["shop"] not in SHOPS or row["payment"] == "p-9":
            continue
        seen.add(row["id"])
        day, shop, amount = row["paid"][:10], row["shop"], Fraction(row["amount"])
        days.add((shop, day))
        statements.charge("shops", "acquirer", shop, day, "KRW", "sale", amount, OPERATOR)
        cards += amount if row["method"] == "CARD" else 0
        if row["type"] == "CANCEL":
            continue
        if row["method"] == "CARD":
            fee = card_fee(amount)
            statements.charge("shops", shop, OPERATOR, day, "KRW", "card-fee", fee, OPERATOR)
            statements.add("shops", shop, day, "KRW", "vat:card-fee", -rounded(fee / 10, "KRW", "down"))
            statements.add("shops", shop, day, "KRW", "total", -rounded(fee / 10, "KRW", "down"))
        else:
            statements.charge("shops", shop, OPERATOR, day, "KRW", "transfer-fee", Fraction(330), OPERATOR)
            # Inside the fee: no part of the total.
            statements.add("shops", shop, day, "KRW", "vat:transfer-fee", -rounded(Fraction(330 * 10, 110), "KRW"))
    cost = rounded(cards * Fraction(18, 1000), "KRW")
    statements.charge("acquirer", OPERATOR, "acquirer", "2026-02", "KRW", "cost", cost, OPERATOR)
    amount = statements.amount
    # 15,000 and 2,000 by card: 435 and 58, the latter lifted to 100; VAT 43 and 10.
    agree("fees", amount("shops", "bookshop", "2026-02-12", "KRW", "card-fee"), -535)
    agree("bookshop", amount("shops", "bookshop", "2026-02-12", "KRW", "total"), 17_000 - 535 - 53)
    # 2.9 % of 2,500,000 is 72,500: no more than 50,000.
    agree("the bound", amount("shops", "bookshop", "2026-02-13", "KRW", "card-fee"), -50_000)
    # A transfer on a Saturday.
    agree("transfer", amount("shops", "teahouse", "2026-02-14", "KRW", "total"), 11_670)
    agree("cost", cost, rounded(Fraction(2_512_000 * 18, 1000), "KRW"))
    # Thursday the 12th is paid on Thursday the 19th: Friday is open, then the weekend and three holidays.
    agree("Thursday", due(datetime.date(2026, 2, 12), closed).day, 19)
    expected.statements(statements)
    dates = [("shops", shop, day, "", due(datetime.date.fromisoformat(day), closed)) for shop, day in sorted(days)]
    expected.write("dates.csv", ["contract", "party", "period", "published", "computed"], dates)
    expected.exceptions({("duplicate", "", ""): 1, ("party_unknown", "", ""): 1, ("original_unknown", "", ""): 1})
    expected.summary(decisions(len(rows), duplicates=1, held=2))


main()
