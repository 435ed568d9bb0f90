"""Keys by DTLS-SRTP: between our own elements and phones, with baresip both ways, and beside SDES in one call."""

import hashlib
import json
import re
import ssl
import subprocess

import pytest

import sound
import wire
from baresip import Baresip, available
from ringwall_site import wait_until
from sip_client import connect_edge, dtls_offer
from test_agent_call import read_wav, ready, talking
from test_baresip import LINE, Peers

DTLS_ONLY = ('mode = "encrypted"\n', 'mode = "encrypted"\nkey_exchange = ["dtls"]\n')
CALLER_TONE, AGENT_TONE = 700, 1300


def legs_of(site, element="edge"):
    return {leg["direction"]: leg for leg in site.calls() if leg["element"] == element}


@pytest.mark.parametrize("caller, agent", [("--dtls", None), (None, "--dtls"), ("--dtls", "--dtls")],
                         ids=["dtls-caller", "dtls-agent", "dtls-both"])
def test_each_side_has_its_own_way_to_keys(make_site, tmp_path, caller, agent):
    """The edge relays between an SDES phone and a DTLS phone, and between two of DTLS; tones pass both ways."""
    site = make_site(quick=True)
    phone = site.agent_phone("1001", "--answer", "--tone", str(AGENT_TONE), "--record", tmp_path / "agent.wav", "--seconds", "4",
                             *[agent] if agent else [])
    ready(site, "1001")
    calling = site.caller("6016", "--tone", str(CALLER_TONE), "--record", tmp_path / "caller.wav", "--seconds", "60",
                          *[caller] if caller else [])
    talking(site, "1001")
    legs = wait_until(lambda: (found := legs_of(site)) and all(leg["media"]["received"]["packets"] > 20 and leg["media"]["suite"]
                                                               for leg in found.values()) and found, 10, "audio flows at the edge")
    assert legs["answer"]["media"]["key_exchange"] == ("DTLS" if caller else "SDES")
    assert legs["originate"]["media"]["key_exchange"] == ("DTLS" if agent else "SDES")
    for leg in legs.values():
        assert leg["secure"] and leg["media"]["suite"] == "AEAD_AES_256_GCM"
        assert leg["media"]["authentication_failures"] == 0
    of_agent, of_caller = phone.json(), calling.json()
    assert of_agent["succeeded"] and of_caller["succeeded"]
    assert of_caller["media"]["key_exchange"] == ("DTLS" if caller else "SDES")
    assert sound.seconds_of_tone(read_wav(tmp_path / "agent.wav"), CALLER_TONE) >= 2
    assert sound.seconds_of_tone(read_wav(tmp_path / "caller.wav"), AGENT_TONE) >= 2


def test_a_profile_without_sdes_refuses_it(make_site):
    site = make_site(edits=[DTLS_ONLY])
    caller = site.caller("6016", "--seconds", "1").json()
    assert not caller["succeeded"] and "488" in caller["failure"]
    assert "DTLS keys only" in site.log_text()
    good = site.caller("6016", "--dtls", "--seconds", "1").json()
    assert good["succeeded"] and good["media"]["received"]["packets"] > 10


def test_the_proof_says_dtls(make_site):
    """Caller and edge agree by DTLS, the rest by SDES; the captured packets authenticate either way."""
    if why := wire.why_not():
        pytest.skip(why)
    site = make_site(edits=[DTLS_ONLY])
    report = site.ask("verify", json=True, timeout=120).json
    assert report["proven"], json.dumps(report["failures"], indent=1)
    ways = {(hop["from"], hop["to"]): hop["media"]["key_exchange"] for hop in report["hops"] if hop["media"]}
    assert "DTLS" in ways.values() and "SDES" in ways.values(), ways
    assert all(way == ("DTLS" if "caller" in hop[0] else "SDES") for hop, way in ways.items()), ways
    assert report["packets"]["dtls"] >= 4
    for hop in report["hops"]:
        if hop["media"]:
            assert hop["media"]["wire"]["packets"] == hop["media"]["wire"]["authenticated"] > 0


