"""Prices of impressions, clicks and conversions, spend in millionths, and reports that take each other's place, one of them late."""

import json
import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, rounded, shown  # noqa: E402

OPERATOR = "network"
# January's membership ends five days after it.
CUT = "2026-02-06T00:00:00Z"
PRICES = {
    "advertisers": {"cpm": Fraction(125, 100_000), "cpc": Fraction(35, 100), "cpa": Fraction(42, 10), "auction": Fraction(1)},
    "publishers": {"cpm": Fraction(85, 100_000), "cpc": Fraction(24, 100), "cpa": Fraction(3), "auction": Fraction(72, 100)},
}


def quantity(report):
    model = report["model"].lower()
    if model == "auction":
        return model, Fraction(report["spend_micros"], 1_000_000)
    return model, Fraction(report[{"cpm": "impressions", "cpc": "clicks", "cpa": "conversions"}[model]])


def standing(reports, until):
    """The report of each day, campaign and publisher that stands at a moment: what came after a final one does not."""
    stands = {}
    for report in reports:
        key = report["day"], report["campaign"], report["publisher"]
        known = stands.get(key)
        if report["received"] <= until and (known is None or (known["state"] != "FINAL" and report["revision"] > known["revision"])):
            stands[key] = report
    return stands.values()


def charged(reports, until):
    """What each party is charged for, by contract, party, month, term and campaign."""
    sums = {}
    for report in standing(reports, until):
        model, amount = quantity(report)
        month = report["day"][:7]
        for key in (("advertisers", report["advertiser"], month, model, report["campaign"]), ("publishers", report["publisher"], month, model, "")):
            sums[key] = sums.get(key, Fraction(0)) + amount
    return {key: rounded(amount * PRICES[key[0]][key[3]], "USD") for key, amount in sums.items()}


def main():
    expected, reports = Expected(__file__), []
    for month in ("2026-01", "2026-02"):
        with open(expected.path("events", f"reports-{month}.jsonl"), encoding="utf-8") as file:
            reports += [json.loads(line) for line in file]
    last = max(report["received"] for report in reports)
    statements, issued, now = Statements(), charged(reports, CUT), charged(reports, last)
    for key in sorted(set(issued) | set(now)):
        contract, party, month, model, campaign = key
        before, after = issued.get(key, Fraction(0)), now[key]
        sides = (party, OPERATOR) if contract == "advertisers" else (OPERATOR, party)
        labels = [f"campaign={campaign}"] if campaign else []
        stands = before if month == "2026-01" else after
        statements.charge(contract, *sides, month, "USD", model, stands, OPERATOR, labels)
        if month == "2026-01" and before != after:
            sign = -1 if contract == "advertisers" else 1
            statements.add(contract, party, "2026-02", "USD", f"restated:{model}", sign * (after - before))
            statements.add(contract, party, "2026-02", "USD", "total", sign * (after - before))
    amount = statements.amount
    # 121,234 + 8,033 impressions at 1.25 for 1,000.
    agree("impressions", amount("advertisers", "shoes", "2026-01", "USD", "cpm"), Fraction(-16_158, 100))
    agree("clicks", amount("publishers", "news", "2026-01", "USD", "cpc"), Fraction(28_872, 100))
    # 61.234567 as estimated and issued, 60.994444 in the end.
    agree("auction", amount("advertisers", "shoes", "2026-01", "USD", "auction"), Fraction(-6_123, 100))
    agree("the final report", amount("advertisers", "shoes", "2026-02", "USD", "restated:auction"), Fraction(24, 100))
    expected.statements(statements)
    # A publisher waits below 100 dollars.
    rows = []
    for party, month, due in (("news", "2026-01", "2026-03-30"), ("blog", "2026-01", "2026-03-30")):
        total = amount("publishers", party, month, "USD", "total")
        waits = total < 100
        pays = Fraction(0) if waits else total
        rows.append(("publishers", party, month, "USD", due, "yes" if waits else "no", "0.00", "0.00", shown(pays, "USD")))
    expected.write("payouts.csv", ["contract", "party", "period", "asset", "leaves_on", "waits", "income", "local", "pays"], rows)
    expected.exceptions({("conflict", "", ""): 1})
    expected.summary(decisions(len(reports), conflicts=1))


main()
