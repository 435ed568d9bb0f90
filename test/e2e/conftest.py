"""Fixtures of the end-to-end tests: each test gets real sites, of real processes, on addresses of their own."""

import fcntl
import os
import shutil
import subprocess

import pytest

from ringwall_site import REPOSITORY, Addresses, Site, binary


@pytest.fixture(scope="session", autouse=True)
def program():
    """The program and the sample site beside it, as script/build makes them."""
    assert binary().exists(), f"{binary()} is missing: build it with script/build"
    share = binary().parent / "share"
    with open("/tmp/ringwall-e2e-share.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (share / "prompts" / "queue.wav").exists():
            subprocess.run([REPOSITORY / "script/make-prompts", share / "prompts"], check=True, timeout=120)
        (share / "vxml").mkdir(parents=True, exist_ok=True)
        for source, target in [(REPOSITORY / "site/ringwall.toml", share / "ringwall.toml"),
                               *((page, share / "vxml" / page.name) for page in (REPOSITORY / "site/vxml").glob("*.vxml"))]:
            if not target.exists() or target.read_bytes() != source.read_bytes():
                shutil.copy(source, target)
    return binary()


@pytest.fixture(scope="session")
def addresses():
    return Addresses()


def _factory(folder, addresses):
    sites = []

    def make(start=True, arguments=(), **options) -> Site:
        site = Site(folder / f"site{len(sites) + 1}", addresses.take(), **options)
        sites.append(site)
        return site.start(*arguments) if start else site

    yield make
    failures = []
    for site in sites:
        try:
            site.stop()
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, "\n".join(failures)


@pytest.fixture
def make_site(program, addresses, tmp_path):
    """Makes sites for one test: make_site(edits=..., include=..., quick=True); see Site. They run when they come back."""
    yield from _factory(tmp_path, addresses)


@pytest.fixture(scope="module")
def make_module_site(program, addresses, tmp_path_factory, request):
    """The same for the tests of one file together."""
    yield from _factory(tmp_path_factory.mktemp(request.module.__name__), addresses)


@pytest.fixture
def site(make_site):
    """The sample site, running."""
    return make_site()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its sites logged."""
    report = (yield).get_result()
    if call.when != "call" or not report.failed:
        return
    for value in list(getattr(item, "funcargs", {}).values()):
        if isinstance(value, Site) and os.environ.get("RINGWALL_E2E_QUIET") is None:
            report.sections.append((f"log of {value.folder.name}", value.log_text()[-12000:]))
