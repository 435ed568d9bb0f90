"""The site's process: drained by SIGTERM, killed and started again, told to read its configuration again."""

import os
import signal
import sqlite3

from ringwall_site import wait_until
from sip_client import connect_edge, secure_offer


def call(site, number="6016"):
    """A call that was answered."""
    client = connect_edge(site)
    answer = client.invite(number, secure_offer(site.address(76)))
    assert answer.status == 200, answer
    return client


def in_state(site, agent, state):
    wait_until(lambda: site.agent(agent)["state"] == state, 15, f"agent {agent} is {state}, not {site.agent(agent)}")


def answered_by(site, agent):
    """A call that a phone of the agent answers, and that ends."""
    site.agent_phone(agent, "--answer", "--seconds", "60")
    site.ringwall("agent", "ready", agent)
    with call(site) as client:
        in_state(site, agent, "TALKING")
        assert client.bye().status == 200
    in_state(site, agent, "READY")


def test_sigterm_drains(make_site):
    site = make_site(quick=True)
    phone = site.agent_phone("1001", "--answer", "--seconds", "60")
    site.ringwall("agent", "ready", "1001")
    with call(site) as running, connect_edge(site) as late:
        in_state(site, "1001", "TALKING")
        site.signal(signal.SIGTERM)
        wait_until(lambda: "draining" in site.log_text(), 10, "the site drains")

        refused = late.invite("6016", secure_offer(site.address(76)))
        assert refused.status == 503 and "shutting down" in refused.header("Warning"), refused
        assert any(r["status"] == 503 for r in site.refusals())
        assert site.agent("1001")["state"] == "TALKING" and len(site.calls()) == 6, "the call goes on, and the operator can watch it"
        assert site.process.running()

        assert running.bye().status == 200
        assert site.process.popen.wait(20) == 0, "when the last call is over, the process ends"
    assert phone.json()["succeeded"]
    assert "stopping: every call is over" in site.log_text()


def test_a_second_sigterm_ends_the_calls(make_site):
    site = make_site(quick=True)
    with call(site) as client:
        site.signal(signal.SIGTERM)
        wait_until(lambda: "draining" in site.log_text(), 10, "the site drains")
        site.signal(signal.SIGTERM)
        client.wait_for_bye()
        assert site.process.popen.wait(20) == 0


def test_the_drain_time_is_limited(make_site):
    site = make_site(quick=True, arguments=("--drain-seconds", "1"))
    with call(site) as client:
        site.signal(signal.SIGTERM)
        client.wait_for_bye()
        assert site.process.popen.wait(20) == 0
    assert "stopping: the drain time is over" in site.log_text()


