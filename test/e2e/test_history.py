"""Who phones are told is calling, and the way that a call has come: asserted identities, and the history that the site
writes where it sends a call on."""

import pytest

from ringwall_site import wait_until
from sip_client import connect_edge, secure_offer
from sip_phone import Phone, talk

SETTINGS = """
[[profile]]
name = "outside"
asserted_identity = false

[[trunk]]
name = "sister"
element = "edge"
names = ["sister.ringwall.test"]
trusted_identity = true
"""
ASSERTED = ["P-Asserted-Identity: \"Ada\" <sip:+15550123@10.1.2.3>"]


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(quick=True, include={"sister": SETTINGS},
                            edits=[('name = "phone1003.ringwall.test"', 'name = "phone1003.ringwall.test"\nprofile = "outside"')])


@pytest.fixture
def phones(site):
    with Phone(site, "1001") as ada, Phone(site, "1002") as bob, Phone(site, "1003") as carol:
        yield ada.register(), bob.register(), carol.register()
    wait_until(lambda: not site.calls(), 15, f"no leg is left: {site.calls()}")


def ring(caller, phone, headers=()):
    """The INVITE that comes to a phone, which is busy."""
    call = caller.call(phone.line, caller.description(30000), headers)
    incoming = phone.incoming()
    incoming.refuse(486)
    assert call.answered().status == 486
    return incoming.invite


def test_a_phone_is_told_which_line_calls(phones, site):
    ada, bob, carol = phones
    line = f"<sip:1001@{site.domain}>"
    assert ring(ada, bob, ["P-Asserted-Identity: <sip:1002@evil.test>"]).headers("P-Asserted-Identity") == [line]
    assert ring(ada, bob, ["Privacy: id"]).headers("P-Asserted-Identity") == [line], "Bob's phone keeps it to itself"
    assert ring(ada, carol).headers("P-Asserted-Identity") == [], "Carol's is outside the trust domain"
    private = ring(ada, carol, ["Privacy: id"])
    assert private.header("From").startswith("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="), private
    assert "1001" not in private.header("From") and private.headers("P-Asserted-Identity") == []


def test_agents_are_told_who_calls_and_who_was_rung_before(phones, site):
    by_line = {phone.line: phone for phone in phones}
    for agent in ("1001", "1002"):
        site.ringwall("agent", "ready", agent)
    with connect_edge(site, site.issue("sister.ringwall.test")) as client:
        client.more_headers = ASSERTED
        assert client.invite("6016", secure_offer(site.address(76))).status == 200
        first = wait_until(lambda: next((a for a in ("1001", "1002") if site.agent(a)["state"] == "RESERVED"), None), 15, "one is rung")
        second = "1002" if first == "1001" else "1001"
        rung = by_line[first].incoming()
        host = f"@{site.domain}>"
        assert rung.invite.headers("P-Asserted-Identity") == [f"\"Ada\" <sip:+15550123{host}"]
        assert rung.invite.headers("History-Info") == [f"<sip:6016{host};index=1", f"<sip:{first}{host};index=1.1;mp=1"]
        rung.refuse(486)
        again = by_line[second].incoming()
        assert again.invite.headers("History-Info") == [
            f"<sip:6016{host};index=1", f"<sip:{first}@{site.domain}?Reason=SIP%3Bcause%3D486>;index=1.1;mp=1",
            f"<sip:{second}{host};index=1.2;mp=1"]
        again.ring()  # no CANCEL goes before a provisional response
        assert client.bye().status == 200
        again.expect_cancel()
    for agent in ("1001", "1002"):
        site.ringwall("agent", "logout", agent)


def test_a_transfer_says_who_sent_the_call_on(phones, site):
    ada, bob, carol = phones
    adas, bobs = talk(ada, bob, 30000)
    assert adas.request("REFER", [f"Refer-To: <sip:1003@{site.domain}>"]).status == 202
    adas.expect("NOTIFY")
    carols = carol.incoming()
    assert carols.invite.headers("History-Info") == [f"<sip:1001@{site.domain}>;index=1", f"<sip:1003@{site.domain}>;index=1.1;mp=1"]
    carols.refuse(486)
    adas.expect("NOTIFY")
    assert adas.bye().status == 200
    bobs.expect("BYE")
