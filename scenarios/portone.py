"""The PortOne scenarios: fourteen books of one family, written and derived here.

`python3 scenarios/portone.py --write` writes the folders (books, events, readme pages); `derive.py` in each folder writes its `expected/`
again from the events and the rates below, and stops where a figure that the vendor published does not come out.

The figures of the first eight cases were published by PortOne in its developers' documentation
(github.com/portone-io/developers.portone.io, src/routes/(root)/platform/ko/usages: order.mdx at 4af823104c82, discount.mdx at 7877214a9a73,
fee.mdx at 4073d65514b5). They are typed here under our own names, with attribution; the documents are not copied.
"""

import datetime
import json
import os
import sys
import tomllib
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from figures import Expected, Statements, agree, decisions, rounded  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
RATES = {"a": 10, "b": 20}
ADDITIONAL, SHARE, VAT = Fraction(5, 100), Fraction(50, 100), Fraction(10, 100)


def order(identity, started, amount, discount=0, product=None):
    return {"kind": "order", "id": identity, "started": started, "order": amount, "discount": discount, "product": product}


def cancel(identity, started, amount, discount=0, product=None):
    return order(identity, started, amount, discount, product) | {"kind": "cancel"}


# Published amounts in this order: settlement, payment, platform fee, its VAT, additional fee, its VAT, discount share. Cancels without sign.
CASES = {
    "order": {
        "title": "an order", "contract": "a", "events": [order("order-1", "2023-08-11", 10000)],
        "published": (8900, 10000, 1000, 100, 0, 0, 0), "due": "2023-08-31",
        "shows": "The plain case: 10,000 won are sold, the operator keeps 10 % and the VAT on it.",
    },
    "order-cancel-partial": {
        "title": "a partial cancel", "contract": "a", "events": [cancel("cancel-1", "2023-08-12", 5000)],
        "published": (4450, 5000, 500, 50, 0, 0, 0), "due": "2023-08-3",
        "shows": "Half of an order is cancelled. The vendor prints cancels without sign; the adapter makes them negative, so the partner's statement "
        "reads -4,450. The cancel names no original that this book knows, which the source allows (`original = \"optional\"`).",
    },
    "order-lines": {
        "title": "an order of two products", "contract": "a", "products": True,
        "events": [order("order-1/a", "2023-08-11", 10000, product="product-a"), order("order-1/b", "2023-08-11", 4000, product="product-b")],
        "published": (12460, 14000, 1400, 140, 0, 0, 0), "due": "2023-08-31",
        "published_lines": {"product-a": (8900, 10000, 1000, 100, 0, 0, 0), "product-b": (3560, 4000, 400, 40, 0, 0, 0)},
        "shows": "Five pieces at 2,000 won and one at 4,000. Each product is an event and a line of its own on the statement: 8,900 + 3,560 = 12,460.",
    },
    "order-lines-cancel": {
        "title": "a cancel of one product of two", "contract": "a", "products": True,
        "events": [cancel("cancel-1/b", "2023-08-12", 4000, product="product-b")],
        "published": (3560, 4000, 400, 40, 0, 0, 0), "due": "2023-08-3",
        "shows": "Of the two products the one at 4,000 won is cancelled: -3,560 for the partner.",
    },
    "order-discount": {
        "title": "a discount that both bear", "contract": "a", "events": [order("order-1", "2023-08-11", 10000, 2000)],
        "published": (7900, 8000, 1000, 100, 0, 0, 1000), "due": "2023-08-31",
        "shows": "The buyer pays 8,000 won for 10,000. The operator gave the coupon of 2,000 and the partner bears half of it.",
    },
    "order-additional-fee": {
        "title": "an additional fee", "contract": "a", "additional": True, "events": [order("order-1", "2023-08-11", 10000)],
        "published": (8350, 10000, 1000, 100, 500, 50, 0), "due": "2023-08-31",
        "shows": "Beside the platform fee stands an additional fee of 5 %, its VAT paid by the partner. (The vendor's policy prints the rate as 5 and its "
        "result as 5,000 of 100,000; the result is meant.)",
    },
    "order-external-payment": {
        "title": "a payment taken elsewhere", "contract": "a", "additional": True, "psp": "Payment provider outside PortOne",
        "events": [order("order-1", "2023-08-11", 10000)],
        "published": (8350, 10000, 1000, 100, 500, 50, 0), "due": "2023-08-31",
        "shows": "The money was taken by a payment provider that is not PortOne's. What the partner gets is the same; only who owes it differs.",
    },
    "order-future-start": {
        "title": "a month that ends in holidays", "contract": "a", "events": [order("order-1", "2023-09-01", 10000)],
        "published": (8900, 10000, 1000, 100, 0, 0, 0), "due": "2023-09-27",
        "shows": "Payment falls on the last day of the month or the business day before. 28 to 30 September 2023 were Chuseok, so it falls on Wednesday, "
        "27 September. (The vendor's comment says Seollal; it is Chuseok.)",
    },
    "own-1": {
        "title": "won that do not divide", "contract": "a", "additional": True, "events": [order("order-1", "2023-08-11", 12345, 1111)],
        "shows": "12,345 won with a coupon of 1,111. Every part has a fraction: the fee 1,234.5 becomes 1,235; VAT is taken on the fee as it was rounded, so "
        "123.5 becomes 124 (on 1,234.5 it would be 123); the additional fee 617.25 becomes 617, its VAT 61.7 becomes 62; the discount share 555.5 becomes 556.",
    },
    "own-2": {
        "title": "small orders, each rounded by itself", "contract": "a",
        "events": [order(f"order-{i + 1}", "2023-08-14", amount) for i, amount in enumerate((15, 116, 995, 1005, 3333))],
        "shows": "Five orders of 15 to 3,333 won. The fee is rounded for each order: 2 + 12 + 100 + 101 + 333 = 548, where 10 % of the sum would be 546.4.",
    },
    "own-3": {
        "title": "contract B", "contract": "b",
        "events": [
            order("order-1", "2023-08-14", 12347), order("order-2", "2023-08-14", 7), order("order-3", "2023-08-15", 3),
            order("order-4", "2023-08-15", 2), order("order-5", "2023-08-16", 7777, 5),
        ],
        "shows": "20 % of odd amounts, down to orders of which the fee rounds to nothing, and a coupon of 5 won of which the partner bears 3.",
    },
    "own-4": {
        "title": "two days that cross the end of a month", "contract": "a",
        "events": [
            order("order-1", "2023-08-29", 10001), order("order-2", "2023-08-30", 10002), order("order-3", "2023-08-31", 10005),
            order("order-4", "2023-09-28", 10007), order("order-5", "2023-09-29", 10009),
        ],
        "shows": "D+2: a day belongs to the month in which the second day after it falls. So 29 August is the last day of August's settlement, 30 August "
        "the first of September's, 28 September the last of September's.",
    },
    "own-5": {
        "title": "orders and their cancels", "contract": "b", "sources": ("order", "cancel"),
        "events": [
            order("order-1", "2023-08-14", 16665), order("order-2", "2023-08-14", 20003, 3001), order("order-3", "2023-08-14", 13),
            cancel("cancel-1", "2023-08-16", 5557), cancel("cancel-2", "2023-08-17", 20003, 3001), cancel("cancel-3", "2023-08-18", 6),
            cancel("cancel-4", "2023-08-18", 7),
        ],
        "shows": "A cancel of all of an order at once returns exactly what was charged, since rounding acts on the magnitude: 20,003 won with a coupon of "
        "3,001 come and go and leave nothing. A cancel in parts need not: the fee on 13 won is 2.6, so 3, and on 6 and 7 won it is 1.2 and 1.4, so 1 each; "
        "the operator keeps one won. Of 16,665 won 5,557 are cancelled: 3,333 less 1,111.",
    },
    "own-6": {
        "title": "year end, leap day and Sundays", "contract": "b", "additional": True,
        "events": [
            order("order-1", "2023-12-29", 11111), order("order-2", "2023-12-30", 22222), order("order-3", "2024-02-27", 33333),
            order("order-4", "2024-02-28", 44444), order("order-5", "2024-06-28", 55555),
        ],
        "shows": "The two days cross the year and the end of a leap February. December 2023 and June 2024 end on a Sunday, March 2024 too, so payment falls "
        "on the Friday before: 29 December, 28 June, 29 March.",
    },
}


