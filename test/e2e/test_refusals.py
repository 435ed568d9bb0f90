"""Everything that is refused is refused for its own reason, said in the log, in `show`, and in the SIP answer."""

import socket
import ssl
import subprocess

import pytest

from ringwall_site import wait_until
from sip_client import PATIENCE, SipClient, connect_edge, plain_offer, secure_offer, tls_socket
from waiver import waiver_trunk

def openssl(*arguments, folder):
    run = subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


def request_certificate(folder, name):
    """A key, and the request for a client certificate of the name."""
    folder.mkdir()
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "client.key", "-subj", f"/CN={name}",
            "-out", "client.csr", folder=folder)
    (folder / "extensions").write_text(f"subjectAltName=DNS:{name},URI:sip:{name}\nextendedKeyUsage=clientAuth\n"
                                       "keyUsage=digitalSignature\nbasicConstraints=critical,CA:FALSE\n")


def expired_identity(site, folder, name):
    """What the site's own issuing CA signed, and what ended yesterday."""
    request_certificate(folder, name)
    issuing = site.folder / "pki" / "issuing"
    (folder / "index").write_text("")
    (folder / "ca.cnf").write_text("[ca]\ndefault_ca = c\n[c]\ndatabase = index\nnew_certs_dir = .\nrand_serial = yes\npolicy = p\n"
                                   "default_md = sha256\n[p]\ncommonName = supplied\n")
    openssl("ca", "-batch", "-config", "ca.cnf", "-cert", issuing / "issuing.crt", "-keyfile", issuing / "issuing.key", "-in", "client.csr",
            "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-extfile", "extensions", "-notext", "-out", "leaf.crt",
            folder=folder)
    (folder / "client.crt").write_text((folder / "leaf.crt").read_text() + (issuing / "issuing.crt").read_text())
    return folder


def foreign_identity(folder, name):
    """A good certificate with the right name, from an authority that nobody here knows."""
    request_certificate(folder, name)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-subj", "/CN=Foreign CA",
            "-days", "30", "-out", "ca.crt", folder=folder)
    openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile",
            "extensions", "-out", "client.crt", folder=folder)
    return folder


@pytest.fixture(scope="module")
def site(make_module_site):
    """A site with a waiver trunk for the address .79, so that its edge takes UDP too."""
    return make_module_site(include={"waiver": waiver_trunk()})


@pytest.fixture(autouse=True)
def nothing_remains(site):
    yield
    wait_until(lambda: not site.calls(), 10, "no leg is left after a refusal")


class Handshake:
    """The handshake failure that comes after now, in `show connections` and in the log."""

    def __init__(self, site):
        self.site = site
        self.before = self.totals()
        self.logged = len(site.log_text())

    def totals(self):
        return self.site.connections()["totals"]["server_handshake_failures"]

    def failed_for(self, reason, *words):
        wait_until(lambda: self.totals() == self.before + 1, 10, f"the edge counts the handshake that failed: {reason}")
        failure = self.site.connections()["handshake_failures"][-1]
        assert failure["reason"] == reason, failure
        assert failure["direction"] == "incoming" and failure["remote"].startswith(self.site.address(76)), failure
        log = self.site.log_text()[self.logged:]
        shown = self.site.ringwall("show", "connections", json=False)
        assert failure["sentence"] in shown
        assert failure["sentence"] in log
        for word in words:
            assert word in failure["sentence"], failure


