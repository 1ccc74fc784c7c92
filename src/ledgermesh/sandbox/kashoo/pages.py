"""What the consent pages say."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

from ledgermesh.sandbox.emulator import OAuthClient
from ledgermesh.sandbox.kashoo.login import GOOGLE
from ledgermesh.sandbox.page import Brand, Button, Field, Page

_ASKS = (
    "See every business that you have access to",
    "Read its invoices, bills, payments, contacts and accounts",
    "Make, change and remove them for you",
)
_ALLOW = Button("decision", "allow", "Allow", main=True, checks=True)
_DENY = Button("decision", "deny", "Deny")
_WITH_GOOGLE = Button("decision", GOOGLE, "Sign in with Google", wide=True)


class Pages(Struct, frozen=True):
    """The pages of one product."""

    brand: Brand

    def sign_in(
        self, client: OAuthClient, *, alert: str = "", email: str = "", action: str | None = None
    ) -> Page:
        """Who are you, and do you agree?"""
        fields = (
            Field("email", "E-mail", "email", "username", email),
            Field("password", "Password", "password", "current-password"),
        )
        return Page(
            self.brand,
            self._title(client),
            f"Sign in and allow {client.name} to:",
            _ASKS,
            fields,
            buttons=(_ALLOW, _DENY, _WITH_GOOGLE),
            note=_afterwards(client),
            alert=alert,
            action=action,
        )

    def second_factor(self, client: OAuthClient, ticket: str, *, alert: str = "") -> Page:
        """What does the text message say?"""
        return Page(
            self.brand,
            "Enter the code",
            f"We have sent you a text message with a code. Enter it to allow {client.name} the access to your account.",
            fields=(Field("code", "Code", autocomplete="one-time-code", numeric=True),),
            hidden={"ticket": ticket},
            buttons=(_ALLOW, _DENY),
            note="In this sandbox, the message can be read at /_control/messages.",
            alert=alert,
        )

    def confirm(self, client: OAuthClient, email: str, ticket: str, *, action: str) -> Page:
        """You are signed in; do you agree?"""
        return Page(
            self.brand,
            self._title(client),
            f"You are signed in as {email}. Allow {client.name} to:",
            _ASKS,
            hidden={"ticket": ticket},
            buttons=(_ALLOW, _DENY),
            note=_afterwards(client),
            action=action,
        )

    def broken(self, message: str) -> Page:
        """The app sent a request that cannot be answered."""
        return Page(
            self.brand, "This link does not work", "Please go back to the app you came from.", alert=message
        )

    def _title(self, client: OAuthClient) -> str:
        return f"{client.name} wants access to your {self.brand.name} account"


def _afterwards(client: OAuthClient) -> str:
    return f"Afterwards you are sent back to {urlsplit(client.redirect_uri).netloc}."