# ---- Derivation -----------------------------------------------------------------------------------------------------------------------


def charges(case, event):
    """Term, debtor, creditor, amount of one event, a cancel's amounts below zero."""
    sign = -1 if event["kind"] == "cancel" else 1
    amount, discount = sign * event["order"], sign * event["discount"]
    fee = rounded(Fraction(RATES[case["contract"]], 100) * amount, "KRW")
    found = [
        ("payment", "psp", "partner", amount - discount),
        ("discount", "operator", "partner", discount),
        ("platform_fee", "partner", "operator", fee),
        ("vat:platform_fee", "partner", "operator", rounded(VAT * fee, "KRW")),
        ("discount_share", "partner", "operator", rounded(SHARE * discount, "KRW")),
    ]
    if case.get("additional"):
        additional = rounded(ADDITIONAL * amount, "KRW")
        found += [
            ("additional_fee", "partner", "operator", additional),
            ("vat:additional_fee", "partner", "operator", rounded(VAT * additional, "KRW")),
        ]
    return found


def period_of(started):
    return (datetime.date.fromisoformat(started) + datetime.timedelta(days=2)).replace(day=1)


def due_of(period, holidays):
    """The last day of the month, or the business day before."""
    day = (period + datetime.timedelta(days=32)).replace(day=1) - datetime.timedelta(days=1)
    while day.weekday() >= 5 or day.isoformat() in holidays:
        day -= datetime.timedelta(days=1)
    return day


