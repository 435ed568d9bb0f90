"""sipsak against the clear port of a waiver trunk: it asks, it floods, and it sends what it damages itself."""

import subprocess

import pytest

from ringwall_site import wait_until
from sipp import need
from torture import connection, listen, options
from waiver import waiver_trunk


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(include={"waiver": waiver_trunk()})


def sipsak(site, *arguments, transport="udp", user="", seconds=60):
    """What it said. It binds to no address: the namespace's route takes 127.0.0.1, which is no trunk's."""
    need("sipsak")
    command = ["sipsak", "-E", transport, "-s", f"sip:{user}{site.address(226)}:5060", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, errors="replace")
    return run.returncode, run.stdout + run.stderr


def is_well(site):
    with connection(site, "edge-udp") as sock:
        sock.sendall(options(site, "edge-udp", sock, 1))
        assert listen(sock, lambda heard: heard.final).final == [200]
    assert site.process.running() and not site.calls()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_options(site, transport):
    code, said = sipsak(site, "-vv", transport=transport)
    assert code == 0 and "SIP/2.0 200" in said, said


def test_a_registration_at_the_edge_is_refused(site):
    """Its usrloc mode registers and looks for what it registered; the edge is no registrar."""
    code, said = sipsak(site, "-U", "-C", "sip:6016@127.0.0.1:5099", "-x", 60, "-vv", user="6016@")
    assert code != 0 and ("405" in said or "403" in said), said


def test_damaged_requests(site):
    """Bytes changed at random in one request after the other: an answer or none, and nothing else happens."""
    sipsak(site, "-R", "-t", 200, seconds=120)
    wait_until(lambda: not site.calls(), 10, "no leg is left")
    is_well(site)


def test_a_flood(site):
    """A thousand OPTIONS in some milliseconds: their source is blocked, and others are answered as ever."""
    code, said = sipsak(site, "-F", "-e", 1000, seconds=120)
    assert code == 0 and "flood end reached" in said, said
    wait_until(lambda: "blocked 127.0.0.1" in site.ringwall("show", "connections", json=False), 10, "the source is blocked")
    is_well(site)
