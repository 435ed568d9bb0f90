"""SIPp over every transport: what carriers and gateways do that nobody here wrote, and what they do wrong."""

import re

import pytest

from ringwall_site import wait_until
from sipp import CALLEE, CALLER, FAR_TRUNKS, NUMBER, TRANSPORTS, callee, caller, succeeded
from waiver import waiver_trunk


@pytest.fixture(scope="module")
def site(make_module_site):
    """The service answers at once; the edge has three trunks, and the numbers 8... and 9... lead to two of them."""
    return make_module_site(include={"waiver": waiver_trunk() + FAR_TRUNKS})


@pytest.fixture(autouse=True)
def nothing_remains(site):
    pid = site.pid
    yield
    assert site.process.running() and site.pid == pid, site.log_text()
    wait_until(lambda: not site.calls(), 40, f"no leg is left: {site.calls()}")


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    return request.param


@pytest.fixture(params=[(ours, theirs) for ours in TRANSPORTS for theirs in CALLEE], ids=lambda pair: f"{pair[0]}-to-{pair[1]}")
def both(request):
    """The transports of a caller and of a callee."""
    return request.param


def through(site, both, scenario, answer, *arguments, count=1):
    """A call from trunk to trunk: what the caller does, and what the callee does. Both must have gone as written."""
    ours, theirs = both
    far = callee(site, answer, theirs, *arguments, count=count)
    near = caller(site, scenario, ours, *arguments, number=NUMBER[theirs], count=count)
    succeeded(near)
    succeeded(far)


# -- the site answers

@pytest.mark.parametrize("scenario", ["call", "delayed_offer", "hold", "reinvite_without_offer", "cancel_crosses_answer", "options", "keys"])
def test_caller(site, transport, scenario):
    succeeded(caller(site, scenario, transport, "-d", 300))


def test_a_secure_caller_is_shown_as_such(site):
    call = caller(site, "call", "tls", "-d", 1500)

    def confirmed():  # the edge's two legs, the call server's two, and the voice browser's
        legs = site.calls()
        return legs if len(legs) == 5 and all(leg["state"].startswith("confirmed") for leg in legs) else None

    legs = wait_until(confirmed, 15, "the call is up on all its legs")
    outside = next(leg for leg in legs if leg["element"] == "edge" and leg["direction"] == "answer")
    assert outside["peer"] == "carrier" and outside["number"] == "6016"
    assert outside["media"]["suite"] == "AES_CM_128_HMAC_SHA1_80", "the suite that the caller offered"
    connection = next(c for c in site.connections()["connections"] if c["direction"] == "incoming" and c["tls"])
    assert f"carrier.{site.domain}" in connection["tls"]["peer_names"]
    succeeded(call)


def test_an_ack_that_never_comes(site):
    """The 200 comes after T1, 2*T1, ... and then each T2, over streams too. All side by side, for each takes 64*T1."""
    for process in [caller(site, "lost_ack", transport) for transport in TRANSPORTS]:
        succeeded(process)
        answers = process.messages.read_text().count("\nSIP/2.0 200 OK")
        assert 10 <= answers - 1 <= 12, answers


def test_a_session_that_nobody_refreshes(site):
    """The caller promised to refresh it and does not: it ends with a Reason before the interval does. All side by side."""
    for process in [caller(site, "never_refreshes", transport) for transport in TRANSPORTS]:
        succeeded(process)


def test_a_session_that_the_site_refreshes(site):
    """The caller leaves it to the site, and a called side that takes no UPDATE does so too. All side by side."""
    callees = {transport: callee(site, "refreshed_by_reinvite", transport) for transport in CALLEE}
    processes = [caller(site, "refreshed_by_the_other", transport) for transport in TRANSPORTS]
    processes += [caller(site, "call", transport, "-d", 50000, number=NUMBER[transport]) for transport in CALLEE]
    for process in [*processes, *callees.values()]:
        succeeded(process)
    for process in callees.values():
        first, again = re.findall(r"^o=\S+ (\d+) (\d+) ", process.messages.read_text().replace("o=sipp", "-"), re.MULTILINE)
        assert first == again, "a refresh offers what holds already (RFC 4028 section 7.4)"


def test_datagrams_get_lost(site):
    succeeded(caller(site, "call", "udp", "-lost", 8, "-r", 10, "-d", 300, count=20))


def test_a_hundred_calls(site, transport):
    """Nothing is left behind: neither legs nor descriptors nor connections."""
    outside = tuple(site.address(number) + ":" for number in {*CALLER.values(), *CALLEE.values()})

    def alone():
        return not site.calls() and not any(c["remote"].startswith(outside) and c["transport"] != "UDP" for c in site.connections()["connections"]) and site.descriptors()

    # The first call opens the connections between the elements, which stay.
    succeeded(caller(site, "call", transport, "-d", 100))
    before = wait_until(alone, 10, "the first call and its connection are over")
    logged, refused = site.log_text().count("is greeted by welcome.vxml"), len(site.refusals())
    succeeded(caller(site, "call", transport, "-r", 25, "-d", 400, count=100))
    after = wait_until(alone, 20, "legs and connections are freed")
    assert after <= before, f"{after} descriptors, {before} before"
    assert site.log_text().count("is greeted by welcome.vxml") == logged + 100
    assert len(site.refusals()) == refused and site.queue()["waiting"] == 0


@pytest.mark.parametrize("scenario", ["refreshes", "interval_too_small", "updates"])
def test_a_caller_with_session_timers(site, transport, scenario):
    succeeded(caller(site, scenario, transport, "-d", 200))


# -- the callee answers

CALLS = [("call", "answers"), ("delayed_offer", "answers"), ("hold", "answers"), ("cancel_ringing", "rings"), ("refused_with_486", "busy"),
         ("caller_requires_100rel", "answers"), ("caller_hears_early_media", "answers_early"), ("caller_hears_reliable_early_media", "answers_early"),
         ("call", "answers_early"), ("call", "answers_reliably"), ("ended_by_the_other", "holds_and_ends"),
         ("ended_by_the_other", "answers_and_ends"), ("cancel_ringing", "answers_despite_cancel"), ("cancel_trying", "rings_late"),
         ("call", "wants_longer_interval")]


@pytest.mark.parametrize("pair", CALLS, ids=lambda pair: "-".join(pair))
def test_through_the_edge(site, both, pair):
    through(site, both, *pair, "-d", 300)


def test_the_called_side_misses_the_ack(site, transport):
    """Over TLS; over UDP SIPp takes the second ACK for the first one and answers it by itself."""
    through(site, (transport, "tls"), "call", "loses_ack", "-d", 1000)


def test_the_called_side_refreshes(site, both):
    through(site, both, "call", "refreshes_as_callee", "-d", 1000)


def test_a_redirection_is_followed_by_its_number(site, transport):
    """The trunk sends the call elsewhere; where that is, the dial plan says."""
    far = callee(site, "redirects", "udp", moved_to="6016")
    succeeded(caller(site, "call", transport, "-d", 200, number=NUMBER["udp"]))
    succeeded(far)


def test_a_redirection_in_a_circle_ends(site):
    far = callee(site, "redirects", "udp", moved_to=NUMBER["udp"], count=6)
    succeeded(caller(site, "unavailable", "tcp", number=NUMBER["udp"]))
    succeeded(far)


def test_a_redirection_to_nowhere_is_unavailable(site, transport):
    far = callee(site, "redirects", "udp", moved_to="7777")
    succeeded(caller(site, "unavailable", transport, number=NUMBER["udp"]))
    succeeded(far)