def compare_published(case, statements, period):
    """Each amount that the vendor printed, the cancels' signs restored."""
    cancelled = -1 if case["events"][0]["kind"] == "cancel" else 1
    for product, amounts in [(None, case["published"])] + list(case.get("published_lines", {}).items()):
        names = ("settlement", "payment", "platform_fee", "vat:platform_fee", "additional_fee", "vat:additional_fee", "discount_share")
        label = f"[product={product}]" if product else ""
        for name, amount in zip(names, amounts):
            if name == "settlement":
                lines = names[1:] + ("discount",)
                found = sum(statements.amount(case["contract"], "partner", period, "KRW", line + label) for line in lines)
                wanted = cancelled * amount
            else:
                found = statements.amount(case["contract"], "partner", period, "KRW", name + label)
                wanted = cancelled * amount * (1 if name == "payment" else -1)
            agree(f"{name}{label}", found, wanted)


def derive(script, name):
    case, expected, statements = CASES[name], Expected(script), Statements()
    with open(expected.path("book", "calendars", "kr.toml"), "rb") as file:
        holidays = {holiday["date"] for holiday in tomllib.load(file)["holiday"]}
    for event in case["events"]:
        period = period_of(event["started"]).isoformat()[:7]
        labels = [f"product={event['product']}"] if case.get("products") else []
        for term, debtor, creditor, amount in charges(case, event):
            statements.charge(case["contract"], debtor, creditor, period, "KRW", term, amount, "operator", labels)
    periods = sorted({key[2] for key in statements.lines})
    if "published" in case:
        compare_published(case, statements, periods[0])
        agree("partner", statements.amount(case["contract"], "partner", periods[0], "KRW", "total"),
              case["published"][0] * (-1 if case["events"][0]["kind"] == "cancel" else 1))
    dates = []
    for period in periods:
        computed = due_of(datetime.date.fromisoformat(f"{period}-01"), holidays).isoformat()
        published = case.get("due", "")
        assert published in ("", computed, "2023-08-3"), f"{published} published, {computed} computed"
        dates.append((case["contract"], "partner", period, published, computed))
    expected.statements(statements, keep=lambda key: not key[4].startswith(("owed:", "owes:")))
    expected.write("dates.csv", ["contract", "party", "period", "published", "computed"], dates)
    expected.summary(decisions(len(case["events"]), accepted=len(case["events"])))


