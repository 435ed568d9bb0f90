"""Callers, the queue, agents and their phones: who is rung, what becomes of the agent, and that nothing remains."""

import wave

import pytest

from ringwall_site import wait_until
from sip_client import connect_edge, secure_offer
from sound import seconds_of_tone

AGENTS = ("1001", "1002", "1003")


@pytest.fixture(scope="module")
def running(make_module_site):
    """One site for all tests of this file. A first call opens the connections between the elements, which stay."""
    site = make_module_site(quick=True, edits=[("ring_time = 20", "ring_time = 2")])
    ready(site, "1001", site.agent_phone("1001", "--answer", "--seconds", "30"))
    with Caller(site) as caller:
        talking(site, "1001")
        caller.hang_up()
    site.ringwall("agent", "logout", "1001")
    idle(site)
    site.idle_descriptors = site.descriptors()
    return site


@pytest.fixture
def site(running):
    yield running
    for agent in AGENTS:
        running.ringwall("agent", "logout", agent)
    idle(running)
    wait_until(lambda: running.descriptors() <= running.idle_descriptors, 15,
               f"all ports and connections are freed: {running.descriptors()} descriptors, {running.idle_descriptors} before")


def idle(site):
    wait_until(lambda: not site.calls(), 15, "no leg is left")
    wait_until(lambda: not site.ringwall("show", "registrations")["registrations"], 15, "no phone is left")
    queue = site.queue()
    assert (queue["waiting"], queue["reserved"], queue["talking"]) == (0, 0, 0)


class Caller:
    """A caller who decides when to hang up."""

    def __init__(self, site, number="6016"):
        self.client = connect_edge(site)
        answer = self.client.invite(number, secure_offer(site.address(76)))
        assert answer.status == 200, answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def hang_up(self):
        assert self.client.bye().status == 200

    def is_hung_up(self):
        self.client.wait_for_bye()


def ready(site, agent, phone=None):
    assert site.ringwall("agent", "ready", agent)["agent"] == agent
    return phone


def in_state(site, agent, state):
    return wait_until(lambda: (found := site.agent(agent))["state"] == state and found, 15,
                      f"agent {agent} is {state}, not {site.agent(agent)['state']}")


def talking(site, agent):
    return in_state(site, agent, "TALKING")


def read_wav(file):
    with wave.open(str(file), "rb") as wav:
        assert (wav.getframerate(), wav.getsampwidth(), wav.getnchannels()) == (8000, 2, 1)
        return wav.readframes(wav.getnframes())


def test_tones_pass_both_ways_and_the_agent_hangs_up(site, tmp_path):
    phone = site.agent_phone("1001", "--answer", "--tone", "1300", "--record", tmp_path / "agent.wav", "--seconds", "3")
    ready(site, "1001")
    caller = site.caller("6016", "--tone", "700", "--record", tmp_path / "caller.wav", "--seconds", "60")
    talking(site, "1001")
    secured = [leg["media"]["suite"] for leg in site.calls() if leg.get("media")]
    assert secured == ["AEAD_AES_256_GCM"] * 2, "the edge's two legs, once the agent talks"
    facts = {"agent": phone.json(), "caller": caller.json()}
    for side in facts.values():
        assert side["succeeded"], side
        assert side["media"]["suite"] == "AEAD_AES_256_GCM" and side["media"]["authentication_failures"] == 0, side
    assert facts["caller"]["connection"]["tls"]["peer_names"] == [f"edge.{site.domain}"]
    assert facts["agent"]["connection"]["tls"]["peer_names"] == [f"call-manager.{site.domain}"]
    assert seconds_of_tone(read_wav(tmp_path / "caller.wav"), 1300) > 1.5
    assert seconds_of_tone(read_wav(tmp_path / "agent.wav"), 700) > 1.5
    assert seconds_of_tone(read_wav(tmp_path / "agent.wav"), 1300) == 0, "nobody hears himself"
    in_state(site, "1001", "READY")
    assert "over: the agent hung up" in site.log_text()


def test_the_caller_hangs_up(site):
    phone = site.agent_phone("1001", "--answer", "--seconds", "60")
    ready(site, "1001")
    with Caller(site) as caller:
        talking(site, "1001")
        caller.hang_up()
    assert phone.json()["succeeded"]
    in_state(site, "1001", "READY")


def test_the_agent_hangs_up_and_the_caller_is_told(site):
    phone = site.agent_phone("1001", "--answer", "--seconds", "0.5")
    ready(site, "1001")
    with Caller(site) as caller:
        caller.is_hung_up()
    assert phone.json()["succeeded"]
    in_state(site, "1001", "READY")


def test_nobody_answers_and_the_next_agent_is_rung(site):
    silent = site.agent_phone("1001", "--answer", "--answer-after", "60")
    site.agent_phone("1002", "--answer", "--seconds", "60")
    ready(site, "1001")
    ready(site, "1002")
    with Caller(site) as caller:
        assert in_state(site, "1001", "RESERVED")["interaction"]
        assert in_state(site, "1002", "READY"), "the longest available agent is rung first, and alone"
        interaction = talking(site, "1002")["interaction"]
        passed_by = site.agent("1001")
        assert (passed_by["state"], passed_by["reason"]) == ("NOT_READY", "call not answered")
        assert {leg["interaction"] for leg in site.calls()} == {interaction}
        silent.wait()  # its call was taken back
        assert not silent.json()["succeeded"]
        caller.hang_up()
    in_state(site, "1002", "READY")
    in_state(site, "1001", "NOT_READY")


