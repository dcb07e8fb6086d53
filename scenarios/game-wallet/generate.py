"""Writes `events/`: three months of calls in the shapes of two studios, so that the months come to the figures of E15.

Deterministic: a small generator of its own. The last round of each month brings the month to its figure.
"""

import json
import os
from datetime import datetime, timedelta, timezone

from wallet import Call, Wallet

HERE = os.path.dirname(os.path.abspath(__file__))
FIGURES = {"2024-01": -600000, "2024-02": 1600000, "2024-03": 1500000}
GAMES = ((121, "candy-bingo"), (122, "pirate-slots"), (130, "keno-express"))
TABLES = ("blackjack", "baccarat", "roulette")
ORDERS = ("BWR", "BRW", "WBR", "WRB", "RBW", "RWB")
ROUNDS = 14


class Dice:
    """A linear congruential generator: the same on every machine."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound

    def hex(self, digits):
        return "".join("0123456789abcdef"[self.below(16)] for _ in range(digits))

    def uuid(self):
        return "-".join(self.hex(length) for length in (8, 4, 4, 4, 12))


class Month:
    """The calls of a month, by studio."""

    def __init__(self, dice, name):
        year, month = map(int, name.split("-"))
        self.dice, self.name = dice, name
        self.begin = datetime(year, month, 1, tzinfo=timezone.utc) + timedelta(hours=1)
        self.calls = {"caleta": [], "evolution": []}

    def at(self, day, minute):
        return self.begin + timedelta(days=day - 1, minutes=minute)

    def caleta(self, at, path, round_id, transaction, amount=None, reference=None, closed=False, game=0, delay=0):
        game_id, game_code = GAMES[game]
        body = {
            "token": self.dice.uuid(), "transaction_uuid": transaction, "round_closed": closed, "round": round_id,
            "request_uuid": self.dice.uuid(), "is_free": False, "game_id": game_id, "game_code": game_code,
        }
        if reference:
            body["reference_transaction_uuid"] = reference
        if amount is not None:
            body.update(currency="KRW", amount=amount * 100000, supplier_user=f"user_{1000 + self.dice.below(9000)}")
        if path == "/wallet/bet":
            body["bet"] = "Base"
        line = {
            "received": (at + timedelta(seconds=1 + delay)).isoformat(),
            "headers": {"X-Auth-Signature": "_", "X-Msg-Timestamp": at.strftime("%Y-%m-%d %H:%M:%S.%f+00:00")},
            "path": path, "body": body,
        }
        self.calls["caleta"].append(line)
        return line

    def evolution(self, at, path, transaction, reference, amount, table=0):
        vid = self.dice.hex(12)
        body = {
            "sid": self.dice.uuid(), "userId": f"euID-{1000 + self.dice.below(9000)}", "currency": "KRW",
            "game": {"id": self.dice.hex(24), "type": TABLES[table], "details": {"table": {"id": vid, "vid": vid}}},
            "transaction": {"id": transaction, "refId": reference, "amount": amount}, "uuid": self.dice.uuid(),
        }
        line = {"received": at.isoformat(), "path": path, "body": body}
        self.calls["evolution"].append(line)
        return line

    def rounds(self):
        """Usual rounds of both studios, spread over days 2 to 24."""
        for number in range(ROUNDS):
            at = self.at(2 + number * 22 // ROUNDS, self.dice.below(600))
            bet, win = self.dice.uuid(), self.dice.uuid()
            round_id, stake, game = f"CG-{self.dice.below(10**6)}", 1000 * (1 + self.dice.below(50)), self.dice.below(3)
            self.caleta(at, "/wallet/bet", round_id, bet, stake, game=game)
            amount = 500 * self.dice.below(150)
            self.caleta(at + timedelta(minutes=1), "/wallet/win", round_id, win, amount, bet, True, game)
            at = self.at(2 + number * 22 // ROUNDS, 700 + self.dice.below(600))
            debit, credit, reference, table = self.dice.hex(10), self.dice.hex(10), self.dice.hex(7), self.dice.below(3)
            self.evolution(at, "/api/debit", debit, reference, 1000 * (1 + self.dice.below(80)), table)
            self.evolution(at + timedelta(minutes=2), "/api/credit", credit, reference, 1000 * self.dice.below(90), table)

    def orders(self):
        """A round in each of the six orders of bet, win, rollback."""
        for position, order in enumerate(ORDERS):
            bet, win, back = self.dice.uuid(), self.dice.uuid(), self.dice.uuid()
            round_id, stake, prize = f"CG-{order}", 10000 * (position + 1), 3000 * (position + 1)
            for minute, letter in enumerate(order):
                at = self.at(9 + position, 30 + minute)
                if letter == "B":
                    self.caleta(at, "/wallet/bet", round_id, bet, stake)
                elif letter == "W":
                    self.caleta(at, "/wallet/win", round_id, win, prize, bet, True)
                else:
                    self.caleta(at, "/wallet/rollback", round_id, back, None, bet, True)

    def cancels(self):
        """Evolution's cancel with the id of its debit, after it, before it, and of a debit that never comes."""
        for day, order, amount in ((16, "DC", 25000), (17, "CD", 35000), (18, "C", 45000)):
            debit, reference = self.dice.hex(10), self.dice.hex(7)
            for minute, letter in enumerate(order):
                path = "/api/debit" if letter == "D" else "/api/cancel"
                self.evolution(self.at(day, 1300 + minute), path, debit, reference, amount)

    def oddities(self):
        """A call sent again, a win a day before its bet, one without any, and a second rollback of one bet."""
        calls = self.calls["caleta"]
        calls.append(dict(calls[0], received=self.at(20, 5).isoformat()))
        calls.append(dict(calls[1], received=self.at(20, 6).isoformat()))
        bet, win = self.dice.uuid(), self.dice.uuid()
        self.caleta(self.at(20, 10), "/wallet/win", "CG-early", win, 4000, bet, True)
        self.caleta(self.at(20, 9), "/wallet/bet", "CG-early", bet, 6000, delay=86400)
        self.caleta(self.at(21, 30), "/wallet/win", "CG-lost", self.dice.uuid(), 7000, self.dice.uuid(), True)
        bet = self.dice.uuid()
        self.caleta(self.at(22, 0), "/wallet/bet", "CG-twice", bet, 9000)
        for minute in (1, 2):
            self.caleta(self.at(22, minute), "/wallet/rollback", "CG-twice", self.dice.uuid(), None, bet, True)

    def sorted(self, studio):
        return sorted(self.calls[studio], key=lambda line: line["received"])

    def balance(self, wallet):
        """One last round brings the month to its figure."""
        trial = settle(wallet, self)
        missing = FIGURES[self.name] - trial.ggr(self.name)
        bet, at = self.dice.uuid(), self.at(27, 0)
        stake = max(missing, 0) + 1000
        self.caleta(at, "/wallet/bet", "CG-last", bet, stake)
        self.caleta(at + timedelta(minutes=1), "/wallet/win", "CG-last", self.dice.uuid(), stake - missing, bet, True)


def settle(wallet, month):
    """The wallet after the month's files, which come studio after studio."""
    import copy

    after = copy.deepcopy(wallet)
    for studio in ("caleta", "evolution"):
        for line in month.sorted(studio):
            after.take(Call(line))
    return after


def main():
    dice, wallet = Dice(15), Wallet()
    wanted = None
    for name in FIGURES:
        month = Month(dice, name)
        month.rounds()
        if name == "2024-01":
            month.orders()
            month.cancels()
        month.oddities()
        if name == "2024-02":
            # The bet that is rolled back in March, when February is issued.
            wanted = dice.uuid()
            month.caleta(month.at(25, 0), "/wallet/bet", "CG-200000", wanted, 200000)
        month.balance(wallet)
        if name == "2024-03":
            month.caleta(month.at(26, 0), "/wallet/rollback", "CG-200000", dice.uuid(), None, wanted, True)
        wallet = settle(wallet, month)
        for studio in month.calls:
            with open(os.path.join(HERE, "events", f"{studio}-{name}.jsonl"), "w", encoding="utf-8") as out:
                for line in month.sorted(studio):
                    out.write(json.dumps(line, separators=(",", ":")) + "\n")


main()
