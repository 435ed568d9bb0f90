"""Wideband codecs from end to end: a carrier and a phone that speak different ones, prompts in each, and baresip's own
G.722 and Opus."""

import wave

import pytest

from ringwall_site import wait_until
from sound import seconds_of_tone

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
