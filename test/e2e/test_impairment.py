"""A bad network between a caller and the edge: of the packets of each way 10 % are lost, each is late by up to 60 ms, so that
one in five is overtaken. Both sides still hear each other, and the figures say how bad it is."""

import pytest

from impairment import ImpairedPath, ImpairedWire
from ringwall_site import wait_until
from sound import seconds_of_tone
from test_codecs import AGENT_TONE, CALLER_TONE, edge_codecs, read_wav, site  # site: a fixture
from test_quality import edge_media, quality_records

LOSS, JITTER = 0.10, 0.060
SECONDS = 10  # of talk

# What counts as heard: in this share of the time's tenths of a second, the tone holds more than half of the energy; where
# it is not, hardly any tenth counts. The scripted phone at the caller's end has no jitter buffer: it decodes what comes as
# it comes, which costs codecs with a memory more than the others.
HALF_OF_THE_ENERGY = 0.5
AGENT_HEARS, CALLER_HEARS, NOT_THERE = 0.5, 0.25, 0.03


@pytest.fixture
def path(site):
    path = ImpairedPath(site.address(77), 1, LOSS, JITTER)
    yield path
    path.close()


@pytest.fixture
def wire(site, path):
    wire = ImpairedWire(site, path)
    yield wire
    wire.close()


def share_heard(file, tone):
    sound = read_wav(file)
    seconds = len(sound) / 16_000
    assert seconds > SECONDS / 2, f"{file.name} lasts {seconds} s"
    return seconds_of_tone(sound, tone, HALF_OF_THE_ENERGY) / seconds


def all_was_genuine(media):
    """A packet or two may come before the answer that describes them: those are refused unseen."""
    assert [media[count] for count in ("authentication_failures", "replayed", "unknown_keys")] == [0] * 3 and media["refused"] <= 5, media


def near(jitter_ms):
    """Two delays of 0 to 60 ms differ by 20 ms on average (RFC 3550 section 6.4.1); a busy machine adds to it."""
    return 8 <= jitter_ms <= 60


@pytest.mark.parametrize("carrier, phone", [("PCMU", "PCMU"), ("G722", "PCMU"), ("opus", "G722")])
def test_a_bad_network_is_heard_through_and_reported(site, path, wire, tmp_path, carrier, phone):
    heard = {"caller": tmp_path / "caller.wav", "agent": tmp_path / "agent.wav"}
    agent = site.agent_phone("1001", "--answer", "--codec", phone, "--tone", AGENT_TONE, "--record", heard["agent"], "--seconds", SECONDS)
    site.ringwall("agent", "ready", "1001")
    caller = site.phone_process(["--call", "6016", "--codec", carrier, "--tone", CALLER_TONE, "--record", heard["caller"], "--seconds", "25"],
                                site.carrier(), site.address(76), wire.server, f"edge.{site.domain}", "5550100")
    try:
        wait_until(lambda: site.agent("1001")["state"] == "TALKING", 20, "the agent talks")
        wait_until(lambda: edge_codecs(site) == [carrier, phone], 5, f"the edge joins {carrier} and {phone}, not {edge_codecs(site)}")
        interaction = next(leg["interaction"] for leg in site.calls() if leg["element"] == "edge")

        def reported():
            media = edge_media(site)
            bad = media.get("carrier")
            return bad and bad["heard_by_peer"] and bad["received"]["packets"] >= 250 and media

        legs = wait_until(reported, SECONDS, "both ends of the bad network have reported")
        ends = {"agent": agent.json(40), "caller": caller.json(40)}
    finally:
        site.ringwall("agent", "logout", "1001")

    # The network was as bad as it was meant to be.
    for way in (path.up, path.down):
        assert way.passed > 300 and 0.05 <= way.dropped / (way.passed + way.dropped) <= 0.16 and way.overtaken > 30, way

    assert share_heard(heard["agent"], CALLER_TONE) >= AGENT_HEARS
    assert share_heard(heard["caller"], AGENT_TONE) >= CALLER_HEARS
    assert share_heard(heard["agent"], AGENT_TONE) <= NOT_THERE and share_heard(heard["caller"], CALLER_TONE) <= NOT_THERE

    # While they talk: the edge sees the loss of what it receives, and is told of the loss of what it sends.
    bad = legs["carrier"]
    assert bad["remote"] == "%s:%d" % path.site_side.getsockname(), bad
    assert 0.04 <= bad["lost"] / (bad["lost"] + bad["received"]["packets"]) <= 0.20, (bad, path.up)
    assert near(bad["jitter_ms"]) and near(bad["heard_by_peer"]["jitter_ms"]), bad
    assert 1 <= bad["heard_by_peer"]["loss_percent"] <= 25, (bad, path.down)
    assert 2 <= bad["mos"] <= 4 and 2 <= bad["heard_by_peer"]["mos"] <= 4.2, bad
    for media in [*legs.values(), *(end["media"] for end in ends.values())]:
        all_was_genuine(media)

    # Afterwards: every packet that was dropped is known to be lost, but for a few at the ends of the call.
    assert all(end["succeeded"] for end in ends.values()), ends
    assert abs(ends["caller"]["media"]["lost"] - path.down.dropped) <= 12, (ends["caller"]["media"], path.down)
    of_agent = ends["agent"]["media"]
    if carrier == phone:  # what is passed on as it came lacks what was lost
        assert abs(of_agent["lost"] - path.up.dropped) <= 12, (of_agent, path.up)
    else:  # what was decoded, freed of the loss and encoded anew is whole
        assert of_agent["lost"] <= 5 and of_agent["mos"] >= 4, of_agent
    wait_until(lambda: len(records(site, interaction)) == 2, 15, "both legs are in the interaction's record")
    record = records(site, interaction)["caller"]
    assert abs(int(record["lost"]) - path.up.dropped) <= 12, (record, path.up)
    assert near(float(record["jitter_ms"])) and 2 <= float(record["mos"]) <= 4, record


def records(site, interaction):
    return {detail["side"]: detail for of, detail in quality_records(site) if of == interaction}
