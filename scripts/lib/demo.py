"""The demo of scripts/run: a memorial and a stream made once through the API, and a test picture with clock and tone
that ffmpeg pushes into it for as long as the server runs. Standard library only.

Usage: demo.py prepare|push|wait --data FOLDER --api URL --rtmp URL --public URL
  prepare   makes the memorial and the stream (or finds those of last time) and gives an ended broadcast a new start
  push      starts ffmpeg, starts it again when it ends, and ends when the server does
  wait      returns when the broadcast can be watched and prints where; fails after 20 s
"""
import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"


class Api:
    def __init__(self, base, data):
        self.base, self.token = base, pathlib.Path(data, "admin.token").read_text().strip()

    def call(self, method, path, body=None):
        """The `data` of the answer; an urllib.error.HTTPError for a refusal."""
        request = urllib.request.Request(self.base + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["data"]

    def find(self, path):
        try:
            return self.call("GET", path)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise


class Notes:
    """What the demo remembers between runs: two ids."""

    def __init__(self, data):
        self.path = pathlib.Path(data, "demo.json")

    def read(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self.path.read_text())
        return {}

    def write(self, **ids):
        self.path.write_text(json.dumps(ids))


def prepare(arguments):
    api, notes = Api(arguments.api, arguments.data), Notes(arguments.data)
    known = notes.read()
    memorial = known.get("memorial") and api.find(f"/api/memorials/{known['memorial']}") and known["memorial"]
    if not memorial:
        memorial = api.call("POST", "/api/memorials", {"name": "In memory of the test picture"})["id"]
    stream = known.get("stream") and api.find(f"/api/streams/{known['stream']}")
    if not stream:
        stream = api.call("POST", "/api/streams", {
            "title": "Demonstration", "description": "A test picture with a clock and a tone.",
            "memorialId": memorial, "visibility": "public"})
    elif stream["status"] == "completed":
        api.call("POST", f"/api/streams/{stream['id']}/start", {})
    notes.write(memorial=memorial, stream=stream["id"])


def encoder_command(target):
    """One argument each, no shell. ffmpeg takes the address only as an argument, so the demo's key can be read in the
    process list of this machine; the demo is for trying, a real encoder is elsewhere."""
    clock = (f"drawtext=fontfile={FONT}:text='%{{localtime\\:%H\\\\\\:%M\\\\\\:%S}}  frame %{{frame_num}}':"
             "x=(w-tw)/2:y=h-2.2*th:fontsize=36:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=12")
    return ["setpriv", "--pdeathsig", "TERM", "--",
            "ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-re",
            "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30",
            "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=2:sample_rate=48000",
            "-vf", f"{clock},format=yuv420p",
            "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "1500k",
            "-g", "60", "-keyint_min", "60", "-sc_threshold", "0",
            "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-f", "flv", target]


def server_pid(data):
    with contextlib.suppress(OSError, ValueError):
        return int(pathlib.Path(data, "nginx.pid").read_text())
    return None


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def start_encoder(target, key):
    """ffmpeg names its target, and so the key, when it complains: what it says goes into the log without it."""
    encoder = subprocess.Popen(encoder_command(target), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")

    def tell():
        for line in encoder.stderr:
            print(line.rstrip("\n").replace(key, "KEY"), flush=True)

    threading.Thread(target=tell, daemon=True).start()
    return encoder


def push(arguments):
    mark = pathlib.Path(arguments.data, "demo.pid")
    mark.write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    api, stream = Api(arguments.api, arguments.data), Notes(arguments.data).read()["stream"]
    key = api.call("GET", f"/api/streams/{stream}")["streamKey"]
    server, encoder = server_pid(arguments.data), None
    try:
        while server and alive(server):
            if encoder is None or encoder.poll() is not None:
                if encoder is not None:
                    print(time.strftime("%F %T"), f"ffmpeg ended ({encoder.returncode}); once more", flush=True)
                    time.sleep(2)  # as encoders do: a refused one tries again and again
                encoder = start_encoder(f"{arguments.rtmp}/{key}", key)
            with contextlib.suppress(subprocess.TimeoutExpired):
                encoder.wait(timeout=1)
    finally:
        if encoder is not None and encoder.poll() is None:
            encoder.terminate()
            encoder.wait()
        mark.unlink(missing_ok=True)


def wait(arguments):
    stream = Notes(arguments.data).read()["stream"]
    path = f"/hls/{stream}/index.m3u8"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(arguments.api + path, timeout=5) as answer:
                if answer.status == 200:
                    print(f"\n  The demo is on air: {arguments.public}{path}\n  Watch it with: ffplay {arguments.public}{path}")
                    return
        time.sleep(0.2)
    sys.exit(f"Nothing to watch at {arguments.api}{path} within 20 s.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["prepare", "push", "wait"])
    for name in ("data", "api", "rtmp", "public"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    try:
        {"prepare": prepare, "push": push, "wait": wait}[arguments.command](arguments)
    except urllib.error.HTTPError as error:
        sys.exit(f"The API refused: {error.code} {error.read(2000).decode(errors='replace')}")
    except OSError as error:
        sys.exit(f"The demo cannot go on: {error}")


if __name__ == "__main__":
    main()
