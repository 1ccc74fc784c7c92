"""Links in a real Chromium: every provider, every way that a page comes up, against the providers' own pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.browser.town import Tab, Town, built, tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

FRAMED = """(url) => new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.onload = done;
  frame.src = url;
  document.body.append(frame);
})"""


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def town() -> AsyncIterator[Town]:
    """One for all tests of this file; each links connections of its own."""
    async with built() as made:
        yield made


async def sign_in(page: Page | FrameLocator, email: str, password: str) -> None:
    """At a provider's page."""
    await page.locator("[name=email]").fill(email)
    await page.locator("[name=password]").fill(password)
    await page.locator("[name=decision][value=allow]").click()


async def test_accountsos_by_key(browser: Browser, town: Town, pictures: Path) -> None:
    """From the list of providers, past a wrong key whose message gets the focus, back to the app."""
    async with tab(browser) as person:
        page = person.page
        await page.goto(town.url("maple-bakery"))
        await page.screenshot(path=pictures / "pick.png", full_page=True)
        await page.get_by_role("link", name="AccountsOS").click()
        await page.get_by_label("API key").fill("sk_live_wrong")
        await page.get_by_role("button", name="Connect").click()
        alert = page.get_by_role("alert")
        await expect(alert).to_be_focused()
        await expect(alert).to_contain_text("does not accept these credentials")
        await page.screenshot(path=pictures / "wrong-key.png", full_page=True)
        await page.get_by_label("API key").fill(town.keys("accountsos", "maple-bakery")["api_key"])
        await page.keyboard.press("Enter")

        assert await person.landed() == {
            "step": "2", "status": "linked", "connection": "maple-bakery-accountsos"
        }  # fmt: skip


async def test_boss_insights_by_user_and_key(browser: Browser, town: Town, pictures: Path) -> None:
    """The parts of its address are asked for, and a bad one is shown at its field."""
    keys = town.keys("bossinsights", "alpine-studio")
    async with tab(browser) as person:
        page = person.page
        await page.goto(town.url("alpine-studio", provider="bossinsights"))
        await page.get_by_label("User or key").fill(keys["user"])
        await page.get_by_label("Password").fill(keys["password"])
        await page.get_by_label("Subdomain").fill("not a subdomain")
        await page.get_by_role("button", name="Connect").click()
        await expect(page.get_by_label("Subdomain")).to_be_focused()
        await page.screenshot(path=pictures / "bossinsights.png", full_page=True)
        await page.get_by_label("Subdomain").fill(keys["subdomain"])
        await page.get_by_label("Account key").fill(keys["account_key"])
        await page.get_by_label("Password").fill(keys["password"])
        await page.get_by_role("button", name="Connect").click()

        assert (await person.landed())["status"] == "linked"


async def test_kashoo_by_consent_with_a_text_message(browser: Browser, town: Town, pictures: Path) -> None:
    """The recommended way; the provider asks for its code on its own page."""
    async with tab(browser) as person:
        page = person.page
        await page.goto(town.url("maple-bakery", provider="kashoo"))
        await page.screenshot(path=pictures / "kashoo.png", full_page=True)
        await page.get_by_role("button", name="Continue to Kashoo").click()
        await page.wait_for_url("**/oauth2/authorize?**")
        await sign_in(page, "bookkeeper@maple-bakery.example", "maple-bakery-kashoo-password")
        await page.locator("[name=code]").fill(town.emulators["kashoo"].messages()[-1].code)
        await page.locator("[name=decision][value=allow]").click()

        told = await person.landed()
        assert town.linked(told["connection"]).scheme == "oauth2"


async def test_kashoo_by_login_with_a_text_message(browser: Browser, town: Town, pictures: Path) -> None:
    """Our own page asks for the code; the password is typed once."""
    async with tab(browser) as person:
        page = person.page
        await page.goto(town.url("maple-bakery", provider="kashoo"))
        await page.get_by_text("With e-mail and password").click()
        await page.get_by_label("E-mail").fill("bookkeeper@maple-bakery.example")
        await page.get_by_label("Password", exact=True).fill("maple-bakery-kashoo-password")
        await page.screenshot(path=pictures / "login.png", full_page=True)
        await page.get_by_role("button", name="Sign in").first.click()
        await page.get_by_label("Code").fill("000000")
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_role("alert")).to_contain_text("not the one that was sent")
        await page.screenshot(path=pictures / "code.png", full_page=True)
        await page.get_by_label("Code").fill(town.emulators["kashoo"].messages()[-1].code)
        await page.get_by_role("button", name="Continue").click()

        assert (await person.landed())["status"] == "linked"


