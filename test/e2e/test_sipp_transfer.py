"""SIPp transfers calls and takes them over at the call manager: as a gateway in clear, by a waiver, and over TLS as a phone.
Whom it calls are phones written out by hand, so that each step comes after the one before."""

import time

import pytest

from ringwall_site import wait_until
from sip_phone import Phone
from sipp import TRANSPORTS, start, succeeded, tunnel
from waiver import waiver_trunk

GATEWAY, BOB, CAROL = 82, "1002", "1003"

TRUNK = """
[[trunk]]
name = "desk"
element = "call-manager"
addresses = ["NET82"]
targets = ["NET82:5060"]
profile = "plain"
"""


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(quick=True, include={"waiver": waiver_trunk() + TRUNK})


@pytest.fixture
def phones(site):
    with Phone(site, BOB) as bob, Phone(site, CAROL) as carol:
        yield bob.register(), carol.register()
    wait_until(lambda: not site.calls(), 40, f"no leg is left: {site.calls()}")


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    return request.param


def sipp(site, scenario, transport):
    """SIPp calls Bob, and what else the scenario says. Its bodies ask for SRTP whatever it signals over: the phones do."""
    address, server = GATEWAY, (site.address(3), 5060)
    if transport == "tls":
        address = 75
        server = tunnel(site, site.folder / "pki" / "phones" / "phone1001", address, 3, "call-manager")
    return start(site, scenario, transport, address, server, ["-s", BOB, "-m", 1, "-cid_str", "%u-%p"], secure=True, other=CAROL)


def answer(phone, port):
    call = phone.incoming()
    call.ring()
    time.sleep(0.1)
    call.accept(phone.description(port))
    return call


def test_blind_transfer(site, phones, transport):
    bob, carol = phones
    process = sipp(site, "transfers", transport)
    bobs = answer(bob, 30000)
    carols = carol.incoming()
    assert carols.invite.header("Referred-By") == f"<sip:5550100@{site.domain}>"
    time.sleep(0.2)  # a phone does not ring at once
    carols.ring()
    time.sleep(0.2)
    carol.answer(carols.invite, 200, carol.description(31000), to=carols.local)
    reinvite, _ = bobs.expect_reinvite(bob.description(32000))
    assert "m=audio 31000 " in reinvite.body
    assert "m=audio 32000 " in carols.expect("ACK").body
    succeeded(process)
    assert bobs.bye().status == 200
    carols.expect("BYE")


def test_blind_transfer_to_one_who_is_busy(site, phones, transport):
    bob, carol = phones
    process = sipp(site, "transfers_to_a_busy_one", transport)
    bobs = answer(bob, 30000)
    carols = carol.incoming()
    time.sleep(0.2)
    carols.refuse(486)
    bobs.expect("BYE")
    succeeded(process)


def test_attended_transfer(site, phones, transport):
    bob, carol = phones
    process = sipp(site, "transfers_attended", transport)
    bobs = answer(bob, 30000)
    carols = answer(carol, 31000)
    without = carols.expect("INVITE", body=carol.description(31002))
    assert without.body == "", "Carol offers"
    time.sleep(0.2)
    reinvite, _ = bobs.expect_reinvite(bob.description(32000))
    assert "m=audio 31002 " in reinvite.body
    assert "m=audio 32000 " in carols.expect("ACK").body
    succeeded(process)
    assert carols.bye().status == 200
    bobs.expect("BYE")


def test_a_call_is_taken_over(site, phones, transport):
    bob, _ = phones
    process = sipp(site, "takes_its_call_over", transport)
    bobs = answer(bob, 30000)
    bobs.expect_reinvite(bob.description(32000))
    bobs.expect("BYE")
    succeeded(process)
