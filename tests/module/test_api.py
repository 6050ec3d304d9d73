"""The control API: every route, its answers and its refusals, and who may do what."""
import re
import time

import pytest

from support import checks
from support.checks import jwt, problem
from support.processes import wait_for
from support.push import Feeder

SECRET = b"0123456789abcdef0123456789abcdef"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(scope="module")
def server():
    """A server that also knows the tokens of an operator's site."""
    import pathlib
    import tempfile

    from support.server import Server
    with tempfile.TemporaryDirectory() as folder:
        secret = pathlib.Path(folder) / "jwt.key"
        secret.write_bytes(SECRET)
        with Server(http=f"tribute_jwt_secret_file {secret};") as running:
            yield running


def token(role, sub, **claims):
    return jwt(SECRET, role=role, sub=sub, **claims)


ORGANIZER = token("organizer", "olga")
FAMILY = token("family", "fritz")
VIEWER = token("viewer", "vera")


# streams

def test_create_answers_the_whole_record(server):
    answer = server.api("POST", "/streams", {
        "title": "Service for John Doe", "description": "In the chapel", "memorialName": "John Doe", "serviceId": "s1", "serviceName": "Service",
        "location": "Chapel", "scheduledStartTime": "2031-05-06T14:30:00Z", "plannedDuration": 3600, "visibility": "private", "allowedUsers": ["anna", "bert"],
        "recordingEnabled": True, "autoStart": False, "reconnectWindow": 120, "takeover": True})
    assert answer.status == 201 and answer.body["success"] is True
    stream = answer.data
    assert stream["title"] == "Service for John Doe" and stream["location"] == "Chapel" and stream["plannedDuration"] == 3600
    assert stream["status"] == "scheduled" and stream["scheduledStartTime"].startswith("2031-05-06T14:30:00")
    assert stream["visibility"] == "private" and stream["isVisible"] is True and stream["isPublic"] is False and stream["allowedUsers"] == ["anna", "bert"]
    assert stream["autoStart"] is False and stream["reconnectWindow"] == 120 and stream["takeover"] is True
    assert TIME.fullmatch(stream["createdAt"]) and TIME.fullmatch(stream["updatedAt"])
    assert server.stream(stream) == stream


def test_defaults(server):
    stream = server.create(title="Plain")
    assert stream["status"] == "ready" and stream["visibility"] == "unlisted" and stream["recordingEnabled"] is True
    assert stream["autoStart"] is True and stream["takeover"] is False and stream["reconnectWindow"] == 60
    assert stream["recordingReady"] is False and not stream.get("error")


def test_title_is_required(server):
    body = problem(server.api("POST", "/streams", {"description": "x"}), 422)
    assert body["errors"][0]["field"] == "title"


@pytest.mark.parametrize("fields, visibility", [({"isVisible": False}, "hidden"), ({"isVisible": True, "isPublic": False}, "private"),
                                                ({"isVisible": True, "isPublic": True}, "public"), ({}, "unlisted"), ({"visibility": "registered"}, "registered")])
def test_seed_booleans(server, fields, visibility):
    stream = server.create(**fields)
    assert stream["visibility"] == visibility
    assert stream["isVisible"] is (visibility != "hidden")


def test_change(server):
    stream = server.create(title="Before")
    changed = server.ok("PUT", f"/streams/{stream['id']}", {"title": "After", "reconnectWindow": 5})
    assert changed["title"] == "After" and changed["reconnectWindow"] == 5 and changed["description"] == stream["description"]
    assert server.stream(stream)["title"] == "After"
    events = server.ok("GET", f"/streams/{stream['id']}/events")["items"]
    assert [e["kind"] for e in events][:2] == ["stream_created", "stream_changed"]


def test_start_tells_the_credentials(server):
    stream = server.create()
    answer = server.api("POST", f"/streams/{stream['id']}/start")
    assert answer.status == 200
    credentials = answer.data["credentials"]
    assert answer.body["credentials"] == credentials, "the seed has them at top level"
    assert credentials["streamKey"] == server.key(stream)
    assert credentials["streamUrl"].startswith("rtmp://127.0.0.1") and credentials["streamUrl"].endswith("/live")
    assert credentials["playbackUrl"] == f"{server.url}/hls/{stream['id']}/index.m3u8" and credentials["whipEndpoint"] is None