async def test_kashoo_with_several_businesses(browser: Browser, town: Town, pictures: Path) -> None:
    """Chosen with the keyboard alone."""
    async with tab(browser) as person:
        page = person.page
        await page.goto(town.url("alpine-studio", provider="kashoo"))
        await page.get_by_role("button", name="Continue to Kashoo").click()
        await page.wait_for_url("**/oauth2/authorize?**")
        await sign_in(page, "accountant@kashoo.example", "kashoo-kashoo-password")
        await page.get_by_role("radio").first.focus()
        await page.screenshot(path=pictures / "choose.png", full_page=True)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")

        told = await person.landed()
        assert town.linked(told["connection"]).settings["business_id"]


async def test_trulysmall_with_single_sign_on(browser: Browser, town: Town, pictures: Path) -> None:
    """A person without a password goes through the sign-on service on the provider's page."""
    async with tab(browser) as person:
        page = person.page
        await page.goto(town.url("harbour-legal", provider="trulysmall"))
        await page.get_by_role("button", name="Continue to TrulySmall").click()
        await page.locator("[name=decision][value=google]").click()
        await page.locator("[name=account][value='partner@harbour-legal.example']").click()
        await page.locator("[name=decision][value=allow]").click()

        assert (await person.landed())["connection"] == "harbour-legal-trulysmall"


async def test_smallinvoice_without_scripts(browser: Browser, town: Town, pictures: Path) -> None:
    """In redirect mode nothing needs a script, in the tenant's language where the browser's is not ours."""
    async with tab(browser, java_script_enabled=False, locale="es-ES") as person:
        page = person.page
        await page.goto(town.url("alpine-studio", provider="smallinvoice"))
        await expect(page.locator("html")).to_have_attribute("lang", "de")
        await page.get_by_text("Mit Client-ID und Secret").click()
        await page.screenshot(path=pictures / "smallinvoice-de.png", full_page=True)
        await page.get_by_role("button", name="Weiter zu smallinvoice").click()
        await page.wait_for_url("**/auth/authorize?**")
        await sign_in(page, "owner@alpine-studio.example", "alpine-studio-smallinvoice-password")

        await page.wait_for_url("**/back?**")
        assert "status=linked" in page.url


async def test_saying_no_leads_back(browser: Browser, town: Town, pictures: Path) -> None:
    """The page says that nothing was connected."""
    async with tab(browser) as person:
        page = person.page
        await page.goto(town.url("maple-bakery", provider="kashoo"))
        await page.get_by_role("button", name="Continue to Kashoo").click()
        await page.locator("[name=decision][value=deny]").click()
        await expect(page.get_by_role("heading", name="Not connected")).to_be_visible()
        await page.screenshot(path=pictures / "denied.png", full_page=True)
        await page.get_by_role("link", name="Back to Studio Finance").click()

        assert (await person.landed())["status"] == "cancelled"


# -- how pages come up -------------------------------------------------------------------------------------------------


async def at_the_app(town: Town, person: Tab, mode: str, company: str, provider: str) -> Page:
    """The app's page, about to open a link."""
    token = town.token(company, provider=provider)
    await person.page.goto(f"{town.app}/?mode={mode}&token={token}")
    return person.page


async def test_in_a_popup(browser: Browser, town: Town, pictures: Path) -> None:
    """Through the provider's consent; the window closes and the app is told."""
    async with tab(browser) as person:
        page = await at_the_app(town, person, "popup", "maple-bakery", "kashoo")
        async with person.context.expect_page() as opening:
            await page.get_by_role("button", name="Connect").click()
        popup = await opening.value
        await popup.get_by_role("button", name="Continue to Kashoo").click()
        await popup.wait_for_url("**/oauth2/authorize?**")
        await sign_in(popup, "owner@maple-bakery.example", "maple-bakery-kashoo-password")

        await expect(page.locator("output")).to_contain_text("linked maple-bakery-kashoo")
        assert popup.is_closed()


