"""SIP over WebSocket (RFC 7118) at the call manager: a phone registers, calls and is called; everything else is refused."""

import secrets
import socket
import ssl

import pytest

from ringwall_site import wait_until
from sip_client import SipClient, secure_offer, tls_socket
from web_socket import CLOSE, PING, PONG, TEXT, Refused, WebSocket

PORT = 7443
SIP = f'[sip]\nwss_port = {PORT}\nwss_path = "/sip"\nwss_origins = ["https://agents.ringwall.test"]\n'


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(include={"sip": SIP})


def phone_identity(site, line):
    return site.folder / "pki" / "phones" / f"phone{line}"


def secure_socket(site, line=1001, identity=True):
    return tls_socket(site.address(75), (site.address(3), PORT), f"call-manager.{site.domain}", phone_identity(site, line) if identity else None,
                      site.folder / "pki" / "anchors.pem")


def open_web_socket(site, line=1001, **options):
    return WebSocket(secure_socket(site, line), **{"path": "/sip", **options})


class WebPhone(SipClient):
    """A phone in a page: it has no address of its own, and says so by a host that does not exist (RFC 7118 section 5)."""

    def __init__(self, site, line, sock=None):
        super().__init__(sock or open_web_socket(site, line), "WSS", site.domain)
        self.line, self.local = line, secrets.token_hex(6) + ".invalid"

    def register(self, expires=600):
        self.cseq += 1
        self.uri, self.to_tag = f"sip:{self.line}@{self.host}", ""
        self.more_headers = [f"Expires: {expires}"]
        self.request("REGISTER", f"sip:{self.host}")
        self.more_headers = []
        return self.response()

    def take_call(self):
        """Answers the next INVITE; the request."""
        invite = self.read()
        while invite.method != "INVITE":
            if invite.method:
                self._answer(invite)
            invite = self.read()
        offer = secure_offer("127.0.0.1") if not invite.body else invite.body
        lines = ["SIP/2.0 200 OK", *(f"Via: {via}" for via in invite.headers("Via")), *(f"Record-Route: {r}" for r in invite.headers("Record-Route")),
                 f"From: {invite.header('From')}", f"To: {invite.header('To')};tag={self.tag}", f"Call-ID: {invite.header('Call-ID')}",
                 f"CSeq: {invite.header('CSeq')}", f"Contact: <sip:{self.line}@{self.local};transport=ws>", "Content-Type: application/sdp"]
        self.sock.send(("\r\n".join(lines) + "\r\n\r\n" + offer).encode())  # without Content-Length: RFC 7118 section 4.2
        return invite


def wss_connections(site):
    return [c for c in site.connections("call-manager")["connections"] if c["transport"] == "WSS"]


def test_a_phone_registers_calls_and_is_called(site):
    with WebPhone(site, 1001) as page, SipClient(
            tls_socket(site.address(77), (site.address(3), 5061), f"call-manager.{site.domain}", phone_identity(site, 1002),
                       site.folder / "pki" / "anchors.pem"), "TLS", site.domain) as desk:
        answer = page.register()
        assert answer.status == 200, answer
        assert page.local in answer.header("Contact"), answer
        assert site.registered(1001)
        shown = wss_connections(site)
        assert len(shown) == 1 and shown[0]["tls"]["peer_names"] == [f"phone1001.{site.domain}"], shown
        assert "WSS over TLSv1.3" in site.ringwall("show", "connections", json=False)

        # To the page: only its own connection leads there.
        desk.cseq, desk.uri = 1, f"sip:1001@{site.domain}"
        desk.request("INVITE", desk.uri, secure_offer(site.address(77)))
        invite = page.take_call()
        assert page.local in invite.start, invite
        assert invite.header("Via").startswith("SIP/2.0/WSS "), invite
        answered = desk.response()
        assert answered.status == 200, answered
        desk.to_tag = answered.header("To").partition(";tag=")[2]
        contact = answered.header("Contact")
        desk.target = contact[contact.find("<") + 1 : contact.find(">")]
        desk.request("ACK", desk.target)
        assert page.read().method == "ACK"
        desk.cseq = 2
        desk.request("BYE", desk.target)
        page.wait_for_bye()
        assert desk.response().status == 200
        wait_until(lambda: not site.calls(), 10, "the call has ended")

        # From the page.
        assert page.invite("1003", secure_offer("127.0.0.1")).status == 480  # nobody registered that line
        assert page.register(expires=0).status == 200
        assert not site.registered(1001)


