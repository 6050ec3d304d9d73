"""RTMP by hand: a publisher that may say anything (names with NUL, any codec, any timestamp), and a relay that keeps
what an encoder really sent.

Message types by the RTMP 1.0 specification, section 5.4 and 7.1; AMF0 only. Chunks are written with fmt 0 headers only.
"""
import contextlib
import os
import select
import socket
import struct
import threading
from dataclasses import dataclass

SET_CHUNK_SIZE, USER_CONTROL, AUDIO, VIDEO, DATA, COMMAND = 1, 4, 8, 9, 18, 20
PING_REQUEST, PING_RESPONSE = b"\0\6", b"\0\7"
EXTENDED = 0xFFFFFF
HANDSHAKE = 1536


class Refused(Exception):
    """The server ended the session, or answered with an error status; the text says which."""


@dataclass(frozen=True)
class Message:
    kind: int
    timestamp: int
    payload: bytes


class Chunks:
    """Puts messages together from the bytes of one direction, in whatever pieces they come."""

    def __init__(self, skip=0):
        self.buffer, self.skip, self.chunk_size, self.streams = bytearray(), skip, 128, {}

    def feed(self, data):
        self.buffer += data
        if self.skip:
            dropped = min(self.skip, len(self.buffer))
            del self.buffer[:dropped]
            self.skip -= dropped
        while not self.skip:
            used, message = self.chunk()
            if not used:
                return
            del self.buffer[:used]
            if message and message.kind == SET_CHUNK_SIZE:
                self.chunk_size = struct.unpack(">I", message.payload[:4])[0]
            if message:
                yield message

    def chunk(self):
        """(bytes used, finished message or None); (0, None) while the chunk is not complete."""
        b = self.buffer
        if len(b) < 1:
            return 0, None
        form, number, at = b[0] >> 6, b[0] & 63, 1
        if number < 2:
            if len(b) < 2 + number:
                return 0, None
            number, at = 64 + b[1] + (b[2] << 8 if number else 0), 2 + number
        size = (11, 7, 3, 0)[form]
        if len(b) < at + size + 4:
            if len(b) < at + size:
                return 0, None
        old = self.streams.setdefault(number, {"time": 0, "field": 0, "length": 0, "kind": 0, "body": bytearray(), "delta": 0})
        head, at = bytes(b[at:at + size]), at + size
        state = dict(old)
        if form < 3:
            state["field"] = int.from_bytes(head[:3], "big")
        if form < 2:
            state["length"], state["kind"] = int.from_bytes(head[3:6], "big"), head[6]
        value = state["field"]
        if value == EXTENDED:
            if len(b) < at + 4:
                return 0, None
            value, at = int.from_bytes(b[at:at + 4], "big"), at + 4
        part = min(self.chunk_size, state["length"] - len(old["body"]))
        if len(b) < at + part:
            return 0, None
        if not old["body"]:
            if form == 0:
                state["time"], state["delta"] = value, 0
            elif form < 3:
                state["time"], state["delta"] = old["time"] + value & 0xFFFFFFFF, value
            else:
                state["time"] = old["time"] + state["delta"] & 0xFFFFFFFF
        state["body"] = old["body"] + b[at:at + part]
        message = None
        if len(state["body"]) >= state["length"]:
            message, state["body"] = Message(state["kind"], state["time"], bytes(state["body"])), bytearray()
        self.streams[number] = state
        return at + part, message


def amf(value):
    if value is None:
        return b"\x05"
    if isinstance(value, bool):
        return bytes([1, value])
    if isinstance(value, (int, float)):
        return b"\x00" + struct.pack(">d", value)
    if isinstance(value, dict):
        return b"\x03" + b"".join(struct.pack(">H", len(k)) + k.encode() + amf(v) for k, v in value.items()) + b"\x00\x00\x09"
    raw = value if isinstance(value, bytes) else value.encode()
    return (b"\x02" + struct.pack(">H", len(raw)) if len(raw) < 65536 else b"\x0c" + struct.pack(">I", len(raw))) + raw