# ---- Writing the folders ----------------------------------------------------------------------------------------------------------------

BOOK = """[book]
id = "portone-{name}"
name = "Partner settlement: {title}"
operator = "operator"
assets = ["KRW"]
zone = "Asia/Seoul"
"""

PARTIES = """[[party]]
id = "operator"
name = "Marketplace"
tax_type = "general"
jurisdiction = "KR"
active_from = "2023-01-01"

[[party]]
id = "partner"
name = "Partner"
tax_type = "general"
jurisdiction = "KR"
active_from = "2023-01-01"

# Holds what the buyers paid.
[[party]]
id = "psp"
name = "{psp}"
tax_type = "general"
jurisdiction = "KR"
active_from = "2023-01-01"
"""

SOURCE = """[adapter]
id = "{kind}s"
format = "jsonl"
files = ["{kind}s.jsonl"]
role = "events"
zone = "Asia/Seoul"
received_at = {{ column = "received", format = "rfc3339" }}
kind = "{kind}"
asset = "KRW"

[adapter.fields]
id = {{ column = "id", type = "word" }}
started = {{ column = "started", type = "date", format = "%Y-%m-%d" }}
{fields}
[[source]]
id = "{kind}s"
identity = {{ field = "id" }}
[source.kinds.{kind}]
{links}"""

TERM = """
[[version.term]]
id = "{id}"
kind = "share"
of = "{of}"
rate = "{rate}"
debtor = "{debtor}"
creditor = "{creditor}"
purpose = "{purpose}"
{dimensions}rounding = {{ scope = "event", mode = "half_up" }}
{vat}reversal = "rerate"
reversal_date = "own"
"""

README = """# Partner settlement: {title}

{shows}

## How it is booked

The payment provider holds what the buyer paid and owes it to the partner (`payment`). Where the operator gave a coupon, it owes the partner the
rest of the price (`discount`); the two together are the order amount. From this the partner owes the operator the platform fee of {rate} %{additional} with
10 % VAT, and half of the coupon (`discount_share`). Every charge is rounded with its event, half up. So

    settlement = payment + discount - platform fee - VAT{minus} - discount share

is the total of the partner's statement, and nobody ever appears to owe what he does not owe. A coupon costs the operator `cost:discount`
less `revenue:discount`.

The contract is monthly with two days of lag (D+2), paid on the last day of the month or the business day before.

## Data and expected figures

{data} `derive.py` computes them again with exact fractions from the events and the rates (`../portone.py`){stops}.
{table}
Korean holidays: the list in `book/calendars/kr.toml` is from @hyunbinseo/holidays-kr 5.2027.1, MIT licence (in the file).
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write(text)


def source_text(case, kind):
    negate = ', sign = "negate"' if kind == "cancel" else ""
    fields = ""
    if case.get("products"):
        fields += 'product = { column = "product", type = "word" }\n'
    for name in ("order", "discount"):
        fields += f'{name} = {{ column = "{name}", type = "amount", unit = "decimal"{negate} }}\n'
    links = 'original = "optional"\nreverses = true\n' if kind == "cancel" else 'original = "never"\n'
    head = "# Printed without sign; posted below zero.\n" if kind == "cancel" else ""
    return head + SOURCE.format(kind=kind, fields=fields, links=links)


def contract_text(case):
    kinds = kinds_of(case)
    sources = ", ".join(f'"{kind}s"' for kind in kinds)
    text = f"""[contract]
id = "{case["contract"]}"
sources = [{sources}]
date_basis = "started"
zone = "Asia/Seoul"
cut_off = "00:00"
cycle = "month"
lag_days = 2
grace = {{ days = 3 }}
due = {{ day_of_month = 31, months_after = 0, roll = "previous", calendars = ["kr"] }}

