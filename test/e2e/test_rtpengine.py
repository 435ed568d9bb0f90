"""rtpengine in the way of a carrier's call: it decrypts and encrypts again, with other keys and another suite on each side."""

import pytest

from ringwall_site import wait_until
from rtpengine import DTLS, SDES, Hop, Rtpengine, available
from sound import seconds_of_tone
from test_agent_call import read_wav, ready, talking

pytestmark = pytest.mark.skipif(not available(), reason="rtpengine is not installed, nor does script/bootstrap install it: "
                                                        "apt-get install rtpengine-daemon")

CALLER_TONE, AGENT_TONE = 700, 1300
CM, GCM = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"


def edge_legs(site):
    """The edge's leg towards the relay and that towards the agent, once each has got three seconds of audio, and the one
    outside a report by SRTCP of how the caller hears it."""
    legs = {leg["direction"]: leg for leg in site.calls() if leg["element"] == "edge"}
    flows = len(legs) == 2 and all(leg["media"]["received"]["packets"] > 150 for leg in legs.values())
    flows = flows and legs["answer"]["media"]["heard_by_peer"]
    return legs if flows else None


def relay_sides(relay, call_id):
    """What rtpengine says of the audio from the caller and from the edge: (its suite, packets that came, errors), each."""
    facts = relay.ask("query", **{"call-id": call_id})
    streams = {stream["endpoint"]["address"]: stream for tag in facts["tags"].values() for media in tag["medias"]
               for stream in media["streams"] if "RTP" in stream["flags"]}
    sides = (streams[relay.site.address(last)] for last in (76, 226))
    return [(side.get("crypto suite"), side["stats"]["packets"], side["stats"]["errors"]) for side in sides]


def relay_runs(relay, call_id):
    """The same, once it has keys and packets of both sides."""
    sides = relay_sides(relay, call_id)
    return sides if all(suite and packets for suite, packets, _ in sides) else None


def only(suite):
    """An edit of the carrier's profile: one suite alone."""
    return [(r'(name = "carrier"\nmode[^\[]*)suites = \[[^\]]*\]', rf'\g<1>suites = ["{suite}"]')]


@pytest.mark.parametrize("far, near, edits, suites, exchanges", [
    (["--suite", GCM], SDES, only(CM), (GCM, CM), ("SDES", "SDES")),
    (["--suite", CM], SDES, only(GCM), (CM, GCM), ("SDES", "SDES")),
    (["--suite", CM], DTLS, (), (CM, GCM), ("SDES", "DTLS")),
    (["--dtls"], SDES, only(CM), (GCM, CM), ("DTLS", "SDES")),
], ids=["GCM-to-CM", "CM-to-GCM", "SDES-to-DTLS", "DTLS-to-SDES"])
def test_it_encrypts_again_between_carrier_and_edge(make_site, tmp_path, far, near, edits, suites, exchanges):
    site = make_site(quick=True, edits=edits)
    relay = Rtpengine(site, tmp_path)
    hop = Hop(site, relay, near)
    try:
        agent = site.agent_phone("1001", "--answer", "--tone", AGENT_TONE, "--record", tmp_path / "agent.wav", "--seconds", "10")
        ready(site, "1001")
        caller = hop.call("6016", "--tone", CALLER_TONE, "--record", tmp_path / "caller.wav", "--seconds", "30", *far)
        talking(site, "1001")
        errors_before = [errors for _, _, errors in wait_until(lambda: relay_runs(relay, hop.call_id), 5, "rtpengine has all keys")]
        legs = wait_until(lambda: edge_legs(site), 15, "audio flows at the edge")
        sides = relay_sides(relay, hop.call_id)
        of_agent, of_caller = agent.json(), caller.json()
        wait_until(lambda: not site.calls(), 10, "no leg is left")
    finally:
        hop.close()
    assert not hop.trouble
    check_edge(legs, relay, suites[1], exchanges[1])
    check_relay(sides, errors_before, suites)
    check_caller(of_caller, relay, suites[0], exchanges[0])
    assert of_agent["succeeded"], of_agent
    assert seconds_of_tone(read_wav(tmp_path / "agent.wav"), CALLER_TONE) >= 4
    assert seconds_of_tone(read_wav(tmp_path / "caller.wav"), AGENT_TONE) >= 4


def check_edge(legs, relay, suite, exchange):
    outside = legs["answer"]["media"]
    assert (outside["suite"], outside["key_exchange"]) == (suite, exchange), outside
    assert outside["remote"].startswith(f"{relay.address}:"), "the edge sends to the relay, and it alone"
    for leg in legs.values():
        assert leg["secure"] and not leg["waiver"], leg
        assert leg["media"]["authentication_failures"] == 0, leg


def check_relay(sides, errors_before, suites):
    """What could not be authenticated or encrypted would be an error there. Until a handshake on the other side is done,
    it has no key to encrypt with; so errors are counted from when it has both."""
    assert tuple(suite for suite, _, _ in sides) == suites
    for (_, packets, errors), before in zip(sides, errors_before):
        assert packets > 150 and errors == before, sides


def check_caller(facts, relay, suite, exchange):
    assert facts["succeeded"], facts
    media = facts["media"]
    assert (media["suite"], media["key_exchange"]) == (suite, exchange), media
    assert media["remote"].startswith(f"{relay.address}:"), media
    assert media["received"]["packets"] > 150 and media["authentication_failures"] == 0, media
