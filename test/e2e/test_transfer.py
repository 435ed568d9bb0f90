"""Calls that change hands: blind and attended transfer, and pickup, between three phones over TLS. The audio stays
between the phones: what is checked is whose description reaches whom."""

import re
from urllib.parse import quote

import pytest

from ringwall_site import wait_until
from sip_client import connect_edge, secure_offer
from sip_phone import Phone, talk


@pytest.fixture(scope="module")
def running(make_module_site):
    return make_module_site(quick=True)


@pytest.fixture
def phones(running):
    """Ada, Bob and Carol, registered."""
    with Phone(running, "1001") as ada, Phone(running, "1002") as bob, Phone(running, "1003") as carol:
        yield ada.register(), bob.register(), carol.register()
    wait_until(lambda: not running.calls(), 15, f"no leg is left: {running.calls()}")


def refer(dialog, target, headers=()):
    return dialog.request("REFER", [f"Refer-To: <{target}>", f"Referred-By: <{dialog.phone.aor}>", *headers])


def told(dialog):
    """The status that the next NOTIFY of a REFER tells, and whether it is the last."""
    notify = dialog.expect("NOTIFY")
    assert notify.header("Event").startswith("refer") and notify.header("Content-Type").startswith("message/sipfrag"), notify
    return int(notify.body.split()[1]), notify.header("Subscription-State").startswith("terminated")


def port(message):
    found = re.search(r"m=audio (\d+) ", message.body)
    return int(found.group(1)) if found else None


def hang_up(one, other):
    """The two are in one call: when one hangs up, the other hears it."""
    assert one.bye().status == 200
    other.expect("BYE")


def begin_blind(ada, bob, carol):
    """Ada talks to Bob and refers him to Carol, who is rung: the dialogs of all three."""
    adas, bobs = talk(ada, bob, 30000)
    assert refer(adas, f"sip:{carol.line}@{ada.site.domain}").status == 202
    assert told(adas) == (100, False)
    carols = carol.incoming()
    assert carols.invite.body == "" and carols.invite.header("Referred-By") == f"<{ada.aor}>"
    assert f"sip:{bob.line}@" in carols.invite.header("From")
    return adas, bobs, carols


def join(bobs, carols):
    """Carol answers; what she and Bob hear of each other."""
    carols.phone.answer(carols.invite, 200, carols.phone.description(31000), to=carols.local)
    reinvite, _ = bobs.expect_reinvite(bobs.phone.description(32000))
    assert port(reinvite) == 31000
    assert port(carols.expect("ACK")) == 32000


def test_blind(phones, running):
    ada, bob, carol = phones
    adas, bobs, carols = begin_blind(*phones)
    carols.ring()
    assert told(adas) == (180, False)
    join(bobs, carols)
    assert told(adas) == (200, True)
    adas.expect("BYE")
    legs = wait_until(lambda: len(running.calls()) == 2 and running.calls(), 5, "Bob and Carol are left")
    assert {leg["peer"] for leg in legs} == {f"phone{p.line}.{running.domain}" for p in (bob, carol)}
    hang_up(bobs, carols)


def test_blind_to_a_line_with_two_devices(phones, running):
    ada, bob, carol = phones
    with Phone(running, carol.line) as second:
        second.register()
        adas, bobs, firsts = begin_blind(*phones)
        seconds = second.incoming()
        firsts.ring()
        assert told(adas) == (180, False)
        join(bobs, seconds)
        firsts.expect_cancel()
        assert told(adas) == (200, True)
        adas.expect("BYE")
        hang_up(bobs, seconds)


def test_blind_to_one_who_is_busy(phones):
    adas, bobs, carols = begin_blind(*phones)
    carols.refuse(486)
    assert told(adas) == (486, True)
    hang_up(bobs, adas)


def test_blind_to_nobody(phones, running):
    ada, bob, _ = phones
    adas, bobs = talk(ada, bob, 30000)
    for number, status in (("4711", 404), ("1999", 404)):
        assert refer(adas, f"sip:{number}@{running.domain}").status == 202
        assert told(adas) == (100, False)
        assert told(adas) == (status, True)
    hang_up(adas, bobs)


def test_the_transferor_leaves_early(phones):
    adas, bobs, carols = begin_blind(*phones)
    assert adas.bye().status == 200
    join(bobs, carols)
    assert told(adas) == (200, True), "told in the dialog that the call has left"
    hang_up(carols, bobs)


