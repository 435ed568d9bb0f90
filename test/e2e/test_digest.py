"""Phones without a certificate prove themselves by digest, and nothing else passes; a carrier is answered when it asks."""

import re
import ssl
import stat

import pytest

import baresip
import sipp
from digest import PHONES, BarePhone, challenges, credentials, make_secret, parameters
from ringwall_site import wait_until
from sip_client import secure_offer, tls_socket


@pytest.fixture(scope="module")
def site(make_module_site):
    made = make_module_site(start=False, include={"soft": PHONES})
    make_secret(made, "phone-device", "secret", "1901", "--stdin", password="secret")
    make_secret(made, "phone-device", "secret", "1902", "--stdin", "--algorithm", "MD5", password="secret")
    return made.start()


@pytest.fixture
def phone(site):
    with BarePhone(site, "1901") as made:
        yield made


def test_a_phone_registers_with_each_strong_algorithm(site, phone):
    first = phone.send("REGISTER")
    assert first.status == 401
    assert list(challenges(first)) == ["SHA-512-256", "SHA-256"]
    for algorithm in ("SHA-256", "SHA-512-256"):
        assert phone.register(algorithm).status == 200
    assert site.registered("1901")
    assert not any("1901" in refusal["what"] for refusal in site.refusals()), "a challenge is no refusal"


def test_a_wrong_password_and_an_unknown_line_are_refused_alike(site, phone):
    wrong = phone.register(password="guess")
    assert wrong.status == 403
    with BarePhone(site, "1999") as stranger:
        unknown = stranger.register()
    assert unknown.status == 403
    assert unknown.header("Warning") == wrong.header("Warning")
    assert any("the secret is wrong" in refusal["what"] for refusal in site.refusals())
    assert "guess" not in site.log_text()


def test_a_count_is_used_once(phone):
    challenge = challenges(phone.send("REGISTER"))["SHA-256"]
    credentials = phone.answer(challenge)
    assert phone.send("REGISTER", authorization=credentials).status == 200
    again = phone.send("REGISTER", authorization=credentials)
    assert again.status == 401
    assert challenges(again)["SHA-256"]["stale"] == "true"
    assert phone.send("REGISTER", authorization=phone.answer(challenge, count=2)).status == 200


def test_credentials_hold_for_their_method_their_uri_and_their_line(phone):
    challenge = challenges(phone.send("REGISTER"))["SHA-256"]
    assert phone.send("REGISTER", authorization=phone.answer(challenge, method="INVITE")).status == 403
    assert phone.send("REGISTER", authorization=phone.answer(challenge, uri="sip:elsewhere.test")).status == 403
    assert phone.send("REGISTER", authorization=phone.answer(challenge), to="1902").status in (401, 403)
    assert phone.send("REGISTER", authorization=phone.answer(challenge, user="1902")).status == 403


def test_md5_is_for_the_profile_that_allows_it(site, phone):
    challenge = {**challenges(phone.send("REGISTER"))["SHA-256"], "algorithm": "MD5"}
    assert phone.send("REGISTER", authorization=phone.answer(challenge)).status == 403
    with BarePhone(site, "1902") as old:
        assert list(challenges(old.send("REGISTER"))) == ["MD5"]
        assert old.register("MD5").status == 200


def test_an_invite_is_challenged_and_its_body_may_be_covered(site, phone):
    uri, offer = f"sip:7777@{site.domain}", secure_offer(site.address(77))
    challenge = challenges(phone.send("INVITE", uri, body=offer, to="7777"))["SHA-256"]
    taken = phone.send("INVITE", uri, phone.answer(challenge, "INVITE", uri, body=offer, qop="auth-int"), to="7777", body=offer)
    assert taken.status == 404, "known, and nobody has that number"
    changed = phone.answer(challenge, "INVITE", uri, body=offer + "a=x\r\n", qop="auth-int", count=2)
    assert phone.send("INVITE", uri, changed, to="7777", body=offer).status == 403


def test_every_request_is_challenged(site, phone):
    """Having registered is not enough: whoever else uses the connection has not."""
    assert phone.register().status == 200
    for method, line, more, taken in (("MESSAGE", "1902", [], 480), ("PUBLISH", "1901", ["Event: presence"], 400),
                                      ("SUBSCRIBE", "1902", ["Event: dialog", "Expires: 0"], 200)):
        uri = f"sip:{line}@{site.domain}"
        asked = phone.send(method, uri, to=line, more=more)
        assert asked.status == 401, method
        answer = phone.answer(challenges(asked)["SHA-256"], method, uri)
        assert phone.send(method, uri, answer, to=line, more=more).status == taken, method
    assert phone.send("REFER", uri, more=["Refer-To: <sip:6016@ringwall.test>"]).status == 401


def test_other_elements_still_demand_a_certificate(site):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with tls_socket(site.address(77), (site.address(226), 5061)) as edge:
            edge.send(b"\r\n\r\n")
            assert edge.recv(10) == b"", "the edge demands a certificate"
            raise ConnectionError


