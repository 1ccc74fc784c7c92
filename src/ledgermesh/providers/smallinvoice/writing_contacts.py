"""Writing contacts, the groups they are in, their people and bank accounts: smallinvoice API v2."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from ledgermesh.model.enums import PartyRole
from ledgermesh.providers.smallinvoice.writing_addresses import ADDRESSES, PLACE
from ledgermesh.providers.smallinvoice.writing_encodings import (
    CREATE,
    OWNER,
    REREAD,
    bare,
    code,
    crud,
    email,
    filled,
    given,
    language,
    numbered,
    optional,
    share,
    stamp,
    words,
)
from ledgermesh.spec.write import (
    Compose,
    Draft,
    Lost,
    Part,
    Problem,
    Put,
    Search,
    Target,
    Values,
    Write,
    Writes,
    hole,
    parts,
    with_put,
)

_ROLES = {PartyRole.CUSTOMER: "CL", PartyRole.SUPPLIER: "CR"}


def _relation(value: Sequence[PartyRole] | None, draft: Draft) -> Mapping[str, object]:
    if not value:
        raise ValueError("a contact is a customer, a supplier or both")
    if others := [role.value for role in value if role not in _ROLES]:
        raise ValueError(f"a contact is a customer, a supplier or both, not {', '.join(others)}")
    return {"relation": [_ROLES[role] for role in dict.fromkeys(value)]}


def _is_person(draft: Draft) -> bool:
    """Whether it is going to be a person."""
    asked = draft.values.get("is_individual")
    return bool(asked) if asked is not None else (draft.before or {}).get("type") == "P"


def _company_name(value: str | None, draft: Draft) -> Mapping[str, object]:
    """A contact has one name; a company's is shown under both."""
    named = draft.values.get("display_name") or (draft.before or {}).get("name")
    if not value or value == named:
        return {}
    if _is_person(draft):
        raise Lost("A person at smallinvoice has one name, that of the person.")
    if "display_name" in draft.values:
        raise Lost("A contact at smallinvoice has one name; displayName gives it.")
    return {"name": value}


def _phones(value: Sequence[str] | None, draft: Draft) -> Mapping[str, object]:
    """A contact has one telephone number, which stands under `phone` too."""
    numbers = [number for number in value or () if number]
    own = draft.values.get("phone")
    if len(numbers) > 1 or (numbers and own and numbers != [own]):
        raise Lost("A contact at smallinvoice has one telephone number.")
    if "phone" in draft.values:
        return {} if own or not numbers else {"phone": numbers[0]}
    return {"phone": numbers[0] if numbers else None}


def _discount(value: Decimal | None, draft: Draft) -> Mapping[str, object]:
    """One number is a percentage or an amount; taking away a percentage leaves an amount alone."""
    if value is not None:
        return {"discount_rate": share(value), "discount_type": "P"}
    return {} if (draft.before or {}).get("discount_type") == "A" else {"discount_rate": None}


_PARTY: Mapping[str, Put] = {
    "roles": Put(encode=_relation, required=True, words=tuple(role.value for role in _ROLES)),
    "display_name": filled("name", required=True),
    "company_name": Put(encode=_company_name),
    "is_individual": given(
        "type",
        lambda person: "P" if person else "C",
        required=True,
        required_if="of a person smallinvoice needs `gender` (M or F) too, which only passthrough carries",
    ),
    "number": numbered("number"),
    "email": email("email"),
    "phone": words("phone"),
    "phones": Put(encode=_phones),
    "website": words("website"),
    "tax_number": words("vat_identification"),
    "tax_percent": optional("vat_rate", share),
    "currency": optional("currency", code),
    "payment_terms_days": optional("payment_grace"),
    "discount_percent": Put(encode=_discount),
    "language": language("communication_language"),
    "notes": words("notes"),
}
_MAIN_ADDRESS = parts("main_address", PLACE, many=False, required=True, verbs=CREATE)
_GROUPS = Put(kind="PartyGroup", silent=True)


def _known_terms(draft: Draft) -> Iterable[Problem]:
    days = draft.values.get("payment_terms_days")
    if days is not None and days < 0:
        yield Problem("payment_terms_days", "days to pay are not below zero")


def _gendered(draft: Draft) -> Iterator[Problem]:
    """The model has no gender, and a person cannot be created without one."""
    person = draft.verb == "CREATE" and draft.values.get("is_individual") is True
    if person and draft.passthrough.get("gender") not in ("M", "F"):
        words = 'smallinvoice wants a person\'s gender: give `passthrough: {gender: "M"}`, or "F"'
        yield Problem("is_individual", words, "REQUIRED")


# -- groups of a contact ---------------------------------------------------------------------------------------------


def _moving(action: str, moved: Callable[[set[str], set[str]], set[str]]) -> Write:
    """Contacts are put into groups and taken out of them by requests of their own.

    Their value is all groups that the contact is in afterwards, so that a look at the contact tells whether it worked.
    """

    def segments(draft: Draft) -> Mapping[str, str]:
        there = {str(each["id"]) for each in (draft.before or {}).get("groups") or ()}
        after = {str(bare(group)) for group in draft.values["groups"]}
        return {"groups": ",".join(sorted(moved(there, after)))}

    return Write(
        kind="Party",
        verb="UPDATE",
        resource=action,
        applies=lambda values: False,
        method="PATCH",
        path=f"/contacts/{{id}}/{action}/{{groups}}",
        segments=segments,
        puts={"groups": _GROUPS},
        body="none",
        item="item",
        id="",
        repeat=REREAD,
    )


