"""Links that no longer count, what pages may do, and that no secret is found where it does not belong."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ledgermesh.edge.connect.language import LANGUAGES, language, read_words
from ledgermesh.edge.connect.look import contrast, readable, style
from ledgermesh.state.entries import Branding, CompanyEntry, KeyEntry, TenantEntry
from ledgermesh.state.link_tokens import TRIES_MAX
from tests.edge.linkers import APP, GATEWAY, KEY, PROVIDERS, TENANT, Hall, hall

SOURCES = Path(__file__).parents[2] / "src/ledgermesh/edge/connect"


@pytest.fixture
async def rig() -> AsyncIterator[Hall]:
    """Pages, emulators, a tenant."""
    async with hall() as made:
        yield made


async def status(rig: Hall, token: str) -> tuple[int, str]:
    """Of a link's first page, with its text."""
    answer = await rig.person().open(rig.url(token))
    return answer.status_code, answer.text


# -- links that do not count ---------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["x", "lm_link_", "lm_link_AQEB", "%00", "ü" * 50])
async def test_a_token_that_is_not_ours(rig: Hall, token: str) -> None:
    """Nothing is known of it, so that there is no way back either."""
    code, text = await status(rig, token)
    assert code == 404 and "not one of ours" in text and "<a " not in text


async def test_a_token_changed_in_one_place(rig: Hall) -> None:
    """It opens nothing."""
    token = rig.token()
    changed = token[:-20] + ("A" if token[-20] != "A" else "B") + token[-19:]
    assert (await status(rig, changed))[0] == 404


async def test_a_token_that_has_ended(rig: Hall) -> None:
    """It says so, and leads back to the tenant."""
    token = rig.token()
    rig.clock.advance(1801)

    code, text = await status(rig, token)

    assert code == 410 and "has ended" in text and f"{APP}/books" in text


async def test_a_token_works_once(rig: Hall) -> None:
    """Afterwards it says that it was used, on every page of it."""
    token, person = rig.token("maple-bakery", provider="accountsos"), rig.person()
    key = rig.keys("accountsos", "maple-bakery")["api_key"]
    await person.open(rig.url(token))
    page = person.last
    assert (await person.http.get(f"{GATEWAY}/connect/{token}/status")).json()["status"] == "open"
    await person.send("/api_key", api_key=key)

    assert (await status(rig, token))[0] == 409
    person.seen.append(page)
    assert (await person.send("/api_key", api_key=key)).status_code == 409
    told = (await person.http.get(f"{GATEWAY}/connect/{token}/status")).json()
    assert told == {"status": "linked", "connection": "maple-bakery-accountsos"}
    assert (await rig.grant("maple-bakery-accountsos")).version == 1


@pytest.mark.parametrize("gone", ["key", "tenant", "sharing", "scope"])
async def test_a_token_ends_with_what_it_was_made_by(rig: Hall, gone: str) -> None:
    """The key, the tenant, the company's sharing: each is asked again."""
    token, change = rig.token(), rig.state.directory.change
    if gone == "key":
        await change(KeyEntry, KEY.place, lambda _: None)
    elif gone == "tenant":
        await change(TenantEntry, TENANT.place, lambda _: None)
    elif gone == "scope":
        await change(KeyEntry, KEY.place, lambda old: old and replace(old, companies=frozenset()))
    else:
        company = rig.state.registry.get(CompanyEntry, "sandbox", "alpine-studio")
        assert company is not None
        await change(CompanyEntry, company.place, lambda old: old and replace(old, tenants=frozenset()))

    code, text = await status(rig, token)

    assert code == 403 and "no longer good" in text


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        f"{APP}.evil.example/",
        "https://app.studio.test:8443/",
        "http://app.studio.test/",
        "https://app.studio.test@evil.example/",
        "javascript:alert(1)",
        "//app.studio.test/",
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_allowed(rig: Hall, url: str) -> None:
    """Checked again when the page is opened; the address is not on the page."""
    code, text = await status(rig, rig.token(return_url=url))
    assert code == 403 and "has not allowed" in text and "evil" not in text and "javascript" not in text


async def test_a_link_for_one_provider_is_for_no_other(rig: Hall) -> None:
    """Neither by its page nor by sending a form elsewhere."""
    token, person = rig.token("maple-bakery", provider="accountsos"), rig.person()
    await person.open(rig.url(token, provider="kashoo"))
    assert "AccountsOS" in person.last.text

    answer = await person.http.post(f"{GATEWAY}/connect/{token}/kashoo/first_party", data={"email": "a"})

    assert answer.status_code == 404


