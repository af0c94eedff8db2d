"""A page that is opened in headless Chromium, with all that it asked for and complained about."""

import shutil

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
ADDRESS = "http://report.test/"

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


class Visit:
    """A page that has been opened, with everything it asked for and complained about."""

    def __init__(self, browser, html, **options):
        self.requests, self.complaints = [], []
        self.page = browser.new_page(**options)
        self.page.set_default_timeout(0)  # however busy the machine is
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.route("**/*", lambda route: self._answer(route, html))
        self.page.goto(ADDRESS, wait_until="networkidle")

    def _answer(self, route, html):
        self.requests.append(route.request.url)
        if route.request.url == ADDRESS:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            route.abort()

    def rows(self, table):
        """Texts of the visible rows, by cell."""
        return self.page.eval_on_selector_all(
            f"#{table} tbody tr:not([hidden])",
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))",
        )

    @property
    def overflow(self):
        """By how much the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
