"""Debian's Kamailio as a proxy between the site and a gateway, by the configuration of test/interop/kamailio."""

from ringwall_site import REPOSITORY, wait_until
from sipp import listens, need

FILES = REPOSITORY / "test" / "interop" / "kamailio"
PROXY, GATEWAY = 83, 84  # last numbers of the addresses
NUMBER = "7001"  # leads to the trunk 'kamailio'

TRUNK = """
[[trunk]]
name = "kamailio"
element = "edge"
names = ["kamailio.ringwall.test"]
targets = ["NET83:5061"]
profile = "carrier"

[[dial_peer]]
name = "kamailio"
element = "edge"
pattern = "7..."
target = "kamailio"
"""

# What the uac module registers; db_text wants a colon in a value escaped.
_LINE = """\
id(int,auto) l_uuid(string) l_username(string) l_domain(string) r_username(string) r_domain(string) realm(string) auth_username(string) \
auth_password(string) auth_ha1(string,null) auth_proxy(string) expires(int) flags(int) reg_delay(int) contact_addr(string,null) socket(string,null)
"""


def start_kamailio(site, line=None, password=""):
    """Runs it until the site ends. line: one that it registers at the call manager, with a password."""
    need("kamailio")
    folder = site.issue(f"kamailio.{site.domain}")
    for file in FILES.iterdir():
        text = file.read_text().replace("NET", site.net).replace("FOLDER", str(folder))
        (folder / file.name).write_text(text)
    tables = folder / "db"
    tables.mkdir()
    (tables / "version").write_text("table_name(string) table_version(int)\nuacreg:5\n")
    rows = ""
    if line:
        proxy = f"sip\\:{site.address(3)}\\:5061;transport=tls"
        contact = f"{site.address(PROXY)}\\:5061;transport=tls"
        rows = f"1:{line}:{line}:{site.domain}:{line}:{site.domain}:{site.domain}:{line}:{password}::{proxy}:600:0:0:{contact}:\n"
    (tables / "uacreg").write_text(_LINE + rows)
    process = site.child(["kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", folder / "kamailio.cfg", "-Y", folder, "-w", folder,
                          "-P", folder / "kamailio.pid"], "kamailio")
    address = site.address(PROXY)
    wait_until(lambda: listens(address, 5061) or not process.running(), 15, "Kamailio listens")
    assert process.running(), process.err
    return process