async def test_a_step_of_another_link_is_refused(rig: Hall) -> None:
    """What one link's page holds opens in no other."""
    person = rig.person()
    await person.open(rig.url(rig.token("maple-bakery", provider="kashoo")))
    await person.send("/first_party", email="accountant@kashoo.example", password="kashoo-kashoo-password")
    step = person.page.forms[0].fields["step"]

    answer = await person.http.post(f"{GATEWAY}/connect/{rig.token()}/step", data={"step": step})

    assert answer.status_code == 410


async def test_a_connection_of_another_company_is_not_touched(rig: Hall) -> None:
    """A link names its company, and its connection has to be that company's."""
    person = rig.person()
    await person.open(rig.url(rig.token("maple-bakery", provider="accountsos")))
    await person.send("/api_key", api_key=rig.keys("accountsos", "maple-bakery")["api_key"])

    code, text = await status(
        rig, rig.token("harbour-legal", provider="accountsos", connection="maple-bakery-accountsos")
    )

    assert code == 409 and "does not fit" in text


async def test_a_link_is_no_way_to_guess_passwords(rig: Hall) -> None:
    """After so many tries it takes no more, and the provider hears of none."""
    token, person = rig.token("maple-bakery", provider="accountsos"), rig.person()
    url = f"{GATEWAY}/connect/{token}/accountsos/api_key"
    for _ in range(TRIES_MAX):
        assert (await person.http.post(url, data={"api_key": "guess"})).status_code == 422
    before = len(rig.wire.sent)

    answer = await person.http.post(url, data={"api_key": "guess"})

    assert answer.status_code == 429 and "too many attempts" in answer.text
    assert len(rig.wire.sent) == before


async def test_large_and_strange_bodies_are_no_forms(rig: Hall) -> None:
    """They are as empty ones: the fields are missing."""
    token, person = rig.token("maple-bakery", provider="accountsos"), rig.person()
    url = f"{GATEWAY}/connect/{token}/accountsos/api_key"
    for body in (b"api_key=" + b"x" * 200_000, b"\xff\xfe", b"a&" * 5_000, b"api_key=%0A%0A"):
        answer = await person.http.post(url, content=body)
        assert answer.status_code == 422
    assert rig.wire.sent == []


# -- what pages may do ---------------------------------------------------------------------------------------


async def test_pages_are_strict(rig: Hall) -> None:
    """Own scripts and styles only, framed by the tenant's own pages only, kept and referred by nobody."""
    person = rig.person()
    headers = (await person.open(rig.url(rig.token()))).headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == APP
    assert policy["base-uri"] == "'none'"
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert headers["cross-origin-opener-policy"] == "unsafe-none"
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", person.last.text)


async def test_a_page_without_a_link_is_framed_by_nobody(rig: Hall) -> None:
    """No tenant is known, so none is let."""
    answer = await rig.person().open(rig.url("x"))
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_policy_cannot_be_written_by_a_tenant(rig: Hall) -> None:
    """Addresses that hold more than an origin's letters are left out."""
    odd = Branding(name="<b>&", logo_url="https://a;script-src.example/x", colour="#ABCDEF")
    urls = ("https://a;script-src *", "https://ok.example", "https://b, c", APP)
    await rig.state.directory.change(
        TenantEntry, TENANT.place, lambda old: old and replace(old, branding=odd, allowed_urls=urls)
    )

    answer = await rig.person().open(rig.url(rig.token()))

    assert (
        "frame-ancestors https://ok.example https://app.studio.test"
        in answer.headers["content-security-policy"]
    )
    assert "img-src 'self';" in answer.headers["content-security-policy"]
    assert "&lt;b&gt;&amp;" in answer.text and "<b>" not in answer.text
    assert "colour-abcdef.css" in answer.text


async def test_the_tenants_colour_stays_readable(rig: Hall) -> None:
    """Text on it and links in it have a contrast of 4.5 at least, whatever the colour."""
    answer = await rig.person().http.get(f"{GATEWAY}/connect/assets/colour-ffee00.css")
    assert answer.headers["content-type"].startswith("text/css")
    for colour in ("ffee00", "000000", "ffffff", "7a3e9d", "00ff88", "808080"):
        found = dict(re.findall(r"--([\w-]+):#([0-9a-f]{6})", style(colour)))
        assert found["brand"] == colour
        assert contrast(found["brand"], found["on-brand"]) >= 4.5
        assert contrast(found["link"], "ffffff") >= 4.5
    assert readable(0, 0, 0) == "000000"


