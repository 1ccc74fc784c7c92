"""Pages from templates, each with its own policy: what it may load, where its forms go, who may frame it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ledgermesh.edge.connect.language import Words, language, read_words
from ledgermesh.edge.connect.look import USUAL
from ledgermesh.edge.connect.opened import Opened
from ledgermesh.state.entries import Branding, Language
from ledgermesh.state.link_tokens import origin_of

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent / "pages"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # A window of ours tells the page that opened it how it ended.
    "Cross-Origin-Opener-Policy": "unsafe-none",
}


class Text(Struct, frozen=True):
    """The words of one language, with what belongs into them."""

    words: Words
    names: Mapping[str, str]

    def __call__(self, key: str, **names: str) -> str:
        """The text of a key."""
        return self.words[key].format(**{**self.names, **names})

    def or_else(self, key: str, otherwise: str) -> str:
        """The text of a key that need not be there."""
        return self(key) if key in self.words else otherwise


class Pages:
    """Makes pages."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._words: Mapping[Language, Words] = read_words()

    @cached_property
    def _templates(self) -> Environment:
        jinja2 = import_module("jinja2")  # a twentieth of a start, and most gateways show no page
        made: Environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return made

    def make(
        self,
        request: Request,
        template: str,
        opened: Opened | None = None,
        *,
        status: int = 200,
        provider: str = "",
        **values: object,
    ) -> Response:
        """The page; `provider` is the name that people know."""
        branding = opened.tenant.branding if opened is not None else Branding()
        chosen = language(request.headers.get("accept-language"), branding.language)
        names = _names(opened, provider)
        html = self._templates.get_template(f"{template}.html").render(
            **values,
            t=Text(self._words[chosen], names),
            lang=chosen,
            names=names,
            opened=opened,
            assets=f"{self._path}/connect/assets",
            colour=(branding.colour or f"#{USUAL}").removeprefix("#").lower(),
            logo=_logo(branding),
            mode=opened.mode if opened is not None else "redirect",
            origins=" ".join(opened.origins) if opened is not None else "",
        )
        headers = HEADERS | {"Content-Security-Policy": policy(opened), "Vary": "Accept-Language"}
        return HTMLResponse(html, status, headers)


def policy(opened: Opened | None) -> str:
    """What a page may do; without a link it may be framed by nobody."""
    logo = _logo(opened.tenant.branding) if opened is not None else None
    framing = opened.origins if opened is not None and opened.mode != "tab" else ()
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self'{f' {origin_of(logo)}' if logo is not None else ''}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors " + (" ".join(framing) or "'none'"),
        )
    )


def _logo(branding: Branding) -> str | None:
    """The logo's address, where it is one that a policy can name."""
    url = branding.logo_url
    return url if url is not None and urlsplit(url).scheme == "https" and origin_of(url) is not None else None


def _names(opened: Opened | None, provider: str) -> Mapping[str, str]:
    if opened is None:
        return {"tenant": "", "company": "", "provider": provider}
    company = opened.company.name if opened.company is not None else opened.request.company
    return {
        "tenant": opened.tenant.branding.name or opened.tenant.name,
        "company": company,
        "provider": provider,
    }
