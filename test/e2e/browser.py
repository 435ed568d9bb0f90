"""A headless Chromium, driven over its debugging pipe: pages are opened, expressions evaluated. Nothing is installed for it."""

import http.server
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

PROGRAM = shutil.which("chromium")
PHONE = Path(__file__).with_name("browser_phone.js")


class _Page(http.server.BaseHTTPRequestHandler):
    """A blank page: WebRTC and digests need a secure context, which 127.0.0.1 is."""

    def do_GET(self):
        body = b"<!doctype html><title>phone</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Browser:
    """One browser with one page. microphone: a WAV file that its fake microphone plays for ever; without, it beeps."""

    def __init__(self, microphone=None):
        self.folder = tempfile.mkdtemp(prefix="ringwall-browser-")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        arguments = [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
                     "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
                     "--allow-loopback-in-peer-connection", "--ignore-certificate-errors", "--remote-debugging-pipe",
                     f"--user-data-dir={self.folder}"]
        if microphone:
            arguments.append(f"--use-file-for-fake-audio-capture={microphone}")
        # The pipe is at 3 and 4 in the browser.
        shell = ["/bin/bash", "-c", f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}', *arguments, "about:blank"]
        self.log = open(Path(self.folder) / "log", "wb")
        self.process = subprocess.Popen(shell, pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        os.close(to_read)
        os.close(to_write)
        self._buffer, self._count, self.session = b"", 0, None
        target = self._command("Target.createTarget", url=f"http://127.0.0.1:{self.server.server_port}/")["targetId"]
        self.session = self._command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        end = time.monotonic() + 30
        while not self.evaluate("location.protocol == 'http:' && document.readyState == 'complete'"):
            assert time.monotonic() < end, "the page did not load"
            time.sleep(0.05)
        self.evaluate(PHONE.read_text() + "; globalThis.BrowserPhone = BrowserPhone; true")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _command(self, method, timeout=60, **parameters):
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            answer = self._next(end)
            if answer and answer.get("id") == message["id"]:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
        raise AssertionError(f"the browser did not answer {method} within {timeout} s")

    def _next(self, end):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            piece = os.read(self._read, 65536) if ready else b""
            if not piece:
                assert self.process.poll() is None, f"the browser ended: {(Path(self.folder) / 'log').read_text(errors='replace')[-2000:]}"
                return None
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def evaluate(self, expression, timeout=60):
        """The value of a JavaScript expression; a promise is waited for."""
        done = self._command("Runtime.evaluate", timeout, expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"].get("exception", {}).get("description", done["exceptionDetails"])
        return done["result"].get("value")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.server.shutdown()
        self.server.server_close()
        self.log.close()
        for pipe in (self._read, self._write):
            os.close(pipe)
        shutil.rmtree(self.folder, ignore_errors=True)
