"""script/check-layers must fail on each kind of wrong include; here each kind is made in a small tree of its own."""

import subprocess
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[2] / "script/check-layers"
LAYERS = """
ringwall_layer(base USES spdlog::spdlog)  # the cellar
ringwall_layer(media ALLOWS base TEST_USES PkgConfig::srtp2)
ringwall_layer(sip/message ALLOWS base)
ringwall_layer(sip/dialog ALLOWS base sip/message)
"""
TREE = {
    "base/text.h": "#pragma once\n#include <string>\nstd::string lower(std::string text);\n",
    "base/text.cc": '#include "base/text.h"\n\n#include <spdlog/spdlog.h>\n',
    "media/leg.h": '#pragma once\n#include "base/text.h"\nstd::string leg();\n',
    "media/leg_test.cc": '#include "media/leg.h"\n#include <srtp2/srtp.h>\n',
    "sip/message/uri.h": '#pragma once\n#include "base/text.h"\n',
    "sip/dialog/dialog.h": '#pragma once\n#include "sip/message/uri.h"\n',
}


@pytest.fixture
def tree(tmp_path):
    """Writes the small tree, with changes to it; check(...) then gives the exit status and the messages."""

    def check(changes=None, layers=LAYERS, arguments=("--no-compile",)):
        (tmp_path / "cmake/layers.cmake").write_text(layers)
        for name, text in {**TREE, **(changes or {})}.items():
            file = tmp_path / "src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        run = subprocess.run([CHECK, "--root", tmp_path, *arguments], capture_output=True, text=True, timeout=60)
        return run.returncode, run.stderr

    (tmp_path / "src").mkdir()
    (tmp_path / "cmake").mkdir()
    return check


def test_accepts_what_is_allowed(tree):
    status, text = tree()
    assert (status, text) == (0, "== layers: 6 files in 4 layers\n")


def test_says_what_it_compiled(tree):
    status, text = tree(arguments=())
    assert status == 0, text
    assert text.endswith("6 files in 4 layers, 3 headers without a .cc file compile alone\n")


WRONG = {
    "upwards": ({"base/text.h": '#pragma once\n#include "media/leg.h"\n'}, "src/base/text.h:2: base may not include media"),
    "sideways": ({"media/leg.h": '#include "sip/message/uri.h"\n'}, "src/media/leg.h:1: media may not include sip/message"),
    "upwards among folders of one folder": ({"sip/message/uri.h": '#include "sip/dialog/dialog.h"\n'},
                                            "sip/message may not include sip/dialog"),
    "from a test too": ({"base/text_test.cc": '#include "media/leg.h"\n'}, "src/base/text_test.cc:1: base may not include"),
    "indented": ({"base/text.h": '#pragma once\n # include "media/leg.h"\n'}, "base may not include media"),
    "around the tree": ({"base/text.h": '#include "../src/media/leg.h"\n'}, "is no file below src/"),
    "ours as if it were outside": ({"base/text.h": "#include <media/leg.h>\n"}, 'write "media/leg.h", not <media/leg.h>'),
    "a library in the wrong folder": ({"media/leg.h": "#include <openssl/ssl.h>\n"},
                                      "src/media/leg.h:1: <openssl/ssl.h> may be included only in crypto, runtime"),
    "a test's library in the program": ({"media/leg.cc": '#include "media/leg.h"\n#include <srtp2/srtp.h>\n'},
                                        "src/media/leg.cc:2: <srtp2/srtp.h> may be included only in media (test)"),
    "a folder that nobody declared": ({"attic/box.h": "#pragma once\n"}, "src/attic/box.h: the folder is not in cmake"),
    "own header not first": ({"base/text.cc": '#include <string>\n#include "base/text.h"\n'},
                             'src/base/text.cc:1: include "base/text.h" before all else'),
}


@pytest.mark.parametrize("kind", WRONG)
def test_refuses(tree, kind):
    changes, message = WRONG[kind]
    status, text = tree(changes)
    assert status == 1
    assert message in text


def test_refuses_a_circle(tree):
    status, text = tree(layers=LAYERS.replace("base USES", "base ALLOWS media USES"))
    assert status == 1
    assert "base allows media, which is not declared above it" in text


def test_refuses_a_header_that_does_not_compile_alone(tree):
    status, text = tree({"media/leg.h": "#pragma once\nstd::string leg();\n"}, arguments=())
    assert status == 1
    assert "src/media/leg.h: does not compile alone" in text
