"""What the operator's wallet makes of calls: the rules of the two studios, written down once more and one call at a time."""

from datetime import datetime, timedelta, timezone

SEOUL = timezone(timedelta(hours=9))
KINDS = {
    "/wallet/bet": "bet", "/wallet/win": "win", "/wallet/rollback": "rollback",
    "/api/debit": "bet", "/api/credit": "win", "/api/cancel": "rollback",
}
EXPIRES = timedelta(hours=48)


class Call:
    """One call of either studio."""

    def __init__(self, line):
        body, self.kind = line["body"], KINDS[line["path"]]
        self.received = datetime.fromisoformat(line["received"])
        self.content = dict(line, received=None)
        if "headers" in line:
            self.id = ("caleta", body["transaction_uuid"])
            reference = body.get("reference_transaction_uuid")
            self.original = ("caleta", reference) if reference else None
            happened = datetime.fromisoformat(line["headers"]["X-Msg-Timestamp"])
            amount = body.get("amount", 0)
            assert amount % 100000 == 0, "whole won"
            self.amount = amount // 100000
        else:
            self.id = ("evolution", self.kind, body["transaction"]["id"])
            self.original = ("evolution", "bet", body["transaction"]["id"]) if self.kind == "rollback" else None
            happened = self.received
            self.amount = body["transaction"]["amount"]
        self.month = happened.astimezone(SEOUL).strftime("%Y-%m")


class Wallet:
    """Counts calls. `counted`: (own month, month of the original or own, kind, GGR that it adds)."""

    def __init__(self):
        self.now = datetime.min.replace(tzinfo=timezone.utc)
        self.known = {}
        self.void, self.taken_back = set(), set()
        self.waiting = []
        self.counted, self.refused, self.duplicates = [], [], 0

    def take(self, call):
        self.now = max(self.now, call.received)
        gone = [(since, other) for since, other in self.waiting if since + EXPIRES < self.now]
        self.waiting = [item for item in self.waiting if item not in gone]
        self.refused += [("original_expired", other) for _, other in gone]
        self.decide(call)

    def decide(self, call):
        known = self.known.get(call.id)
        if known is not None:
            assert known.content == call.content, "no call changes"
            self.duplicates += 1
            return
        verdict = self.verdict(call)
        if verdict == "waits":
            self.waiting.append((self.now, call))
        elif verdict in ("counts", "void"):
            self.known[call.id] = call
            if verdict == "counts":
                self.count(call)
            else:
                self.void.add(call.original)
            released = [other for _, other in self.waiting if other.original in (call.id, call.original)]
            self.waiting = [(since, other) for since, other in self.waiting if other not in released]
            for other in released:
                self.decide(other)
        else:
            self.refused.append((verdict, call))

    def verdict(self, call):
        gone = call.original in self.void or call.original in self.taken_back
        if gone and call.kind == "win":
            return "original_reversed"
        if gone and call.kind == "rollback":
            return "reversed_already"
        if call.id in self.void:
            return "voided"
        if call.original is None or call.original in self.known:
            return "counts"
        return "waits" if call.kind == "win" else "void"

    def count(self, call):
        if call.kind == "rollback":
            bet = self.known[call.original]
            self.taken_back.add(call.original)
            self.counted.append((call.month, bet.month, call.kind, -bet.amount))
        else:
            self.counted.append((call.month, call.month, call.kind, call.amount if call.kind == "bet" else -call.amount))

    def ggr(self, month):
        """Of a month, each call on its own day."""
        return sum(amount for own, _, _, amount in self.counted if own == month)
