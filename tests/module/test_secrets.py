"""A stream key is a password: it is in no playlist, no answer to a stranger, no log, no statistic, and not readable on disk."""
from support import checks, hls
from support.processes import wait_for
from support.push import Feeder
from support.rtmp import Publisher, Refused


def test_key_is_told_to_managers_only(make_server, clips):
    server = make_server(places=True)
    stream = server.create(title="Secret", visibility="public", memorialName="John Doe")
    key = server.key(stream)
    assert len(key) >= 20
    strangers = ["/api/streams", f"/api/streams/{stream['id']}", f"/api/streams/{stream['id']}/status", f"/api/streams/{stream['id']}/events",
                 f"/api/streams/{stream['id']}/debug", f"/api/streams/{stream['id']}/recordings", "/api/health", "/metrics", "/api/inputs"]
    with Feeder(server.rtmp_port, key, clips(20), seconds=8, speed=3) as feeder:
        server.wait_status(stream, "live")
        wait_for(lambda: hls.listed(server, stream) >= 2, 10)
        try:
            Publisher(server.rtmp_port).publish(key)  # refused, and said so somewhere
        except Refused:
            pass
        try:
            Publisher(server.rtmp_port).publish(key + "x")
        except Refused:
            pass
        answers = [server.get(path, token=None) for path in strangers]
        urls = [f"/hls/{stream['id']}/index.m3u8"]
        for track in hls.Client(server).tracks(urls[0]):
            urls.append(track.url)
            urls += [s.uri for s in hls.media(hls.Client(server).fetch(track.url).decode(), track.url).segments]
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    try:
        Publisher(server.rtmp_port).publish(key)
    except Refused:
        pass
    entry = checks.entry_of(server, stream)
    urls += [f"/recordings/{entry['id']}/index.m3u8", f"/recordings/{entry['id']}.mp4"]
    answers += [server.get(path, token=None) for path in strangers + urls + [f"/api/archive/{entry['id']}"]]
    # What managers read may hold the key only where the contract says so.
    answers += [server.get(path) for path in ("/api/health", "/metrics", f"/api/streams/{stream['id']}/events", f"/api/streams/{stream['id']}/recordings")]
    for answer in answers:
        assert key not in repr(answer.headers) + repr(answer.body), answer
    assert not any(key in url for url in urls)
    server.reload()
    for path in server.prefix.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), f"the key stands in {path}"
    assert not [path for path in server.ingest.rglob("*") if key in path.name or path.is_file() and key.encode() in path.read_bytes()]


def test_secrets_on_disk_are_for_the_server_alone(make_server):
    server = make_server()
    server.create()
    private = [server.data / "admin.token", *(server.data / "secrets").iterdir()]
    assert len(private) >= 2
    for path in private:
        assert path.stat().st_mode & 0o077 == 0, path
    for folder in ("store", "media", "secrets"):
        assert (server.data / folder).stat().st_mode & 0o077 == 0, folder
    assert server.ingest.stat().st_mode & 0o077 == 0


def test_strangers_are_not_told_what_managers_are(server):
    stream = server.create(visibility="public")
    mine, theirs = server.stream(stream), server.ok("GET", f"/streams/{stream['id']}", token=None)
    assert "streamKey" in mine
    for name in ("streamKey", "credentials", "allowedUsers", "createdBy"):
        assert not theirs.get(name), name
    for method, path in (("GET", "/debug"), ("GET", "/events"), ("POST", "/key"), ("POST", "/start"), ("POST", "/stop"), ("POST", "/recordings")):
        assert server.api(method, f"/streams/{stream['id']}{path}", token=None).status == 401, path


def test_wrong_admin_token(server):
    good = server.admin_token()
    for token in ("", "x", good[:-1], good + "x", good.swapcase(), "a" * 5000, "null", "Bearer"):
        assert server.get("/api/streams", token=token).status == 401, token
    assert server.request("GET", "/api/streams", headers={"Authorization": good}, token=None).status in (200, 401)
    assert server.get("/api/streams").status == 200
