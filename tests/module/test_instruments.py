"""The instruments of the frame test, proved on nginx-rtmp alone: what they say of a good file, of a file with a lost frame or late
sound, and that nothing is lost between an encoder, the relay and the ingest log."""
import pytest

from support import checks, flv, hls, media, obs
from support.plain import PlainServer
from support.processes import wait_for
from support.push import Feeder, Push
from support.rtmp import VIDEO, Publisher, Relay


@pytest.fixture(scope="module")
def plain():
    with PlainServer() as running:
        yield running


def log_of(plain, name):
    return plain.ingest / f"{name}.flv"


def wait_closed(plain, count):
    wait_for(lambda: sum(told["call"] == "publish_done" for told in plain.callbacks.told) >= count, 15)


def same(sent, path):
    """The packets that were sent are the packets of the file, times and payloads."""
    assert [(p.dts, p.pts, p.key, p.md5) for p in sent.video] == [(p.dts, p.pts, p.key, p.md5) for p in media.packets(path, "v")]
    assert [(p.dts, p.md5) for p in sent.audio] == [(p.dts, p.md5) for p in media.packets(path, "a")]


def test_clip_reads_back(clips):
    clip = clips(20)
    assert [number for number, _ in media.frames(clip)] == list(range(600))
    offsets = media.offsets(clip)
    assert sorted(offsets) == list(range(20))
    assert max(map(abs, offsets.values())) < 0.002


def test_lost_frame_is_seen(clips, tmp_path):
    tags = flv.tags(clips(20))
    frames = [t for t in tags if t.kind == VIDEO and t.payload[1] == 1]
    lost = frames[-1]  # nothing refers to the last one, so all others still decode
    path = flv.write(tmp_path / "lost.flv", [t for t in tags if t is not lost])
    assert sorted(number for number, _ in media.frames(path)) != list(range(600))


def test_late_sound_is_measured(clips, tmp_path):
    late = [t if t.kind == VIDEO else type(t)(t.kind, t.timestamp + 100, t.payload) for t in flv.tags(clips(20))]
    offsets = media.offsets(flv.write(tmp_path / "late.flv", late))
    assert all(0.098 < offset < 0.102 for offset in offsets.values())


def test_relay_and_log_hold_what_a_feeder_sent(plain, clips):
    done = sum(told["call"] == "publish_done" for told in plain.callbacks.told)
    with Relay(plain.rtmp_port) as relay:
        with Feeder(relay.port, "key", clips(20), speed=20) as feeder:
            feeder.wait()
        wait_closed(plain, done + 1)
        assert flv.sent(relay.messages) == flv.sent(feeder.sent)
        newest = max(plain.ingest.glob("*.flv"), key=lambda path: path.stat().st_mtime_ns)
        same(flv.sent(relay.messages), newest)


def test_log_holds_what_ffmpeg_encoded(plain, clips, tmp_path):
    done = sum(told["call"] == "publish_done" for told in plain.callbacks.told)
    with Relay(plain.rtmp_port) as relay:
        keep = tmp_path / "sent.flv"
        with Push(f"rtmp://127.0.0.1:{relay.port}/live/key", clips(20), copy=False, keep=keep):
            wait_for(lambda: sum(m.kind == VIDEO for m in relay.messages) > 120, 30)
        wait_closed(plain, done + 1)
        newest = max(plain.ingest.glob("*.flv"), key=lambda path: path.stat().st_mtime_ns)
        same(flv.sent(relay.messages), newest)
        same(flv.sent(flv.tags(keep)), newest)
        assert any(p.pts != p.dts for p in media.packets(newest, "v")), "no B-frames in it"
        assert [n for n, _ in media.frames(newest)] == list(range(len(media.packets(newest, "v"))))


