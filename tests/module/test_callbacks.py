"""The door for encoders: who gets in, who does not, and what the callbacks answer to others."""
import http.client
import urllib.parse

import pytest

from support import checks
from support.processes import wait_for
from support.push import Feeder
from support.rtmp import Publisher, Refused


def refused(server, name, arguments=b""):
    with pytest.raises(Refused):
        Publisher(server.rtmp_port).publish(name, arguments).close()


def still_works(server, clips):
    stream = server.create()
    with Feeder(server.rtmp_port, server.key(stream), clips(20), seconds=3, speed=6):
        server.wait_status(stream, "live")
    server.ok("POST", f"/streams/{stream['id']}/stop")


def test_wrong_keys(server):
    stream = server.create()
    key = server.key(stream)
    for wrong in ("x", key[:-1], key + "x", key.swapcase(), stream["id"], "", "*", "%", key[::-1]):
        refused(server, wrong)
    assert server.status(stream)["ingest"] == "absent"


HOSTILE = [b"n" * 300, b"n" * 255, b"n" * 256, b"n" * 257, b"n" * 4000, b"..", b"../../etc/passwd", b"%2e%2e%2fkey", b"a%2fb", b"a/b", b"'\"`$(id)", b"key\0tail",
           b"\0", b"a b", b"a&name=b&call=publish", b"a\r\nX: y", "schl\u00fcssel".encode(), b"\xff\xfe\xfd", b"<script>", b"a;b|c", b".", b"-rf"]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:24])
def test_hostile_names(server, name):
    refused(server, name)
    assert server.get("/api/health").status == 200
    assert [p for p in server.ingest.rglob("*") if p.is_file() and p.stat().st_size > 13] == []


@pytest.mark.parametrize("tail", [b"/../x", b"%00", b"'", b"&name=x", b" ", b".flv", b"\n"])
def test_key_with_a_tail_is_not_the_key(server, tail):
    stream = server.create()
    refused(server, server.key(stream).encode() + tail)
    assert server.status(stream)["ingest"] == "absent"


@pytest.mark.parametrize("arguments", [b"?call=update_publish", b"?call=publish_done", b"?name=other", b"?name=", b"?clientid=1", b"?app=x&call=publish&name=x",
                                       b"?call=publish&call=publish_done", b"?" + b"a=b&" * 200])
def test_query_cannot_speak_for_the_server(server, clips, arguments):
    """The publisher's own query is appended to the callback's form: a doubled call or name is refused or does not count."""
    stream, victim = server.create(), server.create()
    with Feeder(server.rtmp_port, server.key(victim), clips(20), speed=1):
        server.wait_status(victim, "live")
        query = arguments.replace(b"other", server.key(victim).encode())
        try:
            intruder = Publisher(server.rtmp_port).publish(server.key(stream), query)
        except Refused:
            intruder = None
        assert server.status(victim)["ingest"] == "connected" and server.status(victim)["status"] == "live"
        if intruder:
            assert server.status(stream)["ingest"] in ("connecting", "connected")
            intruder.close()
    server.ok("POST", f"/streams/{victim['id']}/stop")


def test_wrong_key_with_the_right_one_in_its_query(server):
    stream = server.create()
    key = server.key(stream).encode()
    for arguments in (b"?name=" + key, b"?call=publish&name=" + key, b"&name=" + key):
        refused(server, b"wrong", arguments)
    assert server.status(stream)["ingest"] == "absent"


def test_key_of_a_completed_and_of_a_deleted_stream(server, clips):
    stream = server.create()
    key = server.key(stream)
    with Feeder(server.rtmp_port, key, clips(20), seconds=3, speed=6) as feeder:
        server.wait_status(stream, "live")
        feeder.wait()
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    refused(server, key)
    problems = server.status(stream)["health"]["problems"]
    told = next(p for p in problems if p["code"] == "encoder_refused")
    assert told["since"] and told["detail"] and told["advice"]
    assert server.api("DELETE", f"/streams/{stream['id']}").status in (200, 204)
    refused(server, key)


