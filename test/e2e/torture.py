"""The torture messages of RFC 4475 and RFC 5118, what they are answered with, and how to send such bytes."""

import contextlib
import csv
import socket
from dataclasses import dataclass

from ringwall_site import REPOSITORY
from sip_client import PATIENCE, tls_socket

CONFORMANCE = REPOSITORY / "test" / "conformance"
SILENCE = 0.3  # seconds after which no answer is taken for none


@dataclass(frozen=True)
class Torture:
    """A line of test/conformance/outcomes.csv; its first lines say what the words mean."""

    message: str
    section: str
    parse: str
    answer: str
    stream: str

    @property
    def data(self):
        return (CONFORMANCE / f"{self.message}.dat").read_bytes()

    def allows(self, status):
        if self.answer == "valid":
            return 200 <= status < 700 and status != 400 and status // 100 != 5
        return str(status) in self.answer.split("|")


def outcomes():
    lines = (line for line in (CONFORMANCE / "outcomes.csv").read_text().splitlines() if not line.startswith("#"))
    return [Torture(**row) for row in csv.DictReader(lines)]


# The places where a site takes SIP from outside: name -> (the peer's address, the element's, port, certificate name).
PLACES = {"edge-udp": (79, 226, 5060, None), "edge-tcp": (79, 226, 5060, None), "edge-tls": (76, 226, 5061, "edge"),
          "call-manager-tls": (75, 3, 5061, "call-manager")}


@contextlib.contextmanager
def connection(site, place):
    """A socket of an admitted peer. The UDP one has the port that a Via without a port means (RFC 3261 section 18.2.2)."""
    peer, element, port, name = PLACES[place]
    server = (site.address(element), port)
    if place.endswith("udp"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((site.address(peer), 5060))
        sock.connect(server)
    elif place.endswith("tcp"):
        sock = socket.create_connection(server, PATIENCE, (site.address(peer), 0))
    else:
        identity = site.carrier() if element == 226 else site.folder / "pki" / "phones" / "phone1001"
        sock = tls_socket(site.address(peer), server, f"{name}.{site.domain}", identity, site.folder / "pki" / "anchors.pem")
    with sock:
        yield sock


class Heard:
    """What came back: the responses as text, and whether the connection was closed."""

    def __init__(self):
        self.bytes, self.closed = b"", False

    @property
    def responses(self):
        return [part for part in self.bytes.decode(errors="replace").split("SIP/2.0 ")[1:] if part[:3].isdigit()]

    @property
    def final(self):
        """The codes of the final responses, each once, in their order."""
        return list(dict.fromkeys(int(part[:3]) for part in self.responses if part[0] != "1"))


def listen(sock, until=None, patience=PATIENCE):
    """Reads until `until` is true of what was heard, or for as long as SILENCE without it."""
    heard = Heard()
    sock.settimeout(patience if until else SILENCE)
    while not (until and until(heard)):
        try:
            data = sock.recv(65536)
        except TimeoutError:
            break
        except ConnectionError:
            data = b""
        heard.bytes += data
        if not data:
            heard.closed = True
            break
    return heard


def options(site, place, sock, number):
    """An OPTIONS of a healthy peer; each its own number."""
    transport = place.rsplit("-", 1)[1].upper()
    local = "%s:%d" % sock.getsockname()[:2]
    host = site.address(PLACES[place][1])
    return (f"OPTIONS sip:{host} SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bKalive{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:well@{local}>;tag=well{number}\r\nTo: <sip:{host}>\r\nCall-ID: alive-{number}-{local}\r\nCSeq: {number} OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n").encode()
