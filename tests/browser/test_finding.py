"""Finding one's way: the examples by group and by search, and the environment, which is never out of sight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = [
    {"name": "overview", "group": None, "description": "All at a glance.", "query": "{ a }", "variables": {}},
    *(
        {
            "name": f"records/kind-{at}",
            "group": "Records",
            "description": f"Records of kind {at}, with `field{at}`.",
            "query": f"query Kind{at} {{ company {{ name }} }}",
            "variables": {},
        }
        for at in range(48)
    ),
    {
        "name": "write-back/new-bill",
        "group": "Write back",
        "description": "A bill.",
        "query": "mutation NewBill { a }",
        "variables": {},
    },
]


@pytest.mark.parametrize("width", [1440, 390])
async def test_examples_stand_in_groups_and_can_be_searched(
    visit_page: Any, pictures: Path, width: int
) -> None:
    """Each group has a heading; typed words narrow all groups at once, and nothing found is said."""
    async with visit_page(width=width, examples=EXAMPLES) as visit:
        page = visit.page
        if width == 390:
            await page.get_by_role("button", name="Show Examples").click()
        entries = page.locator(".lm-examples li button")
        headings = page.locator(".lm-examples h3")
        assert await headings.all_inner_texts() == ["Overview 1", "Records 48", "Write back 1"]
        assert await entries.count() == 50
        field = page.get_by_label("Find an example")
        await field.fill("KIND field7")
        await page.screenshot(path=pictures / f"{width}-search.png")
        assert await headings.all_inner_texts() == ["Records 1"]
        assert "1 example" in await page.locator(".lm-find [role=status]").inner_text()
        await field.fill("write")
        assert "writes" in await entries.first.inner_text()
        await field.fill("no such thing")
        assert await page.locator(".lm-find [role=status]").inner_text() == "Nothing found"
        await field.fill("kind 12")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.locator("[role=tab][aria-selected=true]", has_text="Kind12").wait_for()
        assert await visit.editor("operation.graphql") == "query Kind12 { company { name } }"
        assert await visit.violations() == [] and visit.complaints == []


async def test_the_environment_is_always_in_sight(visit_at: Any, gateway: Any) -> None:
    """Live or sandbox stands at the top and in the title, whatever is open or scrolled below, wide or narrow."""
    for url, environment in ((f"{gateway.elsewhere}live/", "live"), (gateway.url, "sandbox")):
        async with visit_at(url) as visit:
            page, badge = visit.page, visit.page.locator(".lm-environment")
            assert environment in await page.title()
            await page.get_by_role("button", name="Show Explorer").click()
            for width, height in ((1440, 900), (390, 844)):
                await page.set_viewport_size({"width": width, "height": height})
                await page.mouse.move(width / 2, height / 2)
                await page.mouse.wheel(0, 3000)
                box = await badge.bounding_box()
                assert box is not None and 0 <= box["y"] and box["y"] + box["height"] <= height
                at = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
                seen = await page.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent", at)
                assert seen == environment
