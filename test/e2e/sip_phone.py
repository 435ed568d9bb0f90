"""A phone for the tests: one TLS connection to the call manager, as many calls and subscriptions as wanted. Everything it
does is written out by the test, one step after the other; it has no media, only descriptions of it."""

import re
import secrets
import socket
import time

from sip_client import PATIENCE, Message, secure_offer, tls_socket


def tag_of(value):
    found = re.search(r";tag=([^;>\s]+)", value)
    return found.group(1) if found else ""


def uri_of(value):
    found = re.search(r"<([^>]+)>", value)
    return found.group(1) if found else value.partition(";")[0]


class Dialog:
    """What the phone knows of a call or a subscription: enough to send requests in it."""

    def __init__(self, phone, call_id, local, remote, target, cseq=1):
        self.phone, self.call_id, self.local, self.remote, self.target, self.cseq = phone, call_id, local, remote, target, cseq

    @property
    def local_tag(self):
        return tag_of(self.local)

    @property
    def remote_tag(self):
        return tag_of(self.remote)

    def holds(self, message):
        return message.header("Call-ID") == self.call_id

    def request(self, method, headers=(), body="", kind="application/sdp"):
        """Sends a request in the dialog; its final response."""
        self.cseq += 1
        self.phone.send_request(method, self.target, self.local, self.remote, self.call_id, self.cseq, headers, body, kind)
        return self.phone.response(self.call_id, self.cseq)

    def ack(self, cseq, body=""):
        self.phone.send_request("ACK", self.target, self.local, self.remote, self.call_id, cseq, (), body)

    def expect(self, method, status=200, body="", headers=()):
        """The next request of the other side in this dialog with that method, answered with the status."""
        message = self.phone.wait(lambda m: m.method == method and self.holds(m), f"{method} in {self.call_id}")
        if method != "ACK":
            self.phone.answer(message, status, body, headers)
        return message

    def expect_reinvite(self, body):
        """A re-INVITE, answered with the description; the request, and its ACK."""
        invite = self.expect("INVITE", body=body)
        return invite, self.expect("ACK")

    def bye(self):
        return self.request("BYE")

    def replaces(self):
        """This dialog as the far end would see it named in a Replaces."""
        return f"{self.call_id};to-tag={self.remote_tag};from-tag={self.local_tag}"


class Call(Dialog):
    """A call that this phone makes. `invite` has been sent."""

    def ringing(self):
        return self.phone.wait(lambda m: 100 < m.status < 200 and self.holds(m), "ringing")

    def answered(self):
        """The final response, which is acknowledged."""
        response = self.phone.response(self.call_id, self.cseq)
        self.remote = response.header("To")
        if response.status < 300:
            self.target = uri_of(response.header("Contact"))
            self.ack(self.cseq)
        else:
            self.phone.send_request("ACK", self.target, self.local, self.remote, self.call_id, self.cseq, (), branch=self.branch)
        return response


class IncomingCall(Dialog):
    """A call that came to this phone and waits for an answer."""

    def __init__(self, phone, invite):
        super().__init__(phone, invite.header("Call-ID"), f"{invite.header('To')};tag={secrets.token_hex(4)}", invite.header("From"),
                         uri_of(invite.header("Contact")))
        self.invite = invite

    def ring(self):
        self.phone.answer(self.invite, 180, to=self.local)

    def refuse(self, status):
        self.phone.answer(self.invite, status, to=self.local)
        return self.expect("ACK")

    def accept(self, body):
        """Answers with the description; the ACK."""
        self.phone.answer(self.invite, 200, body, to=self.local)
        return self.expect("ACK")

    def expect_cancel(self):
        self.expect("CANCEL")
        self.phone.answer(self.invite, 487, to=self.local)
        return self.expect("ACK")