async def test_a_popup_that_is_left(browser: Browser, town: Town) -> None:
    """Cancelled, or closed by its corner: the app is told which."""
    async with tab(browser) as person:
        for leave, told in (("cancel", "exit cancelled"), ("close", "exit closed")):
            page = await at_the_app(town, person, "popup", "maple-bakery", "accountsos")
            async with person.context.expect_page() as opening:
                await page.get_by_role("button", name="Connect").click()
            popup = await opening.value
            await popup.get_by_role("link", name="Cancel").wait_for()
            await (popup.close() if leave == "close" else popup.get_by_role("link", name="Cancel").click())
            await expect(page.locator("output")).to_have_text(told)


async def test_in_a_frame(browser: Browser, town: Town, pictures: Path) -> None:
    """A key is typed in the frame itself; only the tenant's own origin can hold it."""
    async with tab(browser) as person:
        page = await at_the_app(town, person, "iframe", "harbour-legal", "accountsos")
        await page.get_by_role("button", name="Connect").click()
        frame = page.frame_locator("iframe")
        await frame.get_by_label("API key").fill(town.keys("accountsos", "harbour-legal")["api_key"])
        await page.screenshot(path=pictures / "frame.png")
        await frame.get_by_role("button", name="Connect").click()

        await expect(page.locator("output")).to_have_text("linked harbour-legal-accountsos")
        await expect(page.locator("iframe")).to_have_count(0)


async def test_a_consent_from_a_frame(browser: Browser, town: Town, pictures: Path) -> None:
    """It gets a window of its own, and the frame notices when it is done."""
    async with tab(browser) as person:
        page = await at_the_app(town, person, "iframe", "harbour-legal", "smallinvoice")
        await page.get_by_role("button", name="Connect").click()
        frame = page.frame_locator("iframe")
        async with person.context.expect_page() as opening:
            await frame.get_by_role("button", name="Continue to smallinvoice").click()
        window = await opening.value
        await window.wait_for_url("**/auth/authorize?**")
        await expect(frame.get_by_role("heading", name="Go on in the other window")).to_be_visible()
        await page.screenshot(path=pictures / "waiting.png")
        await sign_in(window, "owner@harbour-legal.example", "harbour-legal-smallinvoice-password")

        await expect(page.locator("output")).to_have_text("linked harbour-legal-smallinvoice")
        assert window.is_closed()


async def test_a_frame_of_another_origin_stays_empty(browser: Browser, town: Town) -> None:
    """The policy stops a page that is not the tenant's from showing ours."""
    async with tab(browser) as person:
        url = town.url("maple-bakery")
        await person.page.goto(f"{town.sandbox}/")
        await person.page.evaluate(FRAMED, url)
        shown = [frame for frame in person.page.frames if frame.url.startswith(town.gateway)]
        assert shown == []
        person.complaints.clear()


async def test_the_script_may_also_leave_the_page(browser: Browser, town: Town) -> None:
    """Mode `redirect`: the whole page goes, and comes back to the return URL."""
    async with tab(browser) as person:
        page = await at_the_app(town, person, "redirect", "maple-bakery", "accountsos")
        await page.get_by_role("button", name="Connect").click()
        await page.get_by_label("API key").fill(town.keys("accountsos", "maple-bakery")["api_key"])
        await page.get_by_role("button", name="Connect").click()

        assert (await person.landed())["status"] == "linked"


@pytest.mark.parametrize("provider", [None, "kashoo", "bossinsights"])
async def test_on_a_phone(browser: Browser, town: Town, pictures: Path, provider: str | None) -> None:
    """Nothing is wider than the screen, everything is large enough to be touched, every field has a label."""
    async with tab(browser, width=360, height=740, locale="fr-CH") as person:
        page = person.page
        await page.goto(town.url("alpine-studio", provider=provider))
        for summary in await page.locator("summary").all():
            await summary.click()
        await page.screenshot(path=pictures / f"phone-{provider}.png", full_page=True)

        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        heights = await page.eval_on_selector_all(
            "button:not([hidden] button), input:not([type=hidden]), .providers a, summary",
            "(found) => found.map((each) => each.getBoundingClientRect().height)",
        )
        assert all(height >= 44 for height in heights)
        unnamed = await page.eval_on_selector_all(
            "input:not([type=hidden]), select",
            "(found) => found.filter((each) => !each.labels.length).length",
        )
        assert unnamed == 0
