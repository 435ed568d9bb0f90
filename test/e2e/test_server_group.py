"""Server groups: several ways to one carrier, watched by OPTIONS over TLS; no call is lost while one of them is there."""

import signal
import socket
import time

import pytest

from far_carrier import FarCarrier, NameServer
from ringwall_site import wait_until
from sip_client import connect_edge, secure_offer

FAR = """
[[trunk]]
name = "far"
element = "edge"
names = ["far.ringwall.test"]
targets = {targets}

[[dial_peer]]
name = "to-far"
element = "edge"
pattern = "9T"
target = "{target}"
"""

GROUP = """
[[server_group]]
name = "carriers"
element = "edge"
members = [
  {{ target = "far", host = "NET81", port = 5061, priority = 10, site = "Main" }},
  {{ target = "far", host = "NET82", port = 5061, priority = 20, site = "Backup" }},
]
[server_group.heartbeat]
{heartbeat}
"""


def far_site(make_site, target="carriers", targets='["NET81:5061"]', more=GROUP.format(heartbeat=""), start=True):
    return make_site(include={"far": FAR.format(target=target, targets=targets) + more}, start=start)


@pytest.fixture
def carriers(request):
    """make(site, last numbers...): far carriers at these addresses, all with the trunk's own certificate name."""
    made = []

    def make(site, *numbers, name="far.ringwall.test"):
        identity = site.issue(name)
        made.extend(FarCarrier(site, site.address(number), identity) for number in numbers)
        return made[-len(numbers):]

    yield make
    for carrier in made:
        try:
            carrier.stop()
        except OSError:
            pass
    assert not [trouble for carrier in made for trouble in carrier.broken]


def call(site):
    """One call to the far side: its final answer; hung up if it was answered."""
    with connect_edge(site) as client:
        answer = client.invite("9001", secure_offer(site.address(76)))
        if answer.status == 200:
            assert client.bye().status == 200
    return answer


def members(site):
    """The members of the group 'carriers' by the last number of their address."""
    groups = site.ringwall("show", "trunks")["server_groups"]
    group = next(g for g in groups if g["group"] == "carriers")
    return {int(m["address"].partition(":")[0].rpartition(".")[2]): m for m in group["members"]}


def state_is(site, number, state, timeout=10):
    return wait_until(lambda: members(site)[number]["state"] == state and members(site)[number], timeout,
                      f"member {number} is {state}: {members(site)}")


def test_a_member_dies_and_comes_back(make_site, carriers):
    site = far_site(make_site, start=False)
    first, second = carriers(site, 81, 82)
    site.start()
    state_is(site, 81, "reachable")
    state_is(site, 82, "reachable")
    assert first.versions <= {"TLSv1.2", "TLSv1.3"} and first.versions, "heartbeats come over TLS"
    assert f"edge.{site.domain}" in first.names, "with the edge's certificate"
    assert first.heartbeats[0].start == "OPTIONS sip:far.ringwall.test SIP/2.0"
    assert call(site).status == 200
    assert (len(first.calls), len(second.calls)) == (1, 0)

    first.stop()
    for _ in range(6):
        assert call(site).status == 200
    assert len(second.calls) == 6
    dead = state_is(site, 81, "unreachable")
    assert dead["last"] and dead["failures"] >= 1
    assert "server group carriers: far at " in site.log_text() and "is unreachable, was reachable" in site.log_text()

    first.start()
    state_is(site, 81, "reachable")
    assert call(site).status == 200
    assert len(first.calls) == 2
    assert not site.refusals()


def test_the_heartbeat_alone_finds_out(make_site, carriers):
    """No call is needed, and a member that still listens but does not answer is found too."""
    site = far_site(make_site, start=False)
    first, second = carriers(site, 81, 82)
    second.options = (0, ())
    site.start()
    silent = state_is(site, 82, "unreachable")
    assert silent["last"] == "no answer in 500 ms"
    assert state_is(site, 81, "reachable")["heartbeats"] == 1
    first.stop()
    state_is(site, 81, "unreachable")
    second.options = (404, ())  # any answer means that somebody is there
    state_is(site, 82, "reachable")
    assert call(site).status == 200
    assert second.calls


