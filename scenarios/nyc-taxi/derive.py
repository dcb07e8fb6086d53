"""Figures of the New York taxi scenario, from the published sample files alone."""

import csv
import os
import sys
from collections import Counter
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions  # noqa: E402

# Column, term, payee.
PARTS = [
    ("fare_amount", "fare", "driver"),
    ("extra", "extra", "driver"),
    ("tip_amount", "tips", "driver"),
    ("mta_tax", "mta_tax", "state"),
    ("congestion_surcharge", "congestion", "state"),
    ("improvement_surcharge", "improvement", "city"),
    ("tolls_amount", "tolls", "bridges"),
]

# What was agreed beforehand: per month trips, total, exceptions by difference, payee figures.
AGREED = {
    "01": {
        "trips": 9971, "total": "156507.90", "exceptions": {"1.95": 28, "4.95": 1}, "apart": 52,
        "fare": "124334.81", "extra": "3248.09", "tips": "18044.15", "mta_tax": "4997.01", "congestion": "0",
        "improvement": "2986.20", "tolls": "2897.64", "congestion[vendor=1]": "0", "congestion[vendor=2]": "0",
        "congestion[vendor=4]": "0",
    },
    "02": {
        "trips": 9975, "total": "184249.36", "exceptions": {"1.95": 19, "1.96": 1, "4.95": 1, "-2.50": 4}, "apart": 66,
        "fare": "125762.80", "extra": "3203.50", "tips": "21834.12", "mta_tax": "4945.50", "congestion": "21757.50",
        "improvement": "2984.10", "tolls": "3761.84", "congestion[vendor=1]": "8270.00",
        "congestion[vendor=2]": "13290.00", "congestion[vendor=4]": "197.50",
    },
}


def parts_of(row):
    """The parts of a trip by column, the surcharge taken out of `extra` where the vendor put it inside."""
    parts = {column: Decimal(row[column] or "0") for column, _, _ in PARTS}
    if row["vendor_id"] == "1":
        parts["extra"] -= parts["congestion_surcharge"]
    return parts


def settle(statements, row, period):
    payer = "driver" if row["payment_type"] == "2" else "psp"
    amounts = parts_of(row)
    for column, term, payee in PARTS:
        labels = [f"vendor={row['vendor_id']}"] if term == "congestion" else []
        statements.charge("taxi", payer, payee, period, "USD", term, amounts[column], "platform", labels)


def compare(month, statements, trips, apart, failed, total):
    agreed = AGREED[month]
    agree(f"{month} trips", trips, agreed["trips"])
    agree(f"{month} total", total, agreed["total"])
    agree(f"{month} no charge and dispute", apart, agreed["apart"])
    assert failed == agreed["exceptions"], f"{month} exceptions: {failed}"
    for _, term, payee in PARTS:
        owed = statements.amount("taxi", payee, f"2019-{month}", "USD", f"owed:{term}")
        agree(f"{month} {term}", owed, agreed[term])
    for vendor in "124":
        line = f"congestion[vendor={vendor}]"
        agree(f"{month} {line}", statements.amount("taxi", "state", f"2019-{month}", "USD", line), agreed[line])


def main():
    expected = Expected(__file__)
    statements, exceptions, charged, events = Statements(), Counter(), [], 0
    for month in ("01", "02"):
        name, period = f"yellow_tripdata_sample_2019-{month}.csv", f"2019-{month}"
        trips, total, failed, apart = 0, Decimal(0), Counter(), Counter()
        with open(expected.path("events", name), newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                events += 1
                assert row["pickup_datetime"].startswith(f"2019-{month}-")
                difference = Decimal(row["total_amount"]) - sum(parts_of(row).values())
                if difference != 0:
                    failed[f"{difference:.2f}"] += 1
                    exceptions["check_failed", f"{difference:.2f}", name] += 1
                    continue
                settle(statements, row, period)
                trips, total = trips + 1, total + Decimal(row["total_amount"])
                apart[row["payment_type"]] += 1
        compare(month, statements, trips, apart["3"] + apart["4"], failed, total)
        for measure, value in (("trips", trips), ("no_charge", apart["3"]), ("dispute", apart["4"])):
            statements.add("taxi", "driver", period, "USD", f"measure:{measure}", value)
        charged.append((f"charged:taxi:{period}:USD", f"{total:.2f}"))
    expected.statements(statements)
    expected.summary(decisions(events, held=sum(exceptions.values())) + charged)
    expected.exceptions(exceptions)


main()
