"""A bad network in the path of a call's audio: a relay that loses, delays and reorders packets by chance that a seed decides,
and the wire between the caller and the edge that leads the audio there."""

import heapq
import itertools
import random
import re
import select
import socket
import ssl
import threading
import time

from sip_client import Message, tls_socket

LIFE = 120  # seconds after which a relay ends by itself, should nobody close it
RTCP = range(192, 224)  # the second byte of a packet, where RTP and RTCP share a port (RFC 5761 section 4)


class Direction:
    """One way through the relay. The seed decides the fate of the n-th RTP packet, whatever the other way does. RTCP is late
    too but never lost: a short call has so few reports that chance could take them all."""

    def __init__(self, seed, loss, jitter):
        self._random, self._of_rtcp, self._loss, self._jitter = random.Random(seed), random.Random(seed), loss, jitter
        self.target = None  # where it leads, once the descriptions have said it
        self.passed, self.dropped, self.overtaken = 0, 0, 0
        self._last = 0

    def delay(self, packet):
        """Seconds until the packet goes on; None: it is lost."""
        if packet[1] in RTCP:
            return self._of_rtcp.random() * self._jitter
        lost, delay = self._random.random() < self._loss, self._random.random() * self._jitter
        self.passed, self.dropped = self.passed + (not lost), self.dropped + lost
        return None if lost else delay

    def leaves(self, place, packet):
        if packet[1] not in RTCP:
            self.overtaken += place < self._last
            self._last = max(self._last, place)

    def __repr__(self):
        return f"<passed {self.passed}, dropped {self.dropped}, overtaken {self.overtaken}>"


class ImpairedPath:
    """Relays UDP between a caller and the site. Each side sees one port of the relay and nothing of the other side.

    loss: share of the RTP packets; jitter: each packet is late by 0 to so many seconds, evenly spread, so that some overtake
    others. `up` is the way from the caller to the site, `down` the way back.
    """

    def __init__(self, address, seed, loss, jitter):
        self.up, self.down = Direction(f"{seed} up", loss, jitter), Direction(f"{seed} down", loss, jitter)
        self.caller_side, self.site_side = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for side in (self.caller_side, self.site_side):
            side.bind((address, 0))
            side.setblocking(False)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    def close(self):
        self._closing.set()
        self._thread.join(5)
        assert not self._thread.is_alive()
        self.caller_side.close()
        self.site_side.close()

    def _relay(self):
        """Keeps the packets that are under way in the order in which they are due."""
        ways = {self.caller_side: (self.up, self.site_side), self.site_side: (self.down, self.caller_side)}
        under_way, places, end = [], itertools.count(1), time.monotonic() + LIFE
        while not self._closing.is_set() and time.monotonic() < end:
            patience = min(max(under_way[0][0] - time.monotonic(), 0), 0.1) if under_way else 0.1
            for side in select.select(list(ways), [], [], patience)[0]:
                way, out = ways[side]
                for packet in self._waiting(side):
                    delay = way.delay(packet)
                    if delay is not None:
                        heapq.heappush(under_way, (time.monotonic() + delay, next(places), packet, way, out))
            while under_way and under_way[0][0] <= time.monotonic():
                _, place, packet, way, out = heapq.heappop(under_way)
                way.leaves(place, packet)
                if way.target:
                    out.sendto(packet, way.target)

    @staticmethod
    def _waiting(side):
        while True:
            try:
                packet = side.recv(2048)
            except BlockingIOError:
                return
            if len(packet) > 1:
                yield packet


class ImpairedWire:
    """Stands where the edge stands for a caller, under a certificate of the edge's name: takes the caller's connection,
    opens one to the edge as the carrier, and passes the messages on. In the descriptions it writes the path's ports in the
    place of the two ends', as a network that translates addresses does; keys and everything else stay as they are."""

    def __init__(self, site, path):
        self.site, self.path = site, path
        identity = site.issue(f"edge.{site.domain}")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(identity / "server.crt", identity / "server.key")
        self._listener = socket.create_server((site.address(77), 0))
        self.server = "%s:%d" % self._listener.getsockname()
        self.trouble = None  # what ended it before its time
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._closing.set()
        self._thread.join(15)
        self._listener.close()
        assert not self._thread.is_alive() and not self.trouble, self.trouble

    def _serve(self):
        try:
            while not self._closing.is_set():
                if select.select([self._listener], [], [], 0.1)[0]:
                    raw, _ = self._listener.accept()
                    raw.settimeout(10)
                    anchors = self.site.folder / "pki" / "anchors.pem"
                    with self._context.wrap_socket(raw, server_side=True) as caller, \
                            tls_socket(self.site.address(76), (self.site.address(226), 5061), f"edge.{self.site.domain}",
                                       self.site.carrier(), anchors) as edge:
                        self._pass_on(caller, edge)
        except Exception as trouble:  # a thread has nobody else to tell
            self.trouble = trouble

    def _pass_on(self, caller, edge):
        """Until one of the two closes."""
        path = self.path
        ways = {caller: (edge, path.down, path.site_side), edge: (caller, path.up, path.caller_side)}
        buffers = {caller: b"", edge: b""}
        while not self._closing.is_set():
            for side in [s for s in ways if s.pending()] or select.select(list(ways), [], [], 0.1)[0]:
                out, back, seen = ways[side]
                try:
                    data = side.recv(65536)
                    done, buffers[side] = _translated(buffers[side] + data, back, seen.getsockname())
                    out.sendall(done)
                except ConnectionError:
                    return
                if not data:
                    return


def _translated(data, back, seen):
    """The whole messages of a stream, told of `seen` instead of the sender's port, which becomes the target of the way back
    to it; and the rest."""
    done = b""
    while data:
        line_ends = len(data) - len(data.lstrip(b"\r\n"))  # a keep-alive (RFC 5626 section 3.5.1)
        done, data = done + data[:line_ends], data[line_ends:]
        head, found, rest = data.partition(b"\r\n\r\n")
        length = int(Message(head.decode(), "").header("Content-Length") or 0)
        if not found or len(rest) < length:
            break
        body, data = rest[:length].decode(), rest[length:]
        port = re.search(r"^m=audio (\d+) ", body, re.M)
        if port:
            back.target = (re.search(r"^c=IN IP4 (\S+)", body, re.M)[1], int(port[1]))
            body = re.sub(r"^c=IN IP4 \S+", f"c=IN IP4 {seen[0]}", body, flags=re.M)
            body = re.sub(r"^m=audio \d+ ", f"m=audio {seen[1]} ", body, flags=re.M)
            head = re.sub(rb"(?mi)^(Content-Length:\s*)\d+", rb"\g<1>%d" % len(body), head)
        done += head + found + body.encode()
    return done, data