def stored(site, table):
    with sqlite3.connect(f"file:{site.folder / 'store' / 'site.db'}?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]


def test_killed_in_the_middle_of_everything(make_site):
    site = make_site(quick=True)
    talking = site.agent_phone("1001", "--answer", "--seconds", "60")
    rung = site.agent_phone("1002", "--answer", "--answer-after", "60")
    site.ringwall("agent", "ready", "1001")
    calls = [call(site)]
    in_state(site, "1001", "TALKING")
    site.ringwall("agent", "ready", "1002")
    calls.append(call(site))
    in_state(site, "1002", "RESERVED")
    calls += [call(site), call(site)]
    wait_until(lambda: site.queue()["waiting"] == 2, 10, "two callers wait")
    # The store is written behind the calls: what is killed here is a site whose store knows of all that.
    wait_until(lambda: {a["agent"]: a["state"] for a in stored(site, "agents")} | {"1001": "TALKING", "1002": "RESERVED"}
               == {a["agent"]: a["state"] for a in stored(site, "agents")}, 10, "the agents are stored")
    wait_until(lambda: len(stored(site, "queue_places")) >= 2, 10, "the places are stored")

    site.kill()
    for client in calls:
        client.close()
    site.start()

    states = {agent["agent"]: agent for agent in site.ringwall("show", "agents")["agents"]}
    assert states["1001"]["state"] == "NOT_READY" and states["1001"]["reason"] == "the site restarted during the call"
    assert states["1002"]["state"] == "READY", "to be rung is not to have refused"
    assert not any(agent["interaction"] for agent in states.values())
    queue = site.queue()
    assert (queue["waiting"], queue["reserved"], queue["talking"], queue["available"]) == (0, 0, 0, 1)
    assert not site.calls()
    wait_until(lambda: not stored(site, "queue_places"), 10, "no place is left in the store")

    for phone in (talking, rung):
        phone.end()
    site.ringwall("agent", "logout", "1002")
    answered_by(site, "1001")
    wait_until(lambda: not site.calls(), 10, "no leg is left")


def test_what_agents_chose_survives_a_kill(make_site):
    site = make_site(start=False).start()
    site.ringwall("agent", "ready", "1001")
    site.ringwall("agent", "not-ready", "1002", "--reason", "lunch")
    site.ringwall("agent", "ready", "1003")
    before = {agent["agent"]: (agent["state"], agent["reason"], agent["since"]) for agent in site.ringwall("show", "agents")["agents"]}
    wait_until(lambda: len(stored(site, "agents")) == 3, 10, "the agents are stored")
    site.kill()
    site.start()
    after = {agent["agent"]: (agent["state"], agent["reason"], agent["since"]) for agent in site.ringwall("show", "agents")["agents"]}
    assert {id: after[id] for id in ("1001", "1002", "1003")} == {id: before[id] for id in ("1001", "1002", "1003")}


def test_sighup_reads_the_configuration_again(make_site):
    site = make_site(quick=True)
    with connect_edge(site) as client:
        assert client.invite("6017", secure_offer(site.address(76))).status == 404
    site.include("more", '[[service]]\nnumber = "6017"\nscript = "quick.vxml"\nqueue_script = "queue.vxml"\nskill_group = "support"\n')
    with call(site) as running:
        site.signal(signal.SIGHUP)
        wait_until(lambda: "the configuration was read again" in site.log_text(), 10, "the site has read it")
        with call(site, "6017") as fresh:
            assert fresh.bye().status == 200
        assert running.bye().status == 200, "a call that runs goes on"


def test_identities_change_under_a_running_call(site):
    """Every element gets new certificates while a call runs: the call and its connection go on, new ones see the new ones."""
    with connect_edge(site) as carrier:
        old = carrier.sock.getpeercert()["serialNumber"]
        assert carrier.invite("6016", secure_offer(site.address(76))).status == 200
        wait_until(lambda: len(site.calls()) >= 4, 10, "the call stands, leg by leg")
        for element in ("edge", "call-server", "voice-browser", "call-manager"):
            site.ringwall("pki", "issue", "--force", "--name", f"{element}.{site.domain}", "--out", site.folder / "pki" / "elements" / element)
        site.signal(signal.SIGHUP)

        def serial():
            with connect_edge(site) as other:
                return other.sock.getpeercert()["serialNumber"]

        wait_until(lambda: serial() != old, 10, "the edge shows its new certificate")
        assert len(site.calls()) >= 4
        assert carrier.bye().status == 200
        wait_until(lambda: not site.calls(), 10, "every leg has ended over the connections of before")
    with connect_edge(site) as carrier:
        assert carrier.invite("6016", secure_offer(site.address(76))).status == 200
        assert carrier.bye().status == 200


def test_sighup_keeps_the_old_configuration_if_the_new_one_is_bad(make_site):
    site = make_site(quick=True)
    good = site.configuration.read_text()
    bad = good.replace('number = "6016"', 'number = "6018"').replace('profile = "carrier"\n', 'profile = "carier"\n')
    assert bad != good
    site.configuration.write_text(bad)
    site.signal(signal.SIGHUP)
    wait_until(lambda: "the configuration has mistakes" in site.log_text(), 10, "the site has judged it")
    line = next(number for number, text in enumerate(bad.splitlines(), 1) if '"carier"' in text)
    assert f"ringwall.toml:{line}:" in site.log_text() and "no security profile 'carier'" in site.log_text()
    with call(site) as client:
        assert client.bye().status == 200
    with connect_edge(site) as client:
        assert client.invite("6018", secure_offer(site.address(76))).status == 404

    site.configuration.write_text(bad.replace('"carier"', '"carrier"'))
    site.signal(signal.SIGHUP)
    wait_until(lambda: "the configuration was read again" in site.log_text(), 10, "the site has read the mended one")
    with call(site, "6018") as client:
        assert client.bye().status == 200


def test_a_second_run_of_the_same_site_fails(make_site):
    site = make_site(quick=True)
    second = site.ask("run")
    assert second.code == 1
    assert "mend:" in second.err and ("already" in second.err or "in use" in second.err), second.err
    assert site.ask("show", "calls").code == 0, "the first one is not disturbed"
    with call(site) as client:
        assert client.bye().status == 200


def test_a_site_that_does_not_run_says_so(make_site):
    site = make_site(start=False)
    done = site.ask("show", "calls")
    assert done.code == 1
    assert "ringwall run" in done.err


def test_init_leaves_an_existing_folder_alone(make_site):
    site = make_site(start=False)
    before = sorted(os.listdir(site.folder))
    done = site.ask("init", site.folder)
    assert done.code == 1
    assert "not empty" in done.err
    assert sorted(os.listdir(site.folder)) == before
