"""Debian's linphonec as a phone with a password: it registers over TLS, takes calls and makes them, with SRTP and audio
both ways. No name server knows the elements here: it reaches the site by address, and so do its ACK and BYE."""

import os
import re
import shutil
import subprocess
import time

import pytest

from baresip import make_tone, samples_of
from digest import PHONES, make_secret
from ringwall_site import wait_until
from sound import course_of_tone, seconds_of_tone

LINE, OURS, THEIRS, HELD = "1902", 440, 700, 1500  # tones in Hz: linphone's, the other phone's, linphone's music

# Only TLS; files for a sound card, since a test machine has none.
CONFIGURATION = """\
[sip]
sip_port=0
sip_tcp_port=0
sip_tls_port=-1
default_proxy=0
media_encryption=srtp
media_encryption_mandatory=1
verify_server_certs=1
verify_server_cn=0
root_ca={anchors}
bind_address={address}

[net]
dns_srv_enabled=0

[rtp]
audio_rtp_port=37500

[auth_info_0]
username={line}
userid={line}
passwd=secret
realm={domain}
domain={domain}
algorithm=MD5

[proxy_0]
reg_proxy=<sip:{registrar}:5061;transport=tls>
reg_route=<sip:{registrar}:5061;transport=tls>
reg_identity=sip:{line}@{domain}
reg_expires=600
reg_sendregister=1
"""


class Linphone:
    """A running linphonec, driven by its command line; it answers by itself."""

    def __init__(self, site, folder):
        if not shutil.which("linphonec"):
            pytest.fail("linphonec is missing: script/bootstrap installs it")
        self.folder = folder
        (folder / ".local/share/linphone").mkdir(parents=True)
        make_tone(folder / "tone.wav", OURS)
        (folder / "linphonerc").write_text(CONFIGURATION.format(anchors=site.folder / "pki" / "anchors.pem", address=site.address(77),
                                                                line=LINE, domain=site.domain, registrar=site.address(3)))
        self.process = subprocess.Popen(["linphonec", "-a", "-c", folder / "linphonerc", "-d", "6", "-l", folder / "log"], stdin=subprocess.PIPE,
                                        stdout=open(folder / "out", "w"), stderr=subprocess.STDOUT, text=True, env=dict(os.environ, HOME=str(folder)))
        time.sleep(2)  # what comes before it is ready answers a question for a password
        for line in ("soundcard use files", f"play {folder / 'tone.wav'}", f"record {folder / 'heard.wav'}"):
            self.say(line)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def said(self):
        return (self.folder / "out").read_text(errors="replace")

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def stop(self):
        try:
            self.say("quit")
            self.process.wait(5)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait(5)


@pytest.fixture(scope="module")
def site(make_module_site):
    made = make_module_site(start=False, include={"phones": PHONES})
    make_secret(made, "phone-device", "secret", "1901", "--stdin", password="secret")
    make_secret(made, "phone-device", "secret", LINE, "--stdin", "--algorithm", "MD5", password="secret")
    return made.start()


@pytest.fixture(scope="module")
def linphone(site, tmp_path_factory):
    made = Linphone(site, tmp_path_factory.mktemp("linphone"))
    try:
        wait_until(lambda: made.say("status register") or site.registered(LINE), 20, f"linphone registers:\n{made.said()}")
        yield made
    finally:
        made.stop()


def test_it_takes_a_call(site, linphone, tmp_path):
    caller = site.agent_phone(1001, "--call", LINE, "--seconds", "4", "--tone", str(THEIRS), "--record", str(tmp_path / "heard.wav"))
    legs = wait_until(lambda: [leg for leg in site.calls() if leg["connected"] and leg["number"] == LINE], 15, "linphone answers")
    assert all(leg["secure"] for leg in legs), legs
    linphone.say(f"play {linphone.folder / 'tone.wav'}")
    facts = caller.json(30)
    assert facts["succeeded"], facts
    wait_until(lambda: not site.calls(), 10, "both legs are over")
    assert seconds_of_tone(samples_of(tmp_path / "heard.wav"), OURS, 0.7) > 1.5, "linphone is heard"
    time.sleep(0.3)
    assert seconds_of_tone(samples_of(linphone.folder / "heard.wav"), THEIRS, 0.7) > 1.5, "linphone hears"


def test_it_ends_a_call_that_it_took(site, linphone):
    caller = site.agent_phone(1001, "--call", LINE, "--seconds", "30")
    wait_until(lambda: [leg for leg in site.calls() if leg["connected"] and leg["number"] == LINE], 15, "linphone answers")
    time.sleep(0.5)
    linphone.say("terminate")
    wait_until(lambda: not site.calls(), 10, "its BYE reaches the site")
    assert caller.json(10)["failure"] == ""