def test_a_wrong_certificate_is_no_member(make_site, carriers):
    site = far_site(make_site, start=False)
    carriers(site, 81, name=f"elsewhere.{site.domain}")
    (second,) = carriers(site, 82)
    site.start()
    wrong = state_is(site, 81, "unreachable")
    assert "elsewhere.ringwall.test" in wrong["last"], wrong
    state_is(site, 82, "reachable")
    assert call(site).status == 200
    assert len(second.calls) == 1


@pytest.mark.parametrize("status", [503, 480])
def test_an_overload_code_moves_on(make_site, carriers, status):
    site = far_site(make_site, start=False)
    first, second = carriers(site, 81, 82)
    first.invite = (status, ("Retry-After: 30",))
    site.start()
    state_is(site, 81, "reachable")
    for _ in range(3):
        assert call(site).status == 200
    assert (len(first.calls), len(second.calls)) == (1, 3), "it is left alone as long as it asked for"
    assert members(site)[81]["state"] == "overloaded"
    assert members(site)[81]["last"] == f"{status} rests 30 s"


def test_a_member_that_says_nothing_to_a_call(make_site, carriers):
    """It answers heartbeats, but not the INVITE: after 4 s the next one gets the call."""
    site = far_site(make_site, start=False)
    first, second = carriers(site, 81, 82)
    first.invite = (0, ())
    site.start()
    state_is(site, 81, "reachable")
    began = time.monotonic()
    assert call(site).status == 200
    assert 3.5 < time.monotonic() - began < 9
    assert (len(first.calls), len(second.calls)) == (1, 1)


def test_a_busy_callee_is_the_answer(make_site, carriers):
    site = far_site(make_site, start=False)
    first, second = carriers(site, 81, 82)
    first.invite = (486, ())
    site.start()
    assert call(site).status == 486
    assert not second.calls
    assert members(site)[81]["state"] == "reachable"


def test_when_all_have_failed_the_caller_is_told(make_site, carriers):
    site = far_site(make_site, start=False)
    first, second = carriers(site, 81, 82)
    first.invite = second.invite = (503, ())
    site.start()
    assert call(site).status == 503
    assert len(first.calls) == len(second.calls) == 1
    second.invite = (200, ())
    assert call(site).status == 200, "who has refused is tried all the same when nobody else is left"
    wait_until(lambda: not site.calls(), 10, "no leg is left")


def test_a_trunk_with_two_targets_is_a_group_of_them(make_site, carriers):
    site = far_site(make_site, target="far", targets='["NET81:5061", "NET82:5061"]', more="")
    (second,) = carriers(site, 82)
    for _ in range(3):
        assert call(site).status == 200
    assert len(second.calls) == 3
    trunk = next(t for t in site.ringwall("show", "trunks")["trunks"] if t["trunk"] == "far")
    assert [(m["state"], m["calls"], m["calls_failed"]) for m in trunk["members"]] == [("unreachable", 1, 1), ("reachable", 3, 0)]


def test_a_trunk_by_name_with_srv_records(make_site, carriers):
    """Two servers by DNS, the first one down: the second gets the call. Its certificate is for the trunk's name."""
    site = far_site(make_site, target="far", targets='["far.ringwall.test"]', more="", start=False)
    (second,) = carriers(site, 82)
    server = NameServer(site.address(53), {
        ("_sips._tcp.far.ringwall.test", NameServer.SRV): [NameServer.srv(1, 0, 5061, "one.far.ringwall.test"),
                                                           NameServer.srv(2, 0, 5061, "two.far.ringwall.test")],
        ("one.far.ringwall.test", NameServer.A): [socket.inet_aton(site.address(81))],
        ("two.far.ringwall.test", NameServer.A): [socket.inet_aton(site.address(82))]})
    site.include("dns", f'[sip]\nname_servers = ["{site.address(53)}:{server.port}"]\n')
    site.start()

    def located():
        trunk = next(t for t in site.ringwall("show", "trunks")["trunks"] if t["trunk"] == "far")
        return [m["address"] for m in trunk["members"]] == [f"{site.address(81)}:5061", f"{site.address(82)}:5061"]

    wait_until(located, 10, "the name is looked up")
    assert call(site).status == 200
    assert len(second.calls) == 1
    assert f"'far.ringwall.test' is at TLS {site.address(81)}:5061, TLS {site.address(82)}:5061" in site.log_text()
    server.close()
    assert call(site).status == 200, "no name server is needed while what it said holds"


