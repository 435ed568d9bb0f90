"""Watching lines (message-summary, dialog, reg, presence), publishing presence, and text messages."""

import re

import pytest

from sip_phone import Phone, talk

PIDF = """<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:1002@ringwall.test"><tuple id="desk"><status><basic>{}</basic></status>
<note>{}</note></tuple></presence>"""


@pytest.fixture(scope="module")
def site(make_module_site):
    return make_module_site()


@pytest.fixture
def ada(site):
    with Phone(site, "1001") as phone:
        yield phone.register()


@pytest.fixture
def bob(site):
    with Phone(site, "1002") as phone:
        yield phone.register()


def watch(watcher, line, event, **options):
    """A subscription that was accepted, and the body of its first NOTIFY."""
    response, dialog = watcher.subscribe(line, event, **options)
    assert response.status == 200, response
    assert "presence" in response.header("Allow-Events")
    return dialog, state(dialog)


def state(dialog, wanted="active"):
    notify = dialog.expect("NOTIFY")
    assert notify.header("Subscription-State").startswith(wanted), notify
    return notify.body


def test_message_summary(ada, site):
    dialog, body = watch(ada, "1001", "message-summary", headers=["Accept: application/simple-message-summary"])
    assert body == f"Messages-Waiting: no\r\nMessage-Account: sip:1001@{site.domain}\r\nVoice-Message: 0/0 (0/0)\r\n"
    assert dialog.request("SUBSCRIBE", ["Event: message-summary", "Expires: 600"]).status == 200
    assert state(dialog) == body, "a refresh brings the state again"
    assert dialog.request("SUBSCRIBE", ["Event: message-summary", "Expires: 0"]).status == 200
    assert state(dialog, "terminated;reason=timeout") == body


def test_dialog(ada, bob, site):
    with Phone(site, "1003") as watcher:
        dialog, body = watch(watcher, "1002", "dialog")
        assert f'version="0" state="full" entity="sip:1002@{site.domain}"' in body and "<dialog " not in body
        call, incoming = talk(ada, bob, 30000)
        seen = [state(dialog)]
        while "confirmed" not in seen[-1]:
            seen.append(state(dialog))
        assert [re.search(r'version="(\d+)"', body).group(1) for body in seen] == [str(i + 1) for i in range(len(seen))]
        assert 'direction="recipient"' in seen[-1] and f"<identity>sip:1001@{site.domain}</identity>" in seen[-1]
        assert call.bye().status == 200
        incoming.expect("BYE")
        assert "<dialog " not in state(dialog)


def test_reg(ada, site):
    _, body = watch(ada, "1001", "reg")
    assert 'state="active"' in body and f"<uri>sip:1001@{ada.local};transport=tls</uri>" in body


def test_presence(ada, site):
    dialog, body = watch(ada, "1002", "presence")
    assert "<basic>closed</basic>" in body
    with Phone(site, "1002") as bob:
        bob.register()
        assert "<basic>open</basic>" in state(dialog)
        first = publish(bob, "1002", PIDF.format("open", "at lunch"))
        assert first.status == 200 and first.header("Expires") == "600"
        body = state(dialog)
        assert '<tuple id="desk">' in body and "<note>at lunch</note>" in body
        tag = first.header("SIP-ETag")
        assert publish(bob, "1002", PIDF.format("open", "back"), [f"SIP-If-Match: {tag}"]).status == 200
        assert "<note>back</note>" in state(dialog)
        assert publish(bob, "1002", PIDF.format("open", "again"), [f"SIP-If-Match: {tag}"]).status == 412
    body = state(dialog)
    assert "<basic>closed</basic>" in body, "the phone has gone"


def publish(phone, line, body, headers=(), event="presence"):
    return phone.outside("PUBLISH", f"sip:{line}@{phone.site.domain}", [f"Event: {event}", "Expires: 600", *headers], body, "application/pidf+xml")


def test_publications_that_are_refused(ada):
    assert publish(ada, "1002", PIDF.format("open", "")).status == 403
    assert publish(ada, "4711", PIDF.format("open", "")).status == 404
    assert publish(ada, "1001", "<presence/>").status == 400
    assert publish(ada, "1001", "").status == 400
    answer = publish(ada, "1001", PIDF.format("open", ""), event="dialog")
    assert answer.status == 489 and answer.header("Allow-Events") == "presence"


@pytest.mark.parametrize("line, event, headers, status", [
    ("1002", "reg", (), 403), ("1002", "message-summary", (), 403), ("4711", "dialog", (), 404), ("1002", "winfo", (), 489),
    ("1002", "refer", (), 403), ("1002", "presence", ["Accept: text/plain"], 406)])
def test_what_may_not_be_watched(ada, line, event, headers, status):
    response, _ = ada.subscribe(line, event, headers=headers)
    assert response.status == status
    if status == 489:
        assert "message-summary" in response.header("Allow-Events")


def test_too_short(ada):
    response, _ = ada.subscribe("1002", "dialog", expires=5)
    assert response.status == 423 and response.header("Min-Expires") == "60"


def test_one_phone_watches_512_at_most(site):
    with Phone(site, "1003") as watcher:
        for number in range(512):
            watch(watcher, "1002", f"presence;id={number}")
        response, _ = watcher.subscribe("1002", "presence")
        assert response.status == 503
    with Phone(site, "1003") as again:
        watch(again, "1002", "presence")  # what the lost connection held is free


def test_a_fetch_is_one_notify(ada):
    response, dialog = ada.subscribe("1002", "presence", expires=0)
    assert response.status == 200 and response.header("Expires") == "0"
    assert "<presence" in state(dialog, "terminated;reason=timeout")


def test_messages_between_lines(ada, bob, site):
    uri = f"sip:1002@{site.domain}"
    ada.send_request("MESSAGE", uri, "<sip:somebody@else.test>;tag=1", f"<{uri}>", "text1", 1, (), "hello", "text/plain")
    message = bob.wait(lambda m: m.method == "MESSAGE", "the text")
    assert message.body == "hello" and message.header("Content-Type") == "text/plain"
    assert message.header("From").startswith(f"<sip:1001@{site.domain}>"), "whoever sends is who the certificate says"
    bob.answer(message, 200)
    assert ada.response("text1", 1).status == 200
    ada.send_request("MESSAGE", uri, f"<{ada.aor}>;tag=1", f"<{uri}>", "text2", 1, (), "again", "text/plain")
    bob.answer(bob.wait(lambda m: m.method == "MESSAGE", "the text"), 486)
    assert ada.response("text2", 1).status == 486


def test_messages_to_nobody(ada, site):
    assert ada.outside("MESSAGE", f"sip:4711@{site.domain}", (), "x", "text/plain").status == 404
    assert ada.outside("MESSAGE", f"sip:1003@{site.domain}", (), "x", "text/plain").status == 480


def test_messages_in_a_call(ada, bob):
    call, incoming = talk(ada, bob, 30000)
    ada.send_request("MESSAGE", call.target, call.local, call.remote, call.call_id, 2, (), "psst", "text/plain")
    assert incoming.expect("MESSAGE").body == "psst"
    assert ada.response(call.call_id, 2).status == 200
    call.cseq = 2
    assert incoming.bye().status == 200
    call.expect("BYE")
