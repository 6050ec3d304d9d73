"""Reloads and killed workers during a broadcast: no frame is lost, and the broadcast is one."""
import signal

from support import checks, flv, hls, media
from support.processes import alive, wait_for
from support.push import Feeder, returning


def stop(server, stream):
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")


def more(feeder, count=120):
    """Waits until the feeder has sent this many messages more."""
    goal = len(feeder.sent) + count
    wait_for(lambda: len(feeder.sent) >= goal or not feeder.running(), 30)
    assert feeder.problem is None, feeder.problem


def encoder_worker(server, feeder):
    port = feeder.publisher.socket.getsockname()[1]
    return next(iter(server.worker_of(server.rtmp_port, port)))


def test_reload_during_a_broadcast(make_server, clips, tmp_path):
    server = make_server()
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(40), speed=2) as feeder:
        server.wait_status(stream, "live")
        more(feeder)
        old = set(server.worker_pids())
        server.reload()
        more(feeder)
        server.reload()
        more(feeder, 240)
        assert server.status(stream)["status"] == "live" and server.status(stream)["ingest"] == "connected"
        wait_for(lambda: hls.listed(server, stream) >= 3, 10)
    stop(server, stream)
    assert len(checks.entry_of(server, stream)["sessions"]) == 1
    checks.whole(server, stream, flv.sent(feeder.sent), tmp_path)
    wait_for(lambda: not any(map(alive, old)), 20, "the old workers did not end after their encoder had gone")


def test_killed_workers_that_do_not_hold_the_encoder(make_server, clips, tmp_path):
    """Whichever of them packaged: another one takes over where it was."""
    server = make_server(workers=3)
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(40), speed=2) as feeder:
        server.wait_status(stream, "live")
        holder = encoder_worker(server, feeder)
        for _ in range(2):
            more(feeder)
            for pid in [pid for pid in server.worker_pids() if pid != holder]:
                server.kill_worker(pid)
                more(feeder, 60)
        more(feeder, 240)
        assert server.status(stream)["ingest"] == "connected"
    stop(server, stream)
    assert len(checks.entry_of(server, stream)["sessions"]) == 1
    checks.whole(server, stream, flv.sent(feeder.sent), tmp_path)


def test_killed_worker_that_holds_the_encoder(make_server, clips, tmp_path):
    """What had reached the log is recorded, at most one part less; the encoder returns into the same broadcast."""
    server = make_server()
    stream = server.create()
    key = server.key(stream)
    with Feeder(server.rtmp_port, key, clips(40), speed=2) as first:
        server.wait_status(stream, "live")
        more(first, 300)
        holder = encoder_worker(server, first)
        before = len(first.sent)
        server.kill_worker(holder)
        wait_for(lambda: not first.running() or not first.publisher.alive(), 10)
        first.halt()
    wait_for(lambda: server.status(stream)["ingest"] in ("interrupted", "absent"), 10)
    assert server.status(stream)["status"] == "live"
    with returning(server.rtmp_port, key, clips(20), seconds=6, speed=4) as second:
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 8)
        second.wait()
    stop(server, stream)
    entry = checks.entry_of(server, stream)
    assert len(entry["sessions"]) == 2
    _, tracks = checks.recording(server, stream, tmp_path)
    sent, recorded = flv.sent(first.sent[:before]).video, media.packets(tracks["video"][0], "v")
    assert [p.md5 for p in recorded[:len(sent)]] == [p.md5 for p in sent[:len(recorded)]]
    assert len(recorded) >= len(sent) - 12, f"{len(sent) - len(recorded)} frames missing, more than a part"
    checks.same_video(media.packets(tracks["video"][1], "v"), flv.sent(second.sent).video)


def test_everything_killed_during_a_broadcast(make_server, clips, tmp_path):
    server = make_server()
    stream = server.create()
    key = server.key(stream)
    with Feeder(server.rtmp_port, key, clips(40), speed=2) as first:
        server.wait_status(stream, "live")
        more(first, 300)
        before = len(first.sent)
        server.kill_everything()
        first.halt()
    server.start()
    assert server.status(stream)["status"] == "live"
    with returning(server.rtmp_port, key, clips(20), seconds=6, speed=4) as second:
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 8)
        second.wait()
    stop(server, stream)
    entry = checks.entry_of(server, stream)
    assert len(entry["sessions"]) == 2
    _, tracks = checks.recording(server, stream, tmp_path)
    sent, recorded = flv.sent(first.sent[:before]).video, media.packets(tracks["video"][0], "v")
    assert [p.md5 for p in recorded[:len(sent)]] == [p.md5 for p in sent[:len(recorded)]]
    assert len(recorded) >= len(sent) - 12, f"{len(sent) - len(recorded)} frames missing, more than a part"
    checks.same_video(media.packets(tracks["video"][1], "v"), flv.sent(second.sent).video)


def test_quit_during_a_broadcast_and_restart(make_server, clips, tmp_path):
    """A clean stop of the server in mid-broadcast, as for a restart: nothing that was sent is lost."""
    server = make_server()
    stream = server.create()
    key = server.key(stream)
    with Feeder(server.rtmp_port, key, clips(40), speed=2) as first:
        server.wait_status(stream, "live")
        more(first, 300)
        before = len(first.sent)
        server.stop(signal.SIGTERM)
        first.halt()
    server.start()
    with returning(server.rtmp_port, key, clips(20), seconds=6, speed=4) as second:
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 8)
        second.wait()
    stop(server, stream)
    assert len(checks.entry_of(server, stream)["sessions"]) == 2
    _, tracks = checks.recording(server, stream, tmp_path)
    sent, recorded = flv.sent(first.sent[:before]).video, media.packets(tracks["video"][0], "v")
    assert [p.md5 for p in recorded[:len(sent)]] == [p.md5 for p in sent[:len(recorded)]]
    assert len(recorded) >= len(sent) - 12, f"{len(sent) - len(recorded)} frames missing, more than a part"


def test_viewer_keeps_playing_over_a_reload(make_server, clips):
    """Addresses that a viewer has before a reload are good after it."""
    server = make_server()
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(40), speed=2) as feeder:
        server.wait_status(stream, "live")
        wait_for(lambda: hls.listed(server, stream) >= 2, 10)
        viewer = hls.Client(server)
        lists = viewer.playlists(f"/hls/{stream['id']}/index.m3u8")
        bodies = {s.uri: viewer.fetch(s.uri) for playlist in lists.values() for s in playlist.segments}
        server.reload()
        assert all(viewer.fetch(uri) == body for uri, body in bodies.items())
        for kind, before in lists.items():
            wait_for(lambda: len(hls.media(viewer.fetch(before.url).decode(), before.url).segments) > len(before.segments), 10, kind)
        more(feeder, 60)
    stop(server, stream)