def test_illegal_transitions(server, clips):
    stream = server.create()
    body = problem(server.api("POST", f"/streams/{stream['id']}/stop"), 409)
    assert body["state"] == "ready" and body["event"] and body["reason"]
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=3, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    body = problem(server.api("POST", f"/streams/{stream['id']}/stop"), 409)
    assert body["state"] == "completed"


def test_delete(server):
    stream = server.create()
    assert server.api("DELETE", f"/streams/{stream['id']}").status in (200, 204)
    problem(server.api("GET", f"/streams/{stream['id']}"), 404)
    problem(server.api("PUT", f"/streams/{stream['id']}", {"title": "x"}), 404)
    problem(server.api("POST", f"/streams/{stream['id']}/start"), 404)


@pytest.mark.parametrize("path", ["/streams/nothing", "/streams/AAAAAAAAAAAAAAAAAAAAAAAAAA", "/archive/nothing", "/memorials/nothing", "/inputs/nothing", "/nothing",
                                  "/streams/nothing/status", "/streams/nothing/events"])
def test_unknown(server, path):
    problem(server.api("GET", path), 404)


@pytest.mark.parametrize("method, path", [("DELETE", "/streams"), ("PATCH", "/streams"), ("POST", "/health"), ("GET", "/streams/{id}/start"), ("PUT", "/streams/{id}/stop"),
                                          ("DELETE", "/streams/{id}/status"), ("GET", "/streams/{id}/key")])
def test_wrong_method(server, method, path):
    stream = server.create()
    answer = server.api(method, path.format(id=stream["id"]))
    problem(answer, 404, 405)
    assert answer.status == 404 or answer.headers["allow"]


# lists

@pytest.fixture(scope="module")
def many(server):
    memorial = server.ok("POST", "/memorials", {"name": "A memorial"})
    made = [server.create(title=f"One of many {i}", memorialId=memorial["id"], scheduledStartTime=f"2032-01-{i + 1:02d}T10:00:00Z") for i in range(25)]
    return memorial, made


def pages(server, path, limit, **more):
    cursor, found = None, []
    while True:
        page = server.ok("GET", f"{path}&limit={limit}" + (f"&cursor={cursor}" if cursor else ""), **more)
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 7, 25, 1000])
def test_cursor_walks_everything_once(server, many, limit):
    memorial, made = many
    found = pages(server, f"/streams?memorialId={memorial['id']}", limit)
    assert sorted(s["id"] for s in found) == sorted(s["id"] for s in made)


def test_filters(server, many):
    memorial, made = many
    scheduled = pages(server, f"/streams?memorialId={memorial['id']}&status=scheduled", 50)
    assert len(scheduled) == len(made)
    assert pages(server, f"/streams?memorialId={memorial['id']}&status=live", 50) == []
    span = pages(server, f"/streams?memorialId={memorial['id']}&from=2032-01-05T00:00:00Z&to=2032-01-08T00:00:00Z", 50)
    assert sorted(s["title"] for s in span) == [f"One of many {i}" for i in (4, 5, 6)]
    mine = server.ok("POST", "/streams", {"title": "Olga's"}, token=ORGANIZER)
    found = pages(server, "/streams?createdBy=olga", 50)
    assert mine["id"] in [s["id"] for s in found] and all(s["createdBy"] == "olga" for s in found)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "cursor=x", "cursor=%ff", "status=nothing", "from=yesterday", "limit=99999999999999999999"])
def test_bad_queries(server, query):
    problem(server.api("GET", f"/streams?{query}"), 400, 422)


def test_cursor_of_one_list_is_no_cursor_of_another(server, many):
    memorial, _ = many
    page = server.ok("GET", f"/streams?memorialId={memorial['id']}&limit=3")
    answer = server.api("GET", f"/streams?status=live&cursor={page['next']}")
    assert answer.status in (400, 422) or answer.data["items"] == []


