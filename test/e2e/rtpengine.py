"""Debian's rtpengine as a media relay in the way of a call: the daemon, its ng control protocol, and the SIP hop that asks it.

The hop stands between a carrier's phone and the edge, with TLS on both sides. It hands each description to rtpengine and
passes on what comes back; nothing else of a message changes but its Content-Length.
"""

import json
import re
import select
import shutil
import socket
import ssl
import threading

from ringwall_site import wait_until
from sip_client import Message, tls_socket
from sip_phone import tag_of
from sipp import listens

RELAY, HOP = 77, 78  # last numbers of the addresses
CONTROL_PORT = 22222
PATIENCE = 5  # seconds until a missing answer of rtpengine is a failure

# In user space: no kernel module. Nothing but its own address is touched.
CONFIG = """\
[rtpengine]
table = -1
foreground = true
log-stderr = true
log-level = 6
interface = {address}
listen-ng = {address}:{control}
port-min = 40000
port-max = 40998
num-threads = 2
timeout = 60
"""

def available():
    return shutil.which("rtpengine")


# Options of an offer: by which way its receiver gets keys. Of the suites, rtpengine offers those that it was offered, then all
# the others that it has.
SDES = {"transport-protocol": "RTP/SAVP", "DTLS": "off"}
DTLS = {"transport-protocol": "UDP/TLS/RTP/SAVP", "SDES": ["off"], "rtcp-mux": ["require"]}


class Rtpengine:
    """Runs until the site ends."""

    def __init__(self, site, folder):
        self.site, self.address = site, site.address(RELAY)
        file = folder / "rtpengine.conf"
        file.write_text(CONFIG.format(address=self.address, control=CONTROL_PORT))
        self.process = site.child(["rtpengine", f"--config-file={file}"], "rtpengine")
        wait_until(lambda: listens(self.address, CONTROL_PORT, "udp") or not self.process.running(), 15, "rtpengine listens")
        assert self.process.running(), self.process.err
        self._count = 0

    def ask(self, command, **more):
        """One question of the ng protocol, a cookie and a dictionary as JSON; the dictionary that comes back."""
        self._count += 1
        cookie = f"{self._count}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            control.settimeout(PATIENCE)
            control.sendto(f"{cookie} {json.dumps({'command': command, **more})}".encode(), (self.address, CONTROL_PORT))
            came, _, reply = control.recv(65536).decode().partition(" ")
        reply = json.loads(reply)
        assert came == cookie and reply["result"] in ("ok", "pong"), reply
        return reply


class Hop:
    """Takes one connection of the phone and opens one to the edge as the carrier. towards_site: rtpengine's options for
    offers of the phone. `call_id`: of the last description; `trouble`: what went wrong."""

    def __init__(self, site, relay, towards_site):
        self.site, self.relay, self.towards_site = site, relay, towards_site
        self.address, self.name = site.address(HOP), f"relay.{site.domain}"
        self.trouble, self.call_id = [], ""
        self._identity, self._carrier = site.issue(self.name), site.carrier()
        self._listener = socket.create_server((self.address, 5061))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._over.set()
        self._thread.join(10)
        self._listener.close()

    def call(self, number, *arguments):
        """The carrier's phone calls the number by way of this hop."""
        return self.site.phone_process(["--call", number, *arguments], self._carrier, self.site.address(76), f"{self.address}:5061", self.name, "5550100")

    def _run(self):
        try:
            self._listener.settimeout(30)
            raw, _ = self._listener.accept()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._identity / "server.crt", self._identity / "server.key")
            raw.settimeout(10)
            with context.wrap_socket(raw, server_side=True) as phone, \
                 tls_socket(self.address, (self.site.address(226), 5061), f"edge.{self.site.domain}", self._carrier,
                            self.site.folder / "pki" / "anchors.pem") as edge:
                self._pass_on(phone, edge)
        except Exception as trouble:  # a thread of its own: whoever looks at `trouble` wants to know
            self.trouble.append(trouble)

    def _pass_on(self, phone, edge):
        """One thread for both directions, for an SSL object is not for two at once."""
        others, buffers = {phone: edge, edge: phone}, {phone: b"", edge: b""}
        while not self._over.is_set():
            for source in select.select(list(others), [], [], 0.1)[0]:
                data = self._read(source)
                if data == b"":
                    return
                buffers[source] += data or b""
                while (message := self._next(buffers, source)) is not None:
                    others[source].settimeout(10)
                    others[source].sendall(self._rewritten(message, "site" if source is phone else "phone"))

    @staticmethod
    def _read(source):
        """What there is, b"" at the end, None if a record held no data (RFC 8446 section 4.6.1: a ticket)."""
        source.setblocking(False)
        try:
            data = source.recv(65536)
            while source.pending():
                data += source.recv(source.pending())
            return data
        except ssl.SSLWantReadError:
            return None
        except ConnectionResetError:
            return b""

    @staticmethod
    def _next(buffers, source):
        """The first whole message of a buffer, taken out of it; what is between messages goes by too (RFC 5626 section 3.5.1)."""
        head, found, rest = buffers[source].partition(b"\r\n\r\n")
        if not found:
            return None
        if not head.strip():
            buffers[source] = rest
            return Message("", "")
        message = Message(head.decode().lstrip("\r\n"), "")
        length = int(message.header("Content-Length") or 0)
        if len(rest) < length:
            return None
        message.head, message.body, buffers[source] = head.decode(), rest[:length].decode(), rest[length:]
        return message

    def _rewritten(self, message, to):
        if not message.start:
            return b"\r\n\r\n"
        body, head = message.body, message.head
        if message.header("Content-Type") == "application/sdp":
            body = self._relayed(message, to)
            head = re.sub(r"(?im)^(Content-Length *: *)\d+", rf"\g<1>{len(body)}", head)
        return f"{head}\r\n\r\n{body}".encode()

    def _relayed(self, message, to):
        """The description by way of rtpengine: of an INVITE an offer, of a response an answer (RFC 3264; no call here offers in a 200)."""
        self.call_id = message.header("Call-ID")
        question = {"call-id": self.call_id, "from-tag": tag_of(message.header("From")), "sdp": message.body, "ICE": "remove",
                    "replace": ["origin", "session-connection"]}
        if message.status:
            reply = self.relay.ask("answer", **question, **{"to-tag": tag_of(message.header("To"))})
        else:
            assert message.method == "INVITE" and to == "site", message
            reply = self.relay.ask("offer", **question, **self.towards_site)
        return reply["sdp"]
