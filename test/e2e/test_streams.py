"""Every way to break a stream of SIP, in clear and under TLS: the site answers what is whole, ends what is broken, and stays well."""

import itertools
import random
import socket
import ssl
import time

import pytest

from ringwall_site import wait_until
from torture import PLACES, connection, listen, options
from waiver import waiver_trunk

MESSAGE_LIMIT = 65_536  # bytes
MESSAGE_TIME = 30  # seconds from the first byte of a message to its last

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(include={"waiver": waiver_trunk()})


@pytest.fixture(params=["edge-tcp", "edge-tls", "call-manager-tls"])
def where(request):
    return request.param


@pytest.fixture(autouse=True)
def stays_well(site):
    """Nothing is left of what was sent, and a healthy peer is answered at once."""
    pid = site.pid
    yield
    assert site.process.running() and site.pid == pid, site.log_text()
    for place in PLACES:
        with connection(site, place) as sock:
            ask(site, place, sock)
    wait_until(lambda: not site.calls(), 10, "no leg is left")


def answered(count=1):
    """A condition for listen(): so many responses with status 200."""
    return lambda heard: sum(part.startswith("200") for part in heard.responses) >= count


def ask(site, where, sock, split=None):
    """Sends an OPTIONS, whole or in pieces of `split` bytes; fails if it is not answered."""
    message = options(site, where, sock, next(numbers))
    for at in range(0, len(message), split or len(message)):
        sock.sendall(message[at:at + (split or len(message))])
    assert answered()(listen(sock, answered()))