class Phone:
    def __init__(self, site, line, identity=None):
        self.site, self.line = site, line
        self.address = site.address(75)
        identity = identity or site.folder / "pki" / "phones" / f"phone{line}"
        self.sock = tls_socket(self.address, (site.address(3), 5061), f"call-manager.{site.domain}", identity,
                               site.folder / "pki" / "anchors.pem")
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local = "%s:%d" % self.sock.getsockname()[:2]
        self.aor = f"sip:{line}@{site.domain}"
        self._buffer, self._queue = b"", []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    @property
    def contact(self):
        return f"<sip:{self.line}@{self.local};transport=tls>"

    def description(self, port):
        """An offer or answer; tell them apart by the port."""
        return secure_offer(self.address, port)

    # -- the wire

    def send_request(self, method, uri, local, remote, call_id, cseq, headers=(), body="", kind="application/sdp", branch=None):
        branch = branch or "z9hG4bK" + secrets.token_hex(8)
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/TLS {self.local};branch={branch};rport", "Max-Forwards: 70",
                 f"From: {local}", f"To: {remote}", f"Call-ID: {call_id}", f"CSeq: {cseq} {method}", f"Contact: {self.contact}", *headers]
        if body:
            lines.append(f"Content-Type: {kind}")
        lines.append(f"Content-Length: {len(body)}")
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        return branch

    def answer(self, request, status, body="", headers=(), to=None):
        lines = [f"SIP/2.0 {status} Answer", *(f"Via: {via}" for via in request.headers("Via")),
                 *(f"{name}: {request.header(name)}" for name in ("From", "Call-ID", "CSeq")), f"To: {to or request.header('To')}",
                 f"Contact: {self.contact}", *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _read(self, end):
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if found and head.strip():
                message = Message(head.decode(errors="backslashreplace").lstrip("\r\n"), "")
                length = int(message.header("Content-Length") or 0)
                if len(rest) >= length:
                    message.body, self._buffer = rest[:length].decode(), rest[length:]
                    return message
            self.sock.settimeout(max(end - time.monotonic(), 0.01))
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the call manager closed the connection")
            self._buffer += data

    def wait(self, wanted, what, patience=PATIENCE):
        """The first message that is wanted; others are kept for later."""
        end = time.monotonic() + patience
        for at, message in enumerate(self._queue):
            if wanted(message):
                return self._queue.pop(at)
        while True:
            try:
                message = self._read(end)
            except TimeoutError:
                raise AssertionError(f"phone {self.line} waits for {what}; there are {self._queue}") from None
            if wanted(message):
                return message
            self._queue.append(message)

    def response(self, call_id, cseq):
        return self.wait(lambda m: m.status >= 200 and m.header("Call-ID") == call_id and m.header("CSeq").split()[0] == str(cseq),
                         f"the response to {cseq} of {call_id}")

    # -- what a phone does

    def outside(self, method, uri, headers=(), body="", kind="application/sdp"):
        """A request outside dialogs; its final response."""
        call_id = secrets.token_hex(8)
        self.send_request(method, uri, f"<{self.aor}>;tag={secrets.token_hex(4)}", f"<{uri}>", call_id, 1, headers, body, kind)
        return self.response(call_id, 1)

    def register(self, expires=600):
        call_id = secrets.token_hex(8)
        self.send_request("REGISTER", f"sip:{self.site.domain}", f"<{self.aor}>;tag={secrets.token_hex(4)}", f"<{self.aor}>", call_id, 1,
                          [f"Expires: {expires}"])
        response = self.response(call_id, 1)
        assert response.status == 200, response
        return self

    def call(self, number, body, headers=()):
        uri = f"sip:{number}@{self.site.domain}"
        call = Call(self, secrets.token_hex(8), f"<{self.aor}>;tag={secrets.token_hex(4)}", f"<{uri}>", uri)
        call.branch = self.send_request("INVITE", uri, call.local, call.remote, call.call_id, call.cseq, headers, body)
        return call

    def incoming(self):
        return IncomingCall(self, self.wait(lambda m: m.method == "INVITE" and not tag_of(m.header("To")), "a call"))

    def subscribe(self, line, event, expires=600, headers=()):
        """A SUBSCRIBE to a line: its final response, and the dialog."""
        uri = f"sip:{line}@{self.site.domain}"
        dialog = Dialog(self, secrets.token_hex(8), f"<{self.aor}>;tag={secrets.token_hex(4)}", f"<{uri}>", uri)
        self.send_request("SUBSCRIBE", uri, dialog.local, dialog.remote, dialog.call_id, 1, [f"Event: {event}", f"Expires: {expires}", *headers])
        response = self.response(dialog.call_id, 1)
        dialog.remote = response.header("To")
        if response.status < 300:
            dialog.target = uri_of(response.header("Contact"))
        return response, dialog


def talk(caller, callee, port):
    """A call from phone to phone that is up: the caller's dialog and the callee's."""
    call = caller.call(callee.line, caller.description(port))
    incoming = callee.incoming()
    incoming.ring()
    call.ringing()
    incoming.phone.answer(incoming.invite, 200, callee.description(port + 2), to=incoming.local)
    answer = call.answered()
    assert answer.status == 200 and f"m=audio {port + 2} " in answer.body, answer
    incoming.expect("ACK")
    return call, incoming
