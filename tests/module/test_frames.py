"""The frame test: every frame that an encoder sent is in the recording once, from the first one on, and picture and sound stay
together, with ffmpeg and with a real OBS, while the callback, the encoder and the viewer are on different workers."""
import pytest

from support import checks, flv, hls, media, obs
from support.processes import happens, wait_for
from support.push import Feeder
from support.rtmp import VIDEO, Relay
from support.server import Server

LONG = 63  # seconds of media: more than the minute after which picture and sound are compared
APART = 0.040


class Broadcast:
    """One stream, its encoder behind a relay, and what the relay saw."""

    def __init__(self, server, relay):
        self.server, self.relay = server, relay
        self.stream = server.create(title="Frame test")
        self.key = server.key(self.stream)

    def pictures(self):
        return sum(m.kind == VIDEO for m in self.relay.messages)

    def sent(self):
        return flv.sent(self.relay.messages)


@pytest.fixture(scope="module")
def long_server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def broadcasts(long_server, clips, tmp_path_factory):
    """ffmpeg and OBS side by side for a minute: {"ffmpeg": Broadcast, "obs": Broadcast}, both completed."""
    server, clip = long_server, clips(LONG + 12)
    with Relay(server.rtmp_port) as first, Relay(server.rtmp_port) as second:
        both = {"ffmpeg": Broadcast(server, first), "obs": Broadcast(server, second)}
        home = tmp_path_factory.mktemp("obs")
        studio = obs.Obs(home, f"rtmp://127.0.0.1:{second.port}/live", both["obs"].key, clip)
        push = server.push(both["ffmpeg"].key, clip, copy=False, port=first.port)
        with studio, push:
            for one in both.values():
                wait_for(lambda one=one: one.pictures() > LONG * 30, 4 * LONG, lambda: studio.log.read_text()[-2000:] + server.logs())
            assert studio.stop(), studio.log.read_text()[-3000:]
            push.stop()
        for one in both.values():
            server.ok("POST", f"/streams/{one.stream['id']}/stop")
            server.wait_status(one.stream, "completed")
    return both


@pytest.fixture(scope="module")
def recordings(broadcasts, tmp_path_factory):
    return {name: checks.recording(one.server, one.stream, tmp_path_factory.mktemp(name)) for name, one in broadcasts.items()}


@pytest.mark.parametrize("encoder", ["ffmpeg", "obs"])
def test_every_frame_is_recorded_once(broadcasts, recordings, encoder):
    sent, (mp4, tracks) = broadcasts[encoder].sent(), recordings[encoder]
    assert any(p.pts != p.dts for p in sent.video), "the encoder sent no B-frames"
    for video in (media.packets(mp4, "v"), checks.track_packets(tracks["video"], "v")):
        checks.same_video(video, sent.video)
    for audio in (media.packets(mp4, "a"), checks.track_packets(tracks["audio"], "a")):
        checks.same_audio(audio, sent.audio, sent.video[0].dts)


def test_every_number_is_in_the_picture(recordings):
    mp4, tracks = recordings["ffmpeg"]
    for path in (mp4, *tracks["video"]):
        numbers = [number for number, _ in media.frames(path)]
        assert numbers == list(range(len(numbers))) and len(numbers) >= LONG * 30


@pytest.mark.parametrize("encoder", ["ffmpeg", "obs"])
def test_picture_and_sound_stay_together(broadcasts, recordings, encoder, tmp_path):
    """Against what the encoder sent: OBS's own source is 57 ms early by itself."""
    mp4, tracks = recordings[encoder]
    sent = media.offsets(flv.write(tmp_path / "sent.flv", broadcasts[encoder].relay.messages))
    seconds = sorted(sent)
    for recorded in (media.offsets(mp4), media.offsets(tracks["video"][0], tracks["audio"][0])):
        assert [s for s in seconds if s not in recorded] in ([], [seconds[-1]])
        assert max(recorded) - min(recorded) >= LONG - 5
        worst = max(abs(recorded[s] - sent[s]) for s in recorded)
        assert worst < APART, f"{worst * 1000:.1f} ms further apart than sent"
        if encoder == "ffmpeg":
            assert all(abs(offset) < APART for offset in recorded.values()), recorded


@pytest.mark.parametrize("encoder", ["ffmpeg", "obs"])
def test_segments_keep_their_promises(broadcasts, encoder):
    """One target duration, never passed; segments start with key frames; both tracks cut at the same places."""
    one = broadcasts[encoder]
    entry = checks.entry_of(one.server, one.stream)
    lists = hls.Client(one.server).playlists(f"/recordings/{entry['id']}/index.m3u8")
    assert lists["video"].ended and lists["audio"].ended
    assert len(lists["video"].segments) == len(lists["audio"].segments)
    for playlist in lists.values():
        assert all(round(s.duration) <= playlist.target for s in playlist.segments), playlist.text
    keys = [p.dts for p in one.sent().video if p.key]
    at = keys[0]
    for video, audio in list(zip(lists["video"].segments, lists["audio"].segments))[:-1]:
        expected = next(key for key in keys if key >= at + 1.8)
        assert abs(at + video.duration - expected) < 0.002, "cut where there is a key frame, and at the first one after 1.8 s"
        assert abs(video.duration - audio.duration) < 0.06
        at = expected
    if encoder == "ffmpeg":
        assert all(abs(s.duration - 2) < 0.002 for s in lists["video"].segments[:-1])


def test_callback_encoder_and_viewer_on_different_workers(make_server, clips, tmp_path):
    """Broadcasts until the callback came to another worker than the encoder, with a viewer on a third; all of them are whole."""
    server = make_server(workers=3, places=True)
    seen = []

    def one_broadcast():
        stream = server.create()
        callbacks = server.prefix / "logs/callbacks"
        before = len(callbacks.read_text().splitlines()) if callbacks.exists() else 0
        with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=6, speed=4) as feeder:
            encoder = server.worker_of(server.rtmp_port, feeder.publisher.socket.getsockname()[1])
            callback = int(callbacks.read_text().splitlines()[before].split()[0])
            server.wait_status(stream, "live")
            other = next(pid for pid in server.worker_pids() if pid not in {*encoder, callback})
            url = f"/hls/{stream['id']}/index.m3u8"
            with server.only(other):
                happens(lambda: hls.listed(server, stream), 0.3)
            feeder.wait()
        wait_for(lambda: hls.listed(server, stream) >= 2, 10)
        with server.only(other):
            playlists = hls.Client(server).playlists(url)
            assert all(hls.Client(server).fetch(s.uri) for s in playlists["video"].segments)
        server.ok("POST", f"/streams/{stream['id']}/stop")
        server.wait_status(stream, "completed")
        checks.whole(server, stream, flv.sent(feeder.sent), tmp_path / stream["id"])
        seen.append((encoder, callback, other))
        return callback not in encoder
    for _ in range(20):
        if one_broadcast():
            return
    pytest.fail(f"the callback never came to another worker: {seen}")
