"""A peer whose SRTP keys last for 4,096 packets (RFC 4568 section 6.1), 82 seconds of audio: the edge asks for fresh ones before."""

import re
import time

from far_carrier import answer_to
from ringwall_site import wait_until
from sip_client import connect_edge, secure_offer


def respond(client, request, body):
    lines = ["SIP/2.0 200 OK", *(f"Via: {via}" for via in request.headers("Via")),
             *(f"{name}: {request.header(name)}" for name in ("From", "To", "Call-ID", "CSeq")),
             f"Contact: <sip:5550100@{client.local};transport=tls>", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    client.sock.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


def next_request(client, method):
    while True:
        message = client.read()
        if message.method == method:
            return message
        if message.method:
            client._answer(message)


def test_fresh_keys_are_asked_for_before_the_old_ones_end(make_site):
    site = make_site(quick=True)
    with connect_edge(site) as client:
        offer = re.sub(r"(inline:\S+)", r"\1|2^12|1:4", secure_offer(site.address(76)))
        answer = client.invite("6016", offer)
        began = time.monotonic()
        assert answer.status == 200, answer
        first = re.search(r"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:([^|\s]+)\|4096\|(\d+):4\r\n", answer.body)
        assert first, answer.body

        client.sock.settimeout(100)
        reinvite = next_request(client, "INVITE")
        waited = time.monotonic() - began
        assert 50 < waited < 82, "seven eighths of the packets have left"
        keys = re.findall(r"inline:([^|\s]+)", reinvite.body)
        assert keys and first[1] not in keys
        assert "nearly used up" in site.log_text()

        respond(client, reinvite, answer_to(reinvite.body, site.address(76)))
        assert next_request(client, "ACK").header("CSeq") == reinvite.header("CSeq").replace("INVITE", "ACK")
        calls = [call for call in site.calls() if call["element"] == "edge" and call["peer"] == "carrier"]
        assert len(calls) == 1 and calls[0]["media"]["suite"] == "AES_CM_128_HMAC_SHA1_80"
        sent = calls[0]["media"]["sent"]["packets"]
        time.sleep(max(0.0, began + 90 - time.monotonic()))  # the first key would have ended by now
        edge = next(call for call in site.calls() if call["element"] == "edge" and call["peer"] == "carrier")
        assert edge["media"]["sent"]["packets"] > max(4096, sent)
        assert client.bye().status == 200
    wait_until(lambda: not site.calls(), 15, "no leg is left")