def fails_to_connect(site, **options):
    """The TLS connection cannot be made, or is closed as soon as it is used (TLS 1.3 tells the client late)."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        sock = tls_socket(site.address(76), (site.address(226), 5061), f"edge.{site.domain}", **options)
        with SipClient(sock, "TLS", site.address(226)) as client:
            client.invite("6016", secure_offer(site.address(76)))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_client_certificate(site, version):
    handshake = Handshake(site)
    fails_to_connect(site, version=version)
    handshake.failed_for("no-client-certificate", "showed no certificate", "pki issue")


def test_unknown_authority(site, tmp_path):
    handshake = Handshake(site)
    fails_to_connect(site, identity=foreign_identity(tmp_path / "foreign", f"carrier.{site.domain}"))
    handshake.failed_for("unknown-ca", "do not trust the CA", f"CN=carrier.{site.domain}", "Foreign CA")


def test_expired_certificate(site, tmp_path):
    handshake = Handshake(site)
    fails_to_connect(site, identity=expired_identity(site, tmp_path / "expired", f"carrier.{site.domain}"))
    handshake.failed_for("certificate-expired", "expired at 2020-02-01", f"CN=carrier.{site.domain}")


def test_a_servers_certificate_is_not_a_clients(site, tmp_path):
    """The public authorities do not issue certificates for both uses: a peer that shows its server certificate is told so."""
    carrier = site.carrier()
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    for end in ("crt", "key"):
        (wrong / f"client.{end}").write_text((carrier / f"server.{end}").read_text())
    handshake = Handshake(site)
    fails_to_connect(site, identity=wrong)
    handshake.failed_for("certificate-purpose", "clientAuth")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1(site):
    handshake = Handshake(site)
    fails_to_connect(site, identity=site.carrier(), version=ssl.TLSVersion.TLSv1_1)
    handshake.failed_for("protocol-version", "TLS 1.2 or 1.3")


def test_plain_sip_on_the_tls_port(site):
    handshake = Handshake(site)
    with socket.create_connection((site.address(226), 5061), PATIENCE, (site.address(76), 0)) as sock:
        client = SipClient(sock, "TCP", site.address(226))
        with pytest.raises(ConnectionError):
            client.invite("6016", plain_offer(site.address(76)))
    handshake.failed_for("plain-sip", "SIP in clear", "set its transport to TLS")


def refused(site, client, number, offer, status, warning, reason=None):
    """The call is refused with the status and the warning, and the reason stands in `show refusals` and in the log."""

    def at_edge():
        return [r for r in site.refusals() if r["element"] == "edge"]

    before, logged = len(at_edge()), len(site.log_text())
    answer = client.invite(number, offer)
    assert answer.status == status, answer
    assert answer.header("Warning").startswith(f"399 edge.{site.domain} "), answer
    assert warning in answer.header("Warning"), answer
    refusals = wait_until(lambda: at_edge()[before:], 5, "the refusal is listed")
    assert len(refusals) == 1
    refusal = refusals[0]
    local = client.local
    assert refusal["status"] == status, refusal
    assert refusal["from"].startswith(local), refusal
    assert (reason or warning) in refusal["what"], refusal
    assert refusal["mend"], "an operator is told how to mend it"
    shown = site.ringwall("show", "refusals", json=False)
    assert refusal["what"] in shown and refusal["mend"] in shown
    assert f"refused {status} from {local}" in site.log_text()[logged:]
    assert refusal["what"] in site.log_text()[logged:]


def test_a_name_that_is_no_trunks(site):
    with connect_edge(site, site.issue(f"stranger.{site.domain}")) as client:
        refused(site, client, "6016", secure_offer(site.address(76)), 403, "name is no trunk's", f"stranger.{site.domain}")


def test_a_phone_is_no_trunk(site):
    """A phone calls by way of the call manager, not past it."""
    with connect_edge(site, site.folder / "pki" / "phones" / "phone1001") as client:
        refused(site, client, "6016", secure_offer(site.address(76)), 403, "name is no trunk's", f"phone1001.{site.domain}")


def test_an_offer_without_srtp(site):
    with connect_edge(site) as client:
        refused(site, client, "6016", plain_offer(site.address(76)), 488, "RTP/AVP")


def test_an_unknown_number(site):
    with connect_edge(site) as client:
        refused(site, client, "7777", secure_offer(site.address(76)), 404, "7777")


def test_a_number_without_service(site):
    """The dial peer leads to the call server, which knows no service of that number: its warning reaches the caller."""
    with connect_edge(site) as client:
        answer = client.invite("6017", secure_offer(site.address(76)))
    assert answer.status == 404
    assert "6017" in answer.header("Warning")
    assert any(r["element"] == "call-server" and r["status"] == 404 and "6017" in r["what"] for r in site.refusals())


def test_an_address_with_no_trunk(site):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((site.address(78), 0))
        sock.connect((site.address(226), 5060))
        refused(site, SipClient(sock, "UDP", site.address(226)), "6016", plain_offer(site.address(78)), 403, "No trunk for this address",
                site.address(78))


def test_a_registration_of_a_line_that_is_not_the_phones(site):
    sock = tls_socket(site.address(75), (site.address(3), 5061), f"call-manager.{site.domain}",
                      site.folder / "pki" / "phones" / "phone1001", site.folder / "pki" / "anchors.pem")
    with SipClient(sock, "TLS", site.address(3)) as client:
        client.cseq, client.uri = 1, f"sip:1002@{site.domain}"
        client.request("REGISTER", f"sip:{site.domain}")
        answer = client.response()
    assert answer.status == 403
    assert "may not register this line" in answer.header("Warning")
    assert any(f"phone1001.{site.domain} may not register line 1002" in r["what"] for r in site.refusals())
    assert not site.registered(1002)


def test_an_ended_waiver(make_site):
    ended = make_site(include={"waiver": waiver_trunk(until="2026-01-31")})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((ended.address(79), 0))
        sock.connect((ended.address(226), 5060))
        refused(ended, SipClient(sock, "UDP", ended.address(226)), "6016", plain_offer(ended.address(79)), 403,
                "The waiver for clear signalling has ended", "ended at 2026-01-31")
    assert not ended.calls()
    waiver = ended.ringwall("show", "waivers")["waivers"][0]
    assert (waiver["name"], waiver["active"]) == ("old-gateway", False)
    checked = ended.ask("check", json=True)
    assert checked.code == 1 and checked.json["usable"]
    assert any("old-gateway" in finding["what"] for finding in checked.json["findings"])


def test_a_tls_version_below_the_trunks_own_minimum(make_site):
    """The listener takes TLS 1.2 for others; this trunk's profile asks for 1.3."""
    strict = make_site(edits=[('mode = "encrypted"\ntls_minimum = "1.2"', 'mode = "encrypted"\ntls_minimum = "1.3"')])
    with connect_edge(strict, version=ssl.TLSVersion.TLSv1_2) as client:
        refused(strict, client, "6016", secure_offer(strict.address(76)), 403, "TLS 1.3", "carrier")
    with connect_edge(strict, version=ssl.TLSVersion.TLSv1_3) as client:
        assert client.invite("6016", secure_offer(strict.address(76))).status == 200
        assert client.bye().status == 200


def test_after_all_refusals_a_good_call_still_comes_in(site):
    with connect_edge(site) as client:
        answer = client.invite("6016", secure_offer(site.address(76)))
        assert answer.status == 200
        assert "RTP/SAVP" in answer.body and "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " in answer.body
        assert client.bye().status == 200
