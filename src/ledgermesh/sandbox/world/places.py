"""Where the world's people and firms are: cities, postcodes, street names, and telephone numbers nobody has.

Telephone ranges are those set aside for fiction: 555-01xx in North America, Ofcom's drama numbers in Britain,
the Bundesnetzagentur's for media in Germany, ARCEP's for audiovisual works in France. Switzerland and Japan
set none aside; their numbers here begin with a zero after the area code, as no subscriber's does.
"""

from __future__ import annotations

import random

from msgspec import Struct

_POSTCODE_LETTERS = "ABCEGHJKLMNPRSTVXY"


class Place(Struct, frozen=True):
    """A city. In patterns `#` stands for a digit and `@` for a letter."""

    country: str
    city: str
    region: str | None
    postcode: str
    phone: str
    language: str = "en"


class Country(Struct, frozen=True):
    """What firms, streets and tax numbers look like in a country."""

    currency: str
    suffixes: tuple[str, ...]
    tax_number: str
    streets: tuple[str, ...]


COUNTRIES = {
    "CA": Country(
        "CAD",
        ("Inc.", "Ltd."),
        "#########RT0001",
        ("Birch Street", "Lakeshore Road", "Cedar Avenue", "Old Mill Road", "Queen's Quay", "Spruce Avenue"),
    ),
    "US": Country(
        "USD", ("LLC", "Inc."), "##-#######", ("Elm Street", "Harbor Avenue", "Orchard Road", "Third Street")
    ),
    "GB": Country(
        "GBP",
        ("Ltd", "LLP"),
        "GB#########",
        ("Mill Road", "St Mary's Street", "Victoria Road", "Station Road", "Quayside", "Church Street"),
    ),
    "CH": Country(
        "CHF",
        ("AG", "GmbH"),
        "CHE-###.###.### MWST",
        ("Seestrasse", "Dorfstrasse", "Mühlegasse", "Rue du Lac", "Bergstrasse", "Chemin des Pâquis"),
    ),
    "DE": Country(
        "EUR", ("GmbH", "KG"), "DE#########", ("Lindenstraße", "Am Markt", "Gärtnerweg", "Hafenstraße")
    ),
    "FR": Country(
        "EUR", ("SARL", "SAS"), "FR###########", ("Rue de l'Église", "Quai Neuf", "Avenue des Tilleuls")
    ),
    "JP": Country("JPY", ("K.K.",), "T#############", ("Sakura-dori", "Minato-machi")),
}

PLACES = {
    "CA": (
        Place("CA", "Vancouver", "BC", "V6B #@#", "+1 604 555 01##"),
        Place("CA", "Calgary", "AB", "T2P #@#", "+1 403 555 01##"),
        Place("CA", "Toronto", "ON", "M5V #@#", "+1 416 555 01##"),
        Place("CA", "Ottawa", "ON", "K1P #@#", "+1 613 555 01##"),
        Place("CA", "Montréal", "QC", "H2Y #@#", "+1 514 555 01##", "fr"),
        Place("CA", "Halifax", "NS", "B3J #@#", "+1 902 555 01##"),
    ),
    "US": (
        Place("US", "Seattle", "WA", "981##", "+1 206 555 01##"),
        Place("US", "Boston", "MA", "021##", "+1 617 555 01##"),
        Place("US", "Portland", "OR", "972##", "+1 503 555 01##"),
    ),
    "GB": (
        Place("GB", "London", None, "SE1 #@@", "+44 20 7946 0###"),
        Place("GB", "Bristol", None, "BS1 #@@", "+44 117 496 0###"),
        Place("GB", "Leeds", None, "LS2 #@@", "+44 113 496 0###"),
        Place("GB", "Edinburgh", None, "EH3 #@@", "+44 131 496 0###"),
        Place("GB", "Manchester", None, "M2 #@@", "+44 161 496 0###"),
    ),
    "CH": (
        Place("CH", "Zürich", "ZH", "80##", "+41 44 000 ## ##", "de"),
        Place("CH", "Bern", "BE", "30##", "+41 31 000 ## ##", "de"),
        Place("CH", "Genève", "GE", "12##", "+41 22 000 ## ##", "fr"),
        Place("CH", "Lugano", "TI", "69##", "+41 91 000 ## ##", "it"),
        Place("CH", "St. Gallen", "SG", "90##", "+41 71 000 ## ##", "de"),
    ),
    "DE": (
        Place("DE", "München", None, "803##", "+49 89 99998 ###", "de"),
        Place("DE", "Hamburg", None, "203##", "+49 40 66969 ###", "de"),
        Place("DE", "Berlin", None, "101##", "+49 30 23125 ###", "de"),
    ),
    "FR": (
        Place("FR", "Paris", None, "750##", "+33 1 99 00 ## ##", "fr"),
        Place("FR", "Lyon", None, "690##", "+33 4 65 71 ## ##", "fr"),
    ),
    "JP": (Place("JP", "Kobe", None, "650-00##", "+81 78 000 ####"),),
}


def fill(rng: random.Random, pattern: str) -> str:
    """The pattern with random digits for `#` and random letters for `@`."""
    return "".join(
        rng.choice("0123456789") if mark == "#" else rng.choice(_POSTCODE_LETTERS) if mark == "@" else mark
        for mark in pattern
    )


def iban(rng: random.Random, bank: str) -> str:
    """A Swiss IBAN of the bank with this five-digit clearing number, with right check digits (ISO 13616)."""
    account = bank + fill(rng, "############")
    check = 98 - int(account + "121700") % 97  # C is 12, H is 17
    return f"CH{check:02d}{account}"