def test_show_trunks_says_it_all(make_site, carriers):
    site = far_site(make_site, more=GROUP.format(heartbeat="failures = 2\nup_interval = 60000\nmethod = \"OPTIONS\""), start=False)
    carriers(site, 82)
    site.start()
    state_is(site, 82, "reachable")
    state_is(site, 81, "unreachable")
    assert call(site).status == 200
    text = site.ringwall("show", "trunks", json=False)
    assert all(len(line) <= 100 for line in text.splitlines()), text
    for words in ("Server group carriers of edge, overload codes 503, 480, 600", "heartbeat OPTIONS: up 60000 ms, down 5000 ms",
                  "failures 2", "far (Main)", f"TLS {site.address(81)}:5061", "unreachable", "Order", "10/10", "20/10"):
        assert words in text, text
    assert site.ringwall("console", "show server-group", json=False) == site.ringwall("show", "trunks", json=False)


def test_a_draining_site_says_so_to_heartbeats(make_site):
    site = make_site()
    with connect_edge(site) as client, connect_edge(site) as watcher:
        watcher.uri, watcher.cseq = f"sip:edge.{site.domain}", 1
        watcher.request("OPTIONS", watcher.uri)
        assert watcher.response().status == 200
        assert client.invite("6016", secure_offer(site.address(76))).status == 200
        site.signal(signal.SIGTERM)
        wait_until(lambda: "draining: new calls" in site.log_text(), 5, "the site drains")
        watcher.cseq += 1
        watcher.request("OPTIONS", watcher.uri)
        assert watcher.response().status == 503
        assert client.bye().status == 200
    site.process.popen.wait(10)


INSIDE = """
[[server_group]]
name = "browsers"
element = "call-server"
members = [
  { target = "voice-browser", host = "NET144", port = 5061, priority = 10 },
  { target = "voice-browser", priority = 20 },
]
[server_group.heartbeat]
enabled = false

[[server_group]]
name = "managers"
element = "call-server"
members = [
  { target = "call-manager", host = "NET4", port = 5061, priority = 10 },
  { target = "call-manager", priority = 20 },
]

[[server_group]]
name = "servers"
element = "call-manager"
members = [
  { target = "call-server", host = "NET14", port = 5061, priority = 10 },
  { target = "call-server", priority = 20 },
]
[server_group.heartbeat]
enabled = false
"""


def test_groups_between_the_elements(make_site):
    """The first voice browser, call manager and call server do not exist: every call takes the second, from trunk and desk."""
    site = make_site(include={"inside": INSIDE}, quick=True)
    site.agent_phone(1001, "--answer", "--seconds", "20")
    site.ringwall("agent", "ready", "1001")
    caller = site.caller("6016", "--seconds", "3")
    wait_until(lambda: site.agent(1001)["state"] == "TALKING", 15, "the agent talks")
    caller.wait(20)
    wait_until(lambda: site.agent(1001)["state"] != "TALKING", 15, "the call is over")
    site.ringwall("agent", "not-ready", "1001")
    desk = site.phone_process(["--register", "--call", "6099", "--seconds", "1"], site.folder / "pki" / "phones" / "phone1002",
                              site.address(77), f"{site.address(3)}:5061", f"call-manager.{site.domain}", "1002")
    desk.wait(20)
    groups = {g["group"]: g["members"] for g in site.ringwall("show", "trunks")["server_groups"]}
    assert [m["state"] for m in groups["managers"]] == ["unreachable", "reachable"]
    for name in ("browsers", "servers"):
        dead, living = groups[name]
        assert dead["calls"] == dead["calls_failed"] >= 1, groups
        assert living["state"] == "reachable" and living["calls"] >= 1 and not living["calls_failed"], groups
