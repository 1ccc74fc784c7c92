"""Letters, reminders, groups, people, further addresses and bank accounts of the parties of an invoicing office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ledgermesh.sandbox.books import Books, Party
from ledgermesh.sandbox.office_books import (
    ContactPerson,
    Letter,
    PartyAccount,
    PartyAddress,
    PartyGroup,
    Reminder,
)
from ledgermesh.sandbox.world.names import FIRST, LAST
from ledgermesh.sandbox.world.places import iban
from ledgermesh.sandbox.world.setting import Setting

LETTERS, REMINDERS, PARTIES_MAX = 24, 18, 120
"""Some; so many parties at most have people, further addresses and accounts, however many there are."""
_GROUPS = ("Stammkunden", "Newsletter", "Wiederverkauf")
_DEPARTMENTS = ("Einkauf", "Buchhaltung", None, "Geschäftsleitung")
_SUBJECTS = (
    ("Willkommen", "Wir freuen uns auf die Zusammenarbeit."),
    ("Neue Preise", "Ab dem nächsten Quartal gelten neue Preise.\nDie Liste liegt bei."),
    ("Terminbestätigung", "Hiermit bestätigen wir den Termin vom kommenden Montag."),
    ("Betriebsferien", "Unser Büro bleibt zwischen den Festtagen geschlossen."),
    ("Contract & terms", "Please find our terms of business <enclosed>."),
)
_TASKS = ("Angebot nachfassen", "Zahlung besprechen", "Vertrag verlängern", "Zum Geburtstag gratulieren")
_INTERVALS = ((2, "hour"), (1, "day"), (3, "day"), (1, "month"))


def fill(books: Books, setting: Setting) -> None:
    """Fill this part of the office; the parties must be there."""
    some = books.parties[:PARTIES_MAX]
    office = books.office
    office.groups = list(_groups(some))
    office.people = list(_people(setting, some))
    office.addresses = [_box(setting, party) for party in some[::9]]
    office.party_accounts = list(
        _accounts(setting, [party for party in some if party.supplier or party.person])
    )
    office.letters = list(_letters(setting, some))
    office.reminders = list(_reminders(setting, some))


def _groups(parties: list[Party]) -> Iterator[PartyGroup]:
    for index, name in enumerate(_GROUPS):
        members = [party.number for place, party in enumerate(parties) if place % 9 in (index, index + 1)]
        yield PartyGroup(str(index + 1), name, members)


def _people(setting: Setting, parties: list[Party]) -> Iterator[ContactPerson]:
    """One or two at every third firm, the first of them the main one."""
    firms = [party for party in parties if not party.person]
    for index, party in enumerate(firms[::3]):
        for place in range(1 + index % 2):
            number = index * 2 + place
            first, last = FIRST[number * 7 % len(FIRST)], LAST[number * 5 % len(LAST)]
            yield ContactPerson(
                id=str(number + 1),
                party=party.number,
                first_name=first,
                last_name=last,
                gender="MF"[int(setting.rng.random() * 2)],
                email=None if number % 4 == 3 else f"person{number + 1}@contact.example.com",
                phone=party.phone if place == 0 else None,
                department=_DEPARTMENTS[number % len(_DEPARTMENTS)],
                main=place == 0,
            )


def _box(setting: Setting, party: Party) -> PartyAddress:
    """A box for the party's letters."""
    number = str(100 + int(setting.rng.random() * 900))
    return PartyAddress(
        f"{party.number}-box",
        party.number,
        "Postfach",
        number,
        party.postcode,
        party.city,
        party.country,
        postal=True,
    )


def _accounts(setting: Setting, parties: list[Party]) -> Iterator[PartyAccount]:
    for index, party in enumerate(parties[:20]):
        number, bic = iban(setting.rng, "09000"), "POFICHBEXXX" if index % 2 else None
        yield PartyAccount(
            str(index + 1), party.number, "IBAN", number, bic, None if index % 3 else "Konto", main=True
        )


def _letters(setting: Setting, parties: list[Party]) -> Iterator[Letter]:
    for index, day in enumerate(setting.span.dates(setting.rng, LETTERS)):
        party = parties[int(setting.rng.random() * len(parties))]
        title, content = _SUBJECTS[index % len(_SUBJECTS)]
        yield Letter(
            id=str(index + 1),
            party=party.number,
            date=day,
            title=title,
            content=content,
            language=party.language,
            notes="Per Einschreiben" if index % 7 == 2 else None,
            created_at=setting.span.instant(setting.rng, day),
            state="draft" if index % 5 == 4 else "sent",
            removed=index % 11 == 10,
        )


def _reminders(setting: Setting, parties: list[Party]) -> Iterator[Reminder]:
    """Some behind, some ahead of today."""
    for index in range(REMINDERS):
        party = parties[int(setting.rng.random() * len(parties))]
        day = setting.span.today + dt.timedelta(days=index * 5 - 40)
        interval, unit = _INTERVALS[index % len(_INTERVALS)]
        yield Reminder(
            id=str(index + 1),
            party=party.number,
            at=dt.datetime.combine(day, dt.time(7 + index % 9, 30), dt.UTC),
            title=_TASKS[index % len(_TASKS)],
            description=None if index % 3 else "Siehe letzte Notiz",
            interval=interval,
            unit=unit,
        )
