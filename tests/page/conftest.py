"""The browser that tests of the page share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Headless Chromium; tests that need it are skipped where there is none."""
    from tests.page.browsing import BROWSER, FLAGS, api

    if BROWSER is None:
        pytest.skip("no chromium or google-chrome on the PATH")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS, timeout=0)
        yield started
        started.close()
