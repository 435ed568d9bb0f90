"""Wideband codecs from end to end: a carrier and a phone that speak different ones, prompts in each, and baresip's own
G.722 and Opus."""

import struct
import warnings
import wave

import pytest

from baresip import Baresip, NameServer, available
from ringwall_site import wait_until
from sound import seconds_of_tone

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

CALLER_TONE, AGENT_TONE = 440, 620

SITE_PROFILE = """
[[profile]]
name = "site"
codecs = ["opus", "G722", "PCMU"]
"""


def read_wav(file):
    with wave.open(str(file)) as sound:
        return sound.readframes(sound.getnframes())


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site(quick=True, edits=[(r'name = "carrier"\nmode = "encrypted"', 'name = "carrier"\ncodecs = ["opus", "G722", "L16", "PCMU"]\nmode = "encrypted"')],
                            include={"codecs": SITE_PROFILE})


def narrowed(file):
    """A recording of baresip's, made at the rate and with the channels of its codec, as 8 kHz mono; also while it is written."""
    data = file.read_bytes()
    channels, rate = struct.unpack_from("<HI", data, data.find(b"fmt ") + 10)
    samples = data[data.find(b"data") + 8:]
    samples = samples[:len(samples) // (2 * channels) * 2 * channels]
    if channels == 2:
        samples = audioop.tomono(samples, 2, 0.5, 0.5)
    return audioop.ratecv(samples, 2, 1, rate, 8000, None)[0]


def edge_codecs(site):
    """The codecs of the edge's two legs, towards the carrier first."""
    legs = {leg["direction"]: leg for leg in site.calls() if leg["element"] == "edge"}
    return [legs[direction]["media"]["codec"] for direction in ("answer", "originate") if direction in legs]


@pytest.mark.parametrize("carrier, phone", [("opus", "G722"), ("L16", "opus"), ("G722", "G722"), ("PCMU", "opus")])
def test_each_side_hears_the_other(site, tmp_path, carrier, phone):
    heard = {"caller": tmp_path / "caller.wav", "agent": tmp_path / "agent.wav"}
    agent = site.agent_phone("1001", "--answer", "--codec", phone, "--tone", AGENT_TONE, "--record", heard["agent"], "--seconds", "8")
    site.ringwall("agent", "ready", "1001")
    caller = site.caller("6016", "--codec", carrier, "--tone", CALLER_TONE, "--record", heard["caller"], "--seconds", "25")
    try:
        wait_until(lambda: site.agent("1001")["state"] == "TALKING", 20, "the agent talks")
        wait_until(lambda: edge_codecs(site) == [carrier, phone], 10, f"the edge joins {carrier} and {phone}, not {edge_codecs(site)}")
        agent.wait(40)
        caller.wait(40)
    finally:
        site.ringwall("agent", "logout", "1001")
    assert seconds_of_tone(read_wav(heard["agent"]), CALLER_TONE) >= 4
    assert seconds_of_tone(read_wav(heard["caller"]), AGENT_TONE) >= 4


@pytest.mark.skipif(not available(), reason="baresip is not installed: script/bootstrap installs it")
@pytest.mark.parametrize("module, codec, name", [("g722", "g722/16000/1", "G722"), ("opus", "opus/48000/2", "opus")])
def test_baresip_speaks_wideband_to_a_narrow_phone(site, tmp_path, module, codec, name):
    ports, heard = 33000 + int(site.net.split(".")[1]) * 200, tmp_path / "agent.wav"
    agent = site.agent_phone("1001", "--answer", "--codec", "PCMU", "--tone", AGENT_TONE, "--record", heard, "--seconds", "8")
    dns = NameServer(site.address(53), {f"edge.{site.domain}": site.address(226)})
    account = f"<sip:5550100@carrier.{site.domain};transport=tls>;regint=0;mediaenc=srtp-mand;audio_codecs={codec}"
    caller = Baresip(tmp_path / "caller", site.address(76), account, site.carrier(), dns.where, CALLER_TONE, f"{ports}-{ports + 98}",
                     f"module {module}.so\n")
    try:
        site.ringwall("agent", "ready", "1001")
        caller.dial(f"sip:6016@edge.{site.domain}")
        caller.wait_event("CALL_ESTABLISHED")
        wait_until(lambda: edge_codecs(site) == [name, "PCMU"], 20, f"the edge joins {name} and PCMU")
        agent.wait(40)
    finally:
        caller.stop()
        dns.close()
        site.ringwall("agent", "logout", "1001")
    assert seconds_of_tone(read_wav(heard), CALLER_TONE) >= 4
    assert seconds_of_tone(narrowed(caller.recordings()[-1]), AGENT_TONE) >= 3
