"""A whole site on ::1: its elements stand on one IPv6 address, each with a port of its own."""

import os
import re
import socket

import pytest

from ringwall_site import wait_until
from sip_client import SipClient, secure_offer, tls_socket


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not has_ipv6(), reason="this kernel has no IPv6")


@pytest.fixture
def site(make_site):
    """The sample with ::1 for every address. Other sessions use other ports."""
    first = 20_000 + os.getpid() % 3_000 * 4
    site = make_site(start=False)
    text = site.configuration.read_text()
    for number, last in enumerate((226, 13, 143, 3)):
        text, count = re.subn(rf'address = "{re.escape(site.address(last))}"(.*)\nsip_port = \d+', rf'address = "::1"\1\nsip_port = {first + number}', text)
        assert count == 1, text
    for last in (76, 75, 74, 77):
        text = text.replace(f'"{site.address(last)}:5061"', '"[::1]:5061"').replace(f'"{site.address(last)}"', '"::1"')
    site.configuration.write_text(text)
    site.ports = {"edge": first, "call-manager": first + 3}
    return site.start()


def test_a_call_over_ipv6(site):
    sock = tls_socket("::1", ("::1", site.ports["edge"]), f"edge.{site.domain}", site.carrier(), site.folder / "pki" / "anchors.pem")
    carrier = SipClient(sock, "TLS", "[::1]")
    carrier.local = "[::1]:%d" % sock.getsockname()[1]
    with carrier:
        answer = carrier.invite("6016", secure_offer("::1").replace("IN IP4", "IN IP6"))
        assert answer.status == 200, answer
        # RFC 3261 section 25.1: brackets around hosts, none around `received`.
        assert answer.header("Via").startswith(f"SIP/2.0/TLS {carrier.local}"), answer
        assert ";received=::1;" in answer.header("Via") + ";" or "rport=" in answer.header("Via"), answer
        assert f"[::1]:{site.ports['edge']}" in answer.header("Contact") or f"edge.{site.domain}" in answer.header("Contact"), answer
        assert "c=IN IP6 ::1" in answer.body, answer.body
        shown = site.connections("edge")
        assert any(c["remote"] == carrier.local for c in shown["connections"]), shown
        assert any(c["remote"].startswith("[::1]:") for c in site.connections("call-server")["connections"])
        assert f"Remote-Agent:{carrier.local}" in site.ringwall("show", "connections", json=False)
        wait_until(lambda: len(site.calls()) >= 4, 10, "the call stands, leg by leg")
        assert carrier.bye().status == 200
    wait_until(lambda: not site.calls(), 10, "the call has ended")
