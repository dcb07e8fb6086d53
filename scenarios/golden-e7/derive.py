"""Five ways to carry a loss."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, graduated, read, rounded  # noqa: E402


def main():
    expected = Expected(__file__)
    rows = read(expected, "plays.csv")
    tiers = ((1000000, Fraction(10, 100)), (None, Fraction(15, 100)))
    minimum, statements = 50000, Statements()
    cases = (
        ("measure", "large", "measure", False, 100000),
        ("charge", "large", "charge", False, 130000),
        ("charge-small", "small", "charge", False, 20000),
        ("charge-recouped", "large", "charge", True, 80000),
        ("measure-recouped", "large", "measure", True, 50000),
    )
    for contract, variant, way, recoupable, wanted in cases:
        measure, charge, unrecouped = 0, Fraction(0), Fraction(0)
        for month, total in (("2024-01", 50000), ("2024-02", wanted)):
            base = sum(int(row["amount"]) for row in rows if row["happened"].startswith(month) and row["variant"] in ("both", variant))
            if way == "measure":
                base += measure
                measure, base = min(base, 0), max(base, 0)
            earned = rounded(graduated(Fraction(base), tiers), "KRW")
            lifted = max(earned, 0)
            shortfall = max(Fraction(0), minimum - lifted)
            after = lifted + shortfall
            brought = min(-charge, after)
            after -= brought
            charge = charge + brought + min(earned, 0)
            recouped = min(unrecouped, after) if recoupable else Fraction(0)
            unrecouped += shortfall - recouped
            agree(f"{contract} {month}", after - recouped, total)
            statements.add(contract, "provider", month, "KRW", "total", total)
            statements.add(contract, "provider", month, "KRW", "share", earned)
    expected.statements(statements)
    expected.summary(decisions(len(rows), accepted=4))


main()
