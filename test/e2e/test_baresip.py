"""The call with peers that nobody here wrote: baresip is the carrier that calls, another baresip is agent 1001's phone.

They call the site's elements by name; the site knows them by the names in their certificates. (Debian's baresip shows its own
certificate but checks no other's; how far the site's names can be trusted is shown elsewhere.) docs/interop.md has
the same configuration for use by hand.
"""

import os
import re
import time
import warnings

import pytest

import sound
import wire
from baresip import Baresip, NameServer, available, prompt_samples
from ringwall_site import wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

pytestmark = pytest.mark.skipif(not available(), reason="baresip is not installed: script/bootstrap installs it")

# A prompt counts as heard if each of its loud quarter seconds correlates with the recording by at least this much. What
# came over one G.711 hop correlates by more than 0.99; another prompt by less than 0.7 here and there.
LIKENESS = 0.95
SPEECH_SECONDS = 2.0  # of the other side's tone and of hardly anything else
CALLER_TONE, AGENT_TONE = 440, 620
LINE = "1001"


class Peers:
    """The carrier and the agent's phone, beside a running site."""

    def __init__(self, site, folder):
        self.site, domain = site, site.domain
        # baresip's RTP sockets take every address, so the ports of sessions that run at once must differ.
        ports = 33000 + int(site.net.split(".")[1]) * 200
        self.parts = []
        self.dns = NameServer(site.address(53), {f"edge.{domain}": site.address(226), f"call-manager.{domain}": site.address(3)})
        try:
            self.caller = self._start(folder / "caller", site.address(76), site.carrier(), CALLER_TONE, f"{ports}-{ports + 98}",
                                      f"<sip:5550100@carrier.{domain};transport=tls>;regint=0;mediaenc=srtp-mand;audio_codecs=pcmu/8000/1")
            self.agent = self._start(folder / "agent", site.address(75), site.issue(f"phone{LINE}.{domain}"), AGENT_TONE, f"{ports + 100}-{ports + 198}",
                                     f'<sip:{LINE}@{domain};transport=tls>;outbound="sip:call-manager.{domain};transport=tls";regint=600'
                                     ";mediaenc=srtp-mand;audio_codecs=pcmu/8000/1")
            wait_until(lambda: site.registered(LINE), 15, f"baresip is registered as {LINE}")
        except BaseException:
            self.stop()
            raise

    def _start(self, folder, address, identity, tone, ports, account):
        self.parts.append(Baresip(folder, address, account, identity, self.dns.where, tone, ports))
        return self.parts[-1]

    def stop(self):
        for part in self.parts:
            part.stop()
        self.dns.close()

    def prompt(self, name, seconds=4):
        return prompt_samples(self.site.folder / "prompts" / name)[:2 * sound.RATE * seconds]

    def hears(self, name, after=0, timeout=30):
        """Waits until the caller has heard the prompt at some moment after the first `after` samples of this call."""
        prompt, likeness = self.prompt(name), []
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            recording = self.caller.heard()[2 * after:]
            if len(recording) >= len(prompt):
                likeness = sound.match(recording, prompt)
                assert len(likeness) >= 4, f"{name} is too short or too quiet to be recognised"
                if min(likeness) >= LIKENESS:
                    return
                after += (len(recording) - len(prompt)) // 2  # it did not begin before
            time.sleep(0.5)
        raise AssertionError(f"the caller did not hear {name} within {timeout} s; likeness of its quarter seconds: {likeness}")

    def heard_samples(self):
        return len(self.caller.heard()) // 2

    def inside_leg(self):
        """The edge's leg towards the call server, of the only call."""
        legs = [leg for leg in self.site.calls() if leg["element"] == "edge" and leg["direction"] == "originate"]
        assert len(legs) == 1
        return legs[0]

    def call(self):
        """From dialling to speech; what `show calls` said of the edge's inside leg, during the prompt and with the agent."""
        self.caller.dial(f"sip:6016@edge.{self.site.domain}")
        self.caller.wait_event("CALL_ESTABLISHED")
        during_prompt = self.inside_leg(), self.site.ringwall("show", "calls", json=False)
        self.hears("welcome.wav")
        before_digit = self.heard_samples()
        self.caller.send_digits("1")
        self.hears("thank-you.wav", before_digit)
        self.hears("queue.wav", before_digit, timeout=60)
        self.site.ringwall("agent", "ready", LINE)
        self.agent.wait_event("CALL_INCOMING")
        self.agent.accept()
        self.agent.wait_event("CALL_ESTABLISHED")
        wait_until(self.both_hear, 20, "each side hears the other's tone")
        return during_prompt, (self.inside_leg(), self.site.ringwall("show", "calls", json=False))

    def both_hear(self):
        time.sleep(0.3)
        latest = 2 * sound.RATE * 4
        return (sound.seconds_of_tone(self.caller.heard()[-latest:], AGENT_TONE) >= SPEECH_SECONDS and
                sound.seconds_of_tone(self.agent.heard()[-latest:], CALLER_TONE) >= SPEECH_SECONDS)


