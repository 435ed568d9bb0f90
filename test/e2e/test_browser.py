"""A browser as phone: headless Chromium registers over a WebSocket, and its audio is ICE, DTLS-SRTP and whatever it offers."""

import math
import struct
import wave

import pytest

import browser
import sound
from browser import Browser
from digest import make_secret
from ringwall_site import wait_until

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="there is no chromium here: script/bootstrap installs it")

PORT = 7443
OURS, THEIRS = 1000, 700  # Hz: what the phone of ours sends, what the browser's microphone hears
SIP = f"[sip]\nwss_port = {PORT}\n"
PHONE = """
[[profile]]
name = "page"
digest = true

[[phone]]
name = "page1901.ringwall.test"
line = "1901"
profile = "page"
digest = "secrets/1901.digest"
"""
AGENT = """
[[profile]]
name = "site"
ice = "lite"
key_exchange = ["dtls", "sdes"]

[[agent]]
id = "1901"
name = "Dora"
line = "1901"
skill_groups = ["support"]
"""


@pytest.fixture(scope="module")
def microphone(tmp_path_factory):
    """Ten seconds of a tone; the browser plays them again and again."""
    file = tmp_path_factory.mktemp("browser") / "microphone.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48000)
        out.writeframes(b"".join(struct.pack("<h", int(12000 * math.sin(2 * math.pi * THEIRS * n / 48000))) for n in range(480000)))
    return file


@pytest.fixture(scope="module")
def site(make_module_site):
    made = make_module_site(start=False, include={"sip": SIP, "page": PHONE, "agent": AGENT}, quick=True)
    make_secret(made, "phone-device", "secret", "1901", "--stdin", password="secret")
    return made.start()


@pytest.fixture
def page(site, microphone):
    with Browser(microphone) as opened:
        opened.evaluate(f"(globalThis.phone = new BrowserPhone({{url: 'wss://{site.address(3)}:{PORT}/sip', domain: '{site.domain}', "
                        "line: '1901', password: 'secret'})).open()")
        assert opened.evaluate("phone.register()") == 200
        yield opened


def wait_for(page, what, condition, patience=20):
    """The figures of the call as soon as they meet the condition."""
    return wait_until(lambda: (seen := page.evaluate("phone.figures()")) and condition(seen) and seen, patience,
                      f"{what}: {page.evaluate('phone.figures()')}")


def hears(page, hz, patience=15):
    """The page's ear finds the tone, and nothing louder."""
    wait_until(lambda: (ear := page.evaluate("phone.hears()"))["db"] > -60 and abs(ear["hz"] - hz) < 12, patience,
               f"the page hears {hz} Hz, not {page.evaluate('phone.hears()')}")


def heard(file, hz, at_least):
    with wave.open(str(file)) as recording:
        samples = recording.readframes(recording.getnframes())
    found = sound.seconds_of_tone(samples, hz, 0.8)
    assert found > at_least, f"{found} s of {hz} Hz in {len(samples) / 2 / sound.RATE} s"


@pytest.mark.parametrize("ice", ["lite", "full"])
def test_a_page_calls_a_phone(site, page, tmp_path, ice):
    record = tmp_path / "heard.wav"
    phone = site.agent_phone("1002", "--answer", "--tone", str(OURS), "--record", record, "--seconds", "9", "--dtls", "--ice", ice)
    called = page.evaluate("phone.call('1002', {video: true})")
    assert called["status"] == 200, called
    assert "m=video 0 " in called["sdp"] and "a=group:BUNDLE 0\r\n" in called["sdp"], called["sdp"]
    assert ("a=ice-lite" in called["sdp"]) == (ice == "lite"), called["sdp"]
    up = wait_for(page, "connected", lambda seen: seen["connection"] == "connected" and seen.get("received", 0) > 50)
    assert up["dtls"] == "connected" and up["role"] == "controlling", up
    hears(page, OURS)
    loud = wait_for(page, "audio", lambda seen: seen["level"] > 0.01)
    assert loud["bytes"] > 0, loud
    facts = phone.json()
    assert facts["succeeded"], (facts, phone.err)
    heard(record, THEIRS, 4)
    wait_for(page, "the end", lambda seen: seen["state"] == "over")


def of(sdp, attribute):
    return next(line for line in sdp.split("\r\n") if line.startswith(f"a={attribute}:"))


def test_ice_is_restarted_in_a_call(site, page, tmp_path):
    record = tmp_path / "heard.wav"
    phone = site.agent_phone("1002", "--answer", "--tone", str(OURS), "--record", record, "--seconds", "14", "--dtls", "--ice", "lite")
    first = page.evaluate("phone.call('1002')")
    before = wait_for(page, "connected", lambda seen: seen["connection"] == "connected" and seen.get("received", 0) > 50)
    again = page.evaluate("phone.restart()")
    assert again["status"] == 200, again
    assert of(again["sdp"], "ice-ufrag") != of(first["sdp"], "ice-ufrag")
    assert of(again["sdp"], "fingerprint") == of(first["sdp"], "fingerprint")
    wait_for(page, "the new path", lambda seen: seen["user"] != before["user"] and seen["connection"] == "connected"
             and seen["received"] > before["received"] + 100)
    hears(page, OURS)
    assert phone.json(40)["succeeded"], phone.err
    heard(record, THEIRS, 7)


def test_a_page_is_the_agent(site, page, tmp_path):
    """The caller comes from the carrier over SDES; the edge's own leg meets the browser."""
    record = tmp_path / "heard.wav"
    assert site.ringwall("agent", "ready", "1901")["agent"] == "1901"
    caller = site.caller("6016", "--tone", str(OURS), "--record", record, "--seconds", "14")
    wait_until(lambda: site.agent(1901)["state"] == "TALKING" or not caller.running(), 30, "the agent talks")
    assert caller.running(), (caller.out, caller.err)
    wait_for(page, "connected", lambda seen: seen["connection"] == "connected" and seen.get("received", 0) > 50)
    hears(page, OURS)
    facts = caller.json(40)
    assert facts["succeeded"], (facts, caller.err)
    heard(record, THEIRS, 3)
    wait_for(page, "the end", lambda seen: seen["state"] == "over")
    site.ringwall("agent", "logout", "1901")


def test_a_phone_without_ice_is_served_as_before(site, tmp_path):
    """ICE in the profile changes nothing for a phone that has none; edge and voice browser, both lite, do without."""
    files = [tmp_path / "agent.wav", tmp_path / "caller.wav"]
    agent = site.agent_phone("1001", "--answer", "--tone", str(THEIRS), "--record", files[0], "--seconds", "6")
    site.ringwall("agent", "ready", "1001")
    caller = site.caller("6016", "--tone", str(OURS), "--record", files[1], "--seconds", "8")
    for process in (agent, caller):
        facts = process.json(40)
        assert facts["succeeded"], (facts, process.err)
    heard(files[0], OURS, 3)
    heard(files[1], THEIRS, 3)
    site.ringwall("agent", "logout", "1001")


def test_a_page_that_vanishes_is_not_sent_to(site, page, tmp_path):
    """Consent (RFC 7675): the closed page answers no more checks, and the phone's audio stops after 30 s."""
    phone = site.agent_phone("1002", "--answer", "--tone", str(OURS), "--seconds", "45", "--dtls", "--ice", "lite")
    assert page.evaluate("phone.call('1002')")["status"] == 200
    wait_for(page, "connected", lambda seen: seen.get("received", 0) > 50)
    page.evaluate("phone.peer.close()")
    facts = phone.json(70)
    assert 30 * 50 < facts["media"]["sent"]["packets"] < 38 * 50, facts