def test_list_shows_to_each_what_they_may_see(server):
    memorial = server.ok("POST", "/memorials", {"name": "Who sees what"})
    made = {v: server.create(title=v, visibility=v, memorialId=memorial["id"], allowedUsers=["vera"]) for v in ("hidden", "private", "unlisted", "public")}
    path = f"/streams?memorialId={memorial['id']}"

    def seen(token):
        answer = server.api("GET", path + "&limit=50", token=token)
        return {s["title"] for s in answer.data["items"]} if answer.status == 200 else answer.status
    assert seen(server.admin_token()) == set(made)
    assert seen(None) in ({"public"}, 401)
    assert seen(VIEWER) in ({"public", "private"}, 403)


# who may do what

def test_roles(server):
    assert server.api("POST", "/streams", {"title": "x"}, token=None).status == 401
    assert server.api("POST", "/streams", {"title": "x"}, token=VIEWER).status == 403
    mine = server.ok("POST", "/streams", {"title": "Olga's own"}, token=ORGANIZER)
    theirs = server.create(title="The admin's", visibility="public")
    assert server.api("PUT", f"/streams/{mine['id']}", {"title": "Changed"}, token=ORGANIZER).status == 200
    for who, status in ((None, 401), (VIEWER, 403), (FAMILY, 403), (ORGANIZER, 403)):
        for method, path, body in (("PUT", "", {"title": "x"}), ("DELETE", "", None), ("POST", "/start", None), ("POST", "/stop", None), ("POST", "/key", None),
                                   ("GET", "/debug", None)):
            assert server.api(method, f"/streams/{theirs['id']}{path}", body, token=who).status == status, (who, method, path)
        assert server.api("GET", f"/streams/{theirs['id']}", token=who).status == 200
    assert server.stream(theirs)["title"] == "The admin's"


def test_memorial_managers_run_its_streams(server):
    memorial = server.ok("POST", "/memorials", {"name": "Managed", "managers": ["fritz"]})
    stream = server.create(memorialId=memorial["id"])
    assert server.api("PUT", f"/streams/{stream['id']}", {"title": "By the family"}, token=FAMILY).status == 200
    assert server.api("POST", f"/streams/{stream['id']}/start", token=FAMILY).data["credentials"]["streamKey"]
    assert server.api("PUT", f"/streams/{stream['id']}", {"title": "x"}, token=VIEWER).status == 403


@pytest.mark.parametrize("visibility, stranger, known, listed", [("hidden", 404, 404, 404), ("private", 401, 403, 200), ("registered", 401, 403, 200),
                                                                 ("unlisted", 200, 200, 200), ("public", 200, 200, 200)])
def test_visibility(server, visibility, stranger, known, listed):
    stream = server.create(visibility=visibility, allowedUsers=["vera"])
    path = f"/streams/{stream['id']}"
    other = token("viewer", "otto")
    for sub in (path, path + "/status"):
        assert server.api("GET", sub, token=None).status == stranger
        assert server.api("GET", sub, token=other).status == known
        assert server.api("GET", sub, token=VIEWER).status == listed
    assert server.api("GET", path).status == 200