@pytest.mark.parametrize("name", ["colour-xyz.css", "colour-ffee0.css", "../routes.py", "none.js"])
async def test_other_files_are_not_served(rig: Hall, name: str) -> None:
    """The list of files is closed."""
    assert (await rig.person().http.get(f"{GATEWAY}/connect/assets/{name}")).status_code == 404


async def test_the_script_is_for_apps_of_any_origin(rig: Hall) -> None:
    """It is loaded from the gateway, and says how it is used."""
    answer = await rig.person().http.get(f"{GATEWAY}/connect/ledgermesh-connect.js")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "LedgermeshConnect.open" in answer.text


# -- languages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (None, "fr"), ("", "fr"), ("es", "fr"), ("de-CH,de;q=0.9,en;q=0.8", "de"), ("en;q=0.2, de;q=0.9", "de"),
        ("es,fr;q=0.1,en;q=0.5", "en"), ("de;q=0", "fr"), ("DE", "de"), ("en;q=x,de;q=0.1", "de"), (",;=", "fr"),
    ],
)  # fmt: skip
def test_the_browsers_language_counts_else_the_tenants(accepted: str | None, expected: str) -> None:
    """By weight, then by place; what nobody speaks here is passed over."""
    assert language(accepted, "fr") == expected


async def test_pages_speak_three_languages(rig: Hall) -> None:
    """And say so; the tenant's own is taken where the browser names none of them."""
    for asked, lang, word in (("en", "en", "Cancel"), ("es", "de", "Abbrechen"), ("fr-CH", "fr", "Annuler")):
        answer = await rig.person(asked).open(rig.url(rig.token()))
        assert f'<html lang="{lang}">' in answer.text and word in answer.text


def test_every_language_has_every_word() -> None:
    """The same keys with the same names in them, for everything that pages and definitions ask for."""
    words = read_words()
    assert len({frozenset(each) for each in words.values()}) == 1
    for key in words["en"]:
        names = {frozenset(re.findall(r"\{(\w+)\}", words[each][key])) for each in LANGUAGES}
        assert len(names) == 1, key
    used = {
        key
        for path in [*SOURCES.rglob("*.html"), *SOURCES.rglob("*.py")]
        for key in re.findall(r"t\('(\w+)'[,)]|\"(error_\w+)\"", path.read_text(encoding="utf-8"))
        for key in key
        if key and not key.endswith("_")
    }
    assert used - set(words["en"]) == set()
    settings = {f"setting_{each.name}" for one in PROVIDERS.values() for each in one.settings}
    assert settings <= set(words["en"])


def test_every_trouble_has_words() -> None:
    """Whatever stands in the way is said."""
    words, found = read_words()["en"], set()
    for path in SOURCES.glob("*.py"):
        found |= set(re.findall(r'Trouble\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert found and {f"trouble_{kind}" for kind in found} <= set(words)


# -- secrets -------------------------------------------------------------------------------------------------


async def test_no_secret_is_found_anywhere(rig: Hall) -> None:
    """Passwords, keys, codes and tokens: in no line of the log, no address, no page, no cookie, and nothing in the
    store in the clear.
    """
    canaries = {"password": "maple-bakery-kashoo-password", "sk": "sk_live_canary_0123456789"}
    with capture_logs() as lines:
        person, token = rig.person(), rig.token("maple-bakery", provider="kashoo")
        await person.open(rig.url(token))
        await person.send("/first_party", email="owner@maple-bakery.example", password="wrong-canary")
        await person.send(
            "/first_party", email="bookkeeper@maple-bakery.example", password=canaries["password"]
        )
        await person.send("/step", code=rig.emulators["kashoo"].messages()[-1].code)
        grant = await rig.grant(person.result["connection"])
        canaries["token"] = json.loads(grant.secrets["token"].reveal())["authenticationCode"]
        other = rig.person()
        await other.open(rig.url(rig.token("maple-bakery", provider="accountsos")))
        await other.send("/api_key", api_key=canaries["sk"])

    kept = b"".join([each.value for each in (await rig.state.store.under("")).values()])
    shown = "".join(f"{each.text} {each.url} {each.headers}" for one in (person, other) for each in one.seen)
    assert token not in repr(lines)
    for canary in (*canaries.values(), "wrong-canary"):
        assert canary not in repr(lines) and canary not in shown and canary.encode() not in kept
    assert grant.secrets["token"].reveal() not in shown
    audit = [line for line in lines if line.get("action") == "link connection"]
    assert [(line["by_tenant"], line["by_key_id"], line["outcome"]) for line in audit] == [
        ("studio", "backend", "done")
    ]
