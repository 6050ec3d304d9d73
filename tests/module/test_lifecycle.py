"""One broadcast from its creation to its recording, as the host and a viewer see it."""
import time

import pytest

from support import checks, flv, hls, media
from support.processes import wait_for
from support.push import Feeder
from support.rtmp import Relay


def test_from_encoder_to_recording(server, clips, tmp_path):
    stream = server.create(title="Memorial service", description="For John Doe")
    assert stream["status"] == "ready" and stream["recordingReady"] is False
    started = server.ok("POST", f"/streams/{stream['id']}/start")
    key = started["credentials"]["streamKey"]
    assert started["credentials"]["playbackUrl"].endswith(f"/hls/{stream['id']}/index.m3u8")
    assert started["credentials"]["whipEndpoint"] is None
    with Relay(server.rtmp_port) as relay, server.push(key, clips(20), port=relay.port) as push:
        connected = time.monotonic()
        live = server.wait_status(stream, "live", timeout=5)
        assert time.monotonic() - connected < 4
        assert live["startedAt"] and live["ingest"] in ("connecting", "connected")
        wait_for(lambda: hls.listed(server, stream) >= 2, 10)
        health = server.status(stream)["health"]
        assert health["ok"] is True and health["problems"] == []
        frames = media.frames_of_live(f"{server.url}/hls/{stream['id']}/index.m3u8", seconds=3)
        numbers = [number for number, _ in frames]
        assert None not in numbers and all(b - a == 1 for a, b in zip(numbers, numbers[1:]))
        entry = checks.entry_of(server, stream)
        assert entry["state"] == "recording" and entry["recordingReady"] is False
        push.stop()
        answer = server.api("POST", f"/streams/{stream['id']}/stop")
        assert answer.status == 200
        stopped = time.monotonic()
        server.wait_status(stream, "completed", timeout=5)
        assert time.monotonic() - stopped < 2
        sent = flv.sent(relay.messages)
    checks.whole(server, stream, sent, tmp_path)
    after = server.stream(stream)
    assert after["recordingReady"] is True and after["endTime"] and after["actualStartTime"]
    length = sent.video[-1].dts - sent.video[0].dts
    assert abs(after["recordingDuration"] - length) < 1
    entry = checks.entry_of(server, stream)
    assert entry["state"] == "ready" and entry["recordingReady"] is True and abs(entry["duration"] - length) < 1
    assert entry["downloadUrl"].endswith(f"/recordings/{entry['id']}.mp4")


def test_player_follows_to_the_end(server, clips):
    """A playlist that a viewer already has gets ENDLIST at the end, and keeps its segments."""
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=10, speed=5) as feeder:
        server.wait_status(stream, "live")
        wait_for(lambda: hls.listed(server, stream) >= 2, 10)
        viewer = hls.Client(server)
        tracks = viewer.tracks(f"/hls/{stream['id']}/index.m3u8")
        before = hls.media(viewer.fetch(tracks[0].url).decode(), tracks[0].url)
        assert not before.ended
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    after = hls.media(viewer.fetch(tracks[0].url).decode(), tracks[0].url)
    assert after.ended and after.target == before.target
    at = before.sequence - after.sequence
    assert at <= 0 and [s.uri for s in after.segments][-at if at else 0:][:1]


@pytest.fixture
def recorded(server, clips):
    stream = server.create(title="Recorded")
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=6, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    wait_for(lambda: hls.listed(server, stream) >= 2, 10)
    urls = collect(server, f"/hls/{stream['id']}/index.m3u8")
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    entry = checks.entry_of(server, stream)
    urls += collect(server, f"/recordings/{entry['id']}/index.m3u8") + [f"/recordings/{entry['id']}.mp4"]
    return stream, urls


def collect(server, url):
    """Every URL that a player of this multivariant playlist asks for."""
    viewer = hls.Client(server)
    found = [url]
    for track in viewer.tracks(url):
        found.append(track.url)
        playlist = hls.media(viewer.fetch(track.url).decode(), track.url)
        found += sorted({s.init for s in playlist.segments}) + [s.uri for s in playlist.segments]
    return found


def test_hiding_hides_everything(server, recorded):
    """Every address that a stranger had collected, of segments too, is closed by hiding and opens again by showing."""
    stream, urls = recorded
    assert len(urls) > 10
    for url in urls:
        assert server.get(url, token=None).status == 200, url
    server.ok("PUT", f"/streams/{stream['id']}", {"isVisible": False})
    for url in urls + [f"/api/streams/{stream['id']}", f"/api/streams/{stream['id']}/status"]:
        assert server.get(url, token=None).status in (401, 403, 404), url
    assert server.get(urls[0]).status == 200, "managers still see it"
    server.ok("PUT", f"/streams/{stream['id']}", {"isVisible": True})
    for url in (urls[0], urls[-1]):
        assert server.get(url, token=None).status == 200, url
    entry = checks.entry_of(server, stream)
    for url in (f"/recordings/{entry['id']}/index.m3u8", f"/hls/{stream['id']}/index.m3u8"):
        for again in collect_as_stranger(server, url):
            assert server.get(again, token=None).status == 200, again


def collect_as_stranger(server, url):
    viewer, found = hls.Client(server), [url]
    for track in viewer.tracks(url):
        found += [track.url, *[s.uri for s in viewer.playlists(url)[track.kind].segments]]
    return found


def test_hiding_the_entry_hides_the_recording(server, recorded):
    stream, urls = recorded
    entry = checks.entry_of(server, stream)
    server.ok("PUT", f"/archive/{entry['id']}", {"isVisible": False})
    for url in urls:
        if "/recordings/" in url:
            assert server.get(url, token=None).status in (401, 403, 404), url
    server.ok("PUT", f"/archive/{entry['id']}", {"isVisible": True})
    assert server.get(f"/recordings/{entry['id']}.mp4", token=None).status == 200


def test_download_answers_ranges(server, recorded):
    stream, _ = recorded
    url = f"/recordings/{checks.entry_of(server, stream)['id']}.mp4"
    whole = server.get(url, token=None)
    size = len(whole.body)
    assert whole.headers["content-length"] == str(size) and whole.headers["accept-ranges"] == "bytes"
    for first, last in ((0, 0), (0, 99), (100, size - 1), (size // 3, size // 2), (size - 1, size - 1)):
        part = server.get(url, token=None, headers={"Range": f"bytes={first}-{last}"})
        assert part.status == 206 and part.body == whole.body[first:last + 1], (first, last)
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
    assert server.get(url, token=None, headers={"Range": "bytes=-10"}).body == whole.body[-10:]
    beyond = server.get(url, token=None, headers={"Range": f"bytes={size}-"})
    assert beyond.status == 416


def test_deleted_stream_is_gone(server, clips):
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=3, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    assert server.api("DELETE", f"/streams/{stream['id']}").status in (200, 204)
    for url in (f"/api/streams/{stream['id']}", f"/hls/{stream['id']}/index.m3u8"):
        assert server.get(url).status == 404
