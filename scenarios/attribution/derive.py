"""Five ways to divide a conversion."""

import os
import sys
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, agree, decisions, read, rounded  # noqa: E402


MILLION = 1000000


def weights(model, touches):
    """The weight of each touch, first touch first."""
    if model == "last-touch":
        return [0] * (touches - 1) + [1]
    if model == "first-touch":
        return [1] + [0] * (touches - 1)
    if model == "linear" or touches == 1:
        return [1] * touches
    if model == "position":
        if touches == 2:
            return [1, 1]
        return [Fraction(40)] + [Fraction(20, touches - 2)] * (touches - 2) + [Fraction(40)]
    return [Fraction(1, 2 ** min(back // 2, 22)) for back in reversed(range(touches))]


def divided(model, path, conversions):
    """Millionths for each channel of a path; the last touch takes what rounding leaves."""
    shares, whole = {}, sum(weights(model, len(path)))
    for channel, weight in zip(path, weights(model, len(path))):
        shares[channel] = shares.get(channel, 0) + Fraction(weight) / whole
    parts = {}
    for channel, share in shares.items():
        exact = share * conversions * MILLION
        parts[channel] = (exact + Fraction(1, 2)).__floor__()
    parts[path[-1]] += conversions * MILLION - sum(parts.values())
    return parts


def main():
    expected = Expected(__file__)
    rows, paths = read(expected, "paths.csv"), {}
    for row in rows:
        paths[row["path"]] = paths.get(row["path"], 0) + int(row["total_conversions"])
    statements = Statements()
    for model in ("last-touch", "first-touch", "linear", "position", "time-decay"):
        for path, conversions in paths.items():
            for channel, part in divided(model, path.split(" > "), conversions).items():
                amount = Fraction(part, MILLION)
                statements.charge(model, "operator", channel, "2024-03", "CONVERSION", "credit", amount, "operator")
        sums = [amount for key, amount in statements.lines.items() if key[0] == model and key[4] == "total"]
        agree(model, sum(sums), 19785)
    expected.statements(statements)
    expected.summary(decisions(len(rows)))


main()
