"""What peers and machines do at the worst moment: a site killed in the middle of calls, peers that vanish, CANCEL at once, forks."""

import re
import secrets
import socket
import time

import pytest

from ringwall_site import wait_until
from sip_client import PATIENCE, Message, connect_edge, secure_offer
from sipp import CALLEE, CALLER, FAR_TRUNKS, NUMBER, callee, caller, session_description, succeeded
from waiver import waiver_trunk


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(include={"waiver": waiver_trunk() + FAR_TRUNKS})


@pytest.fixture(autouse=True)
def nothing_remains(site):
    yield
    assert site.process.running(), site.log_text()
    wait_until(lambda: not site.calls(), 40, "no leg is left")


class Gateway:
    """The trunk 'far' by hand: a UDP socket on which every byte of an answer is the test's."""

    def __init__(self, site):
        self.ip = site.address(CALLEE["udp"])
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((self.ip, 5060))
        self.sock.settimeout(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def receive(self, method):
        """The next request with this method; others are passed over."""
        while True:
            data, self.peer = self.sock.recvfrom(65536)
            head, _, body = data.decode().partition("\r\n\r\n")
            message = Message(head, body)
            if message.method == method:
                return message

    def answer(self, request, status, tag, body=""):
        lines = [f"SIP/2.0 {status}", *(f"Via: {via}" for via in request.headers("Via")), f"From: {request.header('From')}",
                 "To: " + request.header("To") + ("" if "tag=" in request.header("To") else f";tag={tag}"),
                 f"Call-ID: {request.header('Call-ID')}", f"CSeq: {request.header('CSeq')}", f"Contact: <sip:{tag}@{self.ip}:5060>"]
        lines += ["Content-Type: application/sdp"] if body else []
        lines.append(f"Content-Length: {len(body)}")
        self.sock.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.peer)


def test_a_proxy_forked_the_call_and_two_answer(site):
    """The first 2xx is the call; the other one is acknowledged and ended (RFC 3261 section 13.2.2.4)."""
    with Gateway(site) as gateway, connect_edge(site) as client:
        client.cseq, client.uri = 1, f"sip:{NUMBER['udp']}@{client.host}"
        client.request("INVITE", client.uri, secure_offer(site.address(76)))
        invite = gateway.receive("INVITE")
        for tag in ("one", "two"):
            gateway.answer(invite, "180 Ringing", tag)
        body = session_description(gateway.ip, secure=False)
        for tag in ("one", "two"):
            gateway.answer(invite, "200 OK", tag, body)
        acknowledged, ended = set(), set()
        while len(acknowledged) < 2 or not ended:
            data, gateway.peer = gateway.sock.recvfrom(65536)
            request = Message(data.decode().partition("\r\n\r\n")[0], "")
            tag = request.header("To").partition("tag=")[2]
            if request.method == "ACK":
                acknowledged.add((request.start.split()[1].partition("@")[0], tag))
            elif request.method == "BYE":
                ended.add(tag)
                gateway.answer(request, "200 OK", tag)
        assert acknowledged == {("sip:one", "one"), ("sip:two", "two")}, "each at its own Contact"
        assert ended == {"two"}
        answer = client.response()
        assert answer.status == 200
        client.to_tag, client.target = answer.header("To").partition(";tag=")[2], re.search("<(.*)>", answer.header("Contact"))[1]
        client.request("ACK", client.target)
        assert client.bye().status == 200
        gateway.answer(gateway.receive("BYE"), "200 OK", "one")


def test_invite_and_cancel_in_one_piece(site):
    """Before any answer to the INVITE: the call is over either way, by 487 or by an answer that wins the race."""
    with connect_edge(site) as client:
        for cseq in range(1, 21):
            client.call_id, client.cseq, client.uri, client.to_tag = secrets.token_hex(8), cseq, f"sip:6016@{client.host}", ""
            branch = "z9hG4bK" + secrets.token_hex(8)
            pieces = []
            send, client.sock = client.sock, type("Together", (), {"send": lambda _, data: pieces.append(data)})()
            client.request("INVITE", client.uri, secure_offer(site.address(76)), branch=branch)
            client.request("CANCEL", client.uri, branch=branch)
            client.sock = send
            client.sock.sendall(b"".join(pieces))
            finals = {}
            while len(finals) < 2:
                response = client.response()
                finals[response.header("CSeq").split()[1]] = response
            assert finals["CANCEL"].status == 200 and finals["INVITE"].status == 487, finals
            client.to_tag = finals["INVITE"].header("To").partition(";tag=")[2]
            client.request("ACK", client.uri, branch=branch)


