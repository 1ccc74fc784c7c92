"""Customers and suppliers: a stock of each company's own, of which some are known to several of its systems.

The same customer in a second system differs a little, as when somebody typed it in anew: another spelling of
the legal form, the telephone number or the street, or no e-mail address. E-mail or tax number still tell who.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import unicodedata
from dataclasses import dataclass, field, replace

from ledgermesh.sandbox.books import Party
from ledgermesh.sandbox.world.names import FIRM, FIRST, LAST, LONG_FIRM, ODD_FIRM
from ledgermesh.sandbox.world.places import COUNTRIES, PLACES, Place, fill

SHELVES = 7
SHARED = 24
"""How many customers all systems of a company have in common; every third is a person."""

_DOMAINS = ("example.com", "example.org", "example.net")
_ABROAD = {"CA": ("US", "US", "DE", "JP"), "GB": ("DE", "FR", "US"), "CH": ("DE", "DE", "FR", "US")}
_SPELLINGS = {
    "Inc.": "Incorporated",
    "Ltd.": "Limited",
    "Ltd": "Limited",
    "LLP": "L.L.P.",
    "LLC": "L.L.C.",
    "GmbH": "G.m.b.H.",
    "AG": "A.G.",
    "KG": "K.G.",
    "SARL": "S.A.R.L.",
    "SAS": "S.A.S.",
    "K.K.": "KK",
}
_STREETS = (
    ("Street", "St."),
    ("Road", "Rd"),
    ("Avenue", "Ave"),
    ("strasse", "str."),
    ("straße", "str."),
    ("Rue", "R."),
)
_NOTES = (
    "Wants a paper copy.",
    "Ask for Mrs. Pemberly.",
    "Pays by standing order.",
    "Prefers e-mail before noon.",
)


@dataclass
class Stock:
    """Makes parties one after another, no two with one name; other shelves of a company make others."""

    rng: random.Random
    shelf: int
    """0 for what a company's systems share, else a number below `SHELVES` for each of them."""
    born: dt.datetime
    """Nothing is created later than that."""
    made: int = 0
    names: set[str] = field(default_factory=set)

    def firm(self, country: str, trades: tuple[str, ...]) -> Party:
        """A firm of one of these trades."""
        look, place = COUNTRIES[country], self.rng.choice(PLACES[country])
        self.made += 1
        words = FIRM[self.shelf :: SHELVES]
        trade = trades[(self.made + self.made // len(words)) % len(trades)]
        name = self._unused(f"{words[self.made % len(words)]} {trade}", place.city)
        slug = _slug(name)
        party = self._party(place, f"{name} {self.rng.choice(look.suffixes)}", f"accounts@{slug}")
        party.website = f"https://www.{slug}" if self.made % 3 else None
        party.tax_number = fill(self.rng, look.tax_number)
        return party

    def person(self, country: str) -> Party:
        """A private person."""
        place = self.rng.choice(PLACES[country])
        self.made += 1
        first = FIRST[self.made * 5 % len(FIRST)]
        last = LAST[(self.made + self.made // len(FIRST)) % len(LAST)]
        mailbox = f"{_ascii(first)}.{_ascii(last)}{self.made}"
        party = self._party(place, f"{first} {last}", f"{mailbox}@mail{self.shelf}.{_DOMAINS[self.made % 3]}")
        party.person, party.first_name, party.last_name = True, first, last
        return party

    def _unused(self, name: str, city: str) -> str:
        if name in self.names:
            name = f"{name} {city}"
        if name in self.names:
            name = f"{name} {self.made}"
        self.names.add(name)
        return name

    def _party(self, place: Place, name: str, email: str) -> Party:
        rng, look = self.rng, COUNTRIES[place.country]
        return Party(
            number="",
            name=name,
            customer=True,
            supplier=False,
            person=False,
            first_name=None,
            last_name=None,
            email=email,
            phone=fill(rng, place.phone),
            website=None,
            street=rng.choice(look.streets),
            street_no=str(1 + int(rng.random() * 140)) + ("a" if rng.random() < 0.08 else ""),
            postcode=fill(rng, place.postcode),
            city=place.city,
            region=place.region,
            country=place.country,
            currency=look.currency,
            language=place.language,
            tax_number=None,
            payment_terms_days=rng.choice((10, 14, 30, 30, 30, 60, None)),
            notes=rng.choice(_NOTES) if rng.random() < 0.15 else None,
            created_at=self.born - dt.timedelta(seconds=int(rng.random() * 34_000_000)),
        )


def shared_customers(stock: Stock, home: str, trades: tuple[str, ...]) -> list[Party]:
    """The customers that every system of the company knows."""
    return [stock.person(home) if index % 3 == 2 else stock.firm(home, trades) for index in range(SHARED)]


def own_customers(stock: Stock, home: str, trades: tuple[str, ...], count: int) -> list[Party]:
    """Customers that only one system knows; some abroad, some with names that are hard on software."""
    abroad = _ABROAD[home]
    parties = []
    for index in range(count):
        country = abroad[index // 4 % len(abroad)] if index % 4 == 1 else home
        parties.append(stock.person(country) if index % 5 == 4 else stock.firm(country, trades))
    for index, name in ((2, ODD_FIRM), (3, LONG_FIRM)):
        if index < count:
            parties[index].name = name
    return parties


def suppliers(stock: Stock, home: str, trades: tuple[str, ...], count: int) -> list[Party]:
    """Firms the company buys from; every seventh is abroad, every ninth is a customer as well."""
    parties = []
    for index in range(count):
        country = _ABROAD[home][index // 7 % len(_ABROAD[home])] if index % 7 == 6 else home
        party = stock.firm(country, trades)
        party.supplier, party.customer = True, index % 9 == 4
        parties.append(party)
    return parties


def retyped(party: Party, index: int) -> Party:
    """The same party as somebody else would have typed it in; `index` says with which difference."""
    match index % 5:
        case 0 if not party.person:
            return replace(party, name=_respelt(party.name), phone=_national(party.phone))
        case 1:
            return replace(party, phone=_national(party.phone), website=None)
        case 2:
            return replace(party, street=_short(party.street), notes=None)
        case 3 if party.tax_number:
            return replace(party, email=None, street=_short(party.street))
        case _:
            return replace(party, postcode=party.postcode.replace(" ", ""), payment_terms_days=30)


def _respelt(name: str) -> str:
    stem, _, suffix = name.rpartition(" ")
    return f"{stem} {_SPELLINGS.get(suffix, suffix)}"


def _national(phone: str | None) -> str | None:
    if phone is None:
        return None
    code, area, *rest = phone.split(" ")
    return f"({area}) {'-'.join(rest)}" if code == "+1" else f"0{area} {' '.join(rest)}"


def _short(street: str) -> str:
    for long, short in _STREETS:
        street = street.replace(long, short)
    return street


def _slug(name: str) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '-', _ascii(name)).strip('-')}.{_DOMAINS[len(name) % 3]}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower().replace("ł", "l").replace("ø", "o").replace("ß", "ss"))
    return re.sub(r"[^a-z0-9 &-]", "", plain)
