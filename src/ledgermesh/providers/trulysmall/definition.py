"""TrulySmall Accounting: the backend of Kashoo on a host of its own, without items.

The API reference marks each operation as Kashoo's, TrulySmall's, or that of both.
"""

from __future__ import annotations

from dataclasses import replace

from ledgermesh.providers.kashoo.definition import LOGIN
from ledgermesh.providers.kashoo.definition import PROVIDER as KASHOO
from ledgermesh.providers.kashoo.writing import TRULYSMALL_WRITES
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.resource import Resource

CLASSIC_PATHS = ("/sync/{sync}/contacts/{role}", "/sync/{sync}/contacts")
CLASSIC_WRITES = ("POST /sync",)
CLASSIC_FIELDS = ("lineItems.item",)


def _ours(resource: Resource) -> Resource:
    """A resource of Kashoo without the reasons for fields that TrulySmall does not have."""
    omitted = {name: reason for name, reason in resource.omitted.items() if name not in CLASSIC_FIELDS}
    return replace(resource, omitted=omitted)


PROVIDER = replace(
    KASHOO,
    name="trulysmall",
    title="TrulySmall Accounting",
    # Assumed: the reference says that the hosts differ, and its links to them are lost.
    base_url="https://api.trulysmall.com/api",
    auth=(
        LOGIN,
        OAuth2(
            grant="authorization_code",
            authorize_url="https://oauth.trulysmall.com/oauth2/authorize",
            token_url="https://oauth.trulysmall.com/oauth2/token",
            scopes=("full-access",),
            client_auth="basic",
            body="form",
        ),
    ),
    resources=tuple(_ours(each) for each in KASHOO.resources if each.kind != "Item"),
    omitted={path: reason for path, reason in KASHOO.omitted.items() if path not in CLASSIC_PATHS},
    writes=TRULYSMALL_WRITES,
    unwritten={form: reason for form, reason in KASHOO.unwritten.items() if form not in CLASSIC_WRITES},
    unsupported={
        **{
            kind: reason.replace("Kashoo", "TrulySmall Accounting")
            for kind, reason in KASHOO.unsupported.items()
        },
        "Item": "TrulySmall Accounting keeps no products or services: only Kashoo's Classic edition has items.",
    },
)
