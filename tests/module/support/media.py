"""Reads media back: frame numbers and beeps of the numbered clip, packets with their hashes.

Times are seconds on the file's own time line, untouched (ffmpeg's -copyts). Never compares decoded pictures pixel
by pixel: a frame is known by its number, a packet by the MD5 of its payload.
"""
import array
import json
import re
import subprocess
from dataclasses import dataclass

from . import clip

PTS = re.compile(rb"pts_time:\s*(-?[0-9.]+)")
SAMPLES = re.compile(rb"nb_samples:\s*(\d+)")


@dataclass(frozen=True)
class Packet:
    pts: float
    dts: float
    key: bool
    size: int
    md5: str


def run(command, timeout=120):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done


def probe(source, *options):
    return json.loads(run(["ffprobe", "-v", "error", "-of", "json", *options, str(source)]).stdout)


def packets(source, kind):
    """The packets of the first track of `kind` ("v" or "a"), in the order of the file."""
    found = probe(source, "-select_streams", f"{kind}:0", "-show_packets", "-show_data_hash", "md5")["packets"]
    return [Packet(float(p["pts_time"]), float(p["dts_time"]), "K" in p["flags"], int(p["size"]),
                   p["data_hash"].removeprefix("MD5:")) for p in found]


def frames(source, *input_options):
    """[(frame number, time)] in the order of presentation. A frame whose number cannot be read has number None."""
    blocks = clip.BITS + clip.CHECK_BITS
    look = f"crop={blocks * clip.BLOCK}:{clip.BLOCK // 2}:0:{clip.BLOCK // 4},scale={blocks}:1:flags=area,showinfo"
    done = run(["ffmpeg", "-hide_banner", "-loglevel", "info", "-copyts", *input_options, "-i", str(source), "-an", "-vf", look,
                "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"])
    times = [float(PTS.search(line)[1]) for line in done.stderr.splitlines() if b"showinfo" in line and b"pts_time:" in line]
    rows = [done.stdout[i:i + blocks] for i in range(0, len(done.stdout), blocks)]
    if len(times) != len(rows):
        raise RuntimeError(f"{source}: {len(rows)} pictures but {len(times)} times")
    return [(number_of(row), time) for row, time in zip(rows, times)]


def number_of(row):
    code = 0
    for value in row:
        code = code << 1 | (value > 128)
    number, check = code >> clip.CHECK_BITS, code & (1 << clip.CHECK_BITS) - 1
    return number if clip.checksum(number) == check else None


def beeps(source, *input_options):
    """[(second modulo 10, time of its start)] of every beep that is heard to its end."""
    done = run(["ffmpeg", "-hide_banner", "-loglevel", "info", "-copyts", *input_options, "-i", str(source), "-vn", "-af",
                f"aresample={clip.SAMPLE_RATE},ashowinfo", "-ac", "1", "-f", "s16le", "pipe:1"])
    samples = array.array("h", done.stdout)
    spans, at = [], 0
    for line in done.stderr.splitlines():
        if b"ashowinfo" in line and b"pts_time:" in line:
            count = int(SAMPLES.search(line)[1])
            spans.append((float(PTS.search(line)[1]), at, at + count))
            at += count
    return list(find_beeps(samples, spans))


def find_beeps(samples, spans):
    """Onset: the first sample above a quarter of the beep's amplitude after 50 ms of silence."""
    length, quiet, loud = int(clip.BEEP_SECONDS * clip.SAMPLE_RATE), clip.SAMPLE_RATE // 20, 3000
    starts = iter(spans)
    time, first, last = next(starts, (0.0, 0, 0))
    last_loud = -quiet
    for i, value in enumerate(samples):
        if -loud < value < loud:
            continue
        if i - last_loud >= quiet and i + length <= len(samples):
            while i >= last:
                time, first, last = next(starts)
            yield second_of(samples[i:i + length * 9 // 10]), time + (i - first) / clip.SAMPLE_RATE
        last_loud = i


def second_of(tone):
    crossings = sum(1 for a, b in zip(tone, tone[1:]) if a < 0 <= b)
    return round((crossings * clip.SAMPLE_RATE / len(tone) - 600) / 100) % 10


def offsets(picture, sound=None):
    """{second: sound minus picture in seconds} for every second whose first frame and whose beep are both there. `sound`: where the sound
    is, when it has a file of its own on the same time line."""
    heard = beeps(sound or picture)
    found = {}
    for number, time in frames(picture):
        if number is None or number % clip.RATE:
            continue
        second = number // clip.RATE
        near = [at - time for tone, at in heard if tone == second % 10 and abs(at - time) < 3]
        if near:
            found.setdefault(second, min(near, key=abs))
    return found


def frames_of_live(url, seconds, timeout=60):
    """The frames that a player shows in its first `seconds` of a live stream."""
    blocks = clip.BITS + clip.CHECK_BITS
    look = f"crop={blocks * clip.BLOCK}:{clip.BLOCK // 2}:0:{clip.BLOCK // 4},scale={blocks}:1:flags=area"
    done = run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-i", url, "-an", "-vf", look, "-fps_mode", "passthrough",
                "-frames:v", str(seconds * clip.RATE), "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"], timeout)
    return [(number_of(done.stdout[i:i + blocks]), None) for i in range(0, len(done.stdout), blocks)]