def test_nobody_answers_at_all_and_the_caller_goes_on_waiting(site):
    site.agent_phone("1001", "--answer", "--answer-after", "60")
    ready(site, "1001")
    with Caller(site) as caller:
        in_state(site, "1001", "NOT_READY")
        wait_until(lambda: site.queue()["waiting"] == 1, 5, "the caller waits again")
        site.agent_phone("1002", "--answer", "--seconds", "60")
        ready(site, "1002")
        talking(site, "1002")
        caller.hang_up()
    in_state(site, "1002", "READY")


def test_a_busy_phone(site):
    busy = site.agent_phone("1001", "--answer", "--seconds", "60")
    desk = site.agent_phone("1003", "--call", "1001", "--seconds", "60")
    wait_until(lambda: len([leg for leg in site.calls() if leg["connected"]]) == 2, 15, "the two desks talk")
    site.agent_phone("1002", "--answer", "--seconds", "60")
    ready(site, "1001")
    ready(site, "1002")
    with Caller(site) as caller:
        talking(site, "1002")
        passed_by = site.agent("1001")
        assert passed_by["state"] == "NOT_READY" and "486" in passed_by["reason"], passed_by
        caller.hang_up()
    in_state(site, "1002", "READY")
    desk.end()  # hangs up, takes its registration back and ends
    assert busy.json()["succeeded"]


def test_an_agent_without_a_phone(site):
    site.agent_phone("1002", "--answer", "--seconds", "60")
    ready(site, "1001")
    ready(site, "1002")
    with Caller(site) as caller:
        talking(site, "1002")
        passed_by = site.agent("1001")
        assert passed_by["state"] == "NOT_READY" and "480" in passed_by["reason"], passed_by
        assert any(r["element"] == "call-manager" and "line 1001 has no registered phone" in r["what"] for r in site.refusals())
        caller.hang_up()


def test_a_phone_that_vanishes_is_no_longer_registered(site):
    phone = site.agent_phone("1001", "--answer")
    phone.popen.kill()  # it says nothing to anybody
    wait_until(lambda: not site.registered("1001"), 15, "its registration goes with its connection")


def test_the_caller_hangs_up_while_waiting(site):
    with Caller(site) as caller:
        wait_until(lambda: site.queue()["waiting"] == 1, 10, "the caller waits")
        assert site.queue()["longest_since"]
        wait_until(lambda: any(leg["number"] == "queue.vxml" for leg in site.calls()), 10, "music is played")
        caller.hang_up()
    wait_until(lambda: site.queue()["waiting"] == 0, 10, "nobody waits")


def test_the_caller_hangs_up_while_the_agent_is_rung(site):
    phone = site.agent_phone("1001", "--answer", "--answer-after", "60")
    ready(site, "1001")
    with Caller(site) as caller:
        in_state(site, "1001", "RESERVED")
        wait_until(lambda: any(leg["element"] == "call-manager" for leg in site.calls()), 10, "the phone rings")
        caller.hang_up()
    assert in_state(site, "1001", "READY")["reason"] == "", "it is not the agent's fault"
    assert not phone.json()["succeeded"], "the phone's call was taken back"


def test_the_second_caller_gets_the_agent_after_the_first(site):
    first_phone = site.agent_phone("1001", "--answer", "--seconds", "60")
    ready(site, "1001")
    with Caller(site) as first, Caller(site) as second:
        first_visit = talking(site, "1001")["interaction"]
        wait_until(lambda: site.queue()["waiting"] == 1, 10, "the second caller waits")
        site.ringwall("agent", "not-ready", "1001")  # until the phone is back
        first.hang_up()
        assert first_phone.json()["succeeded"]
        in_state(site, "1001", "NOT_READY")
        site.agent_phone("1001", "--answer", "--seconds", "60")
        ready(site, "1001")
        assert talking(site, "1001")["interaction"] != first_visit
        assert site.queue()["waiting"] == 0
        second.hang_up()
    in_state(site, "1001", "READY")


def test_a_wish_during_the_call_is_granted_after_it(site):
    site.agent_phone("1001", "--answer", "--seconds", "60")
    ready(site, "1001")
    with Caller(site) as caller:
        talking(site, "1001")
        answer = site.ringwall("agent", "not-ready", "1001", "--reason", "lunch")
        assert (answer["state"], answer["pending"]) == ("TALKING", "NOT_READY")
        caller.hang_up()
    assert in_state(site, "1001", "NOT_READY")["reason"] == "lunch"


def test_wrap_up_follows_the_call(make_site):
    site = make_site(quick=True, edits=[("wrap_up = 0 ", "wrap_up = 2 ")])
    site.agent_phone("1001", "--answer", "--seconds", "60")
    ready(site, "1001")
    with Caller(site) as caller:
        talking(site, "1001")
        caller.hang_up()
    in_state(site, "1001", "WORK_READY")
    in_state(site, "1001", "READY")