[[version]]
valid_from = "2023-01-01"

[version.measures]
order = "order"
paid = "order - discount"
discount = "discount"
"""
    dimensions = 'dimensions = ["product"]\n' if case.get("products") else ""
    vat = 'vat = { rate = "10%", scope = "event", mode = "exclusive", rounding = "half_up", issuer = "creditor" }\n'
    terms = [
        ("payment", "paid", "100%", "psp", "partner", "payment", ""),
        ("discount", "discount", "100%", "operator", "partner", "discount", ""),
        ("platform_fee", "order", f"{RATES[case['contract']]}%", "partner", "operator", "platform-fee", vat),
        ("discount_share", "discount", "50%", "partner", "operator", "discount", ""),
    ]
    if case.get("additional"):
        terms.insert(3, ("additional_fee", "order", "5%", "partner", "operator", "additional-fee", vat))
    for identity, of, rate, debtor, creditor, purpose, tax in terms:
        text += TERM.format(id=identity, of=of, rate=rate, debtor=debtor, creditor=creditor, purpose=purpose, vat=tax, dimensions=dimensions)
    return text


def kinds_of(case):
    return case.get("sources") or (case["events"][0]["kind"],)


def events_text(case, kind):
    lines = ""
    for event in case["events"]:
        if event["kind"] == kind:
            row = {"id": event["id"], "started": event["started"], "product": event["product"], "order": event["order"],
                   "discount": event["discount"], "received": event["started"] + "T23:00:00+09:00"}
            if not case.get("products"):
                del row["product"]
            lines += json.dumps(row) + "\n"
    return lines


def readme_text(case):
    table = ""
    if "published" in case:
        names = ("settlement", "payment", "platform fee", "its VAT", "additional fee", "its VAT", "discount share")
        table = "\n| published | won |\n|---|---:|\n" + "".join(f"| {name} | {amount:,} |\n" for name, amount in zip(names, case["published"]))
        note = ""
        if case["due"] == "2023-08-3":
            note = " This is the vendor's own slip for 2023-08-31: the computed date differs from the published one, and `expected/dates.csv` shows both."
        table += f"\nPublished settlement date: {case['due']}.{note}\n"
        data = "Published by PortOne in its developers' documentation for partner settlement (sources in `../portone.py`); typed here as our own fixture, under our own names."
    else:
        data = "Made up in the manner of PortOne's published examples, with amounts that they leave open."
    return README.format(
        title=case["title"], shows=case["shows"], rate=RATES[case["contract"]], data=data, table=table,
        additional=", the additional fee of 5 %, each" if case.get("additional") else "",
        minus=" - additional fee - VAT" if case.get("additional") else "",
        stops=" and stops where a published amount does not come out" if "published" in case else "",
    )


def write_folder(name, case, calendar):
    folder = os.path.join(HERE, f"portone-{name}")
    write(f"{folder}/book/book.toml", BOOK.format(name=name, title=case["title"]))
    write(f"{folder}/book/parties.toml", PARTIES.format(psp=case.get("psp", "Payment provider")))
    write(f"{folder}/book/contracts/{case['contract']}.toml", contract_text(case))
    write(f"{folder}/book/calendars/kr.toml", calendar)
    for kind in kinds_of(case):
        write(f"{folder}/book/sources/{kind}s.toml", source_text(case, kind))
        write(f"{folder}/events/{kind}s.jsonl", events_text(case, kind))
    write(f"{folder}/README.md", readme_text(case))
    write(f"{folder}/derive.py", f'''"""Figures of this case; the arithmetic of all PortOne cases is in ../portone.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from portone import derive  # noqa: E402

derive(__file__, "{name}")
''')


def main():
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: portone.py --write")
    with open(os.path.join(HERE, "kr.toml"), encoding="utf-8") as file:
        calendar = file.read()
    for name, case in CASES.items():
        write_folder(name, case, calendar)


if __name__ == "__main__":
    main()
