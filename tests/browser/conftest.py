"""Chromium for the tests in here, and people who use it."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.person import Person
from tests.e2e.stack import Stack

# An effect in another context is promised within five seconds; a busy machine is given more.
expect.set_options(timeout=20_000)


# Not for the session: while it lives, playwright's event loop runs in the main thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("chromium is not on the PATH: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        # A container's root has no user namespaces for the sandbox; the pages are our own.
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def person(browser: Browser, stack: Stack) -> Iterator[Callable[..., Person]]:
    """Makes somebody at a browser; none of them may have had an error in the console."""
    people: list[Person] = []

    def make(host: str = "storefront", width: int = 1280) -> Person:
        people.append(Person(browser, stack.facts[host], width))
        return people[-1]

    yield make
    for one in people:
        one.leave()


@pytest.fixture
def clerk(person: Callable[..., Person], stack: Stack) -> Person:
    """The demo administrator, logged in by the form."""
    login = stack.facts["logins"]["admin"]
    at_browser = person("admin")
    at_browser.open("/")
    at_browser.page.locator("#content").get_by_role("link", name="Log in").click()
    at_browser.fill(email=login["email"], password=login["password"])
    at_browser.click("Log in")
    at_browser.is_at("/")
    at_browser.sees("#shown-name", "Admin")
    return at_browser
