"""What the derivations of all scenarios need: exact rounding and the writing of tables.

Independent of the product on purpose: fractions instead of scaled integers, and every rule written down once more.
"""

import csv
import os
import sys
from collections import Counter
from fractions import Fraction

DIGITS = {"KRW": 0, "USD": 2, "CAD": 2, "CONVERSION": 6}


def rounded(amount, asset, mode="half_up"):
    """`amount` rounded to the digits of `asset`. Modes act on the magnitude."""
    scale = 10 ** DIGITS[asset]
    magnitude = abs(Fraction(amount)) * scale
    whole, rest = magnitude.numerator // magnitude.denominator, magnitude - magnitude.numerator // magnitude.denominator
    half = Fraction(1, 2)
    if mode == "half_up":
        up = rest >= half
    elif mode == "half_even":
        up = rest > half or (rest == half and whole % 2 == 1)
    elif mode == "down":
        up = False
    elif mode == "up":
        up = rest > 0
    else:
        raise ValueError(mode)
    result = Fraction(whole + up, scale)
    return -result if amount < 0 else result


def shown(amount, asset):
    """The amount as text with exactly the digits of `asset`."""
    scale = 10 ** DIGITS[asset]
    units = Fraction(amount) * scale
    assert units.denominator == 1, f"{amount} has more digits than {asset}"
    sign, units = ("-" if units < 0 else ""), abs(units.numerator)
    if scale == 1:
        return f"{sign}{units}"
    return f"{sign}{units // scale}.{units % scale:0{DIGITS[asset]}d}"


class Statements:
    """Statement lines added up by (contract, party, period, asset, line)."""

    def __init__(self):
        self.lines = {}

    def add(self, contract, party, period, asset, line, amount):
        key = (contract, party, period, asset, line)
        self.lines[key] = self.lines.get(key, Fraction(0)) + Fraction(amount)

    def charge(self, contract, debtor, creditor, period, asset, term, amount, operator, labels=()):
        """One rounded charge: it stands on the statement of each side that is not the operator."""
        for party, sign, side in ((creditor, 1, "owed"), (debtor, -1, "owes")):
            if party == operator:
                continue
            self.add(contract, party, period, asset, term, sign * amount)
            self.add(contract, party, period, asset, f"{side}:{term}", sign * amount)
            for label in labels:
                self.add(contract, party, period, asset, f"{term}[{label}]", sign * amount)
            self.add(contract, party, period, asset, "total", sign * amount)

    def amount(self, contract, party, period, asset, line):
        return self.lines.get((contract, party, period, asset, line), Fraction(0))

    def rows(self, keep=lambda key: True):
        rows = []
        for key in sorted(self.lines):
            if keep(key):
                text = str(self.lines[key]) if key[4].startswith("measure:") else shown(self.lines[key], key[3])
                rows.append(key + (text,))
        return rows


class Expected:
    """The folder `expected/` beside a derivation."""

    def __init__(self, script):
        self.here = os.path.dirname(os.path.abspath(script))
        os.makedirs(os.path.join(self.here, "expected"), exist_ok=True)

    def path(self, *parts):
        return os.path.join(self.here, *parts)

    def write(self, name, header, rows):
        with open(self.path("expected", name), "w", encoding="utf-8", newline="") as out:
            table = csv.writer(out, lineterminator="\n")
            table.writerow(header)
            table.writerows(rows)

    def statements(self, statements, keep=lambda key: True):
        self.write("statements.csv", ["contract", "party", "period", "asset", "line", "amount"], statements.rows(keep))

    def summary(self, figures):
        self.write("summary.csv", ["figure", "value"], figures)

    def exceptions(self, counted):
        """`counted`: (code, difference or '', file or '') → count."""
        rows = [(code, count, difference, name) for (code, difference, name), count in sorted(counted.items())]
        self.write("exceptions.csv", ["code", "count", "difference", "file"], rows)


def read(expected, name):
    """The rows of an event file of the scenario."""
    with open(expected.path("events", name), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def graduated(base, tiers, filled=0):
    """What a base charges whose running sum began at `filled`; below zero the first rate holds."""
    total, lower = Fraction(0), None
    for upper, rate in tiers:
        begin = filled if lower is None else max(filled, lower)
        end = filled + base if upper is None else min(filled + base, upper)
        if end > begin or (lower is None and base < 0):
            total += (end - begin) * rate
        lower = upper
    return total


def fixings(expected):
    """The fixings of the book by day, as written."""
    with open(expected.path("book", "rates", "ecb.csv"), newline="", encoding="utf-8") as file:
        return {row["Date"]: row for row in csv.DictReader(file)}


def cross(rates, asset, on, digits):
    """Won for one unit of an asset by the last fixing not after a day, rounded half up to digits."""
    day = max(known for known in rates if known <= on)
    value = Fraction(rates[day]["KRW"]) / Fraction(rates[day][asset])
    scale = 10**digits
    return Fraction((value * scale + Fraction(1, 2)).__floor__(), scale)


def decisions(events, accepted=None, duplicates=0, conflicts=0, held=0, rejected=0):
    """The rows of summary.csv that count decisions; the five add up to `events`."""
    rest = events - duplicates - conflicts - held - rejected
    assert accepted is None or accepted == rest
    return [("events", events), ("accepted", rest), ("duplicates", duplicates), ("conflicts", conflicts), ("held", held), ("rejected", rejected)]


def agree(what, found, wanted):
    """Stop where a figure that was known beforehand does not come out."""
    if Fraction(found) != Fraction(wanted):
        sys.exit(f"{what}: {found} found, {wanted} wanted")
