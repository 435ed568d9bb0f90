"""A phone that dies in a call says nothing: the session timer (RFC 4028) notices, and the other side is let go."""

import os
import signal
import time

from ringwall_site import wait_until

SHORTEST = "[sip]\nsession_interval = 90\nsession_minimum = 90\n"


def test_who_talks_to_a_phone_that_was_killed_is_let_go(make_site):
    site = make_site(quick=True, include={"timers": SHORTEST})
    phone = site.agent_phone("1001", "--answer", "--seconds", "300", "--wait", "300")
    site.ringwall("agent", "ready", "1001")
    caller = site.caller("6016", "--seconds", "300", "--wait", "300")
    wait_until(lambda: site.agent("1001")["state"] == "TALKING", 30, "the agent talks to the caller")

    began = time.monotonic()
    os.kill(phone.pid, signal.SIGKILL)
    time.sleep(5)
    assert caller.running() and site.calls(), "nobody has said BYE"
    # Refreshed at half the interval; without an answer that is the end, at the latest a third before the interval's.
    wait_until(lambda: not caller.running(), 90, "the caller is let go")
    assert time.monotonic() - began >= 30, "not by a closed connection alone"
    assert caller.json(1)["failure"] == ""
    wait_until(lambda: not site.calls(), 15, "no leg is left")
    assert "could not be refreshed" in site.log_text() or "session timer" in site.log_text()
