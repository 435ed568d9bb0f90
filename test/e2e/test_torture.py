"""Every message of RFC 4475 and RFC 5118, and every way to break a stream, against a running site that stays well."""

import itertools
import os

import pytest

from ringwall_site import wait_until
from torture import CONFORMANCE, PLACES, connection, listen, options, outcomes
from waiver import waiver_trunk

numbers = itertools.count(1)


@pytest.fixture(scope="module", params=PLACES)
def place(request, make_module_site):
    """A site of its own for each place: the same branch at another place of one element is a retransmission."""
    yield make_module_site(include={"waiver": waiver_trunk()}), request.param


@pytest.fixture(autouse=True)
def nothing_remains(place):
    site = place[0]
    pid = site.pid
    yield
    assert site.process.running() and site.pid == pid, site.log_text()
    wait_until(lambda: not site.calls(), 10, "no leg is left")


def is_well(site, where, sock=None):
    """An OPTIONS is answered, over a connection of its own or over the one that was tortured."""
    if sock is None:
        with connection(site, where) as fresh:
            return is_well(site, where, fresh)
    number = next(numbers)
    sock.sendall(options(site, where, sock, number))

    def answered(heard):
        return any(part.startswith("200") and f"alive-{number}-" in part for part in heard.responses)

    heard = listen(sock, answered)
    assert answered(heard), f"the site no longer answers: {heard.bytes!r} {site.log_text()[-2000:]}"


def test_the_table_names_every_message():
    files = {f"{path.parent.name}/{path.stem}" for path in CONFORMANCE.glob("rfc*/*.dat")}
    assert files == {torture.message for torture in outcomes()} and len(files) == 61


@pytest.mark.parametrize("torture", outcomes(), ids=lambda torture: torture.message)
def test_torture(place, torture):
    site, where = place
    stream = "same" if where.endswith("udp") else torture.stream
    with connection(site, where) as sock:
        sock.sendall(torture.data)
        if stream == "waits":
            heard = listen(sock)
            assert not heard.closed and not heard.bytes, heard.bytes
        elif stream == "closes":
            heard = listen(sock, lambda heard: False)
            assert heard.closed and len(heard.final) == 1 and torture.allows(heard.final[0]), heard.bytes
        elif torture.answer == "none":
            is_well(site, where, sock)
        else:
            heard = listen(sock, lambda heard: heard.final)
            assert heard.final and torture.allows(heard.final[0]), heard.bytes
            assert len(heard.final) == 1 or stream == "more", heard.bytes
            if stream == "same":
                is_well(site, where, sock)
    is_well(site, where)
