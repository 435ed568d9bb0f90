"""`ringwall check` names the file, the line, what is wrong there, and the mend, for every kind of mistake."""

import shutil

import pytest


@pytest.fixture(scope="module")
def sample(make_module_site):
    return make_module_site(start=False)


@pytest.fixture
def folder(sample, tmp_path):
    """A copy of the sample site, to be spoilt."""
    copy = tmp_path / "site"
    shutil.copytree(sample.folder, copy)
    return copy


def check(sample, folder):
    return sample.ask("check", json=True, folder=folder)


def test_the_sample_is_good(sample):
    done = sample.ask("check")
    assert (done.code, done.out) == (0, "the configuration is good\n")
    answer = sample.ringwall("check")
    assert answer == {"good": True, "usable": True, "findings": [], "waivers": []}


# What stands in the sample; what is made of it; a text of the line that must be named; what it must say; the mend.
MISTAKES = {
    "not-toml": ('kind = "sqlite"', "kind = sqlite", "kind = sqlite", "", ""),
    "unknown-key": ('tls_minimum = "1.2"        #', 'tls_minimun = "1.2"        #', "tls_minimun", "tls_minimun", "tls_minimum"),
    "wrong-type": ("port_low = 16384", 'port_low = "16384"', 'port_low = "16384"', "'port_low' is a text", "whole number"),
    "out-of-range": ("port_low = 16384", "port_low = 80", "port_low = 80", "'port_low' is 80", "from 1024 to 65535"),
    "missing-key": ('pattern = "6..."\ntarget = "call-server"\n\n[[dial_peer]]', 'target = "call-server"\n\n[[dial_peer]]', None, "has no 'pattern'",
                    "pattern ="),
    "ports-in-the-wrong-order": ("port_high = 32767", "port_high = 9001", "port_low", "go from 16384 to 9001", "lower one as port_low"),
    "no-address": ('address = "NET226"', 'address = "NET999"', 'NET999"', "is not an IP address", "without a port"),
    "address-used-twice": ('address = "NET13"', 'address = "NET226"', ("NET226", 2), "used twice", "another address or port"),
    "element-missing": ('kind = "voice-browser"', 'kind = "edge"', ('kind = "edge"', 2), "second element of kind edge", "keep one"),
    "unknown-profile": ('profile = "carrier"\n', 'profile = "carier"\n', 'profile = "carier"', "no security profile 'carier'", "'carrier'"),
    "unknown-target": ('target = "call-server"\n\n[[dial_peer]]', 'target = "call-sever"\n\n[[dial_peer]]', "call-sever",
                       "no element, trunk or server group 'call-sever'", "did you mean 'call-server'"),
    "unknown-suite": ('"AEAD_AES_128_GCM",', '"AEAD_AES_128_GMC",', "_GMC", "no SRTP suite 'AEAD_AES_128_GMC'", "'AEAD_AES_128_GCM'"),
    "tls-too-old": ('mode = "encrypted"\ntls_minimum = "1.2"', 'mode = "encrypted"\ntls_minimum = "1.0"', 'tls_minimum = "1.0"', "below 1.2",
                    "RFC 8996"),
    "clear-without-waiver": ('mode = "encrypted"', 'mode = "clear"', 'mode = "clear"', "names no waiver", "[[waiver]]"),
    "trunk-without-names": ('names = ["carrier.ringwall.test"]', "names = []", "names = []", "expects no certificate name", "names ="),
    "wildcard-name": ('names = ["carrier.ringwall.test"]', 'names = ["*.ringwall.test"]', "*.ringwall.test", "no host name", "without wildcards"),
    "anchors-missing": ('# anchors = "pki/trust/carrier.pem"', 'anchors = "pki/trust/carrier.pem"', 'anchors = "pki', "trust anchors", ""),
    "bad-pattern": ('pattern = "6..."\ntarget = "call-server"\n\n[[dial_peer]]', 'pattern = "6x"\ntarget = "call-server"\n\n[[dial_peer]]',
                    'pattern = "6x"', "6x", "."),
    "name-used-twice": ('name = "phone1002.ringwall.test"', 'name = "phone1001.ringwall.test"', ('name = "phone1001', 2), "stands twice",
                        "stands at ringwall.toml:"),
    "line-without-phone": ('line = "1003"\nskill_groups', 'line = "1009"\nskill_groups', "1009", "no phone has the agent's line 1009", "[[phone]]"),
    "unknown-skill-group": ('id = "1003"\nname = "Clara"\nline = "1003"\nskill_groups = ["support"]',
                            'id = "1003"\nname = "Clara"\nline = "1003"\nskill_groups = ["suport"]', '"suport"', "no skill group 'suport'",
                            "'support'"),
    "script-missing": ('script = "welcome.vxml"              #', 'script = "welcom.vxml"              #', "welcom.vxml", "vxml/welcom.vxml", ""),
    "ring-time-zero": ("ring_time = 20", "ring_time = 0", "ring_time = 0", "no agent could answer", "from 1 to 300"),
    "verify-without-agent": ('agent = "1099"\ncaller', 'agent = "1098"\ncaller', 'agent = "1098"', "no agent '1098'", "1099"),
}