def closes(sock, answer):
    """The message is refused with this status line, and then the connection is closed (RFC 3261 section 18.3)."""
    heard = listen(sock, lambda heard: False)
    assert heard.closed, heard.bytes
    assert [part.partition("\r\n")[0] for part in heard.responses] == [answer], heard.bytes


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_message_in_pieces(site, where, size):
    with connection(site, where) as sock:
        if not where.endswith("tls"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ask(site, where, sock, size)


def test_two_pieces_split_at_every_byte(site, where):
    with connection(site, where) as sock:
        first = options(site, where, sock, next(numbers))
        for at in range(1, len(first)):
            message = options(site, where, sock, next(numbers))
            sock.sendall(message[:at])
            sock.sendall(message[at:])
        heard = listen(sock, answered(len(first) - 1))
        assert answered(len(first) - 1)(heard), f"{len(heard.responses)} of {len(first) - 1} answers"


def test_many_messages_at_once(site, where):
    with connection(site, where) as sock:
        batch = [next(numbers) for _ in range(200)]
        sock.sendall(b"".join(options(site, where, sock, number) for number in batch))
        heard = listen(sock, answered(len(batch)))
        answers = [int(part.partition("Call-ID: alive-")[2].partition("-")[0]) for part in heard.responses]
        assert answers == batch, "each once and in their order"


def test_keep_alives_between_messages(site, where):
    with connection(site, where) as sock:
        sock.sendall(b"\r\n" + options(site, where, sock, next(numbers)) + b"\r\n\r\n" + options(site, where, sock, next(numbers)))
        heard = listen(sock, answered(2))
        assert answered(2)(heard) and heard.bytes.count(b"\r\n\r\n\r\nSIP/2.0") == 1, "a double CRLF is answered by one CRLF"


def test_a_body_longer_than_its_content_length(site, where):
    """What is left over is no message; nothing after it can be trusted."""
    with connection(site, where) as sock:
        sock.sendall(options(site, where, sock, next(numbers)) + b"left over\r\n\r\n")
        heard = listen(sock, lambda heard: False)
        assert heard.closed and heard.final[:1] == [200], heard.bytes


def test_a_body_shorter_than_its_content_length(site, where):
    with connection(site, where) as sock:
        message = options(site, where, sock, next(numbers)).replace(b"Content-Length: 0", b"Content-Length: 900")
        sock.sendall(message)
        assert not listen(sock).bytes
        sock.sendall(b"x" * 900 + options(site, where, sock, next(numbers)))
        assert answered(2)(listen(sock, answered(2))), "the body came late"


@pytest.mark.parametrize("length", ["-1", "", "many", "99999999999999999999", "0x10", "1 1", "4294967296", "65536"])
def test_content_lengths_that_are_none(site, where, length):
    with connection(site, where) as sock:
        sock.sendall(options(site, where, sock, next(numbers)).replace(b"Content-Length: 0", f"Content-Length: {length}".encode()))
        too_large = length.isdigit() and len(length) < 20
        closes(sock, "413 The body makes the message larger than 65536 bytes" if too_large
               else "400 Content-Length: it is not a number")


def test_no_content_length(site, where):
    with connection(site, where) as sock:
        sock.sendall(options(site, where, sock, next(numbers)).replace(b"Content-Length: 0\r\n", b""))
        closes(sock, "400 Content-Length: the header is missing")


def test_two_content_lengths(site, where):
    with connection(site, where) as sock:
        sock.sendall(options(site, where, sock, next(numbers)).replace(b"Content-Length: 0", b"Content-Length: 0\r\nl: 1") + b"x")
        closes(sock, "400 Content-Length: the header is given twice")


def test_what_came_before_the_break_is_answered(site, where):
    with connection(site, where) as sock:
        whole = b"".join(options(site, where, sock, next(numbers)) for _ in range(50))
        sock.sendall(whole + options(site, where, sock, next(numbers)).replace(b"Content-Length: 0\r\n", b""))
        heard = listen(sock, lambda heard: False)
        assert heard.closed and answered(50)(heard) and heard.responses[-1].startswith("400"), heard.bytes[-600:]


def test_a_header_that_never_ends(site, where):
    with connection(site, where) as sock:
        head = options(site, where, sock, next(numbers)).partition(b"\r\n\r\n")[0]
        try:
            sock.sendall(head + b"\r\nSubject: " + b"x" * (MESSAGE_LIMIT + 16))
        except (ConnectionError, ssl.SSLError):
            pass
        closes(sock, "513 Message larger than 65536 bytes")


def test_a_message_as_large_as_it_may_be(site, where):
    with connection(site, where) as sock:
        message = options(site, where, sock, next(numbers))
        room = MESSAGE_LIMIT - len(message) - len(b"Subject: \r\n")
        sock.sendall(message.replace(b"Content-Length", b"Subject: " + b"x" * room + b"\r\nContent-Length"))
        heard = listen(sock, lambda heard: heard.final)
        assert heard.final in ([200], [400], [413]), heard.bytes[:400]
        ask(site, where, sock)


def test_very_many_headers(site, where):
    with connection(site, where) as sock:
        message = options(site, where, sock, next(numbers)).replace(b"Content-Length", b"X: y\r\n" * 5000 + b"Content-Length")
        sock.sendall(message)
        heard = listen(sock, lambda heard: heard.final or heard.closed)
        assert heard.final == [400], heard.bytes[:400]
        ask(site, where, sock)


@pytest.mark.parametrize("place", [b"Sub\0ject: a\r\n", b"\0\0\0\0\r\n", b"Subject: a\rb\r\n", b"Subject: a\nb\r\n"],
                         ids=["name", "line", "bare-cr", "bare-lf"])
def test_bytes_that_no_header_may_hold(site, where, place):
    with connection(site, where) as sock:
        sock.sendall(options(site, where, sock, next(numbers)).replace(b"Content-Length", place + b"Content-Length"))
        heard = listen(sock, lambda heard: heard.final)
        assert heard.final == [400], heard.bytes
        ask(site, where, sock)


def test_a_nul_in_a_value(site, where):
    """RFC 3261 section 25.1 has none but in a quoted-pair."""
    with connection(site, where) as sock:
        sock.sendall(options(site, where, sock, next(numbers)).replace(b"Content-Length", b"Subject: a\0b\r\nContent-Length"))
        heard = listen(sock, lambda heard: heard.final)
        assert heard.final == [400] and b"400 Subject: " in heard.bytes and b"\0" not in heard.bytes, heard.bytes
        ask(site, where, sock)


@pytest.mark.parametrize("request_line", ["GET / HTTP/1.1", "POST /sip HTTP/1.0", "OPTIONS * RTSP/1.0"])
def test_other_protocols(site, where, request_line):
    """A scanner's request is no SIP, whatever its Content-Length; it is not served."""
    with connection(site, where) as sock:
        sock.sendall(f"{request_line}\r\nHost: {site.address(226)}\r\nUser-Agent: scanner\r\n\r\n".encode())
        heard = listen(sock, lambda heard: heard.bytes)
        assert heard.closed or heard.bytes.split()[1][:1] == b"4", heard.bytes
        assert b" 200 " not in heard.bytes


def test_tls_on_the_clear_port(site):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((site.address(226), 5060), 10, (site.address(79), 0)) as raw:
        raw.settimeout(1)
        with pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(raw)


def test_noise(site, where):
    """Any bytes: nothing but refusals comes back, and the site is well in between."""
    noise = random.Random(4475)
    pieces = [b"\r\n", b"\r\n\r\n", b"SIP/2.0", b"INVITE sip:", b"Via: ", b"Content-Length: ", b"0", b";", b"<", b"\0", b"\xff", b":", b"\"", b"z9hG4bK"]
    for _ in range(30):
        junk = b"".join(noise.choice(pieces) if noise.random() < 0.7 else noise.randbytes(noise.randrange(1, 40))
                        for _ in range(noise.randrange(1, 200)))
        with connection(site, where) as sock:
            try:
                sock.sendall(junk)
                sock.shutdown(socket.SHUT_WR)
            except OSError:
                continue
            heard = listen(sock, lambda heard: False)
            assert all(part[0] in "45" for part in heard.responses), heard.bytes


def test_slow_senders(site):
    """A message that is begun is ended in time, or its connection is closed; one byte now and then does not help."""
    with connection(site, "edge-tcp") as clear, connection(site, "edge-tls") as secure:
        message = {sock: options(site, where, sock, next(numbers)) for sock, where in ((clear, "edge-tcp"), (secure, "edge-tls"))}
        began = time.monotonic()
        for at in itertools.count():
            try:
                for sock in message:
                    sock.sendall(message[sock][at:at + 1])
            except OSError:
                break
            assert time.monotonic() - began < MESSAGE_TIME + 15, "the slow sender is still served"
            time.sleep(0.5)
        assert time.monotonic() - began >= MESSAGE_TIME - 5
