"""The pages in a real browser: nothing fails in its console, and a keyboard is enough."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Request, async_playwright, expect

from tests.support.running_webui import running_webui
from tests.support.web_provider import DEBTOR, OLT, ONU, OPERATOR, PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MILLISECONDS = 60_000
WIDTHS = [1280, 390]
# What is still loading when a page is left or the browser closes is cut off; that is no fault.
CUT_OFF = "net::ERR_ABORTED"
OWED = re.compile(r"^\d+\.\d\d USD owed$")

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


@pytest.fixture(params=WIDTHS)
async def page(request, provider) -> AsyncIterator[Page]:
    """A browser's page of that width over a running webui; whatever it complains of fails."""
    complaints: list[str] = []
    async with running_webui(provider.config) as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(
            base_url=running.url, viewport={"width": request.param, "height": 900}
        )
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        opened = await context.new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("requestfailed", lambda failed: complaints.extend(fault(failed)))
        yield opened
        await browser.close()

    assert [] == complaints


def fault(failed: Request) -> list[str]:
    """What the page is to blame for."""
    return [] if failed.failure == CUT_OFF else [f"{failed.url}: {failed.failure}"]


async def sign_in(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Name").fill(OPERATOR)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Subscribers")


async def fits(page: Page) -> bool:
    """Only tables may be wider than the window, inside their own boxes."""
    await page.wait_for_load_state("load")
    return await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_an_operator_finds_out_why_somebody_is_cut_off(page):
    await sign_in(page)

    assert await fits(page)
    await page.get_by_label("Search").fill("bojan")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name=DEBTOR).click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Bojan Ilić")
    await expect(page.get_by_text("held (unpaid) by ann")).to_be_visible()
    await expect(page.get_by_text(OWED)).to_have_css("color", "rgb(179, 38, 30)")
    await page.get_by_text("Last enforcement").click()
    await expect(page.get_by_role("region", name="Enforcement")).to_be_visible()

    assert await fits(page)
    await page.get_by_role("link", name="Live sessions").click()
    await expect(page.get_by_role("region", name="Live sessions")).to_be_visible()

    assert await fits(page)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_an_operator_sees_how_the_light_of_a_line_is(page):
    await sign_in(page)
    await page.get_by_role("link", name="Network").click()
    await expect(page.get_by_role("region", name="Standing outages")).to_contain_text("fibre cut")

    assert await fits(page)
    await page.get_by_role("link", name=OLT).click()
    await expect(page.get_by_role("region", name="ONUs")).to_contain_text(ONU)

    assert await fits(page)
    await page.get_by_role("link", name="ana.kovac@example.net").click()
    await expect(page.get_by_text("-21.40 dBm")).to_have_css("color", "rgb(23, 115, 74)")
    await expect(page.get_by_text("-25.60 dBm")).to_have_css("color", "rgb(143, 79, 0)")

    assert await fits(page)


async def test_a_keyboard_is_enough(page):
    await page.goto("/subscribers")
    await expect(page.get_by_label("Name")).to_be_focused()
    await page.keyboard.type(OPERATOR)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Search")).to_be_focused()
    await page.keyboard.type(DEBTOR)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row")).to_have_count(2)
    await expect(page.get_by_label("Search")).to_be_focused()
    for _ in ("the button", "the table", "its link"):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name=DEBTOR)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=2).first).to_have_text("Services")
    await page.wait_for_load_state()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()


async def test_every_control_has_a_name_for_who_cannot_see_it(page):
    await sign_in(page)
    for path in (
        "/subscribers",
        f"/subscribers/{DEBTOR}",
        "/sessions",
        "/network",
        "/network/onus",
    ):
        await page.goto(path)
        nameless = await page.evaluate(
            """() => [...document.querySelectorAll("a, button, input, select, [role]")].filter(
                each => !(each.textContent.trim() || each.labels?.length || each.ariaLabel)
            ).map(each => each.outerHTML)"""
        )

        assert [] == nameless
