"""baresip as desk phone: it holds and resumes, transfers blind, and is one of the two that are joined by somebody else's
attended transfer (Debian's baresip 1.0 cannot begin one). What counts is who hears whom."""

import re
import time
from urllib.parse import quote

import pytest

import sound
from baresip import Baresip, NameServer, available, samples_of
from ringwall_site import wait_until
from sip_phone import Phone

pytestmark = pytest.mark.skipif(not available(), reason="baresip is not installed: script/bootstrap installs it")

TONES = {"1001": 440, "1002": 620, "1003": 880}
LATEST = 1  # seconds of a tone that count as heard


class Desk:
    """A registered baresip. manager: how it reaches the call manager."""

    def __init__(self, site, folder, line, dns, manager="call-manager.ringwall.test"):
        self.line, self.domain, place = line, site.domain, int(line) - 1001
        ports = 50000 + int(site.net.split(".")[1]) * 100 + place * 30  # for its sockets take every address
        account = (f'<sip:{line}@{site.domain};transport=tls>;outbound="sip:{manager};transport=tls";regint=600'
                   ";mediaenc=srtp-mand;audio_codecs=pcmu/8000/1")
        self.phone = Baresip(folder / line, site.address(90 + place), account, site.issue(f"phone{line}.{site.domain}"), dns, TONES[line],
                             f"{ports}-{ports + 28}")
        wait_until(lambda: site.registered(line), 15, f"baresip is registered as {line}")

    @property
    def uri(self):
        return f"sip:{self.line}@{self.domain}"

    def call(self, other):
        self.phone.dial(other.uri)
        other.answer()
        self.phone.wait_event("CALL_ESTABLISHED")

    def answer(self):
        self.phone.wait_event("CALL_INCOMING")
        self.phone.accept()
        self.phone.wait_event("CALL_ESTABLISHED")

    def now(self):
        """How many samples it has heard so far."""
        return len(self.phone.heard()) // 2

    def seconds_of(self, tone, since):
        return sound.seconds_of_tone(self.phone.heard()[2 * since:], tone)


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(quick=True)


@pytest.fixture
def desks(site, tmp_path):
    """Ada, Bob and Carol."""
    dns = NameServer(site.address(53), {f"call-manager.{site.domain}": site.address(3)})
    made = []
    try:
        for line in TONES:
            made.append(Desk(site, tmp_path, line, dns.where))
        yield made
    finally:
        for desk in made:
            desk.phone.stop()
        dns.close()


def hear(*pairs):
    """Each first one of the pairs hears the tone from now on."""
    begun = [(desk, tone, desk.now()) for desk, tone in pairs]
    wait_until(lambda: all(desk.seconds_of(tone, since) > LATEST for desk, tone, since in begun), 20, f"{[(d.line, t) for d, t in pairs]} is heard")


def talk(one, other):
    hear((one, TONES[other.line]), (other, TONES[one.line]))


def over(site, *desks):
    for desk in desks:
        desk.phone.wait_event("CALL_CLOSED")
    wait_until(lambda: not site.calls(), 10, "no leg is left")


@pytest.mark.parametrize("who", ["caller", "called"])
def test_hold_and_resume(site, desks, tmp_path, who):
    """The other phone hears Ada, then nothing, then Ada again. (What baresip 1.0 receives after a hold it does not play.)"""
    ada, bob, _ = desks
    bob.phone.stop()
    wait_until(lambda: not site.registered(bob.line), 10, "Bob's baresip is gone")
    heard = tmp_path / "heard.wav"
    media = ["--tone", "1200", "--record", heard]
    if who == "caller":
        other = site.agent_phone(bob.line, "--answer", "--seconds", "60", *media)
        ada.phone.dial(bob.uri)
        ada.phone.wait_event("CALL_ESTABLISHED")
    else:
        other = site.agent_phone(bob.line, "--call", ada.line, "--seconds", "60", *media)
        ada.answer()
    hear((ada, 1200))
    ada.phone.command("hold")
    time.sleep(2)
    assert len(site.calls()) == 2
    ada.phone.command("resume")
    time.sleep(2)
    ada.phone.hang_up()
    assert other.json(20)["failure"] == ""
    course = sound.course_of_tone(samples_of(heard), TONES[ada.line])
    assert re.search(r"T{3,}\.{4,}T{3,}", course), course


