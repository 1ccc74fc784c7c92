"""A user as Kashoo's JSON (UserInfo)."""

from __future__ import annotations

import datetime as dt

from ledgermesh.sandbox.kashoo.dates import instant_text, transfer_date
from ledgermesh.sandbox.kashoo.door import Door
from ledgermesh.sandbox.kashoo.masterdata import contact_information
from ledgermesh.sandbox.kashoo.users import User
from ledgermesh.sandbox.kashoo.view import Document

_JOINED = dt.date(2020, 1, 1)


def user_document(user: User, door: Door, base_url: str) -> Document:
    """Who the caller is; an accountant is one who looks after several businesses."""
    switches, today = door.switches, door.clock.now().date()
    joined = transfer_date(_JOINED, today=today, style=switches.date_style)
    seen = door.tokens.last_login(user)
    name = user.email.partition("@")[0].capitalize()
    return {
        "id": user.id,
        "contactInformation": contact_information(name=name, email=user.email),
        "staff": False,
        "betaTester": False,
        "accountingProfessional": len(user.businesses) > 1,
        "expireSessions": True,
        "useHighContrastStyle": False,
        "readOnly": False,
        "removed": False,
        "active": True,
        "verified": True,
        "created": joined,
        "activated": joined,
        "expires": None,
        "lastLogin": None if seen is None else instant_text(seen, switches.instant_style),
        "serviceProvider": None,
        "serviceProviderAdmin": False,
        "allowSelectionOfNonStandardAccounts": False,
        "inviteCode": None,
        "email": user.email,
        "name": name,
        "links": [{"rel": "self", "href": f"{base_url}/users/me", "type": "application/json"}],
    }
