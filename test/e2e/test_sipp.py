"""SIPp calls over mutual TLS: what a carrier's equipment does that nobody here wrote."""

from ringwall_site import wait_until
from sipp import sipp, succeeded, tunnel


def test_one_call_over_tls(site):
    caller = sipp(site, "secure_caller", tunnel(site), "-t", "t1", "-m", "1", "-d", "2500")

    def confirmed():  # the edge's two legs, the call server's two, and the voice browser's
        legs = site.calls()
        return legs if len(legs) == 5 and all(leg["state"].startswith("confirmed") for leg in legs) else None

    legs = wait_until(confirmed, 15, "the call is up on all its legs")
    outside = next(leg for leg in legs if leg["element"] == "edge" and leg["direction"] == "answer")
    assert outside["peer"] == "carrier" and outside["number"] == "6016"
    assert outside["media"]["suite"] == "AES_CM_128_HMAC_SHA1_80", "the suite that the caller offered"
    connection = next(c for c in site.connections()["connections"] if c["direction"] == "incoming")
    assert f"carrier.{site.domain}" in connection["tls"]["peer_names"]
    succeeded(caller)
    wait_until(lambda: not site.calls(), 10, "the legs are freed")


def test_fifty_calls_one_after_the_other(site):
    server = tunnel(site)
    succeeded(sipp(site, "secure_caller", server, "-t", "t1", "-m", "1", "-d", "50"))
    wait_until(lambda: not site.calls(), 10, "the first call's legs are freed")
    # The first call opened the connections between the elements, which stay.
    before = wait_until(lambda: site.connections()["totals"]["active"] == 1 and site.descriptors(), 10, "the caller's connection is closed")

    succeeded(sipp(site, "secure_caller", server, "-t", "t1", "-m", "50", "-r", "10", "-l", "1", "-d", "50"))
    wait_until(lambda: not site.calls(), 10, "all legs are freed")
    assert site.log_text().count("is greeted by welcome.vxml") == 51
    assert not site.refusals()
    wait_until(lambda: site.descriptors() <= before, 10, f"all ports are freed: {site.descriptors()} descriptors, {before} before")
    assert site.queue()["waiting"] == 0