def test_after_a_restart_the_old_nonce_is_stale(make_site):
    site = make_site(start=False, include={"soft": PHONES})
    for line in ("1901", "1902"):
        make_secret(site, "phone-device", "secret", line, "--stdin", "--algorithm", "SHA-256", "--algorithm", "MD5", password="secret")
    site.start()
    with BarePhone(site, "1901") as phone:
        challenge = challenges(phone.send("REGISTER"))["SHA-256"]
        credentials = phone.answer(challenge)
    site.stop()
    site.start()
    with BarePhone(site, "1901") as phone:
        stale = phone.send("REGISTER", authorization=credentials)
        assert stale.status == 401
        fresh = challenges(stale)["SHA-256"]
        assert fresh["stale"] == "true"
        assert phone.send("REGISTER", authorization=phone.answer(fresh)).status == 200


def test_secrets_are_made_kept_private_and_checked(make_site):
    site = make_site(start=False, include={"soft": PHONES})
    check = site.ask("check")
    assert check.code != 0
    assert "phone-device secret 1901" in check.out
    made = site.ringwall("phone-device", "secret", "1901")
    assert len(made["password"]) >= 20
    file = site.folder / "secrets" / "1901.digest"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made["password"] not in file.read_text()
    make_secret(site, "phone-device", "secret", "1902", "--stdin", password="secret")
    assert site.ask("check").code == 0, site.ask("check").out
    file.chmod(0o644)
    check = site.ask("check")
    assert check.code != 0
    assert "chmod 600" in check.out


def test_sipp_registers_with_md5(site):
    door = sipp.tunnel(site, address=78, element=3, name="call-manager", anonymous=True)
    process = sipp.start(site, "registers_with_digest", "tls", 78, door, ["-s", "1902", "-m", 1, "-au", "1902", "-ap", "secret", "-auth_uri", site.domain])
    sipp.succeeded(process)


def test_a_carrier_that_challenges_is_answered(make_site):
    trunks = sipp.FAR_TRUNKS.split("[[trunk]]\nname = \"secure\"")[1].replace(
        'profile = "carrier"', 'profile = "digest-carrier"\nuser = "us"\ndigest = "secrets/secure.digest"')
    suites = '["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"]'  # SIPp takes the third line of the offer
    profile = f'[[profile]]\nname = "digest-carrier"\nmd5 = true\nsuites = {suites}\n\n'
    site = make_site(start=False, include={"secure": profile + '[[trunk]]\nname = "secure"' + trunks})
    make_secret(site, "trunk", "secret", "secure", "--realm", "carrier.test", "--algorithm", "MD5", password="secret")
    site.start()
    called = sipp.callee(site, "challenges", "tls")
    caller = sipp.caller(site, "call", "tls", number="9001")
    sipp.succeeded(called)
    sipp.succeeded(caller)
    given = parameters(re.search(r"Proxy-Authorization: (.*)", called.messages.read_text()).group(1))
    challenge = {"algorithm": "MD5", "realm": "carrier.test", "nonce": "94456d2a8c0c4b8a", "opaque": ""}
    expected = parameters(credentials(challenge, "us", "secret", "INVITE", given["uri"], cnonce=given["cnonce"]))
    assert given["response"] == expected["response"]
    assert (given["username"], given["nc"], given["qop"]) == ("us", "00000001", "auth")
    wait_until(lambda: not site.calls(), 10, "no leg is left")


@pytest.mark.skipif(not baresip.available(), reason="baresip is not installed: script/bootstrap installs it")
def test_baresip_without_a_certificate_registers_and_calls(site, tmp_path):
    """Debian's baresip knows MD5 alone, and gives up at a challenge that it cannot read: its file has no other secret."""
    names = baresip.NameServer(site.address(53), {f"call-manager.{site.domain}": site.address(3)})
    ports = 33000 + int(site.net.split(".")[1]) * 200 + 60
    phone = baresip.Baresip(tmp_path / "phone", site.address(79), f'<sip:1902@{site.domain};transport=tls>;auth_user=1902;auth_pass=secret;'
                            f'outbound="sip:call-manager.{site.domain};transport=tls";regint=600;mediaenc=srtp-mand;audio_codecs=pcmu/8000/1',
                            site.folder / "pki", names.where, 440, f"{ports}-{ports + 30}")
    try:
        wait_until(lambda: site.registered("1902"), 15, "baresip is registered")
        phone.dial(f"sip:6016@{site.domain}")
        phone.wait_event("CALL_ESTABLISHED")
        wait_until(lambda: any(call["secure"] for call in site.calls()), 5, "the call is there")
        phone.hang_up()
        wait_until(lambda: not site.calls(), 10, "the call has ended")
    finally:
        phone.stop()
        names.close()


def test_who_guesses_is_blocked(site):
    """From an address of its own, for the others go on."""
    def blocked():
        try:
            with BarePhone(site, "1901", 90) as guesser:
                assert guesser.register(password="guess").status == 403
            return False
        except (ConnectionError, ssl.SSLError, TimeoutError):
            return True

    assert sum(1 for _ in range(30) if not blocked()) < 30
    assert blocked()
    assert any(source["source"] == site.address(90) for source in site.connections("call-manager")["blocked"])
    with BarePhone(site, "1901") as phone:
        assert phone.register().status == 200
