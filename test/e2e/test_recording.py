"""Recordings of real calls: what is in them, pauses, kills, keys, and what the command line says of them."""

import math
import os
import sqlite3
import stat
import subprocess
import wave

import pytest

from ringwall_site import wait_until
from sound import RATE, seconds_of_tone

RECORDING = {"recording": "[recording]\nenabled = true\n"}
CALLER, AGENT = 700, 1300


@pytest.fixture
def site(make_site):
    return make_site(quick=True, include=RECORDING)


def recorded_call(site, seconds=3, number="6016"):
    """An agent's phone and a caller, each with a tone of its own; both talk when this comes back."""
    phone = site.agent_phone("1001", "--answer", "--tone", AGENT, "--seconds", seconds)
    site.ringwall("agent", "ready", "1001")
    caller = site.caller(number, "--tone", CALLER, "--seconds", 90)
    wait_until(lambda: site.agent("1001")["state"] == "TALKING", 20, "the agent talks")
    return phone, caller


def under_way(site):
    return [leg for leg in site.calls() if leg["recording"]]


def recordings(site):
    return site.ringwall("recording", "list")["recordings"]


def finished(site, phone, caller):
    """Waits until the call and its recording are over; the recording's row."""
    phone.wait()
    caller.wait()
    return wait_until(lambda: (rows := recordings(site)) and rows[0]["state"] == "stored" and rows[0], 10, "the recording is over")


def channels(file):
    """Left and right of a WAV file, as 16 bit samples; right is empty where there is one only."""
    with wave.open(str(file), "rb") as wav:
        assert (wav.getframerate(), wav.getsampwidth()) == (RATE, 2)
        frames = wav.readframes(wav.getnframes())
        if wav.getnchannels() == 1:
            return frames, b""
    return (b"".join(frames[at:at + 2] for at in range(0, len(frames), 4)),
            b"".join(frames[at:at + 2] for at in range(2, len(frames), 4)))


def export(site, name, tmp_path, *arguments):
    out = tmp_path / f"{name}-{len(arguments)}{''.join(arguments)}.wav"
    site.ringwall("recording", "export", name, "--out", out, *arguments)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return channels(out)


def events(site, kind):
    with sqlite3.connect(site.folder / "store" / "site.db") as database:
        return [row[0] for row in database.execute("select detail from events where kind = ?", (kind,))]


def file_of(site, row):
    return next(site.folder.glob(f"recordings/*/{row['name']}.rec"))


def test_both_sides_of_a_call_are_recorded(site, tmp_path):
    phone, caller = recorded_call(site)
    [leg] = wait_until(lambda: under_way(site), 5, "the call is recorded")
    assert (leg["element"], leg["peer"], leg["recording"]) == ("edge", "carrier", "on")
    row = finished(site, phone, caller)
    assert row["name"] == row["interaction"] == leg["interaction"]
    left, right = export(site, row["name"][:8], tmp_path)
    assert seconds_of_tone(left, CALLER) > 2 and seconds_of_tone(left, AGENT) == 0
    assert seconds_of_tone(right, AGENT) > 1.5 and seconds_of_tone(right, CALLER) == 0
    assert export(site, row["name"], tmp_path, "--side", "caller")[0] == left
    assert export(site, row["name"], tmp_path, "--side", "called")[0] == right
    shown = site.ringwall("recording", "show", row["name"])
    assert (shown["state"], shown["ended"], shown["frames_dropped"]) == ("whole", "call-over", 0), shown
    assert shown["labels"]["number"] == "6016" and shown["labels"]["from"] == "carrier"
    file = file_of(site, row)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for word in (b"6016", b"5550100", b"carrier"):
        assert word not in file.read_bytes(), "what was dialled, and by whom, is encrypted too"
    assert len(events(site, "recording-began")) == len(events(site, "recording-ended")) == 1


