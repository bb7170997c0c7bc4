"""Somebody at a browser: one profile, one tab, and everything that the browser complained about."""

import re
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.e2e.shop import Client
from tests.e2e.stack import ROOT, Stack

ARTIFACTS = ROOT / "tests" / "artifacts"
GOOD_CARD, DECLINED_CARD = "4242 4242 4242 4242", "4000 0000 0000 0002"
# The CSP keeps scripts of others out of the page, so violations are told to a binding.
_WATCH_POLICY = """document.addEventListener("securitypolicyviolation", (event) =>
    noteViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"""


class Person:
    """A browser profile of its own on the shop's or the back office's host."""

    def __init__(self, browser: Browser, base: str, width: int = 1280) -> None:
        self.base = base
        self.complaints: list[str] = []
        self._tolerated: list[str] = []
        self._context = browser.new_context(
            base_url=base, ignore_https_errors=True, viewport={"width": width, "height": 900}
        )
        self._context.set_default_timeout(20_000)
        self._context.expose_function("noteViolation", self._note_violation)
        self._context.add_init_script(_WATCH_POLICY)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        text = f"{message.text} ({message.location.get('url', '')})"
        if not any(re.search(pattern, text) for pattern in self._tolerated):
            self.complaints.append(text)

    def _note_violation(self, text: str) -> None:
        self.complaints.append(text)

    def tolerate(self, pattern: str) -> None:
        """A refusal that the story wants; browsers write each into the console."""
        self._tolerated.append(pattern)

    def leave(self) -> None:
        """Closes the browser; nothing may have been complained about."""
        self._context.close()
        assert self.complaints == [], "\n".join(self.complaints)

    def become(self, client: Client) -> None:
        """Takes over the session of an API client."""
        self._context.add_cookies(
            [
                {"name": name, "value": value, "url": self.base, "secure": True}
                for name, value in client.cookies.items()
            ]
        )

    def open(self, path: str) -> None:
        """Types an address."""
        self.page.goto(path)

    def click(self, name: str, role: Literal["button", "link"] = "button") -> None:
        """Clicks the one button or link of this exact name."""
        self.page.get_by_role(role, name=name, exact=True).click()

    def fill(self, **fields: str) -> None:
        """Types into fields by their ids."""
        for name, value in fields.items():
            self.page.locator(f"#{name.replace('__', '-')}").fill(value)

    def sees(self, selector: str, text: str | re.Pattern[str]) -> None:
        """Waits until the element shows the text."""
        expect(self.page.locator(selector)).to_contain_text(text)

    def is_at(self, path: str) -> None:
        """Waits until the address bar shows this path (a regular expression)."""
        self.page.wait_for_url(re.compile(f"^{re.escape(self.base)}{path}$"))

    def picture(self, name: str) -> None:
        """Keeps a screenshot; hiding the caret would break the page's policy."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True, caret="initial")

    # ---- an order

    def mark_document(self) -> None:
        """Leaves a mark that only a navigation removes."""
        self.page.evaluate("window.stillHere = true")

    def is_same_document(self) -> bool:
        """Whether the page was not loaded anew since ``mark_document``."""
        return bool(self.page.evaluate("window.stillHere === true"))

    def sees_status(self, status: str) -> None:
        """Waits until the order's badge shows this status."""
        self.page.locator(f"#content [data-status={status}]").first.wait_for()

    def pay_with(self, number: str) -> None:
        """Types a card into the payment's form and sends it."""
        self.fill(card__number=number, card__expiry="12 / 34", card__cvc="123")
        self.page.locator("#pay-button").click()


def artifacts_of(stack: Stack) -> Path:
    """A folder of the stack's for files to upload."""
    folder = stack.state / "uploads"
    folder.mkdir(exist_ok=True)
    return folder
