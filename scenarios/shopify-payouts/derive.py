"""Which payouts agree with their summary and their lines, which lines with themselves, and by how much the others do not."""

import json
import os
import sys
from collections import Counter
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, agree, decisions, shown  # noqa: E402

PARTS = ("charges", "refunds", "adjustments", "reserved_funds", "retried_payouts")
COLUMNS = ["reconciliation", "class", "amount", "key", "left_records", "left_amount", "right_records", "right_amount"]
COLUMNS += ["difference", "nearest_at"]
# The amounts of a summary that are sums over lines of one type: name, type, column of the line.
SUMS = [
    ("charges_gross", "charge", "amount"),
    ("charges_fee", "charge", "fee"),
    ("refunds_gross", "refund", "amount"),
    ("refunds_fee", "refund", "fee"),
    ("adjustments_gross", "adjustment", "amount"),
    ("adjustments_fee", "adjustment", "fee"),
    ("reserved_funds_gross", "reserve", "amount"),
]


def row(reconciliation, kind, amount, key, asset, left, right, difference, nearest_at=""):
    """One break; `left` and `right` are a count and a sum, or none."""
    cells = []
    for side in (left, right):
        cells += [side[0], shown(side[1], asset)] if side else [0, ""]
    return [reconciliation, kind, amount, key, *cells, shown(difference, asset), nearest_at]


def of_summary(payout):
    parts = payout["summary"]
    value = lambda name: Fraction(parts[f"{name}_amount"])
    return sum(value(f"{part}_gross") for part in PARTS) - sum(value(f"{part}_fee") for part in PARTS)


def against_summary(objects):
    """Objects are in the order in which their files are read. An id that was there already is not compared again."""
    rows, seen, matched = [], {}, 0
    for at, payout in objects:
        key, asset, amount = str(payout["id"]), payout["currency"], Fraction(payout["amount"])
        if key in seen:
            first_at, first = seen[key]
            agree("the object that is there twice", first == payout, True)
            rows.append(row("summary", "duplicate", "amount", key, asset, (1, amount), None, 0, first_at))
            continue
        seen[key] = (at, payout)
        difference = amount - of_summary(payout)
        matched += not difference
        if difference:
            rows.append(row("summary", "amount", "amount", key, asset, (1, amount), (1, amount - difference), difference))
    return rows, matched


def against_themselves(lines):
    rows, matched = [], 0
    for line in lines:
        left, right = Fraction(line["amount"]) - Fraction(line["fee"]), Fraction(line["net"])
        matched += left == right
        if left != right:
            rows.append(row("line", "amount", "net", str(line["id"]), line["currency"], (1, left), (1, right), left - right))
    return rows, matched


def against_lines(payouts, lines):
    rows, matched = [], 0
    for payout in payouts:
        key, asset, amount = str(payout["id"]), payout["currency"], Fraction(payout["amount"])
        own = [line for line in lines if line["payout_id"] == payout["id"]]
        if not own:
            rows.append(row("lines", "missing_right", "amount", key, asset, (1, amount), None, amount))
            continue
        total = lambda wanted, column: sum(Fraction(line[column]) for line in own if wanted(line["type"]))
        compared = [
            ("amount", amount, total(lambda kind: kind != "payout", "net")),
            ("paid", amount, -total(lambda kind: kind == "payout", "net")),
        ]
        for name, wanted, column in SUMS:
            stated = Fraction(payout["summary"][f"{name}_amount"])
            compared.append((name, stated, total(lambda kind, wanted=wanted: kind == wanted, column)))
        differing = [(name, left, right) for name, left, right in compared if left != right]
        matched += not differing
        for name, left, right in differing:
            rows.append(row("lines", "amount", name, key, asset, (1, left), (len(own), right), left - right))
    return rows, matched


def main():
    expected = Expected(__file__)
    read = lambda name: json.load(open(expected.path("events", name), encoding="utf-8"))
    single, payouts = read("payout.json")["payout"], read("payouts.json")["payouts"]
    lines = read("payouts_transactions.json")["transactions"]
    # Without a time of receipt files are read in order of their names.
    objects = [("payout.json:1", single)] + [(f"payouts.json:{at}", one) for at, one in enumerate(payouts, 1)]

    summary, agreeing = against_summary(objects)
    line, sound = against_themselves(lines)
    of_lines, whole = against_lines(payouts, lines)

    # What was known beforehand.
    agree("objects", len(objects), 7)
    agree("payouts that agree with their summary", agreeing, 2)
    differences = Counter(one[8] for one in summary if one[1] == "amount")
    agree("payouts that differ by 0.22", differences["0.22"], 3)
    agree("payouts that differ by 1.30", differences["1.30"], 1)
    agree("payouts that differ", sum(differences.values()), 4)
    agree("lines of payout 623721858", len([one for one in lines if one["payout_id"] == 623721858]), 25)
    agree("lines that differ from themselves", [one[3] for one in line] == ["758509248"], True)
    agree("by so much", Fraction(line[0][8]), Fraction("0.50"))
    agree("sum of all 25 lines", sum(Fraction(one["net"]) for one in lines), Fraction("39.48"))

    expected.write("breaks.csv", COLUMNS, summary + line + of_lines)
    figures = [("outside_records", len(objects) + len(lines)), ("entries", 0), ("statements", 0)]
    figures += [("reconciled:summary:matched", agreeing), ("reconciled:line:matched", sound)]
    figures += [("reconciled:lines:matched", whole), ("reconciled:summary:left_records", len(objects))]
    expected.summary(decisions(0) + figures)


main()
