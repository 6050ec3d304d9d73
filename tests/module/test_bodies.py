"""Bodies that are too large, broken, or not what they say: a clear 4xx, and the server stands."""
import json
import socket

import pytest

from support import checks

LIMIT = 64 * 1024


def post(server, body, content_type="application/json", path="/api/streams", method="POST", **headers):
    head = {"Content-Type": content_type} if content_type else {}
    return server.request(method, path, body, {**head, **headers})


def padded(size):
    body = json.dumps({"title": "t"}).encode()
    return body + b" " * (size - len(body))


def test_limit(server):
    assert post(server, padded(LIMIT)).status == 201
    checks.problem(post(server, padded(LIMIT + 1)), 413)
    checks.problem(post(server, padded(LIMIT * 40)), 413)
    chunks = (padded(LIMIT)[i:i + 999] for i in range(0, LIMIT, 999))
    assert post(server, chunks).status == 201


def test_limit_counts_for_chunks_too(server):
    """A body without a length is cut off where the limit is."""
    piece = b"1000\r\n" + b" " * 4096 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.http_port), 10) as line:
        line.sendall(f"POST /api/streams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.admin_token()}\r\nContent-Type: application/json\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n".encode())
        try:
            for _ in range(64):
                line.sendall(piece)
        except OSError:
            pass
        try:
            answer = line.recv(4096)
        except ConnectionError:
            answer = b"HTTP/1.1 413 cut"
        assert answer.split()[1] == b"413", answer


def test_said_length_over_the_limit_is_refused_unread(server):
    with socket.create_connection(("127.0.0.1", server.http_port), 10) as line:
        line.sendall(f"POST /api/streams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.admin_token()}\r\nContent-Type: application/json\r\n"
                     "Content-Length: 99999999999\r\n\r\n".encode())
        assert line.recv(4096).split()[1] == b"413"


BROKEN = [b"", b"{", b"}", b"{\"title\"}", b"{\"title\":\"a\",}", b"nonsense", b"{'title':'a'}", b"{\"title\":\"\xff\xfe\"}", b"{\"title\":\"a\"}x",
          b"{\"title\":\"a\"}{}", b"[" * 30000, b"{\"a\":" * 8000, b"\xef\xbb\xbf{}", b"\0", b"{\"title\":NaN}", b"{\"title\":\"\\ud800\"}", b"{\"title\":\"a\nb\"}"]


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body)[:24])
def test_not_json(server, body):
    checks.problem(post(server, body), 400)


@pytest.mark.parametrize("body", [b"[]", b"\"title\"", b"1", b"null", b"true", b"[{\"title\":\"a\"}]"], ids=repr)
def test_not_an_object(server, body):
    checks.problem(post(server, body), 400)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"])
def test_media_type(server, content_type):
    checks.problem(post(server, b"{\"title\":\"a\"}", content_type), 415)


def test_media_type_with_parameters(server):
    assert post(server, b"{\"title\":\"a\"}", "application/json; charset=utf-8").status == 201
    assert post(server, b"{\"title\":\"a\"}", "Application/JSON").status == 201


WRONG_TYPES = [("title", 1), ("title", None), ("title", []), ("description", {}), ("isVisible", "yes"), ("allowedUsers", "a"), ("allowedUsers", [1]),
               ("reconnectWindow", "60"), ("plannedDuration", True), ("autoStart", 1), ("recordingEnabled", "true"), ("scheduledStartTime", 5)]


@pytest.mark.parametrize("name, value", WRONG_TYPES)
def test_wrong_type_of_a_field(server, name, value):
    body = checks.problem(server.api("POST", "/streams", {"title": "t", name: value}), 400, 422)
    assert name in json.dumps(body)


WRONG_VALUES = [("title", ""), ("title", "x" * 20000), ("title", "a\u0000b"), ("visibility", "nobody"), ("reconnectWindow", -1), ("reconnectWindow", 3601),
                ("plannedDuration", -5), ("scheduledStartTime", "tomorrow"), ("scheduledStartTime", "2026-13-01T00:00:00Z"), ("inputId", "no such"),
                ("reconnectWindow", 10**30)]


@pytest.mark.parametrize("name, value", WRONG_VALUES, ids=lambda value: repr(value)[:24])
def test_wrong_value_of_a_field(server, name, value):
    body = checks.problem(server.api("POST", "/streams", {"title": "t", name: value}), 422)
    assert [error["field"] for error in body["errors"]] == [name] and body["errors"][0]["detail"]


def test_text_of_all_the_world(server):
    title = "Trauerfeier für 田中さん \u202e 🕯️ \"quoted\" <b>&amp;</b> \\ / \u2028"
    stream = server.create(title=title, description="\n\t" + title)
    assert server.stream(stream)["title"] == title


def test_connection_lost_in_mid_body(server):
    for size in (1, 100, 5000):
        with socket.create_connection(("127.0.0.1", server.http_port), 10) as line:
            line.sendall(f"POST /api/streams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.admin_token()}\r\nContent-Type: application/json\r\n"
                         "Content-Length: 60000\r\n\r\n".encode() + b"{" + b" " * size)
    assert server.get("/api/health").status == 200


HOSTILE_PATHS = ["/hls/../../etc/passwd", "/hls/%2e%2e/%2e%2e/etc/passwd", "/hls/x/y/../../../data/admin.token", "/recordings/..%2f..%2fadmin.token", "/recordings/.mp4",
                 "/recordings/x.mp4", "/hls/", "/hls/x", "/hls/x/index.m3u8", "/hls/x/y/video.m3u8", "/hls/x/y/video/1.m4s", "/hls/x/y/video/99999999999999999999999.m4s",
                 "/recordings//index.m3u8", "/recordings/x/index.m3u8", "/api/streams/%00", "/api/streams/..", "/api/streams/" + "a" * 3000, "/api/nothing", "/api/", "/api",
                 "/api/streams/active", "/api/archive/%ff", "/hls/%00/index.m3u8", "/hls/x%0d%0aSet-Cookie:a/index.m3u8"]


@pytest.mark.parametrize("path", HOSTILE_PATHS, ids=lambda path: path[:30])
def test_hostile_paths(server, path):
    for token in (None, server.admin_token()):
        answer = server.get(path, token=token)
        assert 400 <= answer.status < 500, answer
    assert server.get("/api/health").status == 200
