"""Three months of wallet calls under two contracts: the figures of E15, and what became of each call."""

import json
import os
import sys
from collections import Counter
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402
from wallet import Call, Wallet  # noqa: E402

MONTHS = ("2024-01", "2024-02", "2024-03")
MINIMUM = 50000


def share(base):
    """10 % to a million, 15 % above."""
    return rounded(Fraction(10, 100) * min(base, 1000000) + Fraction(15, 100) * max(base - 1000000, 0), "KRW")


def totals(ggr):
    """Share and shortfall of each month, losses carried as measure."""
    carried, found = 0, []
    for amount in ggr:
        base = amount + carried
        carried, base = min(base, 0), max(base, 0)
        found.append((share(base), max(MINIMUM - share(base), Fraction(0))))
    return found


def main():
    expected, wallet, events = Expected(__file__), Wallet(), 0
    for month in MONTHS:
        for studio in ("caleta", "evolution"):
            with open(expected.path("events", f"{studio}-{month}.jsonl"), encoding="utf-8") as file:
                for line in file:
                    wallet.take(Call(json.loads(line)))
                    events += 1
    late = [amount for own, original, _, amount in wallet.counted if own != original]
    agree("one rollback of an earlier month", sum(late), -200000)
    own = [wallet.ggr(month) for month in MONTHS]
    issued = [own[0], own[1], own[2] - sum(late)]
    for found, wanted in zip(issued, (-600000, 1600000, 1500000)):
        agree("GGR", found, wanted)
    statements = Statements()

    def post(contract, months):
        for month, (charge, shortfall) in zip(MONTHS, months):
            for line, amount in (("share", charge), ("minimum", shortfall), ("total", charge + shortfall)):
                statements.add(contract, "aggregator", month, "KRW", line, amount)

    post("own", totals(own))
    post("original", totals(issued))
    truth = totals([issued[0], issued[1] + sum(late), issued[2]])
    before = totals(issued)
    restated = truth[1][0] - before[1][0]
    agree("restatement", restated, -20000)
    agree("no other month moves", truth[0] == before[0] and truth[2] == before[2], True)
    statements.add("original", "aggregator", "2024-03", "KRW", "restated:share", restated)
    statements.add("original", "aggregator", "2024-03", "KRW", "total", restated)
    for contract, wanted in (("own", (50000, 100000, 145000)), ("original", (50000, 100000, 155000))):
        for month, total in zip(MONTHS, wanted):
            agree(f"{contract} {month}", statements.amount(contract, "aggregator", month, "KRW", "total"), total)
    expected.statements(statements)
    refused = Counter(code for code, _ in wallet.refused)
    agree("nothing waits at the end", len(wallet.waiting), 0)
    held = sum(refused.values())
    expected.summary(decisions(events, duplicates=wallet.duplicates, held=held))
    expected.exceptions({(code, "", ""): count for code, count in refused.items()})


main()
