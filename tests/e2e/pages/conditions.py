"""Filling in conditions that are built row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.pages.form_fields import type_text

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def fill_row(
    page: Page, row: Locator, *, left: str, type_: str, operator: str, right: str | None = None
) -> None:
    """Fill in one condition from left to right."""
    type_text(page, row.locator("[data-field$='.left']"), left)
    row.get_by_test_id("condition-type").select_option(value=type_)
    row.get_by_test_id("condition-operator").select_option(value=operator)
    if right is not None:
        side = row.locator("[data-field$='.right']")
        if side.get_attribute("data-kind") == "list":
            for part in right.split(","):
                side.locator("input").fill(part)
                page.keyboard.press("Enter")
        else:
            type_text(page, side, right)
