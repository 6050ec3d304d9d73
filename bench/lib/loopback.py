"""Shared by the loopback benchmarks: the server of the module tests, load by wrk, CPU and memory of its processes, figures.

A figure is one JSON line on standard output (see report.py). What a ratio compares is measured in turns, so that a busy
moment of the machine meets both sides.
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/module"))

from support.server import Server  # noqa: E402

QUICK = os.environ.get("TRIBUTE_BENCH_QUICK") == "1"  # one short round of each, to see that they work


def figure(name, value, unit="", **more):
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, **more}), flush=True)


def bounded(name, value, unit, comparison, bound):
    met = {"<=": value <= bound, ">=": value >= bound}[comparison]
    figure(name, value, unit, target=f"{comparison} {bound} {unit}".strip(), met=met)


def note(text):
    print(text, file=sys.stderr, flush=True)


SECONDS = 1 if QUICK else 4
ROUNDS = 1 if QUICK else 5
TIMES = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class Load:
    """What wrk said: requests per second, p99 in ms."""

    def __init__(self, text):
        self.rate = float(re.search(r"Requests/sec:\s*([0-9.]+)", text)[1])
        value, unit = re.search(r"99%\s+([0-9.]+)(us|ms|s)", text).groups()
        self.p99 = float(value) * TIMES[unit]
        errors = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        if errors or "Socket errors" in text:
            raise RuntimeError(f"the load met errors:\n{text}")


def wrk(url, clients=32, seconds=SECONDS, headers=(), script=None):
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency"]
    for name, value in headers:
        command += ["-H", f"{name}: {value}"]
    if script:
        path = pathlib.Path(tempfile.mkstemp(suffix=".lua")[1])
        path.write_text(script)
        command += ["-s", str(path)]
    try:
        return Load(subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout)
    finally:
        if script:
            path.unlink()


def in_turns(*sides, rounds=ROUNDS):
    """Runs each side once per round, in turns; returns a list of loads per side."""
    found = [[] for _ in sides]
    for _ in range(rounds):
        for side, loads in zip(sides, found):
            loads.append(side())
    return found


def median_rate(loads):
    return statistics.median(load.rate for load in loads)


def ratio(ours, theirs, value=lambda load: load.rate):
    """The median of the rounds' ratios."""
    return statistics.median(value(a) / value(b) for a, b in zip(ours, theirs))


def cpu_seconds(pids):
    """CPU that these processes have had, all threads, to the nanosecond (/proc/PID/task/*/schedstat)."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def memory_mb(pids):
    """Proportional set size of these processes together: shared pages count once."""
    total = 0
    for pid in pids:
        total += int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
    return total / 1024


def bench_server(**settings):
    return Server(sanitized=False, **settings)


def film(folder, seconds=20, kbits=1500):
    """A clip of just this bit rate, key frames every 2 s, with sound: 1372 kbit/s of picture and 128 of sound."""
    path = pathlib.Path(folder) / f"film-{seconds}.flv"
    video = f"{kbits - 128}k"
    subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-f", "lavfi", "-i",
                    f"testsrc2=size=640x360:rate=30:duration={seconds}", "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}",
                    "-c:v", "libx264", "-preset", "superfast", "-b:v", video, "-minrate", video, "-maxrate", video, "-bufsize", video,
                    "-x264-params", "nal-hrd=cbr", "-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-bf", "2", "-pix_fmt", "yuv420p",
                    "-c:a", "aac", "-b:a", "128k", str(path)], check=True)
    return path


class Fleet:
    """lib/fleet.py in a process of its own; targets: [(port, key)]."""

    def __init__(self, clip, targets):
        program = pathlib.Path(__file__).with_name("fleet.py")
        self.process = subprocess.Popen([sys.executable, "-B", str(program), str(clip), *(f"{port}/{key}" for port, key in targets)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "sending":
            raise RuntimeError("the encoders were not accepted")

    def running(self):
        return self.process.poll() is None

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)