def test_log_holds_what_obs_sent(plain, clips, tmp_path):
    if not obs.available():
        pytest.fail("obs-studio and xvfb are needed")
    done = sum(told["call"] == "publish_done" for told in plain.callbacks.told)
    with Relay(plain.rtmp_port) as relay:
        with obs.Obs(tmp_path, f"rtmp://127.0.0.1:{relay.port}/live", "key", clips(20)) as studio:
            wait_for(lambda: sum(m.kind == VIDEO for m in relay.messages) > 300, 180, lambda: studio.log.read_text()[-3000:])
            assert studio.stop(), studio.log.read_text()[-3000:]
        wait_closed(plain, done + 1)
        newest = max(plain.ingest.glob("*.flv"), key=lambda path: path.stat().st_mtime_ns)
        packets = flv.sent(relay.messages)
        same(packets, newest)
        keys = [p.dts for p in packets.video if p.key]
        assert b"keyint:       250" in studio.log.read_bytes(), "not OBS's default key frame interval"
        assert len(keys) > 1 and all(after - before < 8.4 for before, after in zip(keys, keys[1:])), keys  # x264 may add some where frames were skipped
        assert any(p.pts != p.dts for p in packets.video), "no B-frames in it"


def test_name_goes_out_as_it_is(plain):
    before = len(plain.callbacks.told)
    with Publisher(plain.rtmp_port).publish(b"a name/..", b"?call=x"):
        wait_for(lambda: len(plain.callbacks.told) > before, 5)
    assert plain.callbacks.told[before]["name"] == "a name/.."


@pytest.fixture(scope="module")
def remuxed(plain, clips):
    """The clip as HLS with one track per playlist and as MP4, made by ffmpeg and served by nginx: a recording that is known to be good."""
    clip, folder = clips(20), plain.ingest / "remuxed"
    folder.mkdir(mode=0o755)
    for kind, track in (("video", "0:v"), ("audio", "0:a")):
        media.run(["ffmpeg", "-v", "error", "-i", clip, "-c", "copy", "-map", track, "-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "2", "-hls_list_size", "0",
                   "-hls_fmp4_init_filename", f"{kind}-init.mp4", "-hls_segment_filename", folder / f"{kind}-%d.m4s", folder / f"{kind}.m3u8"])
    media.run(["ffmpeg", "-v", "error", "-i", clip, "-c", "copy", folder / "download.mp4"])
    (folder / "index.m3u8").write_text('#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="audio.m3u8"\n'
                                       '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001E,mp4a.40.2",RESOLUTION=640x360,AUDIO="a"\nvideo.m3u8\n')
    return folder


def test_checks_accept_a_good_recording(plain, remuxed, clips, tmp_path):
    sent = flv.sent(flv.tags(clips(20)))
    tracks = hls.Client(plain).download("/remuxed/index.m3u8", tmp_path)
    assert {kind: len(paths) for kind, paths in tracks.items()} == {"video": 1, "audio": 1}
    for source in (remuxed / "download.mp4", tracks["video"][0]):
        checks.same_video(media.packets(source, "v"), sent.video)
    for source in (remuxed / "download.mp4", tracks["audio"][0]):
        checks.same_audio(media.packets(source, "a"), sent.audio, sent.video[0].dts)
    assert [number for number, _ in media.frames(tracks["video"][0])] == list(range(600))
    assert max(map(abs, media.offsets(remuxed / "download.mp4").values())) < 0.03


@pytest.mark.parametrize("spoil", [lambda p: p[:100] + p[101:], lambda p: p[:100] + p[99:], lambda p: p[1:], lambda p: p[:100] + [p[101], p[100]] + p[102:]],
                         ids=["lost", "doubled", "first lost", "swapped"])
def test_checks_refuse_a_bad_recording(clips, spoil):
    sent = flv.sent(flv.tags(clips(20)))
    checks.same_video(sent.video, sent.video)
    checks.same_audio(sent.audio, sent.audio, sent.video[0].dts)
    with pytest.raises(AssertionError):
        checks.same_video(spoil(sent.video), sent.video)
    with pytest.raises(AssertionError):
        checks.same_audio(spoil(spoil(spoil(sent.audio))), sent.audio, sent.video[0].dts)
