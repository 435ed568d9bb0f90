"""The call with peers that nobody here wrote: baresip is the carrier that calls, another baresip is agent 1001's phone.

Both know the site only by its names and its trust anchors, and check the names in its certificates; the site knows them by
the names in theirs. docs/interop-baresip.md has the same configuration for use by hand.
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
        self.dns = NameServer(site.address(53), {f"edge.{domain}": site.address(226), f"call-manager.{domain}": site.address(3)})
        self.parts = []
        self.caller = self._start(folder / "caller", site.address(76), site.carrier(), CALLER_TONE, f"{ports}-{ports + 98}",
                                  f"<sip:5550100@carrier.{domain};transport=tls>;regint=0;mediaenc=srtp-mand;audio_codecs=pcmu/8000/1")
        self.agent = self._start(folder / "agent", site.address(75), site.issue(f"phone{LINE}.{domain}"), AGENT_TONE, f"{ports + 100}-{ports + 198}",
                                 f'<sip:{LINE}@{domain};transport=tls>;outbound="sip:call-manager.{domain};transport=tls";regint=600'
                                 ";mediaenc=srtp-mand;audio_codecs=pcmu/8000/1")
        wait_until(lambda: site.registered(LINE), 15, f"baresip is registered as {LINE}:\n{self.agent.log()}\n{site.log_text()}")

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
        prompt = self.prompt(name)

        def heard():
            recording = self.caller.heard()[2 * after:]
            if len(recording) < len(prompt):
                return None
            likeness = sound.match(recording, prompt)
            return likeness if min(likeness) >= LIKENESS else None

        likeness = wait_until(heard, timeout, f"the caller hears {name}")
        assert len(likeness) >= 4
        return likeness

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
    assert "(no active calls)" in peers.caller.calls() or "Active calls (0)" in peers.caller.calls()


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
