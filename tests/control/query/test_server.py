"""OSCQuery over real HTTP and WebSocket, on loopback: one server for all tests here."""

import gc
import http.client
import json
import logging
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.control.osc.osc_bytes import EXPLODING_PATTERN, NEGATIVE_SIZE, message
from tests.frames import step
from tests.waiting import rest, until
from vj.base.errors import BadInput
from vj.control.osc import packets
from vj.control.osc.receiver import OscReceiver
from vj.control.query.app import MOST_SESSIONS
from vj.control.query.server import QueryServer
from vj.params.control_queue import ControlQueue
from vj.params.param import Param, ParamTable, choice, text, toggle, trigger
from vj.params.store import Store

X, Y, STYLE, PANIC = "/a/x", "/a/y", "/a/style", "/a/panic"
PATIENCE = 100.0
"""Seconds after which a test gives up; usual waits are a few ms."""


class Stage:
    """A server with the store behind it; frames are played by the tests."""

    def __init__(self):
        self.table, self.queue = ParamTable(), ControlQueue()
        self.table.declare(
            "/a", [Param("x", help="<&"), Param("y"), choice("style", ("wave", "rain"), "wave", help="")]
        )
        self.table.declare("/a", [toggle("on", help=""), trigger("panic", help="")])
        self.table.declare("/long", [text(f"t{number}", "x" * 990, help="") for number in range(100)])
        self.store = Store(self.table)
        self.receiver = OscReceiver(
            self.table, self.queue, lambda: self.store.targets, port=0, revision=lambda: self.store.revision
        )
        self.receiver.start()
        self.server = QueryServer(
            self.table, self.receiver, lambda: self.store.targets, lambda: self.store.values, port=0
        )
        self.server.start()

    def get(self, path, method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def open(self, **options):
        return connect(f"ws://127.0.0.1:{self.server.port}", open_timeout=PATIENCE, close_timeout=0.2, **options)

    def set(self, address, value):
        self.queue.put(address, value)
        self.frame()

    def frame(self):
        rest()
        return step(self.store, self.queue.drain(), 1 / 60)

    def until(self, condition):
        until(condition, lambda: f"{self.server.reason}; {self.receiver.reason}", meanwhile=self.frame)

    def becomes(self, address, value):
        self.until(lambda: self.store.values[address] == pytest.approx(value))

    def close(self):
        self.server.close()
        self.receiver.close()


@pytest.fixture(scope="module")
def stage():
    stage = Stage()
    yield stage
    stage.close()


def command(name, path):
    return json.dumps({"COMMAND": name, "DATA": path})


def told(websocket):
    packet = websocket.recv(timeout=PATIENCE)
    return packets.address_of(packet).decode(), packets.arguments(packet)[0]


def test_the_tree_and_its_parts(stage):
    answer, body = stage.get("/")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["CONTENTS"]["a"]["CONTENTS"]["style"]["VALUE"] == ["wave"]
    assert json.loads(stage.get("/a/x")[1])["FULL_PATH"] == X
    assert json.loads(stage.get("/a/x?VALUE")[1]) == {"VALUE": [stage.store.targets[X]]}
    assert json.loads(stage.get("/?HOST_INFO")[1])["OSC_PORT"] == stage.receiver.port
    assert stage.get("/a", "HEAD")[0].status == 200


@pytest.mark.parametrize(
    ("path", "method", "headers", "status"),
    [
        ("/nowhere", "GET", {}, 404),
        ("/a/x?COLOUR", "GET", {}, 400),
        ("/a/x?VALUE&TYPE", "GET", {}, 400),
        ("/a/x", "POST", {}, 405),
        ("/a/x", "DELETE", {}, 405),
        ("/a/x", "GET", {"Host": "evil.example"}, 403),
        ("/a/x", "GET", {"Origin": "https://evil.example"}, 403),
    ],
)
def test_what_is_refused_is_counted(stage, path, method, headers, status):
    before = stage.server.refused
    answer, body = stage.get(path, method, headers)
    assert (answer.status, stage.server.refused) == (status, before + 1)
    assert body.decode().strip() == stage.server.reason
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers.get("allow") == ("GET, HEAD" if status == 405 else None)


def test_what_a_node_has_not_is_no_content(stage):
    assert [stage.get(path)[0].status for path in ("/a?VALUE", "/a/panic?VALUE", "/a/on?RANGE", "/a/x?CONTENTS")] == [
        204
    ] * 4


def test_a_page_of_this_machine_is_welcome(stage):
    headers = stage.get("/a/x", headers={"Origin": "http://localhost:5173"})[0].headers
    assert headers["access-control-allow-origin"] == "http://localhost:5173"


def test_a_client_hears_what_it_listens_to_but_not_itself(stage):
    with stage.open() as websocket:
        websocket.send(command("LISTEN", X))
        assert told(websocket) == (X, pytest.approx(stage.store.targets[X]))
        websocket.send(message(X, 0.75))
        stage.becomes(X, 0.75)
        stage.set(Y, 0.5)
        websocket.send(command("LISTEN", Y))
        assert told(websocket) == (Y, 0.5)
        stage.set(X, 0.25)
        assert told(websocket) == (X, 0.25)
        websocket.send(command("IGNORE", X))
        websocket.send(command("LISTEN", STYLE))
        assert told(websocket) == (STYLE, "wave")
        stage.set(X, 1.0)
        stage.set(Y, 1.0)
        assert told(websocket) == (Y, 1.0)


def test_a_client_is_told_which_paths_come_and_go_before_their_values(stage):
    with stage.open() as websocket:
        websocket.send(command("LISTEN", X))
        told(websocket)
        stage.store.change_table((), [("/a/new", [Param("z"), trigger("go", help="")])])
        assert [json.loads(websocket.recv(timeout=PATIENCE)) for _ in range(2)] == [
            {"COMMAND": "PATH_CHANGED", "DATA": "/a"},
            {"COMMAND": "PATH_ADDED", "DATA": "/a/new"},
        ]
        websocket.send(command("LISTEN", "/a/new/z"))
        assert told(websocket) == ("/a/new/z", 0.0)
        assert json.loads(stage.get("/a/new/z?VALUE")[1]) == {"VALUE": [0.0]}
        stage.set("/a/new/z", 0.5)
        assert told(websocket) == ("/a/new/z", 0.5)
        stage.store.change_table(["/a/new/z", "/a/new/go"], ())
        assert [json.loads(websocket.recv(timeout=PATIENCE)) for _ in range(2)] == [
            {"COMMAND": "PATH_REMOVED", "DATA": "/a/new"},
            {"COMMAND": "PATH_CHANGED", "DATA": "/a"},
        ]
        refused = stage.server.refused
        websocket.send(command("LISTEN", "/a/new/z"))
        stage.until(lambda: stage.server.refused > refused)
        assert stage.get("/a/new")[0].status == 404


def test_two_clients_hear_each_other(stage):
    with stage.open() as one, stage.open() as two:
        for websocket in (one, two):
            websocket.send(command("LISTEN", Y))
            told(websocket)
        one.send(message(Y, 0.125))
        stage.becomes(Y, 0.125)
        assert told(two) == (Y, 0.125)
        two.send(message(Y, "?"))
        assert told(two) == (Y, 0.125)


def test_triggers_fire_and_say_when(stage):
    with stage.open() as websocket:
        before = time.monotonic()
        websocket.send(message(PANIC))
        fired = []
        stage.until(lambda: fired.extend(stage.frame()) or fired)
        assert fired[0].address == PANIC
        assert before <= fired[0].at <= time.monotonic()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", "7", "[" * 4000, "1" * 4096, "{" + " " * 5000 + "}", '{"COMMAND": 1}', command("PATH_CHANGED", X)]
    + [command("LISTEN", path) for path in ("/nowhere", "/a", PANIC, 7, [X], None)],
)
def test_broken_commands_are_counted_and_the_next_is_obeyed(stage, text):
    before = stage.server.refused
    with stage.open() as websocket:
        websocket.send(text)
        websocket.send(command("LISTEN", STYLE))
        assert told(websocket) == (STYLE, "wave")
    assert stage.server.refused == before + 1


def test_hostile_packets_are_counted_and_the_next_is_applied(stage):
    before = stage.receiver.refused
    with stage.open() as websocket:
        websocket.send(NEGATIVE_SIZE)
        websocket.send(EXPLODING_PATTERN)
        websocket.send(message(X, float("nan")))
        websocket.send(message(X, 0.625))
        stage.becomes(X, 0.625)
    assert stage.receiver.refused > before


def test_too_long_a_message_ends_the_connection(stage):
    before = stage.server.refused
    with stage.open() as websocket:
        websocket.send(b"\0" * 70_000)
        with pytest.raises(ConnectionClosed):
            websocket.recv(timeout=PATIENCE)
    stage.until(lambda: stage.server.refused == before + 1)


@pytest.mark.parametrize("options", [{"origin": "https://evil.example"}, {"additional_headers": {"Host": "evil.com"}}])
def test_pages_of_others_get_no_websocket(stage, options):
    before = stage.server.refused
    with pytest.raises(InvalidStatus, match=r"40[03]"), stage.open(**options):
        pass
    assert stage.server.refused == before + 1


def test_websockets_are_bounded(stage):
    stage.until(lambda: stage.server.clients == 0)
    with ExitStack() as many:
        for _ in range(MOST_SESSIONS):
            many.enter_context(stage.open())
        with pytest.raises(InvalidStatus), stage.open():
            pass
    stage.until(lambda: stage.server.clients == 0)


RAW = [
    b"GET / HTTP/1.1\r\n",
    b"Host: localhost\r\n",
    b"\r\n",
    b"GET /a/x?VALUE HTTP/1.1\r\n",
    b"Upgrade: websocket\r\n",
]
RAW += [
    b"Connection: Upgrade\r\n",
    b"Sec-WebSocket-Key: x\r\n",
    b"Sec-WebSocket-Version: 13\r\n",
    b"\xff\xfe",
    b"\0" * 9,
]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(RAW) | st.binary(max_size=40), min_size=1, max_size=6).map(b"".join))
def test_no_bytes_upset_the_server(stage, raw):
    with socket.create_connection(("127.0.0.1", stage.server.port), timeout=PATIENCE) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
    assert stage.get("/a/x")[0].status == 200


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.binary(max_size=60) | st.text(max_size=60), min_size=1, max_size=5))
def test_no_messages_upset_the_session(stage, messages):
    with stage.open() as websocket:
        for one in messages:
            websocket.send(one)
        websocket.send(command("LISTEN", STYLE))
        assert told(websocket) == (STYLE, "wave")