BAD_TOKENS = {
    "expired": lambda: jwt(SECRET, role="admin", sub="a", exp=int(time.time()) - 3600),
    "not yet": lambda: jwt(SECRET, role="admin", sub="a", nbf=int(time.time()) + 3600),
    "other secret": lambda: jwt(b"x" * 32, role="admin", sub="a"),
    "none": lambda: jwt(SECRET, "none", role="admin", sub="a"),
    "said RS256": lambda: jwt(SECRET, "RS256", role="admin", sub="a"),
    "no subject": lambda: jwt(SECRET, role="admin"),
    "no role of ours": lambda: jwt(SECRET, role="god", sub="a"),
    "role is a list": lambda: jwt(SECRET, role=["admin"], sub="a"),
    "local subject": lambda: jwt(SECRET, role="admin", sub="local:admin"),
    "unsigned": lambda: jwt(SECRET, role="admin", sub="a").rsplit(".", 1)[0] + ".",
    "cut": lambda: jwt(SECRET, role="admin", sub="a")[:-1],
    "other payload": lambda: ".".join([jwt(SECRET, role="viewer", sub="a").split(".")[0], jwt(SECRET, role="admin", sub="a").split(".")[1],
                                       jwt(SECRET, role="viewer", sub="a").split(".")[2]]),
    "dots": lambda: "..",
    "long": lambda: "a." * 3000,
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_bad_tokens(server, name):
    bad = BAD_TOKENS[name]()
    problem(server.api("GET", "/streams", token=bad), 401)
    stream = server.create(visibility="public")
    assert server.api("GET", f"/streams/{stream['id']}", token=bad).status == 401, "a bad token is not a stranger"


def test_token_in_the_playlist_address(server, clips):
    """What a player can send: the identity as ?token= of the first address; what is below carries a grant."""
    from support import hls
    stream = server.create(visibility="private", allowedUsers=["vera"])
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=6, speed=6) as feeder:
        server.wait_status(stream, "live")
        wait_for(lambda: hls.listed(server, stream) >= 1, 10)
        feeder.wait()
    path = f"/hls/{stream['id']}/index.m3u8"
    assert server.get(path, token=None).status == 401
    assert server.get(f"{path}?token={token('viewer', 'otto')}", token=None).status == 403
    answer = server.get(f"{path}?token={VIEWER}", token=None)
    assert answer.status == 200 and VIEWER not in answer.body.decode()
    assert "private" in answer.headers["cache-control"]
    playlist = hls.Client(server).playlists(f"{path}?token={VIEWER}")["video"]
    assert server.get(playlist.segments[0].uri, token=None).status == 200
    server.ok("PUT", f"/streams/{stream['id']}", {"allowedUsers": []})
    assert server.get(playlist.segments[0].uri, token=None).status in (401, 403, 404), "the policy changed, the grant is old"


# inputs, memorials, archive