def test_new_key_ends_the_old_one(server, clips):
    stream = server.create()
    old = server.key(stream)
    answer = server.ok("POST", f"/streams/{stream['id']}/key")
    new = server.key(stream)
    assert new != old and new in repr(answer)
    refused(server, old)
    with Feeder(server.rtmp_port, new, clips(20), seconds=3, speed=6):
        server.wait_status(stream, "live")


def test_second_encoder_is_refused(server, clips):
    stream = server.create()
    key = server.key(stream)
    with Feeder(server.rtmp_port, key, clips(20)) as first:
        server.wait_status(stream, "live")
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
        refused(server, key)
        assert first.publisher.alive() and first.running()
        status = server.status(stream)
        assert status["ingest"] == "connected"
        assert "encoder_refused" in [p["code"] for p in status["health"]["problems"]]


def test_takeover_replaces_the_first_encoder(server, clips):
    stream = server.create(takeover=True)
    key = server.key(stream)
    with Feeder(server.rtmp_port, key, clips(20)) as first:
        server.wait_status(stream, "live")
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
        with Feeder(server.rtmp_port, key, clips(20)) as second:
            wait_for(lambda: not first.running() or not first.publisher.alive(), 5)
            wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
            assert second.running() and second.publisher.alive()
            assert server.status(stream)["status"] == "live"
    server.ok("POST", f"/streams/{stream['id']}/stop")
    server.wait_status(stream, "completed")
    assert len(checks.entry_of(server, stream)["sessions"]) == 2


def form(server, path, port, **fields):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", path, urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_public_port_answers_no_callback(server):
    stream = server.create()
    fields = {"app": "live", "call": "publish", "name": server.key(stream), "clientid": "1", "addr": "127.0.0.1"}
    for path in (f"/{server.secret}/callbacks", "/callbacks", "/rtmp", "/api/callbacks"):
        assert form(server, path, server.http_port, **fields) in (404, 405), path
    assert server.status(stream)["ingest"] == "absent"


def test_callback_port_answers_only_under_its_secret(server):
    stream = server.create()
    fields = {"app": "live", "call": "publish", "name": server.key(stream), "clientid": "1", "addr": "127.0.0.1"}
    for path in ("/callbacks", f"/{'0' * 32}/callbacks", "/", f"/api/streams/{stream['id']}"):
        assert form(server, path, server.callback_port, **fields) in (403, 404, 405), path
    assert server.status(stream)["ingest"] == "absent"


@pytest.mark.parametrize("fields", [{}, {"call": "publish"}, {"call": "publish", "name": "x", "clientid": "y"}, {"call": "nonsense", "name": "x", "clientid": "1"},
                                    {"call": "publish", "name": "x" * 5000, "clientid": "1"}, {"call": "update_publish", "name": "x", "clientid": "999999"}])
def test_forms_that_make_no_sense_are_refused(server, fields):
    assert 400 <= form(server, f"/{server.secret}/callbacks", server.callback_port, **fields) < 500


def test_late_and_doubled_callbacks_change_nothing(server, clips):
    """A publish_done of another client with the same key does not end the broadcast."""
    stream = server.create()
    key = server.key(stream)
    with Feeder(server.rtmp_port, key, clips(20)):
        server.wait_status(stream, "live")
        wait_for(lambda: server.status(stream)["ingest"] == "connected", 5)
        for client in ("999999", "0", "-1", "18446744073709551616", "x"):
            form(server, f"/{server.secret}/callbacks", server.callback_port, app="live", call="publish_done", name=key, clientid=client, addr="127.0.0.1")
        assert server.status(stream)["ingest"] == "connected"
    server.ok("POST", f"/streams/{stream['id']}/stop")


def test_it_still_works_after_all_this(server, clips):
    still_works(server, clips)
