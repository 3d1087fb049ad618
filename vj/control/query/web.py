"""The web server under OSCQuery: uvicorn on an event loop of our own that rests, so that no flood delays the picture.

Importing this module takes a while. It is imported when the service starts, and nothing more is imported while it runs.
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
"""The most TCP connections that may be open, of HTTP and WebSockets together."""
LONGEST_MESSAGE = 65536
"""The longest WebSocket message, in bytes: as long as a UDP packet."""

_REST, _LONGEST_REST = 0.0015, 0.05
"""Seconds that the loop rests after a round in which something came: at least, and at most."""
_SHARE = 2.0
"""The loop rests this many times as long as it worked, so that it takes at most a third of the interpreter."""
_READ_AT_ONCE, _UNREAD = 8192, 65536
"""Bytes that are read from one connection in a round, and bytes that the system keeps for one that doesn't read."""
_IDLE = 10.0
"""Seconds between two looks at a connection. One that isn't waiting for an answer just then is closed."""

Refuse = Callable[[str], None]
"""Takes the reason why something was turned away."""


class RestingSelector(selectors.DefaultSelector):
    """A selector that sleeps before it waits for sockets, if the last round had work: twice as long as that work took,
    but 1.5 ms at least and 50 ms at most.
    """

    _came = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Rest in proportion to the work since the last call that found something, then wait as the library's selector
        does. Returns what it returns.
        """
        if self._came:
            time.sleep(min(max(_REST, _SHARE * (now() - self._came)), _LONGEST_REST))
        found = super().select(timeout)
        self._came = now() if found else 0.0
        return found


def service(app: ASGIApp, refuse: Refuse) -> uvicorn.Server:
    """Returns a server for ``app`` that has imported all it needs and serves nothing yet: see `serve`. ``refuse`` is
    called, with the reason, for requests and connections that never reach ``app``.
    """
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
    """Serve on ``listening``, a TCP socket that listens, and return when ``server.should_exit`` has become true and its
    connections have ended. Run it in a thread of its own. ``refuse`` is called with every error of the event loop.
    """

    def loop() -> asyncio.AbstractEventLoop:
        made = asyncio.SelectorEventLoop(RestingSelector())
        made.set_exception_handler(lambda _, context: refuse(str(context.get("exception") or context["message"])))
        return made

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it writes to the terminal whenever a client goes away
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(server.serve(sockets=[listening]))


def _websocket(refuse: Refuse) -> type[WebSocketsSansIOProtocol]:
    """Returns a WebSocket protocol that counts malformed handshakes, and lets the application cut the connection:
    closing it would wait for the client.
    """

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
    """Returns an HTTP protocol that counts malformed requests, and closes connections that are too many or idle."""

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
                self._looking.cancel()  # it has fired, but holds a reference to this object until it is cancelled
                return
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()
            else:
                self._looking = self.loop.call_later(_IDLE, self._look)

    return Http


def _release(transport: BaseTransport) -> None:
    """Break the reference cycle of a transport that holds its own methods: no garbage is collected during a show."""
    vars(transport).pop("_read_ready_cb", None)


def _forget(error: BaseException | None) -> None:
    """Break the reference cycles of an error and its causes, whose tracebacks hold frames that hold the errors."""
    while error:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