def test_a_pause_masks_both_sides(site, tmp_path):
    phone, caller = recorded_call(site, seconds=7)
    [leg] = wait_until(lambda: under_way(site), 5, "the call is recorded")
    wait_until(lambda: recordings(site)[0]["seconds"] > 1.5, 10, "something is recorded")
    assert site.ringwall("recording", "pause", leg["interaction"][:10])["state"] == "paused"
    before = recordings(site)[0]["seconds"]
    assert under_way(site)[0]["recording"] == "paused"
    wait_until(lambda: recordings(site)[0]["seconds"] > before + 1.5, 10, "the recording goes on in the pause")
    assert site.ringwall("recording", "resume", leg["interaction"])["state"] == "on"
    row = finished(site, phone, caller)
    [mask] = site.ringwall("recording", "show", row["name"])["masks"]
    assert 1.0 < mask["to"] - mask["from"] < 4.5
    left, right = export(site, row["name"], tmp_path)
    for side, tone in ((left, CALLER), (right, AGENT)):
        masked = side[2 * int(mask["from"] * RATE) + 2:2 * int(mask["to"] * RATE) - 2]
        assert not any(masked), "what was said in the pause is not there"
        assert seconds_of_tone(side[:2 * int(mask["from"] * RATE)], tone) > 0.4
        assert seconds_of_tone(side[2 * int(mask["to"] * RATE):], tone) > 0.4
    refused = site.ask("recording", "pause", leg["interaction"])
    assert refused.code == 1 and "no recording of this call is under way" in refused.err


def test_keys_are_rotated_while_a_call_is_recorded(site, tmp_path):
    phone, caller = recorded_call(site, seconds=5)
    wait_until(lambda: under_way(site), 5, "the call is recorded")
    [old] = (site.folder / "pki" / "recording").glob("*.key")
    row = wait_until(lambda: (rows := recordings(site)) and rows[0]["state"] == "recording" and rows[0], 5, "its file is there")
    assert row["site_key"] == old.stem
    done = site.ringwall("recording", "rotate-keys", "--destroy-old")
    assert (done["wrapped"], done["destroyed"], done["failures"]) == (1, [old.stem], [])
    assert not old.exists()
    row = finished(site, phone, caller)
    assert row["site_key"] == done["key"] != old.stem
    left, _ = export(site, row["name"], tmp_path)
    assert seconds_of_tone(left, CALLER) > 3
    # The next call takes the new key, without a restart.
    phone, caller = recorded_call(site, seconds=2)
    phone.wait()
    caller.wait()
    rows = wait_until(lambda: (r := recordings(site)) and all(x["state"] == "stored" for x in r) and len(r) == 2 and r, 10, "both")
    assert {r["site_key"] for r in rows} == {done["key"]}
    assert site.ringwall("recording", "verify")["not_whole"] == 0


def test_a_site_that_is_killed_leaves_what_was_said(site, tmp_path):
    recorded_call(site, seconds=60)
    wait_until(lambda: recordings(site) and recordings(site)[0]["seconds"] >= 3, 20, "three seconds are on the disk")
    site.kill()
    done = site.ask("recording", "verify", json=True)
    assert done.code == 1
    [found] = done.json["recordings"]
    assert found["state"] == "incomplete" and found["seconds"] >= 3 and "no end" in found["issues"][0]
    left, _ = export(site, found["name"], tmp_path)
    assert seconds_of_tone(left, CALLER) > 1.5


def test_damage_is_found_and_not_exported(site, tmp_path):
    row = finished(site, *recorded_call(site))
    file = file_of(site, row)
    content = bytearray(file.read_bytes())
    content[12_288 + 1_044 + 8_056 * 2 + 100] ^= 1  # in the third half second
    file.write_bytes(content)
    refused = site.ask("recording", "export", row["name"], "--out", tmp_path / "no.wav")
    assert refused.code == 1 and "chunk 3 (at 1.0 s)" in refused.err and not (tmp_path / "no.wav").exists()
    found = site.ask("recording", "verify", json=True)
    assert found.code == 1 and found.json["recordings"][0]["state"] == "damaged"
    assert "chunk 3" in site.ask("recording", "verify", row["name"]).out


