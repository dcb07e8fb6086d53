"""The market's January and February: what was decided about each row, what January's statements said, and what February's say."""

import csv
import json
import os
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

SEOUL = timedelta(hours=9)
CUT_OF_JANUARY = datetime(2026, 2, 6)
VAT = Fraction(10, 100)


def orders(path):
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            paid, received = (datetime.fromisoformat(row[column]) for column in ("paid", "received"))
            yield {"source": "orders", "id": row["id"], "kind": row["type"].lower(), "seller": row["seller"], "amount": row["amount"],
                   "paid": paid, "original": row["original_id"], "received": received}


def items(path):
    with open(path, encoding="utf-8") as file:
        for row in map(json.loads, file):
            paid, received = (datetime.fromisoformat(row[column].rstrip("Z")) + SEOUL for column in ("paid", "received"))
            yield {"source": "items", "id": row["id"], "kind": "sale", "amount": row["price"]["value"], "paid": paid, "original": "", "received": received}


def decide(expected):
    """The accepted events, with `late` beside them, and the exceptions. Stamps never decrease."""
    accepted, seen, exceptions, events, stamp = [], {}, Counter(), 0, datetime.min
    files = [("orders-2026-01.csv", orders), ("items-2026-01.jsonl", items), ("items-2026-02.jsonl", items), ("orders-2026-02.csv", orders)]
    first = [next(read(expected.path("events", name)))["received"] for name, read in files]
    assert first == sorted(first), "files are taken in order of their first stamp"
    for name, read in files:
        for event in read(expected.path("events", name)):
            events, stamp = events + 1, max(stamp, event["received"])
            content = {key: event.get(key) for key in ("kind", "seller", "amount", "paid", "original")}
            identity = (event["source"], event["id"])
            if not event["amount"].lstrip("-").isdigit():
                code = "value_invalid"
            elif identity in seen:
                code = "duplicate" if seen[identity] == content else "conflict"
            elif event["original"] and (event["source"], event["original"]) not in seen:
                code = "original_unknown"
            else:
                seen[identity] = content
                late = event["paid"] < datetime(2026, 2, 1) and stamp > CUT_OF_JANUARY
                accepted.append(event | {"amount": int(event["amount"]), "late": late})
                continue
            exceptions[code, "", name] += 1
    return accepted, exceptions, events


def fee_rate(paid):
    return Fraction(10 if paid < datetime(2026, 2, 1) else 12, 100)


def charges(event, paid_of):
    """Contract, debtor, creditor, line, amount of one event, all of scope event."""
    amount = Fraction(event["amount"])
    if event["source"] == "items":
        found = [("games", "psp", "market", "item_sale", amount)]
    else:
        rated_on = paid_of[event["original"]] if event["original"] else event["paid"]
        fee = rounded(fee_rate(rated_on) * amount, "KRW")
        found = [("goods", "psp", event["seller"], "sale", amount), ("goods", event["seller"], "market", "fee", fee)]
    if event["kind"] == "sale":
        fee = max(Fraction(200), rounded(Fraction(22, 1000) * amount, "KRW", "down"))
        found += [("payment", "market", "psp", "payment_fee", fee), ("payment", "market", "psp", "vat:payment_fee", rounded(VAT * fee, "KRW"))]
    return found


def studio_share(sales):
    return rounded(Fraction(60, 100) * min(sales, 200000) + Fraction(70, 100) * max(sales - 200000, 0), "KRW")


def lines_of(events, paid_of):
    """All lines of one month: charges added up, then the terms of the whole line, then VAT on the document."""
    sums = defaultdict(Fraction)
    for event in events:
        for contract, debtor, creditor, line, amount in charges(event, paid_of):
            sums[contract, debtor, creditor, line] += amount
    sums["games", "market", "studio", "share"] = studio_share(sum(e["amount"] for e in events if e["source"] == "items"))
    for contract, debtor, creditor, line in list(sums):
        if line in ("fee", "share"):
            sums[contract, debtor, creditor, "vat:10%"] = rounded(VAT * sums[contract, debtor, creditor, line], "KRW")
    return sums


def main():
    expected = Expected(__file__)
    accepted, exceptions, events = decide(expected)
    paid_of = {event["id"]: event["paid"] for event in accepted}
    january = [event for event in accepted if event["paid"] < datetime(2026, 2, 1)]
    february = [event for event in accepted if event["paid"] >= datetime(2026, 2, 1)]
    issued = lines_of([event for event in january if not event["late"]], paid_of)
    known = lines_of(january, paid_of)
    statements = Statements()
    for period, lines in (("2026-01", issued), ("2026-02", lines_of(february, paid_of))):
        for (contract, debtor, creditor, line), amount in lines.items():
            statements.charge(contract, debtor, creditor, period, "KRW", line, amount, "market")
    for key, amount in known.items():
        if amount != issued[key]:
            contract, debtor, creditor, line = key
            statements.charge(contract, debtor, creditor, "2026-02", "KRW", f"restated:{line}", amount - issued[key], "market")
    for period, listed in (("2026-01", january), ("2026-02", february)):
        statements.add("games", "studio", period, "KRW", "measure:items", sum(event["source"] == "items" for event in listed))

    # Figures of the readme page.
    agree("bookshop, fee of January", statements.amount("goods", "bookshop", "2026-01", "KRW", "fee"), -12346)
    agree("bookshop, VAT of January", statements.amount("goods", "bookshop", "2026-01", "KRW", "vat:10%"), -1235)
    agree("bookshop, restated VAT", statements.amount("goods", "bookshop", "2026-02", "KRW", "restated:vat:10%"), -155)
    agree("studio, share of January", statements.amount("games", "studio", "2026-01", "KRW", "share"), 140577)
    agree("late events", sum(event["late"] for event in accepted), 1)

    expected.statements(statements, keep=lambda key: not key[4].startswith(("owed:", "owes:")))
    expected.exceptions(exceptions)
    codes = Counter()
    for (code, _, _), count in exceptions.items():
        codes[code] += count
    expected.summary(decisions(events, accepted=len(accepted), duplicates=codes["duplicate"], conflicts=codes["conflict"],
                               held=codes["original_unknown"], rejected=codes["value_invalid"]))
    expected.write("dates.csv", ["contract", "party", "period", "published", "computed"], [
        # 15 February 2026 is a Sunday; 15 March too.
        ("goods", "bookshop", "2026-01", "", "2026-02-13"),
        ("goods", "bookshop", "2026-02", "", "2026-03-13"),
        ("games", "studio", "2026-01", "", "2026-02-25"),
        ("games", "studio", "2026-02", "", "2026-03-25"),
    ])


main()
