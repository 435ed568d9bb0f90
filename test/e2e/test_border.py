"""What a caller or a stranger cannot do to the calls of others."""

import pytest

from ringwall_site import wait_until
from sip_client import connect_edge, secure_offer


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site()


@pytest.fixture(autouse=True)
def nothing_remains(site):
    yield
    wait_until(lambda: not site.calls(), 10, "no leg is left")


def visits(site):
    return {leg["interaction"] for leg in site.calls() if leg["element"] == "call-server"}


def test_callers_with_one_session_id_are_two_visits(site):
    with connect_edge(site) as one, connect_edge(site) as two:
        for caller, port in ((one, 30000), (two, 30010)):
            caller.more_headers = ["Session-ID: 0123456789abcdef0123456789abcdef;remote=" + "0" * 32]
            assert caller.invite("6016", secure_offer(site.address(76), port)).status == 200
        assert len(visits(site)) == 2
        assert "0123456789abcdef0123456789abcdef" not in visits(site)
        assert one.bye().status == 200
        assert len(visits(site)) == 1, "the other caller stays"
        assert two.bye().status == 200


def test_a_stranger_cannot_end_a_call(site):
    """Who knows the tags and has a connection of its own, even one with a good certificate, is still not the caller."""
    with connect_edge(site) as caller, connect_edge(site, site.folder / "pki" / "phones" / "phone1001") as stranger:
        assert caller.invite("6016", secure_offer(site.address(76))).status == 200
        stranger.call_id, stranger.tag, stranger.to_tag = caller.call_id, caller.tag, caller.to_tag
        stranger.uri, stranger.target, stranger.cseq = caller.uri, caller.target, caller.cseq
        assert stranger.bye().status == 481
        assert len(visits(site)) == 1
        assert caller.bye().status == 200


def test_max_forwards_runs_out(site):
    """The edge may forward once more, the call server no more."""
    with connect_edge(site) as caller:
        caller.max_forwards = 1
        assert caller.invite("6016", secure_offer(site.address(76))).status == 483
