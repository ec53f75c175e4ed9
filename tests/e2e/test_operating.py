"""Operating in a real browser: work is held and released, and a channel of alerts is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.api import API
from tests.e2e.pages.signed_in import open_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(300)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def released(client: httpx.Client) -> Iterator[None]:
    """Other tests share the server: whatever happens, nothing stays paused."""
    yield
    client.post(f"{API}/queue/pause", json={"paused": False})


@pytest.mark.usefixtures("released")
def test_everybody_sees_that_work_is_held_until_it_goes_on(
    airflow_api: AirflowInstance,
    client: httpx.Client,
    page: Page,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    page.goto(f"{airflow_api.url}/plugin/flowforge/queue")
    page.get_by_test_id("pause-all").click(timeout=30_000)
    page.get_by_test_id("pause-reason").fill("The shop is down")
    picture(page, "queue-pause-dialog")
    page.get_by_test_id("pause-submit").click()
    banner = page.get_by_test_id("pause-banner")
    expect(banner).to_contain_text("The shop is down")
    assert client.get(f"{API}/queue/pause").json()["pause"]["reason"] == "The shop is down"
    picture(page, "queue-paused")
    page.get_by_test_id("open-list").click()
    expect(page.get_by_test_id("list-search")).to_be_visible()
    expect(banner).to_contain_text("All workflows are paused")

    # A viewer on a phone, in Russian and in the dark, sees who paused, and cannot resume.
    phone = open_as("viewer", airflow=airflow_api, open_page=open_page, viewport=PHONE, has_touch=True)
    phone.add_init_script("localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');")
    phone.goto(f"{airflow_api.url}/plugin/flowforge/queue")
    expect(phone.get_by_test_id("pause-banner")).to_contain_text("The shop is down", timeout=30_000)
    expect(phone.get_by_test_id("banner-resume")).to_have_attribute("aria-disabled", "true")
    expect(phone.get_by_test_id("machinery")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    picture(phone, "queue-paused-phone-dark-ru")

    page.get_by_test_id("banner-resume").click()
    expect(banner).to_have_count(0)
    assert client.get(f"{API}/queue/pause").json()["paused"] is False


def test_a_channel_is_made_and_tells_why_it_does_not_work(
    airflow_api: AirflowInstance, client: httpx.Client, page: Page, picture: Callable[[Page, str], Path]
) -> None:
    page.goto(f"{airflow_api.url}/plugin/flowforge/alerts")
    page.get_by_test_id("tab-channels").click(timeout=30_000)
    page.get_by_test_id("new-channel").click()
    page.get_by_test_id("channel-submit").click()
    dialog = page.get_by_test_id("channel-dialog")
    expect(dialog.get_by_role("alert")).to_have_count(2)
    picture(page, "alerts-channel-faults")
    page.get_by_test_id("channel-name").fill("Nobody there")
    page.get_by_test_id("channel-connection_id").fill("there_is_none")
    page.get_by_test_id("channel-submit").click()
    expect(dialog).to_have_count(0)
    listed = client.get(f"{API}/alerts/channels").json()["channels"]
    channel = next(one for one in listed if one["name"] == "Nobody there")

    page.get_by_test_id(f"test-{channel['id']}").click()
    expect(page.get_by_text("The channel did not take the message")).to_be_visible(timeout=30_000)
    picture(page, "alerts-channel-tried")
    page.get_by_test_id(f"remove-{channel['id']}").click()
    page.get_by_test_id("remove-submit").click()
    expect(page.get_by_test_id(f"channel-{channel['id']}")).to_have_count(0)


def test_a_rule_keeps_quiet_at_night_and_another_channel_hears_of_one_that_is_down(
    airflow_api: AirflowInstance,
    client: httpx.Client,
    page: Page,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    # Both are switched off, so that no other test's failures are told.
    made = []
    for name in ("Day shift", "Night shift"):
        config = {"connection_id": "there_is_none"}
        body = {"kind": "telegram", "name": name, "enabled": False, "config": config}
        made.append(client.post(f"{API}/alerts/channels", json=body).json()["id"])
    day, night = made

    page.goto(f"{airflow_api.url}/plugin/flowforge/alerts")
    page.get_by_test_id("tab-channels").click(timeout=30_000)
    page.get_by_test_id(f"edit-{day}").click()
    page.get_by_test_id("channel-fallback").select_option(night)
    picture(page, "alerts-channel-fallback")
    page.get_by_test_id("channel-submit").click()
    expect(page.get_by_test_id("channel-dialog")).to_have_count(0)
    assert client.get(f"{API}/alerts/channels/{day}").json()["fallback_id"] == night

    page.get_by_test_id("tab-rules").click()
    page.get_by_test_id("new-rule").click()
    page.get_by_test_id("rule-name").fill("Quiet nights")
    page.get_by_test_id(f"rule-channel-{day}").check()
    page.get_by_test_id("rule-max_messages").fill("0")
    page.get_by_test_id("rule-quiet").check()
    page.get_by_test_id("rule-quiet-timezone").fill("Mars/Olympus")
    page.get_by_test_id("rule-quiet-end").fill("22:00")
    page.get_by_test_id("rule-submit").click()
    dialog = page.get_by_test_id("rule-dialog")
    expect(dialog.get_by_role("alert")).to_have_count(3)
    picture(page, "alerts-rule-faults")
    page.get_by_test_id("rule-max_messages").fill("5")
    page.get_by_test_id("rule-quiet-timezone").fill("Asia/Kathmandu")
    page.get_by_test_id("rule-quiet-end").fill("06:30")
    for weekend in (5, 6):
        page.get_by_test_id(f"rule-quiet-day-{weekend}").uncheck()
    page.get_by_test_id("rule-submit").click()
    expect(dialog).to_have_count(0)
    rule = next(
        one for one in client.get(f"{API}/alerts/rules").json()["rules"] if one["name"] == "Quiet nights"
    )
    assert rule["max_messages"] == 5
    assert rule["quiet_hours"] == {
        "timezone": "Asia/Kathmandu",
        "start": "22:00",
        "end": "06:30",
        "days": [0, 1, 2, 3, 4],
    }

    phone = open_as("admin", airflow=airflow_api, open_page=open_page, viewport=PHONE, has_touch=True)
    phone.add_init_script("localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');")
    phone.goto(f"{airflow_api.url}/plugin/flowforge/alerts")
    phone.get_by_test_id(f"edit-{rule['id']}").click(timeout=30_000)
    phone.get_by_test_id("rule-quiet-timezone").scroll_into_view_if_needed()
    expect(phone.get_by_test_id("rule-quiet-day-5")).not_to_be_checked()
    assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    picture(phone, "alerts-rule-phone-dark-ru")
    client.delete(f"{API}/alerts/rules/{rule['id']}")
    for channel_id in (day, night):
        client.delete(f"{API}/alerts/channels/{channel_id}")
