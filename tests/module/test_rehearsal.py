"""autoStart false: an encoder that connects is a rehearsal, which managers see and nobody archives; `start` goes on air."""
from support import checks, flv, hls, media
from support.processes import wait_for
from support.push import Feeder


def test_rehearsal_is_not_archived_and_start_goes_on_air(server, clips, tmp_path):
    stream = server.create(autoStart=False)
    path = f"/hls/{stream['id']}/index.m3u8"
    with Feeder(server.rtmp_port, server.key(stream), clips(40), speed=2) as feeder:
        wait_for(lambda: hls.listed(server, stream) >= 1, 10)
        status = server.status(stream)
        assert status["status"] == "ready" and status["ingest"] == "connected"
        assert server.recordings(stream) == []
        assert server.get(path, token=None).status in (401, 403, 404), "a stranger sees the rehearsal"
        assert server.get(path).status == 200
        preview = hls.Client(server, server.admin_token()).playlists(path)["video"]
        rehearsed = len(feeder.sent)
        server.ok("POST", f"/streams/{stream['id']}/start")
        server.wait_status(stream, "live", timeout=3)
        wait_for(lambda: server.get(path, token=None).status == 200, 5)
        wait_for(lambda: len(feeder.sent) > rehearsed + 300, 20)
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    mp4, tracks = checks.recording(server, stream, tmp_path)
    sent = flv.sent(feeder.sent)
    on_air = media.packets(mp4, "v")
    assert on_air[0].key
    assert [p.md5 for p in on_air] == [p.md5 for p in sent.video[-len(on_air):]], "not the end of what was sent, frame by frame"
    began = len(flv.sent(feeder.sent[:rehearsed]).video)
    # From `start` on, at the latest from the key frame after it: nothing of the rehearsal but what belongs to the first picture.
    assert began - 2 * 30 - 30 <= len(sent.video) - len(on_air) <= began + 2 * 30 + 30
    checks.same_video(checks.track_packets(tracks["video"], "v"), sent.video[-len(on_air):])
    for segment in preview.segments:
        assert server.get(segment.uri, token=None).status in (401, 403, 404), "the rehearsal can be had after going on air"


def test_rehearsal_ends_without_a_trace(server, clips):
    stream = server.create(autoStart=False)
    with Feeder(server.rtmp_port, server.key(stream), clips(20), speed=4, seconds=5) as feeder:
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 10)
        feeder.wait()
    wait_for(lambda: server.status(stream)["ingest"] == "absent", 5)
    assert server.status(stream)["status"] == "ready" and server.recordings(stream) == []
    assert server.get(f"/hls/{stream['id']}/index.m3u8", token=None).status in (401, 403, 404)


def test_start_before_the_encoder_goes_on_air_with_it(server, clips):
    stream = server.create(autoStart=False)
    server.ok("POST", f"/streams/{stream['id']}/start")
    with Feeder(server.rtmp_port, server.key(stream), clips(20), speed=4, seconds=5):
        server.wait_status(stream, "live")
        assert len(server.recordings(stream)) == 1