def lines_with(text, marker):
    return [number for number, line in enumerate(text.splitlines(), 1) if marker in line and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("kind", MISTAKES)
def test_finds(sample, folder, kind):
    good, bad, marker, what, mend = (tuple(x.replace("NET", sample.net) if isinstance(x, str) else x for x in m) if isinstance(m, tuple)
                                     else m.replace("NET", sample.net) if m else m for m in MISTAKES[kind])
    toml = folder / "ringwall.toml"
    text = toml.read_text()
    assert text.count(good) == 1, f"the sample holds {good!r} {text.count(good)} times"
    text = text.replace(good, bad)
    toml.write_text(text)

    done = check(sample, folder)
    assert done.code == 1
    assert not done.json["good"] and not done.json["usable"]
    finding = next((f for f in done.json["findings"] if what in f["what"] and mend in f["mend"]), None)
    assert finding, done.out
    assert finding["severity"] == "error" and finding["file"] == "ringwall.toml" and finding["column"] >= 1
    if marker:
        marker, which = marker if isinstance(marker, tuple) else (marker, 1)
        assert finding["line"] == lines_with(text, marker)[which - 1], done.out
    else:  # a key that is missing: the table that lacks it
        assert finding["line"] == lines_with(text, "[[dial_peer]]")[0], done.out
    assert finding["what"] and finding["mend"]

    shown = sample.ask("check", folder=folder)
    assert shown.code == 1
    assert f"ringwall.toml:{finding['line']}:{finding['column']}: {finding['what']}" in shown.out
    assert finding["mend"] in shown.out


def test_finds_all_mistakes_at_once(sample, folder):
    toml = folder / "ringwall.toml"
    text = toml.read_text()
    together = ["unknown-profile", "unknown-target", "unknown-suite", "ring-time-zero", "wildcard-name", "line-without-phone"]
    for kind in together:
        text = text.replace(MISTAKES[kind][0], MISTAKES[kind][1])
    toml.write_text(text)
    findings = check(sample, folder).json["findings"]
    # Without its profile the trunk is not judged further; each other mistake is found beside it.
    assert len({f["line"] for f in findings}) >= len(together) - 1, findings


def test_names_the_file_that_is_wrong(sample, folder):
    (folder / "include.d").mkdir()
    (folder / "include.d" / "more.toml").write_text('# one more number\n[[dial_peer]]\nname = "more"\nelement = "edge"\npattern = "7..."\ntarget = "nowhere"\n')
    finding = check(sample, folder).json["findings"][0]
    assert (finding["file"], finding["line"]) == ("include.d/more.toml", 6)


def test_names_the_prompt_that_a_script_wants(sample, folder):
    script = folder / "vxml" / "welcome.vxml"
    script.write_text(script.read_text().replace("menu.wav", "menue.wav"))
    done = check(sample, folder)
    assert done.code == 1
    finding = done.json["findings"][0]
    assert finding["file"] == "vxml/welcome.vxml" and "menue.wav" in finding["what"] and finding["mend"]
    assert finding["line"] == lines_with(script.read_text(), "menue.wav")[0]


def test_a_site_with_mistakes_does_not_run(sample, folder):
    toml = folder / "ringwall.toml"
    toml.write_text(toml.read_text().replace('profile = "carrier"\n', 'profile = "carier"\n'))
    done = sample.ask("run", folder=folder)
    assert done.code == 1
    assert "no security profile 'carier'" in done.err and "ringwall check" in done.err


def test_a_folder_without_a_site(sample, tmp_path):
    done = sample.ask("check", folder=tmp_path)
    assert done.code == 1
    assert "ringwall.toml" in done.out
