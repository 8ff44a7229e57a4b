import pytest

from tests.browser.visit import Visit, browser_path, browsing, served


@pytest.fixture(scope="module")
def browser():
    if browser_path() is None:
        pytest.skip("no browser is on this machine: apt-get install chromium, and these tests run")
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def address(browser):
    with served() as where:
        yield where


@pytest.fixture
def visit(browser, address):
    visits = []

    def begin(search="", size="projector", **options):
        visits.append(Visit(browser, address, search, size, **options))
        return visits[-1]

    yield begin
    for one in visits:
        one.close()
