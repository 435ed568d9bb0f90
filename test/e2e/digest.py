"""Digest credentials as a client makes them (RFC 7616), by hashlib alone: an implementation of its own to test against."""

import hashlib
import re
import secrets
import subprocess

from ringwall_site import binary
from sip_client import SipClient, tls_socket

HASHES = {"SHA-256": "sha256", "SHA-512-256": "sha512_256", "MD5": "md5"}

# For site.include(): two phones without certificates, the second one old.
PHONES = """
[[profile]]
name = "soft"
digest = true

[[profile]]
name = "old"
digest = true
md5 = true

[[phone]]
name = "soft1901.ringwall.test"
line = "1901"
profile = "soft"
digest = "secrets/1901.digest"

[[phone]]
name = "old1902.ringwall.test"
line = "1902"
profile = "old"
digest = "secrets/1902.digest"
"""


def make_secret(site, *words, password):
    """`ringwall WORDS` with the password on standard input."""
    run = subprocess.run([binary(), "--site", site.folder, *words], input=password + "\n", capture_output=True, text=True, timeout=30)
    assert run.returncode == 0, run.stderr
    return run.stdout


def parameters(value):
    """Of a challenge or of credentials."""
    assert value.startswith("Digest ")
    return {key.lower(): quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', value[7:])}


def challenges(response):
    """By algorithm, in the order given."""
    read = map(parameters, response.headers("WWW-Authenticate"))
    return {one["algorithm"]: one for one in read}


def credentials(challenge, user, password, method, uri, count=1, body="", qop="auth", cnonce=None):
    algorithm, cnonce = challenge["algorithm"], cnonce or secrets.token_hex(8)

    def h(*parts):
        return hashlib.new(HASHES[algorithm], ":".join(parts).encode()).hexdigest()

    a2 = h(method, uri, h(body)) if qop == "auth-int" else h(method, uri)
    response = h(h(user, challenge["realm"], password), challenge["nonce"], f"{count:08x}", cnonce, qop, a2)
    return (f'Digest username="{user}", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", uri="{uri}", response="{response}", '
            f'algorithm={algorithm}, cnonce="{cnonce}", opaque="{challenge["opaque"]}", qop={qop}, nc={count:08x}')


class BarePhone:
    """A phone without a certificate: one TLS connection to the call manager."""

    def __init__(self, site, line, last_number=77):
        self.site, self.line, self.domain = site, line, site.domain
        sock = tls_socket(site.address(last_number), (site.address(3), 5061), f"call-manager.{site.domain}",
                          anchors=site.folder / "pki" / "anchors.pem")
        self.client = SipClient(sock, "TLS", site.address(3))
        self.cseq = 0
        self.contact = f"sip:{line}@{self.client.local};transport=tls"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def write(self, method, uri=None, authorization=None, to=None, body="", more=(), contact=""):
        """Sends a request; its header lines."""
        self.cseq += 1
        uri = uri or f"sip:{self.domain}"
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/TLS {self.client.local};branch=z9hG4bK{secrets.token_hex(8)};rport", "Max-Forwards: 70",
                 f"From: <sip:{self.line}@{self.domain}>;tag={secrets.token_hex(4)}", f"To: <sip:{to or self.line}@{self.domain}>",
                 f"Call-ID: {self.client.call_id}", f"CSeq: {self.cseq} {method}", f"Contact: <{self.contact}>{contact}", *more]
        if authorization:
            lines.append(f"Authorization: {authorization}")
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        self.client.sock.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        return lines

    def send(self, method, *arguments, **more):
        """Sends a request; its final response."""
        lines = self.write(method, *arguments, **more)
        response = self.client.response()
        if method == "INVITE" and response.status >= 300:
            ack = [line for line in lines if line.split(":")[0] in ("Max-Forwards", "From", "Call-ID", "Via")]
            ack += [f"To: {response.header('To')}", f"CSeq: {self.cseq} ACK", "Content-Length: 0"]
            self.client.sock.send(("\r\n".join([lines[0].replace("INVITE", "ACK"), *ack]) + "\r\n\r\n").encode())
        return response

    def reply(self, request, status):
        """A response without a body to a request of the other side."""
        lines = [f"SIP/2.0 {status}", *(f"Via: {via}" for via in request.headers("Via")), f"To: {request.header('To')};tag=p{secrets.token_hex(4)}",
                 *(f"{name}: {request.header(name)}" for name in ("From", "Call-ID", "CSeq")), "Content-Length: 0"]
        self.client.sock.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def answer(self, challenge, method="REGISTER", uri=None, password="secret", user=None, **more):
        uri = uri or f"sip:{self.domain}"
        return credentials(challenge, user or self.line, password, method, uri, **more)

    def register(self, algorithm="SHA-256", password="secret", **more):
        challenge = challenges(self.send("REGISTER"))[algorithm]
        return self.send("REGISTER", authorization=self.answer(challenge, password=password), **more)