def test_the_transferor_has_left_and_the_target_is_busy(phones):
    adas, bobs, carols = begin_blind(*phones)
    assert adas.bye().status == 200
    carols.refuse(486)
    assert told(adas) == (486, True)
    bobs.expect("BYE")


def test_the_remaining_side_hangs_up_while_it_rings(phones):
    adas, bobs, carols = begin_blind(*phones)
    carols.ring()
    assert told(adas) == (180, False)
    assert bobs.bye().status == 200
    carols.expect_cancel()
    assert told(adas) == (480, True)
    adas.expect("BYE")


def test_the_remaining_side_takes_no_new_audio(phones):
    adas, bobs, carols = begin_blind(*phones)
    carols.phone.answer(carols.invite, 200, carols.phone.description(31000), to=carols.local)
    bobs.expect("INVITE", 488)
    carols.expect("BYE")
    assert told(adas) == (488, True)
    hang_up(adas, bobs)


def test_without_subscription(phones, running):
    ada, bob, carol = phones
    adas, bobs = talk(ada, bob, 30000)
    accepted = refer(adas, f"sip:{carol.line}@{running.domain}", ["Refer-Sub: false", "Supported: norefersub"])
    assert accepted.status == 202 and accepted.header("Refer-Sub") == "false"
    carols = carol.incoming()
    join(bobs, carols)
    adas.expect("BYE")
    hang_up(bobs, carols)


def test_outside_the_dialog_by_target_dialog(phones, running):
    ada, bob, carol = phones
    adas, bobs = talk(ada, bob, 30000)
    named = f"Target-Dialog: {adas.call_id};local-tag={adas.remote_tag};remote-tag={adas.local_tag}"
    target = [f"Refer-To: <sip:{carol.line}@{running.domain}>", "Refer-Sub: false"]
    uri = f"sip:{bob.line}@{running.domain}"
    assert carol.outside("REFER", uri, [*target, named]).status == 403, "it is not Carol's call"
    assert ada.outside("REFER", uri, target).status == 403
    assert ada.outside("REFER", uri, [*target, named]).status == 202
    carols = carol.incoming()
    join(bobs, carols)
    adas.expect("BYE")
    hang_up(bobs, carols)


def attend(ada, bob, carol):
    """Ada talks to Bob, and to Carol in a second call."""
    return *talk(ada, bob, 30000), *talk(ada, carol, 30100)


def replacing(second, carol):
    return f"sip:{carol.line}@{carol.site.domain}?Replaces={quote(second.replaces(), safe='')}"


@pytest.mark.parametrize("leaves", [False, True], ids=["waits", "leaves"])
def test_attended(phones, running, leaves):
    ada, bob, carol = phones
    first, bobs, second, carols = attend(*phones)
    assert refer(first, replacing(second, carol)).status == 202
    assert told(first) == (100, False)
    if leaves:
        assert first.bye().status == 200 and second.bye().status == 200
    ask = carols.expect("INVITE", body=carol.description(31000))
    assert ask.body == ""
    reinvite, _ = bobs.expect_reinvite(bob.description(32000))
    assert port(reinvite) == 31000
    assert port(carols.expect("ACK")) == 32000
    assert told(first) == (200, True)
    if not leaves:
        first.expect("BYE")
        second.expect("BYE")
    wait_until(lambda: len(running.calls()) == 2, 5, f"Bob and Carol are left: {running.calls()}")
    hang_up(carols, bobs)


def test_attended_with_a_call_of_somebody_else(phones):
    ada, bob, carol = phones
    first, bobs, second, carols = attend(*phones)
    assert refer(bobs, replacing(second, carol)).status == 403
    unknown = f"sip:{carol.line}@{carol.site.domain}?Replaces=nothing%3Bto-tag%3Da%3Bfrom-tag%3Db"
    assert refer(first, unknown).status == 202
    assert told(first) == (100, False)
    assert told(first) == (481, True)
    hang_up(first, bobs)
    hang_up(second, carols)


def watched(watcher, line):
    """What the dialog package tells of a line's only dialog: the value of a Replaces for it."""
    response, dialog = watcher.subscribe(line, "dialog", expires=0)
    assert response.status == 200, response
    body = dialog.expect("NOTIFY").body
    (found,) = re.findall(r'<dialog id="\d+" call-id="([^"]+)" local-tag="([^"]+)" remote-tag="([^"]+)"', body)
    return f"{found[0]};to-tag={found[1]};from-tag={found[2]}"


