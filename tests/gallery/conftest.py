"""A running gallery and a real browser, for the tests that ask for them."""

import contextlib
import os
import pathlib
import shutil
import threading
import urllib.parse

import playwright.sync_api
import pytest

from tfgan_zoo.gallery import collect, server

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium would otherwise ask its makers for updates, certificates and lists while a test runs.
SWITCHES = [
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    "--host-resolver-rules=MAP gallery.test 127.0.0.1",
]
MISSING = (
    "The gallery's tests need the browser Chromium, which is not installed: apt-get install "
    "chromium, or python -m playwright install chromium."
)
READY = "body[data-ready]"
# Puts what a module exports into scope, and brings typed arrays and maps over as lists.
ASK = """async ([modules, body, given]) => {
  const found = {};
  for (const name of modules) {
    Object.assign(found, await import(new URL(name, document.baseURI)));
  }
  const plain = (value) => {
    if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set) {
      return [...value].map(plain);
    }
    if (Array.isArray(value)) return value.map(plain);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, plain(own)]));
    }
    return value;
  };
  return plain(await BODY(found, given));
}"""


@contextlib.contextmanager
def serving(places, host="127.0.0.1", **options):
    """The address of a server of these places, which ends with the block.

    One that others may reach has the name gallery.test, which the browser alone knows.
    """
    gallery = collect.Gallery(places, options.pop("laboratory", None))
    with server.Server(gallery, host, 0, **options) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://{'127.0.0.1' if running.only_local else 'gallery.test'}:{running.port}"
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def shipped_gallery():
    """The address of a gallery of the shipped exports."""
    with serving([(collect.shipped_folder(), collect.SHIPPED)]) as address:
        yield address


def executable(chromium):
    """The path of a Chromium, the system's or playwright's own; None if there is neither."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    own = chromium.executable_path
    return found or (own if pathlib.Path(own).is_file() else None)


def launched(chromium):
    """A running Chromium without a window."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return chromium.launch(executable_path=executable(chromium), args=[*SWITCHES, *as_root])


@pytest.fixture(scope="session")
def browser():
    """A Chromium without a window; where CI=true it must be there."""
    with playwright.sync_api.sync_playwright() as started:
        if executable(started.chromium) is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
        running = launched(started.chromium)
        yield running
        running.close()


class Visit:
    """One person's browser: a context whose pages may go to one address and must not complain.

    Attributes:
        context, page: playwright's.
        expected: words of messages in the console that a test is about.
    """

    def __init__(self, browser, address, **options):
        self.address = address
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(20_000)
        self.expected = []
        self._faults = []
        self.context.on("request", self._asked)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self._faults.append(f"error {error.error}"))
        self.page = self.context.new_page()

    def _asked(self, request):
        parts = urllib.parse.urlsplit(request.url)
        own = urllib.parse.urlsplit(self.address).netloc
        if parts.netloc != own and parts.scheme not in ("blob", "data"):
            self._faults.append(f"asked for {request.url}")

    def _said(self, message):
        if message.type in ("error", "warning", "assert"):
            self._faults.append(f"{message.type} {message.text} {message.location}")

    def open(self, address=""):
        """Loads the page anew at a place behind its address, and waits until it stands."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/{address}")
        try:
            self.page.wait_for_selector(READY)
        except playwright.sync_api.TimeoutError as error:
            raise AssertionError("\n".join(["The page did not start.", *self._faults])) from error
        return self.page

    def go(self, place):
        """Shows another place of the page, which keeps the runtime that it has loaded."""
        for step in ("/", place):
            self.page.evaluate("(place) => { location.hash = place; }", step)
        return self.page

    def faults(self):
        """What the console said, and what was asked of others, since this was called last."""
        found, self._faults = self._faults, []
        return [fault for fault in found if not any(word in fault for word in self.expected)]

    def close(self):
        self.context.close()


@pytest.fixture
def visit(browser):
    """Makes visits: (address, **options of the context) -> `Visit`. None may end with faults."""
    made = []

    def begin(address, **options):
        made.append(Visit(browser, address, **options))
        return made[-1]

    yield begin
    faults = [fault for one in made for fault in one.faults()]
    for one in made:
        one.close()
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def ask(browser, shipped_gallery):
    """`ask("priors.js random.js", "sample(given.prior, 1, 0)", prior=...)` -> its value."""
    visit = Visit(browser, shipped_gallery)
    page = visit.open()

    def asked(modules, body, **given):
        names = page.evaluate(
            "async (modules) => (await Promise.all(modules.map((name) =>"
            " import(new URL(name, document.baseURI))))).flatMap(Object.keys)",
            modules.split(),
        )
        function = f"async ({{ {', '.join(names)} }}, given) => ({body})"
        return page.evaluate(ASK.replace("BODY", f"({function})"), [modules.split(), body, given])

    yield asked
    faults = visit.faults()
    visit.close()
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def one_desk(browser, shipped_gallery):
    """A visit that the tests of a module share: starting the runtime takes two seconds."""
    made = Visit(browser, shipped_gallery)
    made.open()
    yield made
    made.close()


@pytest.fixture
def desk(one_desk):
    """(place) -> the shared page at that place. No test may end with faults."""
    yield one_desk.go
    faults = one_desk.faults()
    assert not faults, "\n".join(faults)