def test_an_erased_recording_is_gone_and_audited(site, tmp_path):
    row = finished(site, *recorded_call(site))
    file = file_of(site, row)
    before = file.read_bytes()
    site.ringwall("recording", "erase", row["name"], "--reason", "the caller asked for it")
    assert recordings(site)[0]["state"] == "erased"
    assert file.stat().st_size == 12_288
    assert before[4_096 + 16:4_096 + 56] not in file.read_bytes(), "the wrapped key is overwritten"
    refused = site.ask("recording", "export", row["name"], "--out", tmp_path / "no.wav")
    assert refused.code == 1 and "was erased" in refused.err
    audit = (site.folder / "recordings" / "audit.jsonl").read_text()
    assert "the caller asked for it" in audit and row["name"] in audit
    assert site.ringwall("recording", "verify")["audit"] == "whole"


def test_only_what_is_named_is_recorded(make_site):
    site = make_site(quick=True, include={"recording": '[recording]\nenabled = true\nservices = ["6099"]\n'})
    phone, caller = recorded_call(site, seconds=2)
    assert not under_way(site)
    phone.wait()
    caller.wait()
    assert recordings(site) == []


def test_old_recordings_are_erased_at_the_start(make_site):
    site = make_site(start=False, quick=True, include={"recording": "[recording]\nenabled = true\nretention_days = 30\n"})
    site.start()
    row = finished(site, *recorded_call(site, seconds=2))
    file = file_of(site, row)
    site.stop()
    content = bytearray(file.read_bytes())
    began = int.from_bytes(content[24:32], "big") - 31 * 86_400_000
    content[24:32] = began.to_bytes(8, "big")
    file.write_bytes(content)
    site.start()
    wait_until(lambda: recordings(site)[0]["state"] == "erased", 10, "the recording is erased")
    assert "older than 30 days" in (site.folder / "recordings" / "audit.jsonl").read_text()


def test_the_caller_is_told_first(make_site, tmp_path):
    site = make_site(start=False, quick=True, include={"recording": '[recording]\nenabled = true\nannounce = "recorded.wav"\n'})
    wav = site.folder / "prompts" / "recorded.wav"
    tone(wav, 440, 1.0)
    site.start()
    row = finished(site, *recorded_call(site, seconds=3))
    _, right = export(site, row["name"], tmp_path)
    assert seconds_of_tone(right[:2 * 2 * RATE], 440) > 0.7
    # Nobody is recorded who was not told.
    wav.write_bytes(b"RIFF, but no sound")
    phone, caller = recorded_call(site, seconds=2)
    assert not under_way(site)
    phone.wait()
    caller.wait()
    assert len(recordings(site)) == 1
    assert "is not recorded" in site.log_text()


def tone(file, hertz, seconds):
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(int(8000 * math.sin(2 * math.pi * hertz * i / RATE)).to_bytes(2, "little", signed=True)
                                 for i in range(int(seconds * RATE))))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to mount a file system")
def test_a_full_disk_ends_the_recording_and_not_the_call(site):
    small = site.folder / "recordings"
    small.mkdir(mode=0o700, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60k,mode=700", "tmpfs", small], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr}")
    try:
        phone, caller = recorded_call(site, seconds=6)
        wait_until(lambda: "the recording of call" in site.log_text() and "disk-full" in site.log_text(), 20, "the disk is full")
        assert "the call goes on" in site.log_text()
        assert not under_way(site) and site.agent("1001")["state"] == "TALKING"
        assert phone.json()["succeeded"] and caller.json()["succeeded"]
        assert any("disk-full" in detail for detail in events(site, "recording-ended"))
        shown = site.ringwall("recording", "show", recordings(site)[0]["name"])
        assert shown["state"] in ("whole", "incomplete") and shown["seconds"] >= 1, shown
    finally:
        site.stop()
        subprocess.run(["umount", small], check=True)