class Publisher:
    """One encoder. The constructor connects; publish() returns when the server has accepted; close() says goodbye first,
    drop() does not."""

    def __init__(self, port, app="live", host="127.0.0.1", timeout=10, chunk_size=65536):
        self.timeout, self.reading, self.sending = timeout, threading.Lock(), threading.Lock()
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.settimeout(timeout)
        self.inbound = Chunks(skip=1 + 2 * HANDSHAKE)
        self.pending = []
        opening = b"\x00" * 8 + os.urandom(HANDSHAKE - 8)
        self.socket.sendall(b"\x03" + opening)
        answer = self.exactly(1 + 2 * HANDSHAKE)
        self.socket.sendall(answer[1:1 + HANDSHAKE])
        list(self.inbound.feed(answer))
        self.send(SET_CHUNK_SIZE, 0, struct.pack(">I", chunk_size), channel=2, stream=0)
        self.out_chunk = chunk_size
        address = f"rtmp://{host}:{port}/{app}"
        self.command("connect", 1, {"app": app, "type": "nonprivate", "flashVer": "FMLE/3.0", "tcUrl": address}, stream=0)
        self.await_word(b"NetConnection.Connect.Success")
        self.command("createStream", 2, None, stream=0)
        self.await_word(b"_result")

    out_chunk = 128

    def exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise Refused("closed during the handshake")
            data += more
        return data

    def await_word(self, word):
        while True:
            while self.pending:
                message = self.pending.pop(0)
                if message.kind == COMMAND and word in message.payload:
                    return message.payload
                if message.kind == COMMAND and (b"_error" in message.payload or b"error" in message.payload):
                    raise Refused(repr(message.payload))
            try:
                data = self.socket.recv(65536)
            except ConnectionError as problem:
                raise Refused(str(problem)) from problem
            if not data:
                raise Refused(f"closed instead of {word.decode()}")
            self.pending += self.inbound.feed(data)

    def publish(self, name, arguments=b""):
        """`name` and `arguments` are bytes and go out as they are."""
        name = name.encode() if isinstance(name, str) else name
        self.command("publish", 3, None, name + arguments, "live")
        self.await_word(b"NetStream.Publish.Start")
        return self

    def command(self, *values, stream=1):
        self.send(COMMAND, 0, b"".join(map(amf, values)), channel=3, stream=stream)

    def send(self, kind, timestamp, payload, channel=6, stream=1):
        field = min(timestamp, EXTENDED)
        extended = struct.pack(">I", timestamp) if field == EXTENDED else b""
        head = (bytes([channel]) + field.to_bytes(3, "big") + len(payload).to_bytes(3, "big") + bytes([kind])
                + struct.pack("<I", stream) + extended)
        pieces = [payload[i:i + self.out_chunk] for i in range(0, len(payload), self.out_chunk)] or [b""]
        with self.sending:
            self.socket.sendall(head + (bytes([0xC0 | channel]) + extended).join(pieces))

    def alive(self):
        """Reads what the server says, answers its pings (without it nginx-rtmp hangs up); False once the server has ended the session."""
        with self.reading:
            try:
                while select.select([self.socket], [], [], 0)[0]:
                    data = self.socket.recv(65536)
                    if not data:
                        return False
                    self.pending += self.inbound.feed(data)
            except (OSError, ValueError):  # reset, or closed by ourselves
                return False
            self.answer_pings()
            return True

    def answer_pings(self):
        for message in self.pending:
            if message.kind == USER_CONTROL and message.payload[:2] == PING_REQUEST:
                with contextlib.suppress(OSError):
                    self.send(USER_CONTROL, 0, PING_RESPONSE + message.payload[2:6], channel=2, stream=0)
        self.pending.clear()

    def close(self):
        try:
            self.command("deleteStream", 4, None, 1.0)
        except OSError:
            pass
        self.socket.close()

    def drop(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Relay:
    """A TCP relay in front of the server that keeps the media messages an encoder sends through it, and can stall
    (hold everything back, as a half-open connection does) or cut the line."""

    def __init__(self, target_port):
        self.target_port, self.messages, self.publishes = target_port, [], 0
        self.flowing = threading.Event()
        self.flowing.set()
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target_port))
            self.pairs.append((near, far))
            threading.Thread(target=self.forward, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.forward, args=(far, near, False), daemon=True).start()

    def forward(self, source, sink, outbound):
        chunks = Chunks(skip=1 + 2 * HANDSHAKE)
        try:
            while data := source.recv(65536):
                self.flowing.wait()
                sink.sendall(data)
                for message in chunks.feed(data) if outbound else ():
                    if message.kind in (AUDIO, VIDEO):
                        self.messages.append(message)
                    self.publishes += message.kind == COMMAND and message.payload.startswith(amf("publish"))
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stall(self):
        self.flowing.clear()

    def resume(self):
        self.flowing.set()

    def cut(self):
        for pair in self.pairs:
            for end in pair:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()

    def close(self):
        self.listener.close()
        self.resume()
        self.cut()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
