"""The web service under OSCQuery: uvicorn on an event loop of our own that rests, so that no flood holds the picture.

Importing this takes a while; it is done when the service starts, and nothing more is imported while it runs.
"""

import asyncio
import logging
import selectors
import socket
import sys
import time
from asyncio import BaseTransport
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vj.base.clock import now

MOST_CONNECTIONS = 64
LONGEST_MESSAGE = 65536
"""Bytes of one WebSocket message: as much as a UDP packet."""

_REST, _LONGEST_REST = 0.0015, 0.05
"""Seconds that the loop rests after a round in which something came: at least, and at most."""
_SHARE = 2.0
"""It rests this many times as long as it worked: at most a third of the interpreter is ours."""
_READ_AT_ONCE, _UNREAD = 8192, 65536
"""Bytes taken from one connection in a round; what the system keeps for one that doesn't read."""
_IDLE = 10.0
"""Seconds between two looks at a connection; one that asks for nothing just then is closed."""

Refuse = Callable[[str], None]


class RestingSelector(selectors.DefaultSelector):
    """Waits for sockets as usual, but sleeps before it does, in proportion to the work that the last round was."""

    _came = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._came:
            time.sleep(min(max(_REST, _SHARE * (now() - self._came)), _LONGEST_REST))
        found = super().select(timeout)
        self._came = now() if found else 0.0
        return found


def service(app: ASGIApp, refuse: Refuse) -> uvicorn.Server:
    """A server for ``app`` that has imported all it needs. ``refuse`` is called for what never reached ``app``."""
    config = uvicorn.Config(
        app,
        http=_http(refuse),
        ws=_websocket(refuse),
        loop="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # a stranger's broken requests are counted, not written to the performer's terminal
        access_log=False,
        proxy_headers=False,  # or a header could claim to come from this machine
        server_header=False,
        ws_max_size=LONGEST_MESSAGE,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    config.load()
    return uvicorn.Server(config)


def serve(server: uvicorn.Server, listening: socket.socket, refuse: Refuse) -> None:
    """Serve until ``server.should_exit``. To be run in a thread of its own."""

    def loop() -> asyncio.AbstractEventLoop:
        made = asyncio.SelectorEventLoop(RestingSelector())
        made.set_exception_handler(lambda _, context: refuse(str(context.get("exception") or context["message"])))
        return made

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it tells the terminal of every reader that went away
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(server.serve(sockets=[listening]))


def _websocket(refuse: Refuse) -> type[WebSocketsSansIOProtocol]:
    """A WebSocket that counts malformed handshakes, and that the application can cut: closing waits for the reader."""

    class WebSocket(WebSocketsSansIOProtocol):
        def handle_connect(self, event: Any) -> None:
            super().handle_connect(event)
            if self.response.status_code == 101:
                whole: Any = self.scope
                whole.update(abort=self.transport.abort, is_closing=self.transport.is_closing)
            else:
                refuse(f"WebSocket handshake: {self.conn.handshake_exc}")

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self.conn.parser.close()
            _forget(self.conn.parser_exc)
            _forget(self.conn.handshake_exc)
            _release(self.transport)

    return WebSocket


def _http(refuse: Refuse) -> type[H11Protocol]:
    """HTTP that counts what is malformed, and neither too many connections nor silent ones."""

    class Http(H11Protocol):
        def connection_made(self, transport: BaseTransport) -> None:
            whole: Any = transport
            whole.max_size = _READ_AT_ONCE
            whole.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD)
            super().connection_made(whole)
            self._looking = self.loop.call_later(_IDLE, self._look)
            if len(self.connections) > MOST_CONNECTIONS:
                refuse(f"more than {MOST_CONNECTIONS} connections")
                whole.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._looking.cancel()
            _release(self.transport)

        def send_400_response(self, msg: str) -> None:
            refuse(msg)
            _forget(sys.exc_info()[1])
            super().send_400_response(msg)

        def _look(self) -> None:
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                self._looking.cancel()  # though it is over: it holds us
                return
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()
            else:
                self._looking = self.loop.call_later(_IDLE, self._look)

    return Http


def _release(transport: BaseTransport) -> None:
    """Open the ring of a transport that holds its own methods: nothing collects rings during a show."""
    vars(transport).pop("_read_ready_cb", None)


def _forget(error: BaseException | None) -> None:
    """Open the rings of an error and its causes, whose tracebacks hold frames that hold them."""
    while error:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
