"""A trunk without encryption, for include.d: it exists by a waiver alone."""

import datetime

_TEXT = """
[[waiver]]
name = "old-gateway"
reason = "It knows neither TLS nor SRTP"
until = {until}

[[profile]]
name = "plain"
mode = "clear"
waiver = "old-gateway"

[[trunk]]
name = "pstn"
element = "edge"
addresses = ["NET79"]
targets = ["NET79:5060"]
profile = "plain"
"""


def waiver_trunk(until=None):
    """The trunk 'pstn' for the address .79, by the waiver 'old-gateway' that ends at the TOML date (default: in 30 days)."""
    return _TEXT.format(until=until or datetime.date.today() + datetime.timedelta(days=30))
