"""Kamailio in the way of calls: as the proxy that stays in their route, as load balancer, and as a client of our registrar."""

import pytest

from digest import PHONES, make_secret
from kamailio import GATEWAY, NUMBER, PROXY, TRUNK, start_kamailio
from ringwall_site import wait_until
from sipp import listens, start, succeeded


@pytest.fixture(scope="module")
def site(make_module_site):
    made = make_module_site(start=False, include={"kamailio": TRUNK, "phones": PHONES})
    make_secret(made, "phone-device", "secret", "1901", "--stdin", password="secret")
    make_secret(made, "phone-device", "secret", "1902", "--stdin", "--algorithm", "MD5", password="secret")
    made.start()
    start_kamailio(made, line="1902", password="secret")
    return made


@pytest.fixture(autouse=True)
def nothing_remains(site):
    yield
    wait_until(lambda: not site.calls(), 15, "no leg is left")


def gateway_calls(site, scenario, *arguments, count=1):
    return start(site, scenario, "udp", GATEWAY, (site.address(PROXY), 5060), ["-s", "6016", "-m", count, *arguments], secure=True)


def gateway_answers(site, scenario, *arguments):
    process = start(site, scenario, "udp", GATEWAY, None, ["-p", 5060, "-bind_local", "-m", 1, *arguments], secure=True)
    wait_until(lambda: listens(site.address(GATEWAY), 5060, "udp") or not process.running(), 10, "the gateway listens")
    return process


@pytest.mark.parametrize("scenario", ["call", "delayed_offer", "hold", "reinvite_without_offer", "refreshes", "interval_too_small", "updates", "keys"])
def test_calls_in(site, scenario):
    """By way of the second edge of the dispatcher's list, for the first one is dead; what follows takes the recorded route."""
    succeeded(gateway_calls(site, scenario, "-d", 300))


@pytest.mark.parametrize("scenario", ["answers", "answers_early", "answers_and_ends", "holds_and_ends", "wants_longer_interval", "busy"])
def test_calls_out(site, scenario):
    """The edge's ACK and BYE follow the route set, through the proxy to the gateway's Contact."""
    gateway = gateway_answers(site, scenario, "-d", 300)
    caller = site.caller(NUMBER, "--seconds", "1")
    succeeded(gateway, 30)
    facts = caller.json(30)
    assert (facts["succeeded"], facts["status"]) == ((False, 486) if scenario == "busy" else (True, 0)), facts


def test_the_route_is_followed(site):
    gateway = gateway_answers(site, "answers")
    caller = site.caller(NUMBER, "--seconds", "1")
    succeeded(gateway, 30)
    caller.wait(30)
    heard = gateway.messages.read_text()
    ack = heard[heard.index("\nACK sip:"):]
    assert ack.startswith(f"\nACK sip:{site.address(GATEWAY)}:5060"), "the Request-URI is the gateway's Contact"
    assert f"SIP/2.0/TLS edge.{site.domain}" in ack and f"SIP/2.0/UDP {site.address(PROXY)}" in ack, "it came through the proxy"


def test_fifty_calls_in(site):
    succeeded(gateway_calls(site, "call", "-r", 20, "-d", 300, count=50))


def test_it_registers_a_line_with_a_password(site):
    """Its uac module knows MD5 alone, which the profile of this line allows; it shows no certificate there."""
    wait_until(lambda: site.registered("1902"), 20, "Kamailio registers")
    binding = next(r for r in site.ringwall("show", "registrations")["registrations"] if r["address_of_record"].startswith("sip:1902@"))
    assert f"{site.address(PROXY)}:5061" in str(binding), binding
