"""Read an HTML page as a browser does: what it says, its form, its fields and buttons; and press one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
_VOID = ("meta", "link", "input", "br")


@dataclass
class Seen(HTMLParser):
    """One page."""

    answer: httpx.Response
    title: str = ""
    text: str = ""
    alert: str = ""
    language: str | None = None
    method: str = ""
    action: str = ""
    tags: list[str] = field(default_factory=list)
    inputs: dict[str, dict[str, str | None]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    """What stands beside a field, by the field's id."""
    buttons: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._stack: list[tuple[str, dict[str, str | None]]] = []
        self.feed(self.answer.text)
        assert self._stack == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        if tag == "html":
            self.language = named.get("lang")
        if tag == "form":
            self.method, self.action = named.get("method") or "get", named.get("action") or ""
        if tag == "input":
            self.inputs[named["name"] or ""] = named
        if tag not in _VOID:
            self._stack.append((tag, named))

    def handle_endtag(self, tag: str) -> None:
        assert self._stack[-1][0] == tag
        self._stack.pop()

    def handle_data(self, data: str) -> None:
        if not self._stack:
            return
        tag, named = self._stack[-1]
        if tag == "title":
            self.title += data
        elif tag == "label":
            self.labels[named["for"] or ""] = data
        elif tag == "button":
            self.buttons[named["name"] or "", named["value"] or ""] = data
        if named.get("role") == "alert":
            self.alert += data
        if tag != "style":
            self.text += data

    async def press(
        self, client: httpx.AsyncClient, name: str, value: str, /, **typed: str
    ) -> httpx.Response:
        """Send the form with this button; what is typed must be a field of the page."""
        assert (name, value) in self.buttons, self.buttons
        assert set(typed) <= set(self.inputs), self.inputs
        kept = {key: each.get("value") or "" for key, each in self.inputs.items()}
        where = urljoin(str(self.answer.request.url), self.action) if self.action else self.answer.request.url
        return await client.post(where, data={**kept, **typed, name: value}, headers=BROWSER)


async def browse(client: httpx.AsyncClient, url: str, query: Mapping[str, str] | None = None) -> Seen:
    """The page at this address, as a browser asks for it."""
    return Seen(await client.get(url, params=query, headers=BROWSER))


def landing(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where an answer sends the browser to, and the query it takes along."""
    assert answer.status_code == 302, answer.text
    where, _, query = answer.headers["location"].partition("?")
    return where, {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def policy(answer: httpx.Response) -> dict[str, str]:
    """The content security policy, by directive."""
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


def host(url: str) -> str:
    """Of an address."""
    return urlsplit(url).netloc
