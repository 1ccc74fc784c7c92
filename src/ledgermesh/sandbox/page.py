"""The pages that people see at an emulator: sign in, agree to an app, choose an account. They work without scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_PAGES = Environment(
    loader=PackageLoader("ledgermesh.sandbox", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATE = _PAGES.get_template("page.html")


class Brand(Struct, frozen=True):
    """Whose page it is."""

    name: str
    color: str
    """Of the header and the main button, as CSS has it; dark enough for white text."""


class Field(Struct, frozen=True):
    """Something to type in."""

    name: str
    label: str
    type: str = "text"
    autocomplete: str = "off"
    value: str = ""
    numeric: bool = False
    """Whether a phone should offer digits."""


class Button(Struct, frozen=True):
    """One way to go on; the form is sent with its name and value."""

    name: str
    value: str
    label: str
    main: bool = False
    checks: bool = False
    """Whether the browser first insists that every field is filled."""
    wide: bool = False
    """Whether it has a row of its own."""


class Page(Struct, frozen=True):
    """One page: what it says, what it asks, how to go on."""

    brand: Brand
    title: str
    lead: str = ""
    asks: tuple[str, ...] = ()
    """What the app would be allowed, one line each."""
    fields: tuple[Field, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    note: str = ""
    alert: str = ""
    """What went wrong before."""
    action: str | None = None
    """Where the form goes; None is back to the page's own address."""


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks; programs accept anything or JSON, but do not name HTML."""
    return "text/html" in request.headers.get("accept", "").casefold()


def show(page: Page, status: int = 200) -> Response:
    """The page, closed to scripts, frames and caches.

    There is no `form-action` in the policy: browsers hold it against every redirect that follows the form, and the app
    that people are sent back to may send them on.
    """
    style = _style(page.brand)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    headers = {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(_TEMPLATE.render(page=page, style=style), status, headers)


def _style(brand: Brand) -> str:
    return _PAGES.get_template("page.css").render(color=brand.color)