@pytest.fixture
def peers(site, tmp_path):
    peers = Peers(site, tmp_path)
    yield peers
    peers.stop()


def sockets(pid):
    """(all descriptors, UDP ports) of a process."""
    inodes = set()
    descriptors = os.listdir(f"/proc/{pid}/fd")
    for number in descriptors:
        try:
            target = os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:
            continue
        if match := re.fullmatch(r"socket:\[(\d+)\]", target):
            inodes.add(match[1])
    with open("/proc/net/udp", encoding="ascii") as table:
        udp = sorted(line.split()[1] for line in table if line.split()[9] in inodes)
    return len(descriptors), udp


def srtp_line(text, leg):
    """Of `show calls`: the line about the media of one of the edge's legs."""
    edge = text.split("edge\n", 1)[1]
    return re.search(rf"^{leg} : .*\n.*\n(.*SRTP: .*)$", edge, re.MULTILINE)[1]


def ended(peers, caller_side, agent_side):
    """Both phones were told, no leg is left, the agent is ready again."""
    caller_side()
    agent_side()
    wait_until(lambda: not peers.site.calls(), 10, "no call leg is left")
    wait_until(lambda: peers.site.agent(LINE)["state"] == "READY", 10, f"agent {LINE} is ready for the next call")
    for phone in peers.caller, peers.agent:
        assert "Active calls (0)" in phone.calls(), phone.calls()


def test_call_and_either_side_hangs_up(peers):
    site = peers.site
    descriptors_before = sockets(site.pid)
    peers.call()
    peers.caller.hang_up()
    ended(peers, lambda: None, lambda: peers.agent.wait_event("CALL_CLOSED"))
    wait_until(lambda: sockets(site.pid)[1] == descriptors_before[1], 10, "the media ports are free")
    descriptors_after_first = sockets(site.pid)

    site.ringwall("agent", "not-ready", LINE)
    peers.call()
    peers.agent.hang_up()
    ended(peers, lambda: peers.caller.wait_event("CALL_CLOSED"), lambda: None)
    wait_until(lambda: sockets(site.pid) == descriptors_after_first, 10, "every port and file of the second call is freed")


@pytest.fixture
def capture(site, tmp_path):
    """Captures from before the peers' first connection."""
    if why := wire.why_not():
        pytest.skip(why)
    capture = wire.Capture(tmp_path, [site.address(last) for last in (226, 13, 143, 3)])
    yield capture
    capture.end()


def test_wire_shows_only_tls_and_srtp(capture, peers):
    site = peers.site
    (leg_then, text_then), (leg_now, text_now) = peers.call()
    check_inside_leg(leg_then, text_then, f"{site.address(143)}:")
    check_inside_leg(leg_now, text_now, "127.0.0.1:")
    assert leg_then["leg"] == leg_now["leg"]
    peers.caller.hang_up()
    ended(peers, lambda: None, lambda: peers.agent.wait_event("CALL_CLOSED"))
    capture.stop()
    check_signalling(capture, site)
    check_media(capture, peers)


def check_inside_leg(leg, text, remote):
    """The edge's leg inside is encrypted, in the table and in the JSON."""
    line = srtp_line(text, leg["leg"])
    assert f"SRTP: on {leg['media']['suite']}" in line and leg["media"]["suite"]
    assert leg["media"]["remote"].startswith(remote)
    assert not leg["waiver"] and leg["secure"]
    assert leg["media"]["authentication_failures"] == 0


