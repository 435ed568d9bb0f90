"""A tiny SIP user agent client for the tests: one connection, one call, over TLS, TCP or UDP. No media."""

import base64
import secrets
import socket
import ssl

PATIENCE = 10  # seconds until a missing answer is a failure


def tls_socket(local, server, server_name=None, identity=None, anchors=None, version=None):
    """A TLS connection from an IP address to (IP, port). identity: folder with client.crt and client.key; without anchors
    the server is not verified. version: exactly this one, even one that is out of use."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = bool(server_name and anchors)
    context.verify_mode = ssl.CERT_REQUIRED if anchors else ssl.CERT_NONE
    if anchors:
        context.load_verify_locations(anchors)
    if identity:
        context.load_cert_chain(identity / "client.crt", identity / "client.key")
    if version is not None:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    raw = socket.create_connection(server, PATIENCE, (local, 0))
    try:
        return context.wrap_socket(raw, server_hostname=server_name)
    except BaseException:
        raw.close()
        raise


def connect_edge(site, identity=None, local=None, **options):
    """A verified TLS connection to the edge, as the carrier if no identity is given."""
    identity = identity or site.carrier()
    return SipClient(tls_socket(local or site.address(76), (site.address(226), 5061), f"edge.{site.domain}", identity,
                                site.folder / "pki" / "anchors.pem", **options), "TLS", site.address(226))


def secure_offer(address, port=30000):
    key = base64.b64encode(secrets.token_bytes(30)).decode()
    return _offer(address, port, "RTP/SAVP", f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n")


def dtls_offer(address, fingerprint, port=30000):
    return _offer(address, port, "UDP/TLS/RTP/SAVP", f"a=fingerprint:sha-256 {fingerprint}\r\na=setup:active\r\na=rtcp-mux\r\n")


def plain_offer(address, port=30000):
    return _offer(address, port, "RTP/AVP", "")


def _offer(address, port, profile, more):
    return ("v=0\r\n"
            f"o=- 1 1 IN IP4 {address}\r\n"
            "s=-\r\n"
            f"c=IN IP4 {address}\r\n"
            "t=0 0\r\n"
            f"m=audio {port} {profile} 0 101\r\n"
            "a=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-15\r\n" + more)


class Message:
    """A request or a response. header(name): the first one, ''; headers(name): all."""

    def __init__(self, head: str, body: str):
        lines = head.split("\r\n")
        self.start, self.body = lines[0], body
        self._fields = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]

    @property
    def status(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self):
        return self.start.split()[0] if not self.status else ""

    def headers(self, name):
        return [value for field, value in self._fields if field == name.lower()]

    def header(self, name):
        return next(iter(self.headers(name)), "")

    def __repr__(self):
        return f"<{self.start}; {self._fields}>"


class SipClient:
    """Sends a call's requests in their order and reads what comes back; requests of the other side are answered 200."""

    def __init__(self, sock, transport, host):
        self.sock, self.transport, self.host = sock, transport, host
        self.sock.settimeout(PATIENCE)
        self.local = "%s:%d" % self.sock.getsockname()[:2]
        self.call_id, self.tag = secrets.token_hex(8), secrets.token_hex(4)
        self.cseq, self.to_tag, self.uri, self.target = 0, "", "", ""
        self.received = []  # requests of the other side
        self.max_forwards, self.more_headers = 70, []
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def request(self, method, uri, body="", cseq=None, branch=None):
        """Sends a request; its Via branch."""
        branch = branch or "z9hG4bK" + secrets.token_hex(8)
        to = f"<{self.uri}>" + (f";tag={self.to_tag}" if self.to_tag else "")
        user_at = f"5550100@{self.local}"
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/{self.transport} {self.local};branch={branch};rport", f"Max-Forwards: {self.max_forwards}",
                 f"From: <sip:5550100@{self.local.rpartition(':')[0] or self.local}>;tag={self.tag}", f"To: {to}", f"Call-ID: {self.call_id}",
                 f"CSeq: {cseq or self.cseq} {method}", f"Contact: <sip:{user_at};transport={self.transport.lower()}>"]
        lines += self.more_headers
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        self.sock.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        return branch

    def read(self) -> Message:
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if found:
                message = Message(head.decode().lstrip("\r\n"), "")
                length = int(message.header("Content-Length") or 0)
                if len(rest) >= length:
                    message.body, self._buffer = rest[:length].decode(), rest[length:]
                    return message
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the other side closed the connection")
            self._buffer += data

    def _answer(self, request):
        self.received.append(request)
        if request.method == "ACK":
            return
        lines = ["SIP/2.0 200 OK", *(f"Via: {via}" for via in request.headers("Via")),
                 *(f"{name}: {request.header(name)}" for name in ("From", "To", "Call-ID", "CSeq")), "Content-Length: 0"]
        self.sock.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def response(self) -> Message:
        """The next response that is final."""
        while True:
            message = self.read()
            if message.method:
                self._answer(message)
            elif message.status >= 200:
                return message

    def wait_for_bye(self):
        while not any(request.method == "BYE" for request in self.received):
            message = self.read()
            if message.method:
                self._answer(message)

    def invite(self, number, offer) -> Message:
        """Calls; the final answer, which is acknowledged."""
        self.cseq += 1
        self.to_tag, self.uri = "", f"sip:{number}@{self.host}"
        branch = self.request("INVITE", self.uri, offer)
        answer = self.response()
        to = answer.header("To")
        self.to_tag = to.partition(";tag=")[2]
        contact = answer.header("Contact")
        self.target = contact[contact.find("<") + 1 : contact.find(">")] if contact else self.uri
        # The ACK of a refusal belongs to the INVITE's transaction (RFC 3261 section 17.1.1.3), that of a 2xx does not.
        refused = answer.status >= 300
        self.request("ACK", self.uri if refused else self.target, branch=branch if refused else None)
        return answer

    def bye(self) -> Message:
        self.cseq += 1
        self.request("BYE", self.target)
        return self.response()
