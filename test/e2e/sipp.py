"""SIPp (Debian's package) as a caller. It speaks no TLS: socat carries its signalling, with a certificate."""

import shutil
import socket

import pytest

from ringwall_site import REPOSITORY, wait_until

SCENARIOS = REPOSITORY / "test" / "interop" / "sipp"


def tunnel(site, identity=None):
    """A TCP port at the caller's address whose connections go on to the edge over mutual TLS; (IP, port)."""
    if not shutil.which("socat"):
        pytest.fail("socat is missing: script/bootstrap installs it")
    identity, ip = identity or site.carrier(), site.address(76)
    with socket.socket() as probe:
        probe.bind((ip, 0))
        port = probe.getsockname()[1]
    site.child(["socat", f"TCP-LISTEN:{port},bind={ip},reuseaddr,fork",
                f"OPENSSL:{site.address(226)}:5061,bind={ip},cert={identity / 'client.pem'},cafile={identity / 'anchors.pem'},"
                f"verify=1,commonname=edge.{site.domain},snihost=edge.{site.domain}"], "socat")

    def listens():  # looked up, not tried: a connection would go on to the edge
        words = f"{':'.join([''.join(f'{int(part):02X}' for part in reversed(ip.split('.')))])}:{port:04X}"
        return any(line.split()[1] == words and line.split()[3] == "0A" for line in open("/proc/net/tcp").readlines()[1:])

    wait_until(listens, 10, "socat listens")
    return ip, port


def sipp(site, scenario, server, *arguments, number="6016", address=76):
    """SIPp runs a scenario of test/interop/sipp against (IP, port); the process ends 0 only if every call succeeded."""
    if not shutil.which("sipp"):
        pytest.fail("SIPp is missing: script/bootstrap installs it")
    process = site.child(["sipp", f"{server[0]}:{server[1]}", "-sf", SCENARIOS / f"{scenario}.xml", "-s", number, "-i", site.address(address),
                          "-nostdin", "-timeout", "90", "-timeout_error", "-trace_err", "-error_file",
                          site.folder.parent / f"{site.folder.name}-sipp-errors.log", *arguments], "sipp")
    return process


def succeeded(process, timeout=120):
    code = process.wait(timeout)
    assert code == 0, f"SIPp ended with {code}:\n{process.out[-3000:]}\n{process.err[-3000:]}"