def test_pickup_of_a_ringing_call(phones):
    ada, bob, carol = phones
    adas = ada.call(bob.line, ada.description(30000))
    bobs = bob.incoming()
    bobs.ring()
    adas.ringing()
    carols = carol.call(bob.line, carol.description(31000), [f"Replaces: {watched(carol, bob.line)};early-only", "Require: replaces"])
    bobs.expect_cancel()
    held = adas.answered()
    assert held.status == 200 and "a=inactive" in held.body and "RTP/SAVP" in held.body and "a=crypto:" in held.body
    reinvite, _ = adas.expect_reinvite(ada.description(30002))
    assert port(reinvite) == 31000
    answer = carols.answered()
    assert answer.status == 200 and port(answer) == 30002
    hang_up(carols, adas)


def test_a_pickup_whose_audio_the_caller_refuses(phones):
    ada, bob, carol = phones
    adas = ada.call(bob.line, ada.description(30000))
    bobs = bob.incoming()
    bobs.ring()
    adas.ringing()
    carols = carol.call(bob.line, carol.description(31000), [f"Replaces: {watched(carol, bob.line)}"])
    bobs.expect_cancel()
    assert adas.answered().status == 200
    adas.expect("INVITE", 488)
    assert carols.answered().status == 488
    adas.expect("BYE")


def test_pickup_of_a_call_that_is_up(phones):
    ada, bob, carol = phones
    adas, bobs = talk(ada, bob, 30000)
    replaces = watched(carol, bob.line)
    early = carol.call(bob.line, carol.description(31000), [f"Replaces: {replaces};early-only"])
    assert early.answered().status == 486
    carols = carol.call(bob.line, carol.description(31000), [f"Replaces: {replaces}"])
    reinvite, _ = adas.expect_reinvite(ada.description(30002))
    assert port(reinvite) == 31000
    assert port(carols.answered()) == 30002
    bobs.expect("BYE")
    hang_up(adas, carols)


def test_a_pickup_that_fails_changes_nothing(phones):
    ada, bob, carol = phones
    adas, bobs = talk(ada, bob, 30000)
    carols = carol.call(bob.line, carol.description(31000), [f"Replaces: {watched(carol, bob.line)}"])
    adas.expect("INVITE", 488)
    assert carols.answered().status == 488
    hang_up(bobs, adas)


@pytest.mark.parametrize("value, status", [("x;to-tag=a;from-tag=b", 481), ("x;to-tag=a", 400)])
def test_a_pickup_of_nothing(phones, value, status):
    _, bob, carol = phones
    assert carol.call(bob.line, carol.description(31000), [f"Replaces: {value}"]).answered().status == status


def test_the_side_of_an_element_is_not_taken_over_by_a_phone(phones, running):
    ada, bob, _ = phones
    with Phone(running, "5550100", running.folder / "pki" / "elements" / "edge") as edge:
        edges, bobs = talk(edge, bob, 30000)
        assert ada.call(bob.line, ada.description(31000), [f"Replaces: {edges.replaces()}"]).answered().status == 403
        assert ada.outside("REFER", f"sip:{bob.line}@{running.domain}", [f"Refer-To: <sip:{ada.line}@{running.domain}>",
                           f"Target-Dialog: {edges.call_id};local-tag={edges.remote_tag};remote-tag={edges.local_tag}"]).status == 403
        hang_up(edges, bobs)


def test_an_agent_transfers_a_caller(phones, running):
    """The caller is outside: the edge holds the audio, and the call server is between."""
    ada, bob, _ = phones
    running.ringwall("agent", "ready", ada.line)
    with connect_edge(running) as caller:
        assert caller.invite("6016", secure_offer(running.address(76))).status == 200
        adas = ada.incoming()
        answer = ada.description(30000)
        ada.answer(adas.invite, 200, answer, to=adas.local)
        adas.expect("ACK")
        wait_until(lambda: running.agent(ada.line)["state"] == "TALKING", 10, "Ada talks to the caller")
        assert refer(adas, f"sip:{bob.line}@{running.domain}").status == 202
        assert told(adas) == (100, False)
        bobs = bob.incoming()
        assert "5550100" in bobs.invite.header("From"), "Bob sees the caller"
        bob.answer(bobs.invite, 200, bob.description(31000), to=bobs.local)
        ack = bobs.expect("ACK")
        assert "RTP/SAVP" in ack.body and "a=crypto:" in ack.body and f"c=IN IP4 {running.address(226)}" in ack.body
        assert told(adas) == (200, True)
        adas.expect("BYE")
        assert caller.bye().status == 200
        bobs.expect("BYE")
    running.ringwall("agent", "logout", ada.line)
