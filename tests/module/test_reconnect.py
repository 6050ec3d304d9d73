"""Encoders that drop, return, come too late, or push on after the end."""
import pytest

from support import checks, flv, hls, media
from support.processes import happens, wait_for
from support.push import Feeder
from support.rtmp import Publisher, Refused, Relay


def feed(server, stream, clip, **how):
    return Feeder(server.rtmp_port, server.key(stream), clip, **how)


def stop(server, stream):
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")


def both(server, stream, feeders, folder):
    """Everything that the feeders sent, one after the other, is in the one recording."""
    sent = [flv.sent(f.sent) for f in feeders]
    mp4, tracks = checks.recording(server, stream, folder)
    assert len(tracks["video"]) == len(feeders) == len(tracks["audio"])
    for path, one in zip(tracks["video"], sent):
        checks.same_video(media.packets(path, "v"), one.video)
    for path, one in zip(tracks["audio"], sent):
        checks.same_audio(media.packets(path, "a"), one.audio, one.video[0].dts)
    assert [p.md5 for p in media.packets(mp4, "v")] == [p.md5 for one in sent for p in one.video]
    return mp4, tracks


@pytest.mark.parametrize("goodbye", [True, False])
def test_return_within_the_window_continues_the_broadcast(server, clips, tmp_path, goodbye):
    stream = server.create()
    with feed(server, stream, clips(20), seconds=6, speed=6) as first:
        server.wait_status(stream, "live")
        first.wait()
        wait_for(lambda: hls.listed(server, stream) >= 2, 10)
        first.stop() if goodbye else first.drop()
    wait_for(lambda: server.status(stream)["ingest"] == "interrupted", 5)
    assert server.status(stream)["status"] == "live"
    entry = checks.entry_of(server, stream)
    with feed(server, stream, clips(20), seconds=6, speed=6) as second:
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
        second.wait()
    stop(server, stream)
    after = checks.entry_of(server, stream)
    assert after["id"] == entry["id"] and len(after["sessions"]) == 2
    both(server, stream, [first, second], tmp_path)
    playlist = hls.Client(server).playlists(f"/recordings/{after['id']}/index.m3u8")["video"]
    assert [s.discontinuity for s in playlist.segments].count(True) == 1
    kinds = [event["kind"] for event in server.ok("GET", f"/streams/{stream['id']}/events")["items"]]
    assert kinds.count("went_live") == 1 and kinds.count("broadcast_completed") == 1
    assert kinds.index("encoder_interrupted") < kinds.index("encoder_returned")


def test_other_picture_size_after_return(server, clips, tmp_path):
    """New parameter sets: a new init section, and everything still plays."""
    other = clips(8, video=("libx264", "-preset", "superfast", "-s", "320x180", "-g", "60", "-bf", "2", "-pix_fmt", "yuv420p"))
    stream = server.create()
    feeders = []
    for clip in (clips(20), other):
        with feed(server, stream, clip, seconds=6, speed=6) as feeder:
            wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
            feeders.append(feeder.wait())
        wait_for(lambda: server.status(stream)["ingest"] == "interrupted", 5)
    stop(server, stream)
    _, tracks = both(server, stream, feeders, tmp_path)
    sizes = [media.probe(path, "-show_entries", "stream=width,height")["streams"][0] for path in tracks["video"]]
    assert [(s["width"], s["height"]) for s in sizes] == [(640, 360), (320, 180)]


def test_window_passes(server, clips, tmp_path):
    stream = server.create(reconnectWindow=1)
    with feed(server, stream, clips(20), seconds=4, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.wait_status(stream, "completed", timeout=8)
    checks.whole(server, stream, flv.sent(feeder.sent), tmp_path)
    with pytest.raises(Refused):
        Publisher(server.rtmp_port).publish(server.key(stream))


def test_stop_puts_a_pushing_encoder_off(server, clips, tmp_path):
    stream = server.create()
    with feed(server, stream, clips(40), speed=1) as feeder:
        server.wait_status(stream, "live")
        wait_for(lambda: hls.listed(server, stream) >= 1, 10)
        stop(server, stream)
        wait_for(lambda: not feeder.publisher.alive() or feeder.problem, 4)
        for _ in range(3):
            with pytest.raises(Refused):
                Publisher(server.rtmp_port).publish(server.key(stream))
    assert server.status(stream)["status"] == "completed"
    mp4, _ = checks.recording(server, stream, tmp_path)
    recorded, sent = media.packets(mp4, "v"), flv.sent(feeder.sent).video
    assert [p.md5 for p in recorded] == [p.md5 for p in sent[:len(recorded)]]
    codes = [p["code"] for p in server.status(stream)["health"]["problems"]]
    assert "encoder_refused" in codes


def test_start_after_stop_reopens_the_same_broadcast(server, clips, tmp_path):
    stream = server.create()
    feeders = []
    for _ in range(2):
        server.ok("POST", f"/streams/{stream['id']}/start")
        with feed(server, stream, clips(20), seconds=4, speed=6) as feeder:
            server.wait_status(stream, "live")
            feeders.append(feeder.wait())
        stop(server, stream)
    assert len(checks.entry_of(server, stream)["sessions"]) == 2
    both(server, stream, feeders, tmp_path)


def test_start_after_the_reopen_window_is_a_new_broadcast(make_server, clips):
    server = make_server(http="tribute_reopen_window 0s;")
    stream = server.create()
    for count in (1, 2):
        server.ok("POST", f"/streams/{stream['id']}/start")
        with feed(server, stream, clips(20), seconds=3, speed=6) as feeder:
            server.wait_status(stream, "live")
            feeder.wait()
        stop(server, stream)
        entries = server.recordings(stream)
        assert len(entries) == count and all(entry["state"] == "ready" for entry in entries)


def test_silent_encoder_can_be_replaced(server, clips, tmp_path):
    """Half-open TCP: nothing for three seconds, then another encoder with the key gets in, takeover or not."""
    stream = server.create(takeover=False)
    with Relay(server.rtmp_port) as relay:
        key = server.key(stream)
        silent = Feeder(relay.port, key, clips(40), speed=2)
        server.wait_status(stream, "live")
        wait_for(lambda: hls.listed(server, stream) >= 1, 10)
        with pytest.raises(Refused):
            Publisher(server.rtmp_port).publish(key)
        relay.stall()
        wait_for(lambda: server.status(stream)["ingest"] == "interrupted", 8)
        with feed(server, stream, clips(20), seconds=6, speed=6) as second:
            wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
            second.wait()
            assert not happens(lambda: server.status(stream)["status"] != "live", 0.5)
    silent.halt()
    stop(server, stream)
    _, tracks = checks.recording(server, stream, tmp_path)
    assert len(tracks["video"]) == 2
    checks.same_video(media.packets(tracks["video"][1], "v"), flv.sent(second.sent).video)
