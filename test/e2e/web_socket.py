"""A WebSocket client (RFC 6455) for the tests, written by hand: nothing of it comes from the library that it tests."""

import base64
import hashlib
import secrets

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    """The server did not upgrade: what it answered."""


class WebSocket:
    """One WebSocket over a connected socket. send() and recv() carry whole messages, so that a SipClient can use it."""

    def __init__(self, sock, host="call-manager.ringwall.test", path="/", subprotocol="sip", origin=None):
        self.sock, self.closed_with, self.pongs = sock, None, []
        self._buffer = b""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: keep-alive, Upgrade", f"Sec-WebSocket-Key: {key}",
                 "Sec-WebSocket-Version: 13", *([f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []),
                 *([f"Origin: {origin}"] if origin else [])]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        head = head.decode()
        if not head.startswith("HTTP/1.1 101 "):
            raise Refused(head + "\r\n\r\n" + self._buffer.decode())
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}
        expected = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        assert fields["sec-websocket-accept"] == expected, fields
        assert fields["sec-websocket-protocol"] == "sip", fields

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._buffer += data

    def _take(self, count):
        while len(self._buffer) < count:
            self._more()
        out, self._buffer = self._buffer[:count], self._buffer[count:]
        return out

    def send_frame(self, opcode, payload, final=True):
        mask = secrets.token_bytes(4)
        size = len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        head += bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + size.to_bytes(2, "big") if size < 65536 else bytes([0xFF]) + size.to_bytes(8, "big")
        self.sock.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def read_frame(self):
        """(opcode, payload); a server's frame is final and not masked here."""
        first, second = self._take(2)
        assert first & 0x80 and not second & 0x80, (first, second)
        size = second & 0x7F
        if size == 126:
            size = int.from_bytes(self._take(2), "big")
        elif size == 127:
            size = int.from_bytes(self._take(8), "big")
        return first & 0x0F, self._take(size)

    # What a SipClient asks of a socket.

    def send(self, data):
        # URIs say "ws" for both kinds of WebSocket (RFC 7118 section 5.2); SipClient knows that of Via alone.
        self.send_frame(TEXT, data.replace(b";transport=wss>", b";transport=ws>"))

    def recv(self, _size=0):
        """The next message; b"" when the server closed."""
        while True:
            opcode, payload = self.read_frame()
            if opcode in (TEXT, BINARY):
                return payload
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == PONG:
                self.pongs.append(payload)
            elif opcode == CLOSE:
                self.closed_with = int.from_bytes(payload[:2], "big")
                return b""

    def settimeout(self, seconds):
        self.sock.settimeout(seconds)

    def getsockname(self):
        return self.sock.getsockname()

    def close(self):
        self.sock.close()
