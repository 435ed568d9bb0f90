"""A waiver trunk: the one clear leg of a call is permitted by name, shown as such, and ends with its date."""

import datetime
import signal
import time

import pytest

from ringwall_site import wait_until
from sipp import caller, succeeded
from waiver import waiver_trunk


@pytest.fixture
def site(make_site):
    return make_site(include={"waiver": waiver_trunk()})


def plain_call(site, milliseconds):
    return caller(site, "call", "udp", "-d", milliseconds)


def test_a_plain_caller_is_clear_outside_and_encrypted_inside(site):
    gateway = plain_call(site, 2500)
    legs = wait_until(lambda: [leg for leg in site.calls() if leg.get("media") and leg["connected"] and leg["media"]["sent"]["packets"]
                               + leg["media"]["received"]["packets"]], 15, "audio flows")
    legs = [leg for leg in legs if leg["element"] == "edge"]
    assert len(legs) == 2
    outside, inside = sorted(legs, key=lambda leg: leg["direction"])
    assert (outside["peer"], outside["secure"], outside["waiver"]) == ("pstn", False, "old-gateway"), outside
    assert (outside["media"]["suite"], outside["media"]["waiver"]) == ("", "old-gateway"), outside
    assert (inside["peer"], inside["secure"], inside["waiver"]) == ("call-server", True, ""), inside
    assert inside["media"]["suite"] == "AEAD_AES_256_GCM" and not inside["media"]["waiver"], inside

    shown = site.ringwall("console", "show call active voice brief", json=False)
    lines = shown.splitlines()
    outside_media = next(line for line in lines if line.startswith(f"  IP {site.address(79)}:"))
    inside_media = next(line for line in lines if line.startswith(f"  IP {site.address(143)}:"))
    assert "SRTP: off" in outside_media and "waiver old-gateway" in outside_media
    assert "SRTP: on AEAD_AES_256_GCM" in inside_media and "waiver" not in inside_media
    succeeded(gateway)
    wait_until(lambda: not site.calls(), 10, "the legs are freed")


def test_the_waiver_stands_in_every_list(site):
    waiver = site.ringwall("show", "waivers")["waivers"]
    assert [(w["name"], w["active"], w["used_by"]) for w in waiver] == [("old-gateway", True, ["trunk pstn"])]
    assert waiver[0]["reason"] == "It knows neither TLS nor SRTP"
    assert "old-gateway" in site.ringwall("show", "waivers", json=False)
    assert [w["name"] for w in site.ringwall("check")["waivers"]] == ["old-gateway"]
    clear = [port for port in site.ringwall("show", "ports")["ports"] if port["transport"] != "TLS"]
    assert sorted(port["transport"] for port in clear) == ["TCP", "UDP"]
    assert all(port["waiver"] == "old-gateway" and port["address"] == f"{site.address(226)}:5060" for port in clear)
    report = site.ask("verify", json=True).json
    assert [w["name"] for w in report["waivers"]] == ["old-gateway"]


def test_the_waiver_ends_while_the_site_runs(site):
    """From its end on, the waiver permits nothing more, whatever it permitted before."""
    succeeded(plain_call(site, 100))
    until = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=2)
    site.include("waiver", waiver_trunk(until=until.strftime("%Y-%m-%dT%H:%M:%SZ")))
    site.signal(signal.SIGHUP)
    waiver = wait_until(lambda: next((w for w in site.ringwall("show", "waivers")["waivers"] if not w["active"]), None), 15,
                        "the waiver has ended")
    assert waiver["until"] == until.strftime("%Y-%m-%dT%H:%M:%SZ") and time.time() >= until.timestamp()
    assert plain_call(site, 100).wait() == 1
    refusal = wait_until(site.refusals, 5, "the call is refused")[0]
    assert refusal["status"] == 403 and "old-gateway" in refusal["what"] and "ended at" in refusal["what"]
    assert refusal["what"] in site.log_text()
    assert not site.calls()
