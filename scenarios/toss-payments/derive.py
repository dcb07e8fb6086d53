"""Which of the outside records hold, and by how much the others fail."""

import json
import os
import sys
from collections import Counter
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, agree, decisions, rounded  # noqa: E402


def differences(record):
    """Left side minus right side of each equation that does not hold."""
    fees = sum(int(fee["fee"]) for fee in record["fees"]) if "fees" in record else record["fee"]
    fee = record.get("fee", fees)
    sides = [
        record["payout"] - (record["amount"] - fee - record["interest_fee"]),
        record["supply"] + record["vat"] - fee,
        fee - fees,
    ]
    return [difference for difference in sides if difference]


def main():
    expected, exceptions, records = Expected(__file__), Counter(), 0
    for name in ("payouts.jsonl", "payouts-changed.jsonl"):
        failed = 0
        with open(expected.path("events", name), encoding="utf-8") as file:
            for record in map(json.loads, file):
                records += 1
                found = differences(record)
                failed += bool(found)
                for difference in found:
                    exceptions["check_failed", str(difference), name] += 1
                if not found:
                    agree(record["record"], record["vat"], rounded(Fraction(record["supply"] + record["vat"], 11), "KRW"))
        agree(f"{name}: records that fail", failed, 0 if name == "payouts.jsonl" else 2)
    expected.summary(decisions(0) + [("outside_records", records), ("entries", 0), ("statements", 0)])
    expected.exceptions(exceptions)


main()