def test_malformed_http_is_counted(stage):
    before = stage.server.refused
    with socket.create_connection(("127.0.0.1", stage.server.port), timeout=PATIENCE) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert b"400" in connection.recv(4096)
    assert stage.server.refused == before + 1


def test_a_reader_that_does_not_read_is_dropped():
    stage = Stage()
    stage.server.close()
    stage.server = QueryServer(
        stage.table, stage.receiver, lambda: stage.store.targets, lambda: stage.store.values, port=0, patience=0.1
    )
    stage.server.start()
    try:
        with socket.create_connection(("127.0.0.1", stage.server.port), timeout=PATIENCE) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(_handshake(stage.server.port))
            connection.recv(200)
            asking = message("/long/*", "?")
            stage.until(lambda: _asks(connection, asking) or "dropped" in stage.server.reason)
        stage.until(lambda: stage.server.clients == 0)
    finally:
        stage.close()


def _handshake(port):
    lines = (f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")  # fmt: skip
    return lines.encode()


def _asks(connection, packet):
    """Send a question as a masked frame, again and again, and never read the answers."""
    try:
        connection.sendall((bytes([0x82, 0x80 | len(packet)]) + bytes(4) + packet) * 10)
    except OSError:
        return True
    return False


def test_requests_leave_nothing_for_a_garbage_collector_that_is_off(stage):
    code = "import http.client\nfor _ in range(20):\n c = http.client.HTTPConnection('127.0.0.1', {})\n"
    code += " c.request('GET', '/a/x?VALUE')\n c.getresponse().read()\n c.close()\n"
    stage.get("/a/x")
    gc.collect()
    gc.disable()
    try:
        subprocess.run([sys.executable, "-c", code.format(stage.server.port)], check=True, timeout=100)
        gc.collect()  # what the subprocess's own handling left
        subprocess.run([sys.executable, "-c", code.format(stage.server.port)], check=True, timeout=100)
        assert gc.collect() < 20
    finally:
        gc.enable()


def test_the_malformed_and_websockets_leave_nothing_for_it_either(stage):
    broken = [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: ", _keyless(), _handshake(stage.server.port)]
    broken += [broken[-1] + b"\xff\xff\xff\xff", broken[-1] + b"\x81\x82\0\0\0\0\xff\xfe"]

    def all_of_them():
        for raw in broken:
            with socket.create_connection(("127.0.0.1", stage.server.port), timeout=PATIENCE) as connection:
                connection.sendall(raw)
                connection.shutdown(socket.SHUT_WR)
                while raw not in (broken[1], broken[3]) and connection.recv(4096):
                    pass
        stage.get("/a/x")
        stage.until(lambda: stage.server.clients == 0)

    all_of_them()
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            all_of_them()
        assert gc.collect() < 40
    finally:
        gc.enable()


def test_a_handshake_without_a_key_is_counted(stage):
    before = stage.server.refused
    with socket.create_connection(("127.0.0.1", stage.server.port), timeout=PATIENCE) as connection:
        connection.sendall(_keyless())
        assert b"400" in connection.recv(4096)
    stage.until(lambda: stage.server.refused == before + 1)
    assert "Sec-WebSocket-Key" in stage.server.reason


def _keyless():
    return b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_a_websocket_for_which_there_is_no_room_is_closed_and_told_why(stage, monkeypatch):
    monkeypatch.setattr("vj.control.osc.feedback.MOST_CLIENTS", 0)
    before = stage.receiver.refused
    with stage.open() as websocket, pytest.raises(ConnectionClosed) as closed:
        websocket.recv(timeout=PATIENCE)
    assert closed.value.rcvd.code == 1013
    assert stage.receiver.refused == before + 1


def test_readers_that_go_away_write_nothing_to_the_terminal(stage, caplog):
    stage.until(lambda: stage.server.clients == 0)
    with socket.create_connection(("127.0.0.1", stage.server.port), timeout=PATIENCE) as connection:
        connection.sendall(_handshake(stage.server.port))
        connection.recv(200)
        for _ in range(100):
            if _asks(connection, message("/long/*", "?")):
                break
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stage.until(lambda: stage.server.clients == 0)
    assert not caplog.records
    assert logging.getLogger("asyncio").level == logging.CRITICAL


def test_nothing_is_imported_once_it_serves():
    code = """
import sys, json, http.client
from tests.control.query.test_server import Stage, command, X
import websockets.sync.client
stage = Stage()
before = set(sys.modules)
with stage.open() as websocket:
    websocket.send(command("LISTEN", X))
    websocket.recv(timeout=100)
for path in ("/", "/nowhere", "/?HOST_INFO", "/a/x?VALUE"):
    stage.get(path)
print(json.dumps(sorted(set(sys.modules) - before)))
stage.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    ours = [name for name in json.loads(done.stdout) if name.startswith(("uvicorn", "starlette", "anyio", "h11", "vj"))]
    assert ours == []


def test_the_web_is_not_imported_before_it_is_needed():
    code = "import sys, vj.control.query.server; print({'uvicorn', 'starlette', 'zeroconf'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    assert done.stdout.strip() == "set()"


def test_a_busy_port_and_an_open_one_say_what_to_do(stage):
    parts = (stage.table, stage.receiver, dict, dict)
    with pytest.raises(BadInput, match="--query-port"):
        QueryServer(*parts, port=stage.server.port).start()
    with pytest.raises(BadInput, match="--allow"):
        QueryServer(*parts, host="0.0.0.0")
    assert QueryServer(*parts, host="0.0.0.0", token="sesame").announced == "this machine only"


def test_the_port_is_free_after_close_and_closing_twice_is_harmless(stage):
    first = QueryServer(stage.table, stage.receiver, dict, dict, port=0)
    first.close()
    first.start()
    first.close()
    first.close()
    second = QueryServer(stage.table, stage.receiver, dict, dict, port=first.port)
    second.start()
    second.close()


def test_python_oscquery_reads_it(stage):
    client = pytest.importorskip("pythonoscquery.osc_query_client", reason="python-oscquery is not installed")
    zeroconf = pytest.importorskip("zeroconf")
    kind = "_oscjson._tcp.local."
    service = zeroconf.ServiceInfo(kind, f"vj.{kind}", stage.server.port, addresses=[b"\x7f\0\0\1"])
    asking = client.OSCQueryClient(service)
    assert asking.get_host_info().osc_port == stage.receiver.port
    node = asking.query_node(X)
    assert (node.full_path, node.value, node.access) == (X, [stage.store.targets[X]], 3)
    assert asking.query_node("/nowhere") is None
