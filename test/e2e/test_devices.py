"""A line with several devices, and what phones say to each other before the call is up: reliable responses and UPDATE."""

import pytest

from ringwall_site import wait_until
from sip_phone import Phone, talk

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


@pytest.fixture(scope="module")
def running(make_module_site):
    return make_module_site(quick=True)


@pytest.fixture
def site(running):
    yield running
    wait_until(lambda: not running.calls(), 15, f"no leg is left: {running.calls()}")


def test_all_devices_of_a_line_ring_and_the_first_to_answer_has_the_call(site):
    with Phone(site, "1001") as desk, Phone(site, "1001") as soft, Phone(site, "1002") as caller:
        desk.register(), soft.register(), caller.register()
        call = caller.call("1001", caller.description(30000))
        desks, softs = desk.incoming(), soft.incoming()
        desks.ring(), softs.ring()
        call.ringing()
        softs.phone.answer(softs.invite, 200, soft.description(30002), to=softs.local)
        answer = call.answered()
        assert answer.status == 200 and "m=audio 30002 " in answer.body
        softs.expect("ACK")
        cancel = desks.expect("CANCEL")
        assert cancel.header("Reason") == ELSEWHERE
        desk.answer(desks.invite, 487, to=desks.local)
        desks.expect("ACK")
        assert call.bye().status == 200
        softs.expect("BYE")


def test_the_best_refusal_of_all_devices_is_told(site):
    with Phone(site, "1001") as desk, Phone(site, "1001") as soft, Phone(site, "1002") as caller:
        desk.register(), soft.register(), caller.register()
        call = caller.call("1001", caller.description(30000))
        desk.incoming().refuse(503)
        soft.incoming().refuse(486)
        assert call.answered().status == 486


def test_an_early_answer_and_its_prack_pass(site):
    with Phone(site, "1001") as callee, Phone(site, "1002") as caller:
        callee.register(), caller.register()
        call = caller.call("1001", caller.description(30000), ["Supported: 100rel"])
        incoming = callee.incoming()
        assert "100rel" in incoming.invite.header("Supported")
        callee.answer(incoming.invite, 183, callee.description(30002), ["Require: 100rel", "RSeq: 7"], to=incoming.local)
        early = call.ringing()
        assert early.status == 183 and early.header("Require") == "100rel" and "m=audio 30002 " in early.body
        prack = incoming.expect("PRACK")
        assert prack.header("RAck").split()[0] == "7"
        call.remote, call.target = early.header("To"), early.header("Contact").strip("<>")
        rack = f"RAck: {early.header('RSeq')} 1 INVITE"
        assert call.request("PRACK", [rack]).status == 200
        callee.answer(incoming.invite, 200, to=incoming.local)
        answer = caller.response(call.call_id, 1)
        assert answer.status == 200 and not answer.body, "the answer is not given twice"
        call.ack(1)
        incoming.expect("ACK")
        assert call.bye().status == 200
        incoming.expect("BYE")


def test_an_offer_in_an_update_passes_both_ways(site):
    with Phone(site, "1001") as callee, Phone(site, "1002") as caller:
        callee.register(), caller.register()
        call, incoming = talk(caller, callee, 30000)
        for asking, asked, port in ((call, incoming, 31000), (incoming, call, 32000)):
            asking.cseq += 1
            asking.phone.send_request("UPDATE", asking.target, asking.local, asking.remote, asking.call_id, asking.cseq, (),
                                      asking.phone.description(port))
            passed = asked.expect("UPDATE", body=asked.phone.description(port + 2))
            assert f"m=audio {port} " in passed.body
            response = asking.phone.response(asking.call_id, asking.cseq)
            assert response.status == 200 and f"m=audio {port + 2} " in response.body
        assert call.bye().status == 200
        incoming.expect("BYE")


def test_why_a_call_ended_passes(site):
    with Phone(site, "1001") as callee, Phone(site, "1002") as caller:
        callee.register(), caller.register()
        call, incoming = talk(caller, callee, 30000)
        assert call.request("BYE", ['Reason: Q.850;cause=16;text="Terminated"']).status == 200
        assert incoming.expect("BYE").header("Reason") == 'Q.850;cause=16;text="Terminated"'