def test_blind_transfer(site, desks):
    """baresip 1.0 never takes other keys than those it began with, so only Carol hears: her call is a new one."""
    ada, bob, carol = desks
    ada.call(bob)
    talk(ada, bob)
    ada.phone.command("transfer", carol.uri)
    carol.answer()
    ada.phone.wait_event("CALL_CLOSED")
    hear((carol, TONES[bob.line]))
    assert len(site.calls()) == 2, "Bob's leg and Carol's"
    carol.phone.hang_up()
    over(site, bob)


def test_blind_transfer_to_one_who_declines(site, desks):
    """baresip hangs up when it hears that; the others are let go."""
    ada, bob, carol = desks
    ada.call(bob)
    talk(ada, bob)
    ada.phone.command("transfer", carol.uri)
    carol.phone.wait_event("CALL_INCOMING")
    carol.phone.hang_up()
    over(site, bob)


def test_an_agent_transfers_a_caller(site, desks, tmp_path):
    """The caller is outside and the edge is between, which does take new keys: both hear each other."""
    ada, bob, _ = desks
    caller = site.caller("6016", "--seconds", "14", "--tone", "1200", "--record", tmp_path / "heard.wav")
    site.ringwall("agent", "ready", ada.line)
    ada.answer()
    hear((ada, 1200))
    ada.phone.command("transfer", bob.uri)
    bob.answer()
    ada.phone.wait_event("CALL_CLOSED")
    hear((bob, 1200))
    facts = caller.json(40)
    assert facts["succeeded"], facts
    heard = samples_of(tmp_path / "heard.wav")
    for desk in (ada, bob):
        assert sound.seconds_of_tone(heard, TONES[desk.line]) >= LATEST, f"the caller hears {desk.line}"
    over(site, bob)
    site.ringwall("agent", "logout", ada.line)


def test_attended_transfer_of_two(site, desks):
    """A third phone joins the two that it talks to; both take the re-INVITE (and keep their old keys, so they hear nothing)."""
    ada, bob, carol = desks
    ada.phone.stop()
    wait_until(lambda: not site.registered(ada.line), 10, "Ada's phone is gone")
    with Phone(site, "1001") as dora:
        dora.register()
        dialogs = []
        for number, desk in enumerate((bob, carol)):
            dialogs.append(dora.call(desk.line, dora.description(30000 + number * 100)))
            desk.answer()
            assert dialogs[-1].answered().status == 200
        first, second = dialogs
        target = f"{carol.uri}?Replaces={quote(second.replaces(), safe='')}"
        assert first.request("REFER", [f"Refer-To: <{target}>", f"Referred-By: <{dora.aor}>"]).status == 202
        for dialog in dialogs:
            dialog.expect("BYE")
    legs = site.calls()
    assert {leg["peer"] for leg in legs} == {f"phone{desk.line}.{site.domain}" for desk in (bob, carol)}, legs
    bob.phone.hang_up()
    over(site, carol)


def test_it_knows_addresses_alone(site, tmp_path):
    """No name server anywhere: its ACK and BYE come all the same, in calls that it makes and in calls that it takes."""
    desk = Desk(site, tmp_path, "1001", f"{site.address(53)}:9", manager=f"{site.address(3)}:5061")
    try:
        other = site.agent_phone("1002", "--answer", "--seconds", "60", "--tone", "1200")
        desk.phone.dial(f"sip:1002@{site.domain}")
        desk.phone.wait_event("CALL_ESTABLISHED")
        hear((desk, 1200))
        desk.phone.hang_up()
        assert other.json(20)["failure"] == ""
        wait_until(lambda: not site.calls(), 10, "its BYE came")
        other = site.agent_phone("1002", "--call", "1001", "--seconds", "60", "--tone", "1200")
        desk.answer()
        hear((desk, 1200))
        desk.phone.hang_up()
        assert other.json(20)["failure"] == ""
        wait_until(lambda: not site.calls(), 10, "its BYE came")
    finally:
        desk.phone.stop()
