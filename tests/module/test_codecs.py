"""Encoders that send less, something else, or strange times: the stream works as far as it can, and `health` says what is wrong."""
import pytest

from support import checks, flv, hls, media
from support.processes import wait_for
from support.push import Feeder
from support.rtmp import AUDIO, VIDEO, Message


def codes(server, stream):
    return {p["code"]: p for p in server.status(stream)["health"]["problems"]}


def wait_problem(server, stream, code):
    found = wait_for(lambda: codes(server, stream).get(code), 10, lambda: f"no {code}: {server.status(stream)['health']}")
    assert found["since"] and len(found["detail"]) > 10 and len(found["advice"]) > 10, found
    assert server.status(stream)["health"]["ok"] is False
    return found


def finish(server, stream):
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")


def broadcast(server, messages, **how):
    """Feeds these messages, waits until they are all listed, stops; returns (stream, feeder)."""
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), None, messages=messages, **how) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    finish(server, stream)
    return stream, feeder


def as_other_codec(messages, kind, codec):
    """The same messages, said to be of another codec."""
    def turned(m):
        first = m.payload[0]
        return Message(kind, m.timestamp, bytes([first & 0xF0 | codec if kind == VIDEO else codec << 4 | first & 15]) + m.payload[1:])
    return [turned(m) if m.kind == kind else m for m in messages]


def test_no_audio(server, clips, tmp_path):
    stream = server.create()
    clip = clips(20)
    with Feeder(server.rtmp_port, server.key(stream), clip, seconds=8, speed=2, only=VIDEO) as feeder:
        server.wait_status(stream, "live")
        wait_problem(server, stream, "no_audio")
        assert list(hls.Client(server).playlists(f"/hls/{stream['id']}/index.m3u8")) == ["video"]
        feeder.wait()
    finish(server, stream)
    mp4, tracks = checks.recording(server, stream, tmp_path)
    assert list(tracks) == ["video"]
    for video in (media.packets(mp4, "v"), checks.track_packets(tracks["video"], "v")):
        checks.same_video(video, flv.sent(feeder.sent).video)


def test_no_video(server, clips, tmp_path):
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=12, speed=2, only=AUDIO) as feeder:
        server.wait_status(stream, "live")
        wait_problem(server, stream, "no_video")
        assert list(hls.Client(server).playlists(f"/hls/{stream['id']}/index.m3u8")) == ["audio"]
        feeder.wait()
    finish(server, stream)
    mp4, tracks = checks.recording(server, stream, tmp_path)
    assert list(tracks) == ["audio"]
    sent = flv.sent(feeder.sent).audio
    for audio in (media.packets(mp4, "a"), checks.track_packets(tracks["audio"], "a")):
        assert [p.md5 for p in audio] == [p.md5 for p in sent]


@pytest.mark.parametrize("codec, name", [(12, "HEVC"), (2, "H.263"), (4, "VP6")])
def test_video_that_hls_cannot_carry(server, clips, tmp_path, codec, name):
    stream = server.create()
    messages = as_other_codec(flv.tags(clips(20)), VIDEO, codec)
    with Feeder(server.rtmp_port, server.key(stream), None, seconds=10, speed=2, messages=messages) as feeder:
        wait_problem(server, stream, "video_codec_unsupported")
        assert name in server.status(stream)["health"]["video"]["codec"]
        server.wait_status(stream, "live")
        feeder.wait()
    finish(server, stream)
    mp4, _ = checks.recording(server, stream, tmp_path)
    assert len(media.packets(mp4, "a")) > 100, "the sound still works"


def test_enhanced_rtmp_hevc(server, clips):
    """The newer way to say HEVC: a header with a FourCC (Enhanced RTMP v1). nginx-rtmp 1.2.2 takes it for a frame that is no key frame and
    keeps it out of the log, so all that can be said is that no picture comes."""
    stream = server.create()
    messages = [Message(m.kind, m.timestamp, bytes([0x80 | m.payload[0] & 0x70 | m.payload[1] & 15]) + b"hvc1" + m.payload[5:]) if m.kind == VIDEO else m
                for m in flv.tags(clips(20))]
    with Feeder(server.rtmp_port, server.key(stream), None, seconds=10, speed=2, messages=messages) as feeder:
        wait_problem(server, stream, "no_video")
        server.wait_status(stream, "live")
        feeder.wait()
    finish(server, stream)


def test_sound_that_hls_cannot_carry(server, clips, tmp_path):
    stream = server.create()
    clip = clips(10, audio=("libmp3lame", "-ar", "44100", "-b:a", "64k"))
    with Feeder(server.rtmp_port, server.key(stream), clip, speed=2) as feeder:
        wait_problem(server, stream, "audio_codec_unsupported")
        assert "MP3" in server.status(stream)["health"]["audio"]["codec"]
        server.wait_status(stream, "live")
        feeder.wait()
    finish(server, stream)
    mp4, tracks = checks.recording(server, stream, tmp_path)
    for video in (media.packets(mp4, "v"), checks.track_packets(tracks["video"], "v")):
        checks.same_video(video, flv.sent(feeder.sent).video)