def test_inputs(server, clips):
    made = server.ok("POST", "/inputs", {"name": "The chapel's encoder"})
    key = server.ok("GET", f"/inputs/{made['id']}")["streamKey"]
    assert made["id"] in [i["id"] for i in pages(server, "/inputs?", 100)]
    stream = server.create(inputId=made["id"])
    server.ok("POST", f"/streams/{stream['id']}/start")
    with Feeder(server.rtmp_port, key, clips(20), seconds=3, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    assert server.ok("PUT", f"/inputs/{made['id']}", {"name": "Renamed"})["name"] == "Renamed"
    server.ok("POST", f"/inputs/{made['id']}/key")
    assert server.ok("GET", f"/inputs/{made['id']}")["streamKey"] != key
    assert server.api("DELETE", f"/inputs/{made['id']}").status in (200, 204, 409)
    for who, status in ((None, 401), (VIEWER, 403)):
        assert server.api("GET", "/inputs", token=who).status == status
        assert server.api("POST", "/inputs", {"name": "x"}, token=who).status == status


def test_memorials(server, clips):
    memorial = server.ok("POST", "/memorials", {"name": "John Doe", "description": "1950-2026"})
    streams = [server.create(title=t, memorialId=memorial["id"], visibility="public") for t in ("recorded", "live")]
    upcoming = server.create(title="upcoming", memorialId=memorial["id"], visibility="public", scheduledStartTime="2033-01-01T10:00:00Z")
    server.create(title="secret", memorialId=memorial["id"], visibility="hidden", scheduledStartTime="2033-01-01T10:00:00Z")
    with Feeder(server.rtmp_port, server.key(streams[0]), clips(20), seconds=3, speed=6) as feeder:
        server.wait_status(streams[0], "live")
        feeder.wait()
    server.ok("POST", f"/streams/{streams[0]['id']}/stop")
    server.wait_status(streams[0], "completed")
    with Feeder(server.rtmp_port, server.key(streams[1]), clips(20)):
        server.wait_status(streams[1], "live")
        page = server.ok("GET", f"/memorials/{memorial['id']}", token=None)
    assert page["memorial"]["name"] == "John Doe"
    assert [s["title"] for s in page["live"]] == ["live"] and [s["id"] for s in page["upcoming"]] == [upcoming["id"]]
    assert [r["title"] for r in page["recorded"]] == ["recorded"]
    archive = server.ok("GET", f"/memorials/{memorial['id']}/archive")["items"]
    assert "recorded" in [entry["title"] for entry in archive]
    server.ok("POST", f"/streams/{streams[1]['id']}/stop")
    assert server.ok("PUT", f"/memorials/{memorial['id']}", {"name": "Jane Doe"})["name"] == "Jane Doe"
    assert server.api("DELETE", f"/memorials/{server.ok('POST', '/memorials', {'name': 'Empty'})['id']}").status in (200, 204)


def test_archive(server, clips):
    stream = server.create(title="Kept", visibility="public")
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=4, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    entry = server.ok("GET", f"/archive/{checks.entry_of(server, stream)['id']}")
    assert {"id", "title", "description", "cloudflareId", "playbackUrl", "startedAt", "endedAt", "duration", "isVisible", "recordingReady", "startedBy", "startedByName",
            "viewerCount", "createdAt", "updatedAt", "downloadUrl", "sessions", "thumbnailUrl", "state"} <= set(entry)
    assert entry["title"] == "Kept" and entry["state"] == "ready" and entry["isVisible"] is True and 3 < entry["duration"] < 5
    assert entry["playbackUrl"].endswith(f"/recordings/{entry['id']}/index.m3u8")
    assert server.ok("PUT", f"/archive/{entry['id']}", {"title": "Renamed"})["title"] == "Renamed"
    assert server.ok("POST", f"/streams/{stream['id']}/recordings")["updated"] in (True, False)
    for who, status in ((None, 401), (VIEWER, 403)):
        assert server.api("PUT", f"/archive/{entry['id']}", {"title": "x"}, token=who).status == status
        assert server.api("DELETE", f"/archive/{entry['id']}", token=who).status == status
    assert server.api("DELETE", f"/archive/{entry['id']}").status in (200, 204)
    assert server.get(f"/recordings/{entry['id']}.mp4", token=None).status == 404


def test_recording_not_wanted(server, clips):
    stream = server.create(recordingEnabled=False)
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=3, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    assert server.recordings(stream) == []
    assert server.stream(stream)["recordingReady"] is False


# journal, status, health, metrics

def test_events_are_numbered_and_continue(server, clips):
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=3, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    page = server.ok("GET", f"/streams/{stream['id']}/events")
    numbers = [event["seq"] for event in page["items"]]
    assert numbers == list(range(1, len(numbers) + 1))
    kinds = [event["kind"] for event in page["items"]]
    order = ["stream_created", "encoder_connected", "went_live", "broadcast_ended", "broadcast_completed"]
    assert [kind for kind in kinds if kind in order] == order
    first = server.ok("GET", f"/streams/{stream['id']}/events?limit=3")
    rest = server.ok("GET", f"/streams/{stream['id']}/events?after={first['next']}")
    assert [e["seq"] for e in first["items"] + rest["items"]] == numbers


def test_status_is_cacheable_only_when_public(server):
    open_one, closed = server.create(visibility="public"), server.create(visibility="private", allowedUsers=["vera"])
    assert "max-age=1" in server.api("GET", f"/streams/{open_one['id']}/status", token=None).headers["cache-control"]
    headers = server.api("GET", f"/streams/{closed['id']}/status", token=VIEWER).headers
    assert "private" in headers["cache-control"] or "no-store" in headers["cache-control"]
    status = server.status(open_one)
    assert {"status", "ingest", "viewerCount", "startedAt", "health", "recordingReady"} <= set(status)


def test_health_and_metrics(server):
    health = server.api("GET", "/health", token=None)
    assert health.status == 200 and health.data["status"] == "ok"
    metrics = server.get("/metrics")
    assert metrics.status == 200 and metrics.headers["content-type"].startswith("text/plain")
    for line in metrics.body.decode().splitlines():
        assert line.startswith("#") or re.fullmatch(r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? -?[0-9.e+NnaIif-]+', line), line


def test_debug_is_for_managers(server):
    stream = server.create(visibility="public")
    debug = server.ok("GET", f"/streams/{stream['id']}/debug")
    assert {"stream", "phase", "ingest", "health", "recording", "journal"} <= set(debug)
    assert server.key(stream) not in repr(debug), "this page gets pasted into mails"
