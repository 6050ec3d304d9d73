"""The numbered clip: a picture that carries its own frame number and a beep that carries its own second.

Frame n shows n as 16 blocks of black and white plus 4 blocks of checksum along its top edge; the beep that starts
at second s lasts 100 ms and has the frequency beep_frequency(s). A reader can therefore say which frames a file
holds, and how far sound and picture are apart at any second, without having the clip at hand.
"""
import array
import math
import subprocess

WIDTH, HEIGHT, RATE = 640, 360, 30
BLOCK, BITS, CHECK_BITS = 32, 16, 4
SAMPLE_RATE = 48000
BEEP_SECONDS = 0.1


def checksum(number):
    return (number ^ number >> 4 ^ number >> 8 ^ number >> 12 ^ 0b1010) & 0b1111


def beep_frequency(second):
    return 600 + 100 * (second % 10)


def picture(number):
    """One yuv420p frame: the number in blocks, and below it a bar that moves, so that P and B frames have work."""
    code = number << CHECK_BITS | checksum(number)
    blocks = BITS + CHECK_BITS
    row = b"".join((b"\xe0" if code >> blocks - 1 - i & 1 else b"\x18") * BLOCK for i in range(blocks))
    at = number * 8 % (WIDTH - 64)
    bar = b"\x60" * at + b"\xb0" * 64 + b"\x60" * (WIDTH - 64 - at)
    return row * BLOCK + bar * (HEIGHT - BLOCK) + b"\x80" * (WIDTH * HEIGHT // 2)


def sound(seconds):
    """16 bit mono: silence with one beep at the start of every second."""
    beep = int(BEEP_SECONDS * SAMPLE_RATE)
    samples = array.array("h", bytes(2 * SAMPLE_RATE * seconds))
    for second in range(seconds):
        step = 2 * math.pi * beep_frequency(second) / SAMPLE_RATE
        for i in range(beep):
            samples[second * SAMPLE_RATE + i] = int(12000 * math.sin(step * i))
    return samples.tobytes()


def make(folder, seconds, name="clip", video=(), audio=(), picture_on=True, sound_on=True, suffix="flv"):
    """Writes folder/name.suffix (and the .pcm it is made of) and returns its path. `video`, `audio`: encoder options."""
    target, pcm = folder / f"{name}.{suffix}", folder / f"{name}.pcm"
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    if picture_on:
        command[command.index("-nostdin"):command.index("-nostdin") + 1] = []
        command += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "pipe:0"]
    if sound_on:
        pcm.write_bytes(sound(seconds))
        command += ["-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", str(pcm)]
    if picture_on:
        command += ["-c:v", *(video or x264())]
    if sound_on:
        command += ["-c:a", *(audio or aac())]
    with subprocess.Popen([*command, str(target)], stdin=subprocess.PIPE) as encoder:
        if picture_on:
            for number in range(seconds * RATE):
                encoder.stdin.write(picture(number))
        encoder.stdin.close()
    if encoder.returncode:
        raise RuntimeError(f"ffmpeg could not make {target}: exit code {encoder.returncode}")
    pcm.unlink(missing_ok=True)
    return target


def x264(key_frame_seconds=2.0, b_frames=3, bitrate="300k", preset="superfast"):
    """x264 as encoders of the trade are set: a fixed key frame interval and, unless told otherwise, B-frames."""
    interval = str(round(key_frame_seconds * RATE))
    return ["libx264", "-preset", preset, "-b:v", bitrate, "-g", interval, "-keyint_min", interval, "-sc_threshold", "0",
            "-bf", str(b_frames), "-pix_fmt", "yuv420p"]


def aac(bitrate="64k"):
    return ["aac", "-b:a", bitrate]