def test_long_key_frame_interval_is_said(server, clips, tmp_path):
    clip = clips(20, video=tuple(["libx264", "-preset", "superfast", "-b:v", "300k", "-g", "300", "-keyint_min", "300", "-sc_threshold", "0", "-pix_fmt", "yuv420p"]))
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clip, speed=4) as feeder:
        wait_problem(server, stream, "key_frame_interval_long")
        feeder.wait()
    finish(server, stream)
    checks.whole(server, stream, flv.sent(feeder.sent), tmp_path)


@pytest.mark.parametrize("shift", [2**24 - 3000, 2**31 - 3000, 2**32 - 3000], ids=["4h39", "2^31", "2^32"])
def test_timestamps_that_pass_a_border(server, clips, tmp_path, shift):
    stream, feeder = broadcast(server, flv.tags(clips(20)), seconds=6, speed=6, shift=shift)
    mp4, tracks = checks.whole(server, stream, flv.sent(feeder.sent), tmp_path)
    assert len(tracks["video"]) == 1, "a border is no discontinuity"
    assert all(abs(offset) < 0.04 for offset in media.offsets(mp4).values())


@pytest.mark.parametrize("by", [30_000, -2_500], ids=["forward", "back"])
def test_timestamps_that_jump(server, clips, tmp_path, by):
    """A jump inside a session: a discontinuity, the time line goes on, no frame is lost."""
    messages = [m if m.timestamp < 4000 else Message(m.kind, m.timestamp + by, m.payload) for m in flv.tags(clips(20)) if m.timestamp < 8000]
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), None, messages=messages, speed=8) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    finish(server, stream)
    mp4, tracks = checks.recording(server, stream, tmp_path)
    sent = flv.sent(feeder.sent)
    recorded = media.packets(mp4, "v")
    assert [p.md5 for p in recorded] == [p.md5 for p in sent.video], checks.difference(recorded, sent.video)
    assert 7.5 < recorded[-1].dts - recorded[0].dts < 8.5
    assert len(tracks["video"]) == 2
    assert all(abs(offset) < 0.05 for offset in media.offsets(mp4).values())


def test_picture_that_changes_inside_a_session(server, clips, tmp_path):
    """New parameter sets while the connection stays: a new init section at that key frame."""
    small = clips(8, video=("libx264", "-preset", "superfast", "-s", "320x180", "-g", "60", "-bf", "2", "-pix_fmt", "yuv420p"))
    first = [m for m in flv.tags(clips(20)) if m.timestamp < 4000]
    second = [Message(m.kind, m.timestamp + 4000, m.payload) for m in flv.tags(small) if m.timestamp < 4000]
    stream, feeder = broadcast(server, first + second, speed=6)
    mp4, tracks = checks.recording(server, stream, tmp_path)
    sent = flv.sent(feeder.sent)
    recorded = checks.track_packets(tracks["video"], "v")
    assert [p.md5 for p in recorded] == [p.md5 for p in sent.video], checks.difference(recorded, sent.video)
    assert [p.md5 for p in media.packets(mp4, "v")] == [p.md5 for p in sent.video]
    assert len(tracks["video"]) == 2


def test_session_without_any_key_frame(server, clips):
    """Nothing can be shown; the stream does not go on air, and says why. (nginx-rtmp logs nothing but the header before a key frame.)"""
    messages = [m for m in flv.tags(clips(20)) if m.kind == VIDEO and (m.payload[1] == 0 or m.payload[0] >> 4 != 1)]
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), None, messages=messages, speed=3):
        wait_for(lambda: {"no_key_frame", "no_video", "ingest_stalled"} & set(codes(server, stream)), 10, lambda: f"{server.status(stream)['health']}")
        assert server.status(stream)["status"] == "ready"
    assert server.recordings(stream) == []


GARBAGE = [b"", b"\x17", b"\x17\x00", b"\x17\x00\x00\x00\x00", b"\x17\x00\x00\x00\x00\x01\x64", b"\x17\x01\x00\x00\x00", b"\x17\x01\x00\x00\x00\xff\xff\xff\xff\x65",
           b"\x17\x02\x00\x00\x00", b"\xaf", b"\xaf\x00", b"\xaf\x00\xff\xff", b"\xaf\x01", b"\x97" + b"\x00" * 40, b"\xff" * 64, b"\x27\x01\x80\x00\x00" + b"\x00" * 200]


@pytest.mark.parametrize("kind", [AUDIO, VIDEO])
def test_garbage_between_good_frames(server, clips, tmp_path, kind):
    """Tags that make no sense are dropped; what makes sense still arrives, and the server stands."""
    messages = []
    for number, m in enumerate(m for m in flv.tags(clips(20)) if m.timestamp < 5000):
        messages.append(m)
        if 20 < number < 20 + 4 * len(GARBAGE) and not number % 4:
            messages.append(Message(kind, m.timestamp, GARBAGE[number // 4 % len(GARBAGE)]))
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), None, messages=messages, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.thread.join(20)
    finish(server, stream)
    assert server.get("/api/health").status == 200
    mp4, _ = checks.recording(server, stream, tmp_path)
    good = {p.md5 for p in flv.sent(m for m in flv.tags(clips(20)) if m.timestamp < 900).video}
    assert good & {p.md5 for p in media.packets(mp4, "v")}
