"""Outbound registrations and GRUUs at a running site: the flow, the device, and what leads to each."""

import re

import pytest

from digest import PHONES, BarePhone, challenges, make_secret
from sip_client import SipClient, secure_offer, tls_socket

INSTANCE = "urn:uuid:00000000-0000-1000-8000-000a95a0e128"


@pytest.fixture(scope="module")
def site(make_module_site):
    made = make_module_site(start=False, include={"soft": PHONES})
    for line in ("1901", "1902"):
        make_secret(made, "phone-device", "secret", line, "--stdin", "--algorithm", "SHA-256", password="secret")
    return made.start()


def register_outbound(phone, reg_id=1):
    return phone.register(contact=f';reg-id={reg_id};+sip.instance="<{INSTANCE}>"', more=["Supported: path, outbound, gruu"])


def gruus(response):
    contact = next(value for value in response.headers("Contact") if "temp-gruu" in value)
    return [re.search(rf'{name}="([^"]+)"', contact).group(1) for name in ("pub-gruu", "temp-gruu")]


def call(caller, uri):
    """The request as the device gets it is not waited for here."""
    offer = secure_offer(caller.site.address(77))
    challenge = challenges(caller.send("INVITE", uri, body=offer))["SHA-256"]
    caller.write("INVITE", uri, caller.answer(challenge, "INVITE", uri), body=offer)


def test_an_outbound_registration_says_how_to_keep_its_flow(site):
    with BarePhone(site, "1901") as phone:
        response = register_outbound(phone)
        assert response.status == 200
        assert response.header("Require") == "outbound"
        assert int(response.header("Flow-Timer")) > 0
        assert "reg-id=1" in response.header("Contact")
        phone.client.sock.send(b"\r\n\r\n")
        assert phone.client.sock.recv(10) == b"\r\n", "a ping is answered"


def test_a_first_hop_that_cannot_keep_the_flow(site):
    with BarePhone(site, "1901") as phone:
        challenge = challenges(phone.send("REGISTER"))["SHA-256"]
        refused = phone.send("REGISTER", authorization=phone.answer(challenge), contact=f';reg-id=1;+sip.instance="<{INSTANCE}>"',
                             more=["Supported: path, outbound", "Via: SIP/2.0/TLS proxy.example;branch=z9hG4bKproxy"])
        assert refused.status == 439


@pytest.mark.parametrize("which", (0, 1), ids=("public", "temporary"))
def test_a_gruu_reaches_its_device(site, which):
    with BarePhone(site, "1901") as device, BarePhone(site, "1902", 78) as caller:
        uri = gruus(register_outbound(device))[which]
        assert ("1901" in uri) == (which == 0)
        call(caller, uri)
        invite = device.client.read()
        assert invite.start == f"INVITE {device.contact} SIP/2.0"
        device.reply(invite, "486 Busy Here")
        assert caller.client.response().status == 486


def test_a_gruu_of_a_device_that_is_gone(site):
    with BarePhone(site, "1901") as device:
        public, temporary = gruus(register_outbound(device))
    for uri in (public, temporary, temporary[:20] + "AAAA" + temporary[24:]):
        with BarePhone(site, "1902", 78) as caller:
            call(caller, uri)
            assert caller.client.response().status == 480


def test_a_message_to_a_gruu_reaches_its_device(site):
    with BarePhone(site, "1901") as device:
        temporary = gruus(register_outbound(device))[1]
        identity = site.folder / "pki" / "phones" / "phone1001"
        sock = tls_socket(site.address(75), (site.address(3), 5061), f"call-manager.{site.domain}", identity, site.folder / "pki" / "anchors.pem")
        with SipClient(sock, "TLS", site.address(3)) as sender:
            sender.uri, sender.cseq = temporary, 1
            sender.request("MESSAGE", temporary)
            message = device.client.read()
            assert message.start == f"MESSAGE {device.contact} SIP/2.0"
            device.reply(message, "200 OK")
            assert sender.response().status == 200
