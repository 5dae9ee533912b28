"""The status page in Chromium: on a phone and a desk, light and dark, with and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from cluster_status.domain.report.report import Report
from tests.browser.conftest import LOOKS, Look, Open
from tests.fakes.reports import NOW, fleet, report

HOSTILE = "<img src=x onerror=\"alert('x')\"><script>alert(1)</script>" + "W" * 64
SOON = "2026-11-28T14:07:30Z"
LATE = "2026-12-24T00:00:00Z"
PAGES = ("index.html", "clusters/levante.html", "clusters/helix.html", "clusters/binac.html")
Serve = Callable[..., str]


def hostile() -> Report:
    one = report(HOSTILE, group=HOSTILE)
    return replace(
        one, slug="hostile", partitions=tuple(replace(part, name=HOSTILE) for part in one.partitions)
    )


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_each_page_fits_its_width_and_loads_only_what_it_serves(
    look: Look, serve: Serve, open_page: Open
) -> None:
    url = serve(*fleet(), hostile())
    for path in (*PAGES, "clusters/hostile.html"):
        visit = open_page(url + path, look)

        assert visit.errors == []
        assert {one for one in visit.requests if not one.startswith(url)} == set()
        widths = "[document.documentElement.scrollWidth, window.innerWidth]" if look.script else ""
        if widths:
            content, window = visit.page.evaluate(widths)
            assert content <= window, path
        else:  # a script of the page cannot run, but the layout is the same
            box = visit.page.locator("main").bounding_box()
            assert box
            assert box["x"] + box["width"] <= look.width, path


@pytest.mark.parametrize("look", [look for look in LOOKS if look.script], ids=str)
def test_axe_finds_no_violation(look: Look, serve: Serve, open_page: Open, axe: str) -> None:
    url = serve(*fleet())
    visits = [
        ("index.html", SOON),
        (PAGES[1], SOON),
        (PAGES[3], SOON),
        ("index.html", LATE),
        (PAGES[1], LATE),
    ]
    for path, at in visits:
        page = open_page(url + path, look, at=at).page
        page.evaluate(axe)
        found: list[dict[str, Any]] = page.evaluate("axe.run().then(result => result.violations)")
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], path


def test_hostile_names_stay_text(serve: Serve, open_page: Open) -> None:
    visit = open_page(serve(hostile(), report("other")) + "clusters/hostile.html")

    assert visit.errors == []
    assert visit.page.locator("img, script:not([src])").count() == 0
    assert visit.page.locator("h1").inner_text() == HOSTILE


def test_the_policy_of_a_page_refuses_inline_scripts_and_styles(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(report())).page
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.injected = true";
        document.body.append(script);
        document.body.setAttribute("style", "color: rgb(1, 2, 3)");
    }""")

    assert page.evaluate("window.injected") is None
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(1, 2, 3)"


def test_nothing_moves_while_a_page_loads(serve: Serve, open_page: Open) -> None:
    for look in (Look(390, zone="Asia/Kolkata"), Look(1280, zone="Europe/Berlin")):
        page = open_page(serve(*fleet()) + "clusters/levante.html", look, at=SOON).page
        shift = page.evaluate("""() => new Promise(resolve => {
            let sum = 0;
            new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value }))
                .observe({type: "layout-shift", buffered: true});
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
        })""")
        assert shift < 0.01


def test_times_are_local_and_the_data_has_an_age(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(report()), Look(zone="Europe/Berlin"), at=SOON).page

    expect(page.locator(".hero .state")).to_have_text(
        "Online at 15:05 CET on 28 Nov 2026 (2 minutes ago)", use_inner_text=True
    )


def test_an_old_page_says_that_the_status_is_unknown(serve: Serve, open_page: Open) -> None:
    url = serve(*fleet())
    page = open_page(f"{url}clusters/levante.html", at="2026-11-28T18:00:00Z").page
    expect(page.locator(".hero .state")).to_contain_text(
        "Unknown now. It was online at 14:05 UTC on 28 Nov 2026"
    )
    index = open_page(url, at="2026-11-28T18:00:00Z").page
    assert set(index.locator("[data-word]").all_inner_texts()) == {"Unknown"}


def test_a_page_that_becomes_old_while_it_is_open_says_so(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(report()), at=SOON).page
    expect(page.locator("[data-word]")).to_have_text("Online")
    page.clock.fast_forward("02:00:00")
    expect(page.locator("[data-word]")).to_have_text("Unknown")


def test_without_a_script_an_old_page_claims_only_what_was(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(report()), Look(script=False)).page

    assert " ".join(page.locator(".hero").inner_text().split()) == (
        "Online at 14:05 UTC on 28 Nov 2026 This status began at 11:05 UTC on 17 Nov 2026."
    )


def test_an_open_page_loads_the_next_one(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(report()), at=SOON).page
    later = timedelta(minutes=5)
    serve(report(checked_at=NOW + later, shown_at=NOW + later))
    with page.expect_navigation():
        page.clock.run_for(61_000)

    expect(page.locator("[data-when]").first).to_have_text("at 14:10 UTC on 28 Nov 2026")


def test_the_keyboard_reaches_everything_in_order(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(*fleet()) + "clusters/levante.html", at=SOON).page
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(document.activeElement.textContent || document.activeElement.ariaLabel).trim().slice(0, 24)"
            )
        )

    assert reached[:4] == [
        "Skip to the status",
        "All clusters",
        "Last 90 days: 6 days wit",
        "Show the numbers: Last 9",
    ]


def test_the_values_of_a_chart_show_on_hover_and_with_the_arrow_keys(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(report()), at=SOON).page
    days, week = page.locator("#days .chart"), page.locator("#week .chart")
    days.focus()
    reading = page.locator("#days output")
    expect(reading).to_contain_text("28 Nov 2026: online 14 h 5 min")
    page.keyboard.press("ArrowLeft")
    expect(reading).to_contain_text("27 Nov 2026: online 1 d")
    week.hover(position={"x": 2, "y": 2})
    expect(page.locator("#week output")).to_have_text("Monday, 00:00: 66.9")


def test_the_numbers_of_a_chart_are_a_table(serve: Serve, open_page: Open) -> None:
    page = open_page(serve(report()), Look(390, script=False)).page
    page.get_by_text("Show the numbers: Nodes over the last 24 hours").click()

    expect(page.locator("#hours tbody tr")).to_have_count(24)
    expect(page.locator("#hours tbody tr").last).to_be_visible()


def test_a_page_works_from_the_file_system(tmp_path: Path, serve: Serve, open_page: Open) -> None:
    serve(report())
    visit = open_page((tmp_path / "index.html").as_uri(), at=SOON)

    assert visit.errors == []
    expect(visit.page.locator(".age").first).to_have_text("(2 minutes ago)")
    assert visit.page.evaluate("getComputedStyle(document.querySelector('.hero')).borderRadius") == "14px"
