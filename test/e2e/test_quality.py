"""How well each side hears the other: in `show calls` while they talk, and in the interaction's record afterwards."""

import json
import sqlite3

from ringwall_site import wait_until


def edge_media(site):
    """The media figures of the edge's legs towards the caller and the contact centre."""
    return {leg["peer"]: leg["media"] for leg in site.calls() if leg["element"] == "edge" and leg.get("media")}


def quality_records(site):
    with sqlite3.connect(f"file:{site.folder / 'store' / 'site.db'}?mode=ro", uri=True) as database:
        return [(interaction, json.loads(detail)) for interaction, detail in
                database.execute("SELECT interaction, detail FROM events WHERE kind = 'quality' ORDER BY id")]


def test_a_call_is_rated_while_it_lasts_and_afterwards(make_site):
    site = make_site(quick=True)
    caller = site.caller("6016", "--tone", "700", "--seconds", "40")

    def rated():
        media = edge_media(site)
        return len(media) == 2 and all(leg["mos"] and leg["heard_by_peer"] for leg in media.values()) and media

    for leg in wait_until(rated, 30, "both sides of the call have reported how they hear").values():
        # On loopback nothing is lost; a busy machine makes some jitter, which alone costs nothing.
        assert 4.3 <= leg["mos"] <= 4.5, leg
        assert 90 <= leg["r_factor"] <= 93.2, leg
        assert leg["heard_by_peer"]["lost"] == 0, leg
        assert 4.3 <= leg["heard_by_peer"]["mos"] <= 4.5, leg
        assert leg["kernel_drops"] == 0, leg
    assert " mos:4.4 peer-mos:4.4 rtt:" in site.ringwall("show", "calls", json=False)

    interaction = next(leg["interaction"] for leg in site.calls() if leg["element"] == "edge")
    caller.end()
    wait_until(lambda: len(quality_records(site)) == 2, 15, "both legs are in the interaction's record")
    records = dict((detail["side"], detail) for of, detail in quality_records(site) if of == interaction)
    assert set(records) == {"caller", "contact-centre"}
    for record in records.values():
        assert float(record["mos"]) >= 4.3, record
        assert float(record["peer_mos"]) >= 4.3, record
        assert int(record["received"]) > 100, record
        assert int(record["lost"]) == 0, record
