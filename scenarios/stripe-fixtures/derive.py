"""Which lines agree with themselves, and which payouts with the lines that they pay. Amounts are whole cents."""

import csv
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, agree, decisions, shown  # noqa: E402

COLUMNS = ["reconciliation", "class", "amount", "key", "left_records", "left_amount", "right_records", "right_amount"]
COLUMNS += ["difference", "nearest"]


def dollars(cents):
    return shown(Fraction(cents, 100), "USD")


def nearest(cents, others):
    """The first record of the group whose sum is nearest, of equally near ones the lower."""
    return min(others, key=lambda other: (abs(other[1] - cents), other[1]))[0] if others else ""


def grouped(lines):
    """Payout → the first of its lines, and what all of them come to."""
    groups = {}
    for line in lines:
        if line["type"] != "payout" and line["payout_id"]:
            first, count, total = groups.get(line["payout_id"], (line["id"], 0, 0))
            groups[line["payout_id"]] = (first, count + 1, total + int(line["net"]))
    return groups


def breaks(name, left, groups):
    """`left`: payout → id of its record, amount."""
    rows, matched = [], 0
    lone_left = [(one_id, amount) for key, (one_id, amount) in left.items() if key not in groups]
    lone_right = [(first, total) for key, (first, _, total) in groups.items() if key not in left]
    for key in sorted(set(left) | set(groups)):
        if key not in groups:
            amount = left[key][1]
            rows.append([name, "missing_right", "amount", key, 1, dollars(amount), 0, "", dollars(amount), nearest(amount, lone_right)])
        elif key not in left:
            _, count, total = groups[key]
            rows.append([name, "missing_left", "amount", key, 0, "", count, dollars(total), dollars(-total), nearest(total, lone_left)])
        else:
            amount, (_, count, total) = left[key][1], groups[key]
            matched += amount == total
            if amount != total:
                rows.append([name, "incomplete", "amount", key, 1, dollars(amount), count, dollars(total), dollars(amount - total), ""])
    return rows, matched


def main():
    expected = Expected(__file__)
    read = lambda name: list(csv.DictReader(open(expected.path("events", name), encoding="utf-8", newline="")))
    lines, payouts = read("balance_transaction_data.csv"), read("payout_data.csv")
    agree("every line is in dollars", {line["currency"] for line in lines + payouts} == {"usd"}, True)

    sound = sum(int(line["amount"]) - int(line["fee"]) == int(line["net"]) for line in lines)
    agree("lines whose amount less fee is their net", sound, 9)
    agree("lines", len(lines), 9)
    groups = grouped(lines)
    of_payouts, paid = breaks("payouts", {one["id"]: (one["id"], int(one["amount"])) for one in payouts}, groups)
    stated = {one["payout_id"]: (one["id"], -int(one["net"])) for one in lines if one["type"] == "payout"}
    of_balance, cleared = breaks("paid", stated, groups)

    # What was known beforehand: one payout is paid for by its lines, one only in part, and one stands among the lines.
    incomplete = [row for row in of_payouts if row[1] == "incomplete"]
    agree("the payout whose lines are incomplete", [row[3] for row in incomplete] == ["po_0II1gGig6peNXzgD4BxKEJJJ"], True)
    agree("what it pays", Fraction(incomplete[0][5]), Fraction(2849353, 100))
    agree("what its lines come to", Fraction(incomplete[0][7]), Fraction(114086, 100))
    agree("payouts that agree", (paid, cleared) == (1, 1), True)

    expected.write("breaks.csv", COLUMNS, of_payouts + of_balance)
    figures = [("outside_records", len(lines) + len(payouts)), ("entries", 0), ("statements", 0)]
    figures += [("reconciled:net:matched", sound), ("reconciled:net:breaks", 0)]
    figures += [("reconciled:payouts:matched", paid), ("reconciled:paid:matched", cleared)]
    expected.summary(decisions(0) + figures)


main()