class OpensslPeer:
    """A carrier whose DTLS is that of `openssl s_client`, with a certificate made for it."""

    PORT = 30000

    def __init__(self, site, folder):
        self.site, self.address, self.process = site, site.address(76), None
        self.key, self.certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=peer",
                        "-keyout", self.key, "-out", self.certificate], check=True, capture_output=True, timeout=30)
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text())
        self.fingerprint = ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())

    def begin(self, answer):
        """The handshake with the port that the answer names."""
        port = re.search(r"^m=audio (\d+) ", answer, re.MULTILINE)[1]
        self.process = self.site.child(["openssl", "s_client", "-dtls1_2", "-connect", f"{self.site.address(226)}:{port}", "-bind",
                                        f"{self.address}:{self.PORT}", "-cert", self.certificate, "-key", self.key, "-use_srtp",
                                        "SRTP_AEAD_AES_256_GCM", "-ign_eof"], "openssl")


def test_a_wrong_fingerprint_ends_the_call_with_its_reason(make_site, tmp_path):
    site = make_site()
    peer = OpensslPeer(site, tmp_path)
    wrong = "00" + peer.fingerprint[2:]
    with connect_edge(site) as client:
        answer = client.invite("6016", dtls_offer(peer.address, wrong, peer.PORT))
        assert answer.status == 200 and "a=setup:passive" in answer.body, answer
        peer.begin(answer.body)
        client.wait_for_bye()
        reason = next(request for request in client.received if request.method == "BYE").header("Reason")
    assert reason.startswith("SIP;cause=488;text=") and "not the signalled fingerprint" in reason, reason
    wait_until(lambda: not site.calls(), 10, "the call is over everywhere")
    assert "not the signalled fingerprint" in site.log_text()


def test_the_right_fingerprint_brings_keys(make_site, tmp_path):
    site = make_site()
    peer = OpensslPeer(site, tmp_path)
    with connect_edge(site) as client:
        answer = client.invite("6016", dtls_offer(peer.address, peer.fingerprint, peer.PORT))
        assert legs_of(site)["answer"]["media"]["suite"] == ""
        assert legs_of(site)["answer"]["media"]["sent"]["packets"] == 0
        assert "SRTP: silent until DTLS agrees on keys" in site.ringwall("show", "calls", json=False)
        peer.begin(answer.body)
        wait_until(lambda: legs_of(site)["answer"]["media"]["sent"]["packets"] > 10, 15, "the greeting leaves")
        assert legs_of(site)["answer"]["media"]["suite"] == "AEAD_AES_256_GCM"
        shown = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", peer.process.out, re.DOTALL)[0]
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest().upper()
        assert f"a=fingerprint:sha-256 {':'.join(re.findall('..', digest))}" in answer.body
        assert "SRTP: on AEAD_AES_256_GCM (DTLS) PCMU" in site.ringwall("show", "calls", json=False)
        assert client.bye().status == 200


class DtlsPeers(Peers):
    """The carrier and the agent's phone of test_baresip, with keys by DTLS instead of SDES."""

    def _start(self, folder, address, identity, tone, ports, account):
        account = account.replace("mediaenc=srtp-mand", "mediaenc=dtls_srtp")
        self.parts.append(Baresip(folder, address, account, identity, self.dns.where, tone, ports, "module dtls_srtp.so\nrtcp_mux yes\n"))
        return self.parts[-1]


@pytest.mark.skipif(not available(), reason="baresip is not installed: script/bootstrap installs it")
def test_baresip_as_carrier_and_as_agent(make_site, tmp_path):
    site = make_site()
    peers = DtlsPeers(site, tmp_path)
    try:
        peers.caller.dial(f"sip:6016@edge.{site.domain}")
        peers.caller.wait_event("CALL_ESTABLISHED")
        wait_until(lambda: legs_of(site)["answer"]["media"]["suite"], 10, "keys are agreed on with the carrier")
        assert peers.inside_leg()["media"]["key_exchange"] == "SDES"  # the voice browser
        before_digit = peers.heard_samples()
        peers.caller.send_digits("1")
        peers.hears("thank-you.wav", before_digit)  # what was said during the handshake is lost: the greeting's beginning
        site.ringwall("agent", "ready", LINE)
        peers.agent.wait_event("CALL_INCOMING")
        peers.agent.accept()
        peers.agent.wait_event("CALL_ESTABLISHED")
        wait_until(peers.both_hear, 20, "each side hears the other's tone")
        legs = legs_of(site)
        assert [legs[side]["media"]["key_exchange"] for side in ("answer", "originate")] == ["DTLS", "DTLS"]
        assert all(leg["media"]["authentication_failures"] == 0 and leg["secure"] for leg in legs.values())
        peers.caller.hang_up()
        peers.agent.wait_event("CALL_CLOSED")
    finally:
        peers.stop()