def check_signalling(capture, site):
    edge, call_server, voice_browser, call_manager = (site.address(last) for last in (226, 13, 143, 3))
    peer = "127.0.0.1"  # where the system lets baresip's connections begin
    # The articles' filter; its rows, then those of every hop.
    assert capture.count(f"ip.addr == {edge} && tls && tcp.port==5061") >= 15
    rows = capture.fields("tls && tcp.port==5061", "ip.src", "ip.dst", "tls.handshake.type", "tls.record.content_type", "tls.app_data")
    for client, server in ((peer, edge), (edge, call_server), (call_server, voice_browser), (call_server, call_manager), (peer, call_manager)):
        assert any(row[:3] == (client, server, "1") for row in rows), f"no ClientHello from {client} to {server}"
        for source, target in ((client, server), (server, client)):
            assert sum(row[:2] == (source, target) and row[4] != "" for row in rows) >= 2, f"no application data from {source} to {target}"
    assert capture.count("sip") == 0
    streams = capture.streams()
    assert len(streams) >= 10
    for (_, source_port, _, target_port), stream in streams.items():
        assert 5061 in (source_port, target_port)
        assert wire.tls_records(stream)[wire.APPLICATION_DATA] > 0
        assert b"SIP/2.0" not in stream and b"crypto:" not in stream


def check_media(capture, peers):
    """Every datagram is SRTP or SRTCP: none is as long as clear G.711, none holds a piece of a prompt, none can be read as RTCP."""
    datagrams = capture.datagrams()
    rtp = [payload for *_, datagram in datagrams if (payload := wire.rtp_payload(datagram)) is not None]
    rtcp = [(source, datagram) for source, _, _, _, datagram in datagrams if wire.rtp_payload(datagram) is None]
    assert len(rtp) > 1000 and len(rtcp) > 4
    assert not any(b"SIP/2.0" in datagram for *_, datagram in datagrams)
    # 20 ms of G.711 or an RFC 4733 event, and the tag of 10 bytes (AES_CM_128_HMAC_SHA1_80) or 16 (AEAD).
    assert {len(payload) for payload in rtp} <= {160 + 10, 160 + 16, 4 + 10, 4 + 16}
    check_not_in_clear(rtp, [audioop.lin2ulaw(peers.prompt(name, 30), 2) for name in ("welcome.wav", "menu.wav", "thank-you.wav", "all-busy.wav")])
    # Debian's baresip says two things of no media in clear, whatever it is told: an RTCP APP packet PING that opens the way
    # through a NAT before it has our keys, and an RTCP BYE "Adjo" when its keys are gone. The site itself says nothing so.
    for source, datagram in rtcp:
        if wire.clear_rtcp(datagram):
            assert source == "127.0.0.1" and (datagram[8:] == b"PINGPONG" or datagram[8:13] == b"\x04Adjo"), (source, datagram)


def check_not_in_clear(payloads, prompts):
    pieces = wire.pieces(prompts)
    # The check itself would see the prompts if they went by in clear.
    clear = [prompt[at:at + 160] for prompt in prompts for at in range(0, len(prompt), 160)]
    assert wire.payloads_with(clear, pieces) > len(clear) / 2
    assert wire.entropy(clear) < 7.5
    assert wire.payloads_with(payloads, pieces) == 0
    assert wire.entropy(payloads) > 7.99


@pytest.fixture
def quick_peers(make_site, tmp_path):
    """At a site that queues the caller at once."""
    peers = Peers(make_site(quick=True), tmp_path)
    yield peers
    peers.stop()


def ring(peers):
    """A caller in the queue, the agent's phone ringing."""
    peers.site.ringwall("agent", "ready", LINE)
    peers.caller.dial(f"sip:6016@edge.{peers.site.domain}")
    peers.caller.wait_event("CALL_ESTABLISHED")
    peers.agent.wait_event("CALL_INCOMING")


def test_caller_gives_up_while_the_phone_rings(quick_peers):
    ring(quick_peers)
    quick_peers.caller.hang_up()
    ended(quick_peers, lambda: None, lambda: quick_peers.agent.wait_event("CALL_CLOSED"))


def test_phone_rejects_and_is_rung_again_when_ready(quick_peers):
    peers, site = quick_peers, quick_peers.site
    ring(peers)
    peers.agent.hang_up()
    peers.agent.wait_event("CALL_CLOSED")
    wait_until(lambda: site.agent(LINE)["state"] == "NOT_READY", 10, "the agent who rejects a call gets no other")
    peers.hears("queue.wav", timeout=60)
    site.ringwall("agent", "ready", LINE)
    peers.agent.wait_event("CALL_INCOMING")
    peers.agent.accept()
    peers.agent.wait_event("CALL_ESTABLISHED")
    wait_until(peers.both_hear, 20, "each side hears the other's tone")
    peers.agent.hang_up()
    ended(peers, lambda: peers.caller.wait_event("CALL_CLOSED"), lambda: None)
