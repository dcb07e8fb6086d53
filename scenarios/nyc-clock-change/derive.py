"""Trips around the two clock changes of 2019: `--generate` writes the events, without it the expected figures are written."""

import csv
import os
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from figures import Expected, Statements, decisions  # noqa: E402

# New York, 2019: the only two changes, as UTC instants, and what the wall clock showed.
SPRING, AUTUMN = datetime(2019, 3, 10, 7), datetime(2019, 11, 3, 6)
SKIPPED = (datetime(2019, 3, 10, 2), datetime(2019, 3, 10, 3))
REPEATED = (datetime(2019, 11, 3, 1), datetime(2019, 11, 3, 2))
WINTER, SUMMER = timedelta(hours=-5), timedelta(hours=-4)
NEVER = "2019-03-10 02:30:00"

HEADER = (
    "vendor_id,pickup_datetime,dropoff_datetime,passenger_count,trip_distance,rate_code_id,store_and_fwd_flag,pickup_location_id,"
    "dropoff_location_id,payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,improvement_surcharge,total_amount,congestion_surcharge"
).split(",")


# ---- Generation ------------------------------------------------------------------------------------------------------------------------


def numbers(seed):
    """x -> 6364136223846793005 x + 1442695040888963407 (mod 2^64), the upper bits."""
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        yield seed >> 33


def local(instant):
    return instant + (SUMMER if SPRING <= instant < AUTUMN else WINTER)


def trip(pickup, dropoff, draw):
    fare, tip = 250 + 50 * (next(draw) % 100), next(draw) % 1000
    money = {"fare_amount": fare, "tip_amount": tip, "total_amount": fare + tip}
    row = dict.fromkeys(HEADER, "0.0") | {name: f"{cents // 100}.{cents % 100:02d}" for name, cents in money.items()}
    return row | {
        "vendor_id": "1", "pickup_datetime": pickup, "dropoff_datetime": dropoff, "passenger_count": "1", "trip_distance": "1.0", "rate_code_id": "1",
        "store_and_fwd_flag": "N", "pickup_location_id": "230", "dropoff_location_id": "48", "payment_type": "1",
    }


def month_of_trips(first, end, seed):
    """A trip every half hour of real time from the local midnight of `first` to that of `end`, given as UTC instants."""
    draw, rows, instant = numbers(seed), [], first
    while instant < end:
        if local(instant) == SKIPPED[1]:
            rows.append(trip(NEVER, "2019-03-10 02:40:00", draw))
        rows.append(trip(str(local(instant)), str(local(instant + timedelta(minutes=10))), draw))
        instant += timedelta(minutes=30)
    return rows


def generate(expected):
    march = month_of_trips(datetime(2019, 3, 1, 5), datetime(2019, 4, 1, 4), 3)
    november = month_of_trips(datetime(2019, 11, 1, 4), datetime(2019, 12, 1, 5), 11)
    os.makedirs(expected.path("events"), exist_ok=True)
    for name, rows in (("first_2019-03", march), ("first_2019-11", november), ("second_2019-11", november)):
        with open(expected.path("events", f"meter_{name}.csv"), "w", newline="", encoding="utf-8") as out:
            table = csv.DictWriter(out, HEADER, lineterminator="\n")
            table.writeheader()
            table.writerows(rows)


# ---- Derivation ------------------------------------------------------------------------------------------------------------------------


def instant_of(shown, which):
    """The UTC instant of a wall-clock time; None where no clock showed it."""
    if SKIPPED[0] <= shown < SKIPPED[1]:
        return None
    if REPEATED[0] <= shown < REPEATED[1]:
        return shown - (SUMMER if which == "first" else WINTER)
    return shown - (SUMMER if SKIPPED[1] <= shown < REPEATED[0] else WINTER)


def day_of(instant, hours, minutes):
    """The day whose span holds the instant; a day begins when its clock first shows the cut-off."""

    def start(day):
        return instant_of(datetime(day.year, day.month, day.day, hours, minutes), "first")

    day = local(instant).date() - timedelta(days=1)
    while start(day + timedelta(days=1)) <= instant:
        day += timedelta(days=1)
    assert start(day) <= instant
    return day


def main():
    expected = Expected(__file__)
    if sys.argv[1:] == ["--generate"]:
        generate(expected)
        return
    statements, counts, exceptions, events = Statements(), Counter(), Counter(), 0
    for which, month in (("first", "03"), ("first", "11"), ("second", "11")):
        name = f"meter_{which}_2019-{month}.csv"
        with open(expected.path("events", name), newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        events += len(rows)
        for row in rows:
            instant = instant_of(datetime.fromisoformat(row["pickup_datetime"]), which)
            if instant is None:
                assert row["pickup_datetime"] == NEVER
                exceptions["time_never", "", name] += 1
                continue
            for cut, clock in (("midnight", (0, 0)), ("0145", (1, 45))):
                contract, day = f"{which}-{cut}", day_of(instant, *clock)
                counts[contract, day] += 1
                for term, column in (("fare", "fare_amount"), ("tips", "tip_amount")):
                    statements.charge(contract, "platform", "driver", str(day), "USD", term, Fraction(row[column]), "platform")
                statements.add(contract, "driver", str(day), "USD", "measure:trips", 1)
    wanted = {"midnight": {date(2019, 3, 10): 46, date(2019, 11, 3): 50}, "0145": {date(2019, 3, 10): 46}}
    nights = {"first-0145": (50, 48), "second-0145": (46, 52)}
    for (contract, day), found in counts.items():
        cut = contract.split("-")[1]
        expect = wanted[cut].get(day, 48)
        if contract in nights and day in (date(2019, 11, 2), date(2019, 11, 3)):
            expect = nights[contract][day.day - 2]
        # The first and the last days of a contract with a cut-off are cut by the files, not by the clock.
        whole = cut == "midnight" or day not in (date(2019, 2, 28), date(2019, 3, 31), date(2019, 10, 31), date(2019, 11, 30))
        assert found == expect or not whole, f"{contract} {day}: {found} trips, {expect} wanted"
    expected.statements(statements, keep=lambda key: not key[4].startswith("owed:"))
    expected.summary(decisions(events, rejected=sum(exceptions.values())))
    expected.exceptions(exceptions)


main()
