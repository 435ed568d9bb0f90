"""SIPp (Debian's package) as a caller and as a callee. It speaks no TLS: socat carries its signalling, with a certificate.

Every scenario of test/interop/sipp runs over every transport. What differs is in keys: [via], the transport in Via and
Contact, and the bodies [offer], [answer] and [hold]; [moved_to] and [other] are
numbers, [domain] is the site's.
"""

import shutil
import socket

import pytest

from ringwall_site import REPOSITORY, wait_until

SCENARIOS = REPOSITORY / "test" / "interop" / "sipp"
TRANSPORTS = ("udp", "tcp", "tls")
MODES = {"udp": "u1", "tcp": "t1", "tls": "t1"}
CALLER = {"udp": 79, "tcp": 79, "tls": 76}  # the trunk 'pstn' in clear, the trunk 'carrier' over TLS
CALLEE = {"udp": 80, "tls": 81}  # the trunk 'far' in clear, the trunk 'secure' over TLS
NUMBER = {"udp": "8001", "tls": "9001"}  # the numbers that lead there

# Beside the waiver trunk 'pstn', for site.include(): two more trunks to call, one of them in clear.
FAR_TRUNKS = """
[[trunk]]
name = "far"
element = "edge"
addresses = ["NET80"]
targets = ["NET80:5060"]
profile = "plain"

[[dial_peer]]
name = "far"
element = "edge"
pattern = "8..."
target = "far"

[[trunk]]
name = "secure"
element = "edge"
names = ["secure.ringwall.test"]
targets = ["NET81:5061"]
profile = "carrier"

[[dial_peer]]
name = "secure"
element = "edge"
pattern = "9..."
target = "secure"
"""


def need(program):
    if not shutil.which(program):
        pytest.fail(f"{program} is missing: script/bootstrap installs it")


def free_port(ip):
    with socket.socket() as probe:
        probe.bind((ip, 0))
        return probe.getsockname()[1]


def listens(ip, port, table="tcp"):
    """Looked up, not tried: a connection would go on to the other end."""
    words = f"{''.join(f'{int(part):02X}' for part in reversed(ip.split('.')))}:{port:04X}"
    state = "0A" if table == "tcp" else "07"
    return any(line.split()[1] == words and line.split()[3] == state for line in open(f"/proc/net/{table}").readlines()[1:])


def tunnel(site, identity=None, address=76, element=226, name="edge", anonymous=False):
    """A TCP port at the caller's address whose connections go on to an element over TLS, with the identity's certificate or
    (anonymous) without any; (IP, port)."""
    need("socat")
    identity, ip = identity or site.carrier(), site.address(address)
    port = free_port(ip)
    own = "" if anonymous else f"cert={identity / 'client.pem'},"
    site.child(["socat", f"TCP-LISTEN:{port},bind={ip},reuseaddr,fork",
                f"OPENSSL:{site.address(element)}:5061,bind={ip},{own}cafile={site.folder / 'pki' / 'anchors.pem'},"
                f"verify=1,commonname={name}.{site.domain},snihost={name}.{site.domain}"], "socat")
    wait_until(lambda: listens(ip, port), 10, "socat listens")
    return ip, port


def tls_door(site, port):
    """The TLS port of the trunk 'secure', once for each site; what comes there goes on to the TCP port in clear.

    stunnel, for socat's server refuses every resumed session of a client that shows a certificate.
    """
    need("stunnel4")
    ip = site.address(CALLEE["tls"])
    if listens(ip, 5061):
        return
    identity = site.issue(f"secure.{site.domain}")
    configuration = identity / "stunnel.conf"
    configuration.write_text(f"foreground = yes\npid =\n[sip]\naccept = {ip}:5061\nconnect = {ip}:{port}\ncert = {identity / 'server.pem'}\n"
                             f"CAfile = {identity / 'anchors.pem'}\nverifyChain = yes\n")
    site.child(["stunnel4", configuration], "stunnel")
    wait_until(lambda: listens(ip, 5061), 10, "stunnel listens")


def session_description(ip, secure, direction="sendrecv", version=1, tag=1):
    """tag: of the crypto attribute; an answer has that of the offer's line that it takes (RFC 4568 section 5.1.2), and this
    suite stands third in the site's offers."""
    lines = ["v=0", f"o=sipp 1 {version} IN IP4 {ip}", "s=-", f"c=IN IP4 {ip}", "t=0 0", f"m=audio 30000 {'RTP/SAVP' if secure else 'RTP/AVP'} 0 101",
             "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", f"a={direction}"]
    if secure:
        lines.append(f"a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e")
    return "\r\n".join(lines) + "\r\n"


def start(site, scenario, transport, address, server, arguments, moved_to="", secure=None, other=""):
    """secure: whether the bodies ask for SRTP; not said: over TLS they do. other: a second number that the scenario calls."""
    need("sipp")
    ip, secure = site.address(address), transport == "tls" if secure is None else secure
    keys = {"via": transport.upper(), "offer": session_description(ip, secure), "answer": session_description(ip, secure, tag=3),
            "hold": session_description(ip, secure, "sendonly", 2), "moved_to": moved_to, "other": other, "domain": site.domain}
    words = [word for key, value in keys.items() for word in ("-key", key, value)]
    count = len(site._children)
    log = site.folder.parent / f"{site.folder.name}-{count}-{scenario}"
    process = site.child(["sipp", *([f"{server[0]}:{server[1]}"] if server else []), "-sf", SCENARIOS / f"{scenario}.xml", "-i", ip, "-t", MODES[transport], *words, "-nostdin",
                          "-timeout", "90", "-timeout_error", "-trace_err", "-error_file", f"{log}.errors", "-trace_msg", "-message_file",
                          f"{log}.messages", *map(str, arguments)], scenario)
    process.messages = log.with_name(log.name + ".messages")
    process.errors = log.with_name(log.name + ".errors")
    return process


def caller(site, scenario, transport, *arguments, number="6016", count=1):
    """SIPp calls the number from the trunk of the transport; the process ends 0 only if every call went as written."""
    server = tunnel(site) if transport == "tls" else (site.address(226), 5060)
    return start(site, scenario, transport, CALLER[transport], server, ["-s", number, "-m", count, *arguments])


def callee(site, scenario, transport, *arguments, count=1, moved_to=""):
    """SIPp takes the calls to NUMBER[transport], as many as count. moved_to: the number that the scenario redirects to."""
    ip = site.address(CALLEE[transport])
    port = 5060
    process = start(site, scenario, transport, CALLEE[transport], None, ["-p", port, "-bind_local", "-m", count, *arguments], moved_to)
    wait_until(lambda: listens(ip, port, "udp" if transport == "udp" else "tcp") or not process.running(), 10, "SIPp listens")
    if transport == "tls":
        tls_door(site, port)
    return process


def succeeded(process, timeout=120):
    code = process.wait(timeout)
    said = "".join(file.read_text(errors="replace")[-6000:] for file in (process.errors, process.messages) if file.exists())
    assert code == 0, f"SIPp ended with {code}:\n{process.out[-1500:]}\n{process.err[-1500:]}\n{said}"
