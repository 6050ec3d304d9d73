"""Encoders: ffmpeg with any settings, and a feeder that sends a prepared clip's tags itself.

ffmpeg with copy=True is the cheapest encoder there is; with copy=False it really encodes. The feeder knows exactly which
tag it has sent, can be faster than real time, and can leave anything out.
"""
import signal
import subprocess
import threading
import time

from . import clip as clips
from .flv import tags
from .processes import end
from .rtmp import VIDEO, Publisher, Refused


class Push:
    """ffmpeg sending `clip` in real time, over and over unless loop=False. `keep`: a file that gets the same FLV."""

    def __init__(self, url, clip, copy=True, loop=True, video=None, audio=None, options=(), keep=None, log=None):
        codecs = ["-c", "copy"] if copy else ["-fps_mode", "passthrough", "-c:v", *(video or clips.x264()), "-c:a", *(audio or clips.aac())]
        target = ["-f", "tee", "-map", "0", f"[f=flv]{keep}|[f=flv]{url}"] if keep else ["-f", "flv", url]
        again = ["-stream_loop", "-1"] if loop else []
        self.errors = open(log, "wb") if log else subprocess.DEVNULL
        self.process = subprocess.Popen(["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-re", *again, "-i", str(clip), *codecs,
                                         *options, "-flvflags", "no_duration_filesize", *target],
                                        stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)

    def running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends as an encoder's stop button does."""
        if self.running():
            self.process.send_signal(signal.SIGINT)
        return end(self.process, 10)

    def kill(self):
        """As if the encoder's machine had lost its power, but for the goodbye of its TCP."""
        self.process.kill()
        return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Feeder:
    """Sends the tags of a clip (or `messages`) from a thread, at `speed` times real time. sent: the messages that went out.
    `shift` ms are added to every timestamp."""

    def __init__(self, port, name, clip, speed=1.0, seconds=None, shift=0, only=None, arguments=b"", messages=None):
        self.publisher = Publisher(port).publish(name, arguments)
        self.speed, self.shift, self.sent, self.problem = speed, shift, [], None
        self.stopping = threading.Event()
        until = float("inf") if seconds is None else seconds * 1000
        self.todo = [t for t in messages or tags(clip) if t.timestamp < until and (only is None or t.kind == only)]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        begin = looked = time.monotonic()
        try:
            for tag in self.todo:
                due = begin + tag.timestamp / 1000 / self.speed
                if self.stopping.wait(max(0.0, due - time.monotonic())):
                    return
                if time.monotonic() > looked + 1:
                    looked = time.monotonic()
                    if not self.publisher.alive():
                        raise ConnectionResetError("the server has ended the session")
                self.publisher.send(tag.kind, tag.timestamp + self.shift & 0xFFFFFFFF, tag.payload, channel=4 if tag.kind == VIDEO else 6)
                self.sent.append(tag)
        except OSError as problem:
            self.problem = problem

    def wait(self, timeout=60):
        """Until everything is sent; fails when the server ended the session."""
        self.thread.join(timeout)
        if self.problem:
            raise self.problem
        assert not self.thread.is_alive(), "the feeder is not done"
        return self

    def running(self):
        return self.thread.is_alive()

    def stop(self):
        self.halt()
        self.publisher.close()

    def drop(self):
        self.halt()
        self.publisher.drop()

    def halt(self):
        self.stopping.set()
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def returning(*arguments, patience=10, **how):
    """A Feeder that comes back as encoders do: refused, it tries again."""
    end_of_patience = time.monotonic() + patience
    while True:
        try:
            return Feeder(*arguments, **how)
        except (Refused, OSError):
            if time.monotonic() > end_of_patience:
                raise
