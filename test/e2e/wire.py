"""Captures what a site's elements send and receive, and says what it is; tshark is the witness."""

import collections
import math
import signal
import socket
import struct
import subprocess
from pathlib import Path

from ringwall_site import Process, wait_until

APPLICATION_DATA = 23  # the TLS content type


def why_not():
    """Why this machine cannot capture; empty if it can."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        return "no right to capture: run the tests as root or with CAP_NET_RAW"
    return ""


class Capture:
    """tcpdump on the loopback interface: every packet from or to one of the addresses."""

    def __init__(self, folder, addresses):
        self.file = Path(folder) / "wire.pcap"
        hosts = " or ".join(f"host {address}" for address in addresses)
        self._process = Process(["tcpdump", "-i", "lo", "-U", "-s", "0", "-B", "16384", "-w", self.file, hosts], Path(folder) / "tcpdump")
        wait_until(lambda: "listening on" in self._process.err, 15, "tcpdump captures")

    def stop(self):
        """Ends the capture; fails if packets were lost to it."""
        self._process.popen.send_signal(signal.SIGINT)
        self._process.wait(15)
        assert "0 packets dropped by kernel" in self._process.err, self._process.err
        return self

    def end(self):
        self._process.end()

    def fields(self, display_filter, *names):
        """tshark's view: a row of fields for each packet that the display filter matches."""
        command = ["tshark", "-r", self.file, "-n", "-Y", display_filter, "-T", "fields", *(word for name in names for word in ("-e", name))]
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stderr
        return [tuple(line.split("\t")) for line in run.stdout.splitlines()]

    def count(self, display_filter):
        return len(self.fields(display_filter, "frame.number"))

    def datagrams(self):
        """Every UDP datagram: (source, source port, target, target port, payload)."""
        rows = self.fields("udp && !icmp", "ip.src", "udp.srcport", "ip.dst", "udp.dstport", "udp.payload")
        return [(src, int(sport), dst, int(dport), bytes.fromhex(payload)) for src, sport, dst, dport, payload in rows]

    def streams(self):
        """The bytes of every direction of every TCP connection: {(source, port, target, port): bytes}."""
        rows = self.fields("tcp.len > 0 && !tcp.analysis.retransmission", "tcp.stream", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport",
                           "tcp.seq_raw", "tcp.payload")
        pieces = collections.defaultdict(list)
        for stream, src, sport, dst, dport, sequence, payload in rows:
            pieces[stream, src, int(sport), dst, int(dport)].append((int(sequence), bytes.fromhex(payload)))
        return {key[1:]: b"".join(payload for _, payload in sorted(parts)) for key, parts in pieces.items()}


def tls_records(stream):
    """The content types of a byte stream that is nothing but whole TLS records (RFC 8446 section 5.1); else AssertionError."""
    types, at = collections.Counter(), 0
    while at < len(stream):
        kind, version, size = struct.unpack_from("!BHH", stream, at)
        assert kind in (20, 21, 22, 23) and version >> 8 == 3 and size <= (1 << 14) + 256, f"no TLS record at {at}: {stream[at:at + 40]!r}"
        types[kind] += 1
        at += 5 + size
    assert at == len(stream), "the last TLS record is cut off"
    return types


def rtp_payload(datagram):
    """The payload of an RTP packet (RFC 3550 section 5.1), and of an SRTP packet with its tag; None for RTCP and others."""
    if len(datagram) < 12 or datagram[0] >> 6 != 2 or 192 <= datagram[1] <= 223:
        return None
    head = 12 + 4 * (datagram[0] & 15)
    if datagram[0] & 16:
        if len(datagram) < head + 4:
            return None
        head += 4 + 4 * struct.unpack_from("!H", datagram, head + 2)[0]
    return datagram[head:]


def clear_rtcp(datagram):
    """Whether a datagram is RTCP as RFC 3550 section 6.1 writes it: whole packets to its very end, with neither index nor tag."""
    at = 0
    while at + 4 <= len(datagram):
        first, kind, words = struct.unpack_from("!BBH", datagram, at)
        if first >> 6 != 2 or not 192 <= kind <= 223:
            return False
        at += 4 + 4 * words
    return 0 < at == len(datagram)


def entropy(payloads):
    """Bits a byte: near 8 for what is encrypted, far below for speech in G.711."""
    counts = collections.Counter()
    for payload in payloads:
        counts.update(payload)
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values()) if total else 0.0


PIECE = 16


def pieces(sounds):
    """Every 16 bytes in a row of these sounds in G.711, but for silence and steady tones."""
    found = {sound[at:at + PIECE] for sound in sounds for at in range(len(sound) - PIECE + 1)}
    return {piece for piece in found if len(set(piece)) > PIECE // 2}


def payloads_with(payloads, found):
    """How many payloads hold one of the pieces as it is."""
    return sum(any(payload[at:at + PIECE] in found for at in range(len(payload) - PIECE + 1)) for payload in payloads)
