"""Debian's baresip as a peer that nobody here wrote: its configuration, its control socket and what it recorded."""

import json
import shutil
import socket
import struct
import subprocess
import threading
import wave
from pathlib import Path

from ringwall_site import Process, wait_until

MODULES = Path("/usr/lib/baresip/modules")
CONTROL_PORT = 4444
DNS_PORT = 5300
RATE = 8000

# baresip listens on UDP and TCP at the port of sip_listen and on TLS at the port after it.
CONFIG = """\
poll_method epoll
sip_listen {address}:5060
sip_certificate {folder}/identity.pem
sip_cafile {folder}/anchors.pem
net_interface {address}
dns_server {dns}
call_max_calls 4
module_path {modules}
module g711.so
module srtp.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
module_app debug_cmd.so
ctrl_tcp_listen {address}:{control}
audio_source aufile,{tone}
audio_player aubridge,heard
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
jitter_buffer_delay 1-10
rtp_ports {ports}
ringback_disabled yes
snd_path {folder}
"""


def available():
    """Whether this machine has baresip with the modules used here."""
    return shutil.which("baresip") and all((MODULES / f"{name}.so").exists() for name in ("srtp", "sndfile", "ctrl_tcp", "aubridge"))


class NameServer:
    """A DNS server for a handful of names, so that baresip calls peers by name and checks their certificates' names."""

    def __init__(self, address, names):
        self.names = names
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, DNS_PORT))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.where = f"{address}:{DNS_PORT}"

    def close(self):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query):
        """An address for an A query of a known name; else no record (RFC 1035 section 4.1)."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question_end = at + 5
        kind = struct.unpack_from("!H", query, at + 1)[0]
        name = ".".join(labels).lower()
        address = self.names.get(name) if kind == 1 else None
        code = 0 if name in self.names else 3
        head = query[:2] + struct.pack("!5H", 0x8580 | code, 1, 1 if address else 0, 0, 0)
        record = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address) if address else b""
        return head + query[12:question_end] + record


def make_tone(path, frequency, seconds=180):
    """A tone of its own for one side, long enough for every call of a test."""
    subprocess.run(["sox", "-n", "-r", str(RATE), "-c", "1", "-b", "16", path, "synth", str(seconds), "sine", str(frequency), "vol", "0.4"],
                   check=True, timeout=60)


class Baresip:
    """A running baresip with one account. identity: a folder of `ringwall pki issue`, or one with anchors.pem alone for a
    phone without certificate; account: an accounts line; more: lines of configuration beyond CONFIG."""

    def __init__(self, folder, address, account, identity, dns, frequency, rtp_ports, more=""):
        self.folder, self.address, self.events = Path(folder), address, []
        self.folder.mkdir()
        config = CONFIG + more
        if (identity / "client.crt").exists():
            pem = b"".join((identity / name).read_bytes() for name in ("client.crt", "client.key"))
            (self.folder / "identity.pem").write_bytes(pem)
            (self.folder / "identity.pem").chmod(0o600)
        else:
            config = config.replace("sip_certificate {folder}/identity.pem\n", "")
        shutil.copy(identity / "anchors.pem", self.folder / "anchors.pem")
        make_tone(self.folder / "tone.wav", frequency)
        (self.folder / "accounts").write_text(account + "\n")
        (self.folder / "contacts").write_text("")
        (self.folder / "config").write_text(config.format(address=address, folder=self.folder, dns=dns, modules=MODULES, control=CONTROL_PORT,
                                                          tone=self.folder / "tone.wav", ports=rtp_ports))
        self.process = Process(["baresip", "-f", self.folder, "-v", "-s"], self.folder / "baresip")
        try:
            self._control = wait_until(self._connect, 15, f"baresip at {address} runs")
        except BaseException:
            self.process.end()
            raise
        self._buffer = b""
        self._answers = {}
        self._token = 0

    def _connect(self):
        assert self.process.running(), self.log()
        try:
            return socket.create_connection((self.address, CONTROL_PORT), timeout=5)
        except OSError:
            return None

    def log(self):
        return self.process.out + self.process.err

    # -- the control socket: JSON in netstrings, both ways

    def _read(self, seconds):
        """Takes in what has come: answers by their tokens, events in their order."""
        self._control.settimeout(seconds)
        try:
            piece = self._control.recv(65536)
            assert piece, f"baresip at {self.address} has gone:\n{self.log()[-4000:]}"
            self._buffer += piece
        except TimeoutError:
            return
        while b":" in self._buffer:
            size, _, rest = self._buffer.partition(b":")
            if len(rest) <= int(size):
                return
            message, self._buffer = json.loads(rest[:int(size)]), rest[int(size) + 1:]
            if message.get("response"):
                self._answers[message.get("token")] = message
            else:
                self.events.append(message)

    def command(self, name, parameters=""):
        """One of baresip's long commands; what it printed."""
        self._token += 1
        token = str(self._token)
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

        def answered():
            self._read(0.1)
            return self._answers.pop(token, None)

        answer = wait_until(answered, 10, f"baresip answers {name}")
        assert answer["ok"], f"{name} {parameters}: {answer}"
        return answer["data"]

    def wait_event(self, kind, timeout=20):
        """Waits for the next event of a kind, such as CALL_ESTABLISHED; older ones are forgotten."""

        def seen():
            while self.events:
                event = self.events.pop(0)
                if event["type"] == kind:
                    return event
            self._read(0.1)
            return None

        return wait_until(seen, timeout, f"{kind} at baresip {self.address}; its log:\n{self.log()[-6000:]}")

    # -- what is done with it

    def dial(self, uri):
        self.command("dial", uri)

    def accept(self):
        self.command("accept")

    def send_digits(self, digits):
        self.command("sndcode", digits)

    def hang_up(self):
        self.command("hangup")

    def calls(self):
        return self.command("listcalls")

    def stop(self):
        self._control.close()
        self.process.end()

    # -- what it heard

    def recordings(self):
        """The files of what was heard, one a call, oldest first. They grow while the call runs."""
        return sorted(self.folder.glob("dump-*-dec.wav"))

    def heard(self):
        """The samples of the latest call so far, 16 bit little endian."""
        recordings = self.recordings()
        return samples_of(recordings[-1]) if recordings else b""


def samples_of(path):
    """The samples of a WAV file, mono, 8000 a second; also of one that is still being written."""
    data = Path(path).read_bytes()
    at = data.find(b"data")
    return data[at + 8:at + 8 + (len(data) - at - 8) // 2 * 2] if at >= 0 else b""


def prompt_samples(path):
    with wave.open(str(path)) as prompt:
        assert (prompt.getframerate(), prompt.getnchannels(), prompt.getsampwidth()) == (RATE, 1, 2)
        return prompt.readframes(prompt.getnframes())
