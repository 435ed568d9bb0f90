"""What the edge tells one side of a call about the other: who calls, by whose diversion, in which session, and why not."""

import pytest

from far_carrier import FarCarrier
from sip_client import connect_edge, secure_offer

TRUNKS = """
[[trunk]]
name = "far"
element = "edge"
names = ["far.ringwall.test"]
targets = ["NET81:5061"]

[[trunk]]
name = "sister"
element = "edge"
names = ["sister.ringwall.test"]
trusted_identity = true

[[dial_peer]]
name = "to-far"
element = "edge"
pattern = "9T"
target = "far"
"""

ASSERTED = ["P-Asserted-Identity: \"Ada\" <sip:+15550123@10.1.2.3>"]
UUID = "47755a9de7794ba387653f2099600ef2"
CALLERS = "ab30317f1a784dc48ff824d0d3715d86"


@pytest.fixture
def far(make_site):
    site = make_site(include={"far": TRUNKS})
    carrier = FarCarrier(site, site.address(81), site.issue("far.ringwall.test"))
    carrier.site = site
    yield carrier
    carrier.stop()
    assert not carrier.broken


def call(far, headers, identity=None):
    """A call to the far side: the answer, and the INVITE that came there."""
    site = far.site
    with connect_edge(site, identity and site.issue(identity)) as client:
        client.more_headers = headers
        answer = client.invite("9001", secure_offer(site.address(76)))
        if answer.status == 200:
            assert client.bye().status == 200
    return answer, far.invites[-1]


def test_an_identity_is_believed_of_the_trusted_alone(far):
    _, invite = call(far, ASSERTED)
    assert invite.headers("P-Asserted-Identity") == []
    _, invite = call(far, ASSERTED, "sister.ringwall.test")
    assert invite.headers("P-Asserted-Identity") == [f"\"Ada\" <sip:+15550123@edge.{far.site.domain}>"]


def test_who_wants_to_stay_private_is_not_named(far):
    answer, invite = call(far, ASSERTED + ["Privacy: id"], "sister.ringwall.test")
    assert answer.status == 200
    assert invite.header("From").startswith("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=")
    assert invite.headers("P-Asserted-Identity") == []
    assert "+15550123" not in str(invite.headers("Contact") + invite.headers("Privacy"))


def test_a_diversion_goes_on_without_its_host(far):
    _, invite = call(far, ["Diversion: <sip:1002@10.1.2.4:5061>;reason=user-busy;counter=1",
                           "History-Info: <sip:1002@10.1.2.4>;index=1, <sip:9001@10.1.2.5>;index=1.1;mp=1"])
    host = f"edge.{far.site.domain}"
    assert invite.headers("Diversion") == [f"<sip:1002@{host}>;reason=user-busy;counter=1"]
    assert invite.headers("History-Info") == [f"<sip:1002@{host}>;index=1", f"<sip:9001@{host}>;index=1.1;mp=1"]


def test_the_session_and_the_reason_of_a_refusal_come_back(far):
    far.invite = (486, (f"Session-ID: {UUID};remote={'0' * 32}", "Reason: Q.850;cause=17;text=\"User busy\""))
    answer, invite = call(far, [f"Session-ID: {CALLERS};remote={'0' * 32}"])
    assert answer.status == 486
    assert answer.header("Reason") == "Q.850;cause=17;text=\"User busy\""
    assert answer.header("Session-ID") == f"{UUID};remote={CALLERS}"
    visit = invite.header("Session-ID").partition(";")[0]
    assert len(visit) == 32 and visit != CALLERS, "the visit has a name of the site's own"


def test_a_visit_shows_the_caller_its_own_session(far):
    with connect_edge(far.site) as client:
        client.more_headers = [f"Session-ID: {CALLERS};remote={'0' * 32}"]
        answer = client.invite("6016", secure_offer(far.site.address(76)))
        assert answer.status == 200
        called, _, remote = answer.header("Session-ID").partition(";remote=")
        assert remote == CALLERS
        visits = {leg["interaction"] for leg in far.site.calls()}
        assert len(called) == 32 and called not in visits, "the voice browser's own, passed on by two elements"
        assert client.bye().status == 200