ASSIGN = _moving("assign-groups", lambda there, after: after - there)
REMOVE = _moving("remove-groups", lambda there, after: there - after)


def _move(write: Write, target: Target, groups: Iterable[Target]) -> Part:
    return Part(
        kind="Party", verb="UPDATE", resource=write.resource, target=target, values={"groups": tuple(groups)}
    )


def _create_parts(draft: Draft, target: Target | None) -> Sequence[Part]:
    return (
        Part(kind="Party", verb="CREATE", values=_without(draft.values, "groups")),
        _move(ASSIGN, Target("Party", hole(0)), draft.values["groups"]),
    )


def _update_parts(draft: Draft, target: Target | None) -> Sequence[Part]:
    """Its main address, its own fields, its groups: each only where it is named, the contact itself last."""
    assert target is not None, "an update is of a record"
    found: list[Part] = []
    if draft.values.get("address"):
        found.append(_address_part(draft, target))
    if own := _without(draft.values, "groups", "address"):
        found.append(Part(kind="Party", verb="UPDATE", values=own, target=target))
    if "groups" in draft.values:
        found.extend(_group_parts(draft, target))
    return found


def _address_part(draft: Draft, target: Target) -> Part:
    before = draft.before or {}
    main = Target(
        "PartyAddress",
        f"{target.native_id}-{before.get('main_address_id')}",
        before.get("main_address") or {},
    )
    return Part(kind="PartyAddress", verb="UPDATE", values=draft.values["address"], target=main)


def _group_parts(draft: Draft, target: Target) -> Sequence[Part]:
    """Into those it is not in yet, then out of those it is not to be in."""
    groups: Sequence[Target] = draft.values["groups"] or ()
    wanted = {group.native_id: group for group in groups}
    there = {
        str(each["id"]): Target("PartyGroup", str(each["id"]), each)
        for each in (draft.before or {}).get("groups") or ()
        if isinstance(each, Mapping) and "id" in each
    }
    found: list[Part] = []
    if wanted.keys() - there.keys():
        found.append(_move(ASSIGN, target, {**there, **wanted}.values()))
    if there.keys() - wanted.keys():
        found.append(_move(REMOVE, target, wanted.values()))
    return found


def _without(values: Values, *gone: str) -> Values:
    return {name: value for name, value in values.items() if name not in gone}


def _address_stays(draft: Draft) -> Iterable[Problem]:
    if "address" in draft.values and not draft.values["address"]:
        yield Problem("address", "a contact always has a main address", "REQUIRED")


CONTACTS: Writes = (
    Compose(
        kind="Party",
        verb="CREATE",
        applies=lambda values: bool(values.get("groups")),
        puts={**_PARTY, "address": _MAIN_ADDRESS, "groups": _GROUPS},
        parts=_create_parts,
        result=0,
    ),
    Compose(
        kind="Party",
        verb="UPDATE",
        applies=lambda values: "groups" in values or "address" in values,
        puts={**_PARTY, "address": with_put(_MAIN_ADDRESS, verbs=frozenset(("UPDATE",))), "groups": _GROUPS},
        parts=_update_parts,
        before=True,
        checks=(_address_stays,),
    ),
    *crud(
        "Party",
        "/contacts",
        {**_PARTY, "address": _MAIN_ADDRESS, "groups": _GROUPS},
        repeat=stamp("notes"),
        checks=(_known_terms, _gendered),
        own_fields=True,
    ),
    ASSIGN,
    REMOVE,
)

# -- what belongs to a contact ---------------------------------------------------------------------------------------

PEOPLE: Writes = crud(
    "ContactPerson",
    "/contacts/{parent}/people",
    {
        "party": OWNER,
        "first_name": filled("name", required=True),
        "last_name": filled("surname", required=True),
        "gender_raw": filled("gender", required=True, words=("M", "F")),
        "email": email("email"),
        "phone": words("phone"),
        "department": words("department"),
        "salutation": words("salutation"),
        "is_default": given("default"),
        "wants_newsletter": given("wants_newsletter"),
    },
    parent="party",
    repeat=Search(("first_name", "last_name", "gender_raw")),
    own_fields=True,
)

ACCOUNTS: Writes = crud(
    "PartyBankAccount",
    "/contacts/{parent}/accounts",
    {
        "party": OWNER,
        "kind_raw": filled("type", required=True, words=("IBAN", "ISR", "QR", "QRREF")),
        "number": filled("number", required=True),
        "bic": words("bic"),
        "description": words("description"),
        "is_default": given("default"),
    },
    parent="party",
    repeat=Search(("kind_raw", "number")),
)

GROUPS: Writes = crud(
    "PartyGroup",
    "/contacts/configuration/groups",
    {"name": filled("name", required=True)},
    repeat=Search(("name",)),
)

PARTY_WRITES: Writes = (*CONTACTS, *ADDRESSES, *PEOPLE, *ACCOUNTS, *GROUPS)
