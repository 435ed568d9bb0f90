"""Sources that flood or scan are blocked for a time, and everybody else goes on: bounded floods against a real site."""

import socket
import ssl
import time

import pytest

from ringwall_site import wait_until
from sip_client import SipClient, connect_edge, secure_offer, tls_socket
from waiver import waiver_trunk

BLOCK_SECONDS = 4
SIP = f"[sip]\nblock_time = {BLOCK_SECONDS}\nrequests_per_second = 50\n"


@pytest.fixture(scope="module")
def site(make_module_site):
    """A site whose edge takes UDP and TCP too, for the trunk at .79."""
    return make_module_site(include={"sip": SIP, "waiver": waiver_trunk()})


def udp_socket(site, last_number):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((site.address(last_number), 0))
    sock.connect((site.address(226), 5060))
    return sock


def options(site, local, number, transport="UDP"):
    return (f"OPTIONS sip:{number}@{site.address(226)} SIP/2.0\r\nVia: SIP/2.0/{transport} {local}:5060;branch=z9hG4bKflood{number};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:scan@{local}>;tag=1\r\nTo: <sip:{number}@{site.address(226)}>\r\nCall-ID: {number}@{local}\r\n"
            f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()


def invite_lines(site, local, number):
    return options(site, local, number).replace(b"OPTIONS", b"INVITE").replace(b"Content-Length", f"Contact: <sip:scan@{local}>\r\nContent-Length".encode())


def blocked(site, last_number):
    return next((b for b in site.connections()["blocked"] if b["source"] == site.address(last_number)), None)


def answered(sock, number, seconds=0.5):
    """Whether that request is answered within the time; earlier ones may still be, again and again."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            if b"Call-ID: %d@" % number in sock.recv(65536):
                return True
        except TimeoutError:
            break
    return False


def a_call_goes_through(site):
    with connect_edge(site) as carrier:
        answer = carrier.invite("6016", secure_offer(site.address(76)))
        assert answer.status == 200, answer
        assert carrier.bye().status == 200


def test_a_scanner_over_udp_is_blocked_and_calls_go_on(site):
    with udp_socket(site, 81) as scanner:
        for number in range(100, 145):
            scanner.send(invite_lines(site, site.address(81), number))
        shown = wait_until(lambda: blocked(site, 81), 10, "the scanner is blocked")
        assert shown["reason"] == "refused requests" and 0 < shown["seconds_left"] <= BLOCK_SECONDS, shown
        scanner.send(invite_lines(site, site.address(81), 900))
        assert not answered(scanner, 900)
        # Nothing at all: a forged address must not be flooded by answers that are sent again and again.
        scanner.settimeout(1.2)
        with pytest.raises(TimeoutError):
            scanner.recv(65536)
        a_call_goes_through(site)
        assert blocked(site, 81)["dropped"] >= 1
        text = site.ringwall("show", "connections", json=False)
        assert f"blocked {site.address(81)} since" in text and "refused requests" in text, text
        assert f"blocked {site.address(81)} for {BLOCK_SECONDS} s: refused requests" in site.log_text()
        wait_until(lambda: not blocked(site, 81), BLOCK_SECONDS + 5, "the block ends")
        scanner.send(invite_lines(site, site.address(81), 901))
        assert answered(scanner, 901, 2)


def test_asking_around_with_options_is_a_scan(site):
    with udp_socket(site, 87) as scanner:
        for number in range(200, 245):
            scanner.send(options(site, site.address(87), number))
        assert wait_until(lambda: blocked(site, 87), 10, "the scanner is blocked")["reason"] == "refused requests"


def test_malformed_messages_block_too(site):
    with udp_socket(site, 82) as fuzzer:
        for number in range(40):
            fuzzer.send(b"INVITE nonsense %d\r\n\r\n" % number)
        shown = wait_until(lambda: blocked(site, 82), 10, "who sends nonsense is blocked")
        assert shown["reason"] == "malformed messages", shown
    a_call_goes_through(site)


def test_a_block_can_be_ended(site):
    with udp_socket(site, 83) as scanner:
        for number in range(40):
            scanner.send(b"INVITE nonsense %d\r\n\r\n" % number)
        wait_until(lambda: blocked(site, 83), 10, "it is blocked")
        assert "no longer blocked" in site.ringwall("clear", "block", site.address(83), json=False)
        assert not blocked(site, 83)
        assert site.ask("clear", "block", site.address(83)).code != 0


def test_a_flood_of_responses_is_a_flood(site):
    with udp_socket(site, 84) as flooder:
        for _ in range(80):
            flooder.send(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n")
        shown = wait_until(lambda: blocked(site, 84), 10, "the flood is blocked")
    assert shown["reason"] in ("too many messages", "malformed messages"), shown


def test_a_stranger_over_tls_loses_its_connections(site):
    identity = site.issue(f"stranger.{site.domain}")
    stranger = connect_edge(site, identity, site.address(85))
    other = connect_edge(site, identity, site.address(85))
    for number in range(40):
        try:
            stranger.sock.sendall(invite_lines(site, site.address(85), 3000 + number).replace(b"/UDP", b"/TLS"))
        except (ConnectionError, ssl.SSLError):
            break
    wait_until(lambda: blocked(site, 85), 10, "the stranger is blocked")
    other.sock.settimeout(10)
    try:
        assert other.sock.recv(100) == b""
    except (ConnectionError, ssl.SSLError):
        pass
    with pytest.raises((ConnectionError, ssl.SSLError)):
        connect_edge(site, identity, site.address(85))
    a_call_goes_through(site)
    refused = site.connections()["totals"]["refused_by_limit"]
    assert refused >= 1
    stranger.close()
    other.close()


def test_a_flood_of_connects_is_blocked(site):
    connections = []
    for _ in range(1100):
        raw = socket.socket()
        raw.setblocking(False)
        raw.bind((site.address(86), 0))
        raw.connect_ex((site.address(226), 5061))
        connections.append(raw)
    shown = wait_until(lambda: blocked(site, 86), 10, "who connects without end is blocked")
    assert shown["reason"] == "too many connections", shown
    a_call_goes_through(site)
    wait_until(lambda: not any(c["remote"].startswith(site.address(86) + ":") for c in site.connections()["connections"]), 10, "its connections are closed")
    for raw in connections:
        raw.close()


def test_a_trunk_that_sends_too_much_gets_503_and_stays(site):
    with connect_edge(site) as carrier:
        for number in range(120):
            carrier.sock.sendall(options(site, site.address(76), 5000 + number, "TLS"))
        statuses = []
        refused = None
        while len(statuses) < 120:
            answer = carrier.response()
            statuses.append(answer.status)
            if answer.status == 503:
                refused = answer
        assert 200 in statuses and 503 in statuses, statuses
        assert refused.header("Retry-After") == "5", refused
        assert not blocked(site, 76)
        assert site.connections()["limits_hit"]["too many messages"] >= 1
    time.sleep(1.1)
    a_call_goes_through(site)