def test_it_makes_a_call(site, linphone, tmp_path):
    phone = site.agent_phone(1001, "--answer", "--seconds", "60", "--tone", str(THEIRS), "--record", str(tmp_path / "heard.wav"))
    linphone.say(f"call sip:1001@{site.domain}")
    wait_until(lambda: len([leg for leg in site.calls() if leg["connected"]]) == 2, 15, f"the call is up: {site.calls()}")
    assert all(leg["secure"] for leg in site.calls())
    linphone.say(f"play {linphone.folder / 'tone.wav'}")
    time.sleep(4)
    linphone.say("terminate")
    wait_until(lambda: not site.calls(), 10, "its BYE reaches the site")
    assert phone.json(10)["failure"] == ""
    assert seconds_of_tone(samples_of(tmp_path / "heard.wav"), OURS, 0.7) > 1.5, "linphone is heard"
    assert seconds_of_tone(samples_of(linphone.folder / "heard.wav"), THEIRS, 0.7) > 1.5, "linphone hears"
    assert f"ACK sip:call-manager@{site.address(3)}:5061" in linphone.log()


def test_it_calls_the_service(site, linphone):
    linphone.say("call sip:6016@" + site.domain)
    wait_until(lambda: any(leg["element"] == "voice-browser" and leg["connected"] for leg in site.calls()), 15, f"it is greeted: {site.calls()}")
    linphone.say("terminate")
    wait_until(lambda: not site.calls(), 10, "its BYE reaches the site")


def confirmed(site, count):
    return wait_until(lambda: len([leg for leg in site.calls() if leg["connected"]]) == count and site.calls(), 15, f"{count} legs are up: {site.calls()}")


def answering(site, line, tone, record, seconds=60):
    return site.agent_phone(line, "--answer", "--seconds", str(seconds), "--wait", "60", "--tone", str(tone), "--record", str(record))


def test_it_holds_and_resumes(site, linphone, tmp_path):
    """Meanwhile the other side hears its music."""
    phone = answering(site, 1001, THEIRS, tmp_path / "heard.wav")
    linphone.say(f"call sip:1001@{site.domain}")
    confirmed(site, 2)
    linphone.say(f"play {linphone.folder / 'tone.wav'}")
    time.sleep(2)
    make_tone(linphone.folder / "music.wav", HELD)
    linphone.say(f"play {linphone.folder / 'music.wav'}")
    linphone.say("pause")
    time.sleep(2)
    linphone.say("resume")
    linphone.say(f"play {linphone.folder / 'tone.wav'}")
    time.sleep(2)
    linphone.say("terminate")
    assert phone.json(20)["failure"] == ""
    course = course_of_tone(samples_of(tmp_path / "heard.wav"), OURS, 0.7)
    assert re.search(r"T{3,}\.{4,}T{3,}", course), course
    assert seconds_of_tone(samples_of(tmp_path / "heard.wav"), HELD, 0.7) > 1
    offers = re.findall(r"^a=(sendonly|recvonly)", linphone.log(), re.MULTILINE)
    assert "sendonly" in offers and "recvonly" in offers, "offer and answer"


def test_it_transfers_blind(site, linphone, tmp_path):
    first = answering(site, 1001, 1000, tmp_path / "first.wav", seconds=8)
    second = answering(site, 1002, 1300, tmp_path / "second.wav")
    linphone.say(f"call sip:1001@{site.domain}")
    confirmed(site, 2)
    linphone.say(f"transfer sip:1002@{site.domain}")
    joined(site, tmp_path, first, second)


def test_it_transfers_attended(site, linphone, tmp_path):
    """A REFER with the Replaces of its second call (RFC 5589 section 7)."""
    first = answering(site, 1001, 1000, tmp_path / "first.wav", seconds=12)
    second = answering(site, 1002, 1300, tmp_path / "second.wav")
    linphone.say(f"call sip:1001@{site.domain}")
    confirmed(site, 2)
    linphone.say("pause")
    time.sleep(1)
    linphone.say(f"call sip:1002@{site.domain}")
    confirmed(site, 4)
    before = len(linphone.said())
    linphone.say("calls")
    numbers = wait_until(lambda: re.findall(r"^(\d+) *\|", linphone.said()[before:], re.MULTILINE), 5, "its calls are listed")
    assert len(numbers) == 2, linphone.said()[before:]
    linphone.say(f"transfer {numbers[0]} --to-call {numbers[1]}")
    joined(site, tmp_path, first, second)


def joined(site, folder, first, second):
    """The two phones hear each other until the first one hangs up, and linphone has left."""
    wait_until(lambda: {leg["peer"] for leg in site.calls()} == {f"phone{line}.{site.domain}" for line in (1001, 1002)}, 15,
               f"the two are joined: {site.calls()}")
    for phone in (first, second):
        assert phone.json(30)["failure"] == ""
    assert seconds_of_tone(samples_of(folder / "first.wav"), 1300) > 1.5, "1001 hears 1002"
    assert seconds_of_tone(samples_of(folder / "second.wav"), 1000) > 1.5, "1002 hears 1001"
    wait_until(lambda: not site.calls(), 10, "no leg is left")
