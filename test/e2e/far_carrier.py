"""A carrier at the far end of a trunk: takes calls and heartbeats over mutual TLS, or does not. And a name server."""

import re
import secrets
import socket
import ssl
import struct
import threading

from sip_client import Message, secure_offer


def answer_to(offer, address):
    """An answer with the suite that every Ringwall offer holds, under the offer's own tag for it (RFC 4568 section 5.1.2)."""
    tag = re.search(r"a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80 ", offer)[1]
    return secure_offer(address).replace("a=crypto:1 ", f"a=crypto:{tag} ")


class FarCarrier:
    """Answers on (IP, 5061) with the identity's server certificate. `invite` and `options`: the status that it answers
    with (0: nothing), and more headers for it; `calls` (their Call-IDs), `invites` and `heartbeats`: what has come."""

    def __init__(self, site, address, identity, port=5061):
        self.site, self.address, self.identity, self.port = site, address, identity, port
        self.invite, self.options = (200, ()), (200, ())
        self.invites = []
        self.calls, self.heartbeats, self.versions, self.names = [], [], set(), set()
        self.broken = []  # what came and was no SIP
        self._connections, self._listener = [], None
        self.start()

    def start(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.identity / "server.crt", self.identity / "server.key")
        context.load_verify_locations(self.site.folder / "pki" / "anchors.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server((self.address, self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(self._listener, context), daemon=True).start()

    def stop(self):
        """As if the machine were switched off: nobody listens, and the connections are gone."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        self._connections.clear()

    def _accept(self, listener, context):
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw, context), daemon=True).start()

    def _serve(self, raw, context):
        try:
            with context.wrap_socket(raw, server_side=True) as connection:
                self._connections.append(connection)
                self.versions.add(connection.version())
                self.names.update(name for _, name in connection.getpeercert()["subjectAltName"])
                self._read(connection)
        except ValueError as trouble:  # no SIP: whoever looks at `broken` wants to know
            self.broken.append(trouble)
            raw.close()
        except OSError:
            raw.close()

    def _read(self, connection):
        buffer = b""
        while data := connection.recv(65536):
            buffer += data
            while b"\r\n\r\n" in buffer:
                head, _, rest = buffer.partition(b"\r\n\r\n")
                message = Message(head.decode().lstrip("\r\n"), "")
                length = int(message.header("Content-Length") or 0)
                if len(rest) < length:
                    break
                message.body, buffer = rest[:length].decode(), rest[length:]
                if message.method and message.method != "ACK":
                    self._answer(connection, message)

    def _answer(self, connection, request):
        status, more, body = 200, (), ""
        if request.method == "INVITE":
            self.invites.append(request)
            self.calls.append(request.header("Call-ID"))
            status, more = self.invite
            body = answer_to(request.body, self.address) if status == 200 else ""
        elif request.method == "OPTIONS":
            self.heartbeats.append(request)
            status, more = self.options
        if not status:
            return  # silent
        lines = [f"SIP/2.0 {status} X", *(f"Via: {via}" for via in request.headers("Via")),
                 *(f"{name}: {request.header(name)}" for name in ("From", "Call-ID", "CSeq")),
                 f"To: {request.header('To')}" + ("" if ";tag=" in request.header("To") else ";tag=" + secrets.token_hex(4)),
                 f"Contact: <sip:far@{self.address}:{self.port};transport=tls>", *more]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


class NameServer:
    """Answers DNS questions over UDP from records = {(name, type): [data in wire format]}; the name exists, whatever it is."""

    A, SRV = 1, 33

    def __init__(self, address, records, ttl=60):
        self.records, self.ttl = records, ttl
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._socket.close()

    @staticmethod
    def name(text):
        return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"

    @classmethod
    def srv(cls, priority, weight, port, target):
        return struct.pack("!HHH", priority, weight, port) + cls.name(target)

    def _serve(self):
        while True:
            try:
                query, sender = self._socket.recvfrom(1500)
            except OSError:
                return
            at, labels = 12, []
            while length := query[at]:
                labels.append(query[at + 1:at + 1 + length].decode().lower())
                at += 1 + length
            kind = struct.unpack("!H", query[at + 1:at + 3])[0]
            found = self.records.get((".".join(labels), kind), [])
            reply = query[:2] + struct.pack("!HHHHH", 0x8580, 1, len(found), 0, 0) + query[12:at + 5]
            for data in found:
                reply += struct.pack("!HHHIH", 0xC00C, kind, 1, self.ttl, len(data)) + data
            self._socket.sendto(reply, sender)