def test_the_registration_goes_with_the_web_socket(site):
    page = WebPhone(site, 1001)
    assert page.register().status == 200
    page.sock.send_frame(CLOSE, b"\x03\xe8")
    opcode, payload = page.sock.read_frame()
    assert (opcode, payload) == (CLOSE, b"\x03\xe8")
    wait_until(lambda: not site.registered(1001), 10, "the registration is gone with its connection")
    wait_until(lambda: not wss_connections(site), 10, "the connection is gone")
    page.close()


def test_pings_and_keep_alives_are_answered(site):
    web = open_web_socket(site)
    web.send_frame(PING, b"there?")
    assert web.read_frame() == (PONG, b"there?")
    web.send_frame(TEXT, b"\r\n\r\n")
    assert web.read_frame() == (TEXT, b"\r\n")
    web.close()


def test_a_message_in_fragments(site):
    page = WebPhone(site, 1001)
    whole = page.sock.send

    def in_fragments(data):
        page.sock.send_frame(TEXT, data[:10], final=False)
        page.sock.send_frame(0, data[10:100], final=False)
        page.sock.send_frame(PING, b"")
        page.sock.send_frame(0, data[100:])

    page.sock.send = in_fragments
    assert page.register(0).status == 200
    page.sock.send = whole
    page.close()


def test_without_the_subprotocol_it_is_refused(site):
    for subprotocol in (None, "chat"):
        with pytest.raises(Refused, match=r"^HTTP/1.1 400 [^$]*RFC 7118"):
            open_web_socket(site, subprotocol=subprotocol)
    failure = site.connections("call-manager")["handshake_failures"][-1]
    assert failure["reason"] == "web-socket" and 'subprotocol "sip"' in failure["sentence"], failure


def test_path_and_origin_are_checked(site):
    with pytest.raises(Refused, match="^HTTP/1.1 404 "):
        open_web_socket(site, path="/")
    with pytest.raises(Refused, match="^HTTP/1.1 403 "):
        open_web_socket(site, origin="https://evil.test")
    open_web_socket(site, origin="https://agents.ringwall.test").close()


def test_too_large_a_message_is_refused(site):
    web = open_web_socket(site)
    web.send_frame(TEXT, b"x" * 65537)
    assert web.recv() == b"" and web.closed_with == 1009
    web.close()


def test_broken_frames_are_refused(site):
    web = open_web_socket(site)
    web.sock.sendall(b"\x81\x05hello")  # not masked
    assert web.recv() == b"" and web.closed_with == 1002
    web.close()
    web = open_web_socket(site)
    web.send_frame(TEXT, b"\xc3\x28")  # no UTF-8
    assert web.recv() == b"" and web.closed_with == 1007
    web.close()


def test_clear_is_refused(site):
    raw = socket.create_connection((site.address(3), PORT), 10, (site.address(75), 0))
    with pytest.raises((ConnectionError, OSError)):
        WebSocket(raw, path="/sip")
    raw.close()
    wait_until(lambda: site.connections("call-manager")["handshake_failures"][-1]["reason"] == "plain-http", 10, "clear text is named")


def test_a_client_without_certificate_is_refused(site):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        WebSocket(secure_socket(site, identity=False), path="/sip")


def test_a_phone_may_not_register_anothers_line(site):
    with WebPhone(site, 1001) as page:
        page.line = 1002
        assert page.register().status == 403


def test_identities_change_while_connections_live(make_site):
    """A reload with new certificates: the connection and its registration stay, new ones see the new certificate."""
    site = make_site(include={"sip": SIP})
    old = WebPhone(site, 1001)
    assert old.register().status == 200
    before = old.sock.sock.getpeercert()["serialNumber"]
    site.ringwall("pki", "issue", "--force", "--name", f"call-manager.{site.domain}", "--out", site.folder / "pki" / "elements" / "call-manager")
    site.signal(1)  # SIGHUP

    def serial(port):
        sock = tls_socket(site.address(75), (site.address(3), port), f"call-manager.{site.domain}", phone_identity(site, 1001),
                          site.folder / "pki" / "anchors.pem")
        with sock:
            return sock.getpeercert()["serialNumber"]

    wait_until(lambda: serial(PORT) != before, 10, "WSS shows the new certificate")
    assert serial(5061) == serial(PORT)
    assert old.register().status == 200
    assert site.registered(1001)
    old.close()