def test_a_gateway_that_vanished_in_the_call(site):
    """It answers and is gone: our BYE is given up after 64*T1, and the caller does not wait for that."""
    with Gateway(site) as gateway, connect_edge(site) as client:
        client.cseq, client.uri = 1, f"sip:{NUMBER['udp']}@{client.host}"
        client.request("INVITE", client.uri, secure_offer(site.address(76)))
        gateway.answer(gateway.receive("INVITE"), "200 OK", "gone", session_description(gateway.ip, secure=False))
        answer = client.response()
        assert answer.status == 200
        client.to_tag, client.target = answer.header("To").partition(";tag=")[2], re.search("<(.*)>", answer.header("Contact"))[1]
        client.request("ACK", client.target)
        gateway.receive("ACK")
        assert client.bye().status == 200
        gateway.receive("BYE")


def test_a_gateway_that_misses_the_ack(site):
    """Each 200 that it repeats gets the same ACK once more (RFC 3261 section 13.2.2.4), and the call is one call."""
    with Gateway(site) as gateway, connect_edge(site) as client:
        client.cseq, client.uri = 1, f"sip:{NUMBER['udp']}@{client.host}"
        client.request("INVITE", client.uri, secure_offer(site.address(76)))
        invite = gateway.receive("INVITE")
        acks = []
        for _ in range(3):
            gateway.answer(invite, "200 OK", "deaf", session_description(gateway.ip, secure=False))
            ack = gateway.receive("ACK")
            acks.append((ack.start, ack.header("Via"), ack.header("CSeq")))
        assert len(set(acks)) == 1, acks
        answer = client.response()
        assert answer.status == 200
        client.to_tag, client.target = answer.header("To").partition(";tag=")[2], re.search("<(.*)>", answer.header("Contact"))[1]
        client.request("ACK", client.target)
        assert client.bye().status == 200
        gateway.answer(gateway.receive("BYE"), "200 OK", "deaf")


def test_a_carrier_that_vanished_in_the_call(site):
    """Its connection breaks without a BYE. The call ends at the latest when the site has something to say to it."""
    with Gateway(site) as gateway:
        client = connect_edge(site)
        client.cseq, client.uri = 1, f"sip:{NUMBER['udp']}@{client.host}"
        client.request("INVITE", client.uri, secure_offer(site.address(76)))
        invite = gateway.receive("INVITE")
        gateway.answer(invite, "200 OK", "here", session_description(gateway.ip, secure=False))
        answer = client.response()
        client.to_tag, client.target = answer.header("To").partition(";tag=")[2], re.search("<(.*)>", answer.header("Contact"))[1]
        client.request("ACK", client.target)
        gateway.receive("ACK")
        client.close()
        wait_until(lambda: all(c["direction"] == "outgoing" or not c["remote"].startswith(site.address(76) + ":")
                               for c in site.connections()["connections"]), 10, "the connection is gone")
        lines = [f"BYE sip:edge@{site.address(226)}:5060 SIP/2.0", f"Via: SIP/2.0/UDP {gateway.ip}:5060;branch=z9hG4bK{secrets.token_hex(8)}",
                 "Max-Forwards: 70", f"From: {invite.header('To')};tag=here", f"To: {invite.header('From')}", f"Call-ID: {invite.header('Call-ID')}",
                 "CSeq: 1 BYE", "Content-Length: 0"]
        gateway.sock.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), gateway.peer)
        data, _ = gateway.sock.recvfrom(65536)
        assert data.startswith(b"SIP/2.0 200"), data


def test_killed_under_load_and_started_again(make_site):
    """As a power failure: the registration is back from the store, no call is, and the site takes calls at once."""
    site = make_site(include={"waiver": waiver_trunk() + FAR_TRUNKS})
    phone = site.agent_phone(1001)
    load = caller(site, "call", "udp", "-r", 40, "-d", 3000, count=400)
    wait_until(lambda: len(site.calls()) >= 100, 20, "the load is up")
    site.kill()
    load.end()
    site.start()
    assert not site.calls() and site.queue()["waiting"] == 0
    assert site.registered(1001), "the registration outlives the crash"
    succeeded(caller(site, "call", "udp", "-r", 20, "-d", 200, count=20))
    wait_until(lambda: not site.calls(), 15, "the legs are freed")
    phone.end()


def test_a_thousand_calls_over_tls(make_site):
    """Descriptors are back where they were, and a second round needs no more memory than the first one did."""
    site = make_site(include={"waiver": waiver_trunk() + FAR_TRUNKS})
    outside = site.address(CALLER["tls"]) + ":"

    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{site.pid}/status").read())[1])

    def alone():
        return not site.calls() and not any(c["remote"].startswith(outside) for c in site.connections()["connections"]) and site.descriptors()

    def five_hundred_calls():
        succeeded(caller(site, "call", "tls", "-r", 30, "-d", 200, count=500))  # slow: a busy machine would turn calls away
        return wait_until(alone, 20, "all calls are over"), resident()

    descriptors, memory = five_hundred_calls()
    time.sleep(64 * 0.5)  # the INVITE transactions of an answered call last so long (RFC 6026)
    descriptors_after, memory_after = five_hundred_calls()
    assert descriptors_after <= descriptors
    grown = memory_after - memory
    assert grown < 3 * 1024, f"{grown} KiB more after the second round, {memory} KiB after the first"
