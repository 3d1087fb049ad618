"""Serves OSCQuery on one TCP port while the show plays. This module imports nothing of the web before
`QueryServer.start`.
"""

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from vj.base.errors import BadInput
from vj.base.network_defaults import LOOPBACK, QUERY_PORT
from vj.base.sockets import claim
from vj.control.osc.allow import guarded, is_loopback
from vj.control.osc.receiver import OscReceiver
from vj.control.query.access_check import AccessCheck
from vj.control.query.announce import Announcement
from vj.control.query.tree import Tree, host_info
from vj.params.param import ParamTable, Value

if TYPE_CHECKING:
    from vj.control.query.app import App

PATIENCE = 5.0
"""Seconds that a client may leave a packet unread."""


class QueryServer:
    """Serves OSCQuery over HTTP and WebSockets, in a thread of its own: the table as a tree, with its values. Changes
    come and go through ``receiver``, which must have a ``revision``.

    ``port`` is the TCP port, since `start` the real one. ``refused`` counts requests, frames and commands that were
    turned away, with the reason of a recent one in ``reason``. Malformed OSC packets are counted by the receiver, as if
    they had come by UDP.
    """

    def __init__(
        self,
        table: ParamTable,
        receiver: OscReceiver,
        read: Callable[[], Mapping[str, Value]],
        live: Callable[[], Mapping[str, Value]],
        *,
        host: str = LOOPBACK,
        port: int = QUERY_PORT,
        allow: Sequence[str] = (),
        token: str | None = None,
        name: str = "vj",
        patience: float = PATIENCE,
    ) -> None:
        """``read`` returns the values that were set, ``live`` those of the frame that is drawn, both by address and
        from any thread. ``name`` is what the show calls itself to clients. ``patience`` is the seconds that a WebSocket
        may leave a packet unread.

        Beyond this machine only clients in the networks ``allow`` (``192.168.1.0/24``), or with the ``token``
        (``?token=`` or a Bearer header), get an answer. ``port`` 0 takes any free one; nothing is opened before
        `start`. Raises BadInput for a ``host`` that is open to the network with neither, and for a malformed network.
        """
        networks = guarded(LOOPBACK if token else host, allow)
        self._guard = AccessCheck(networks, token)
        self._tree = Tree(table, read, live)
        self._receiver = receiver
        self._host = host
        self._name = name
        self._patience = patience
        self._thread: threading.Thread | None = None
        self._announcement: Announcement | None = None
        self._app: App | None = None
        self.port = port
        self.refused = 0
        self.reason = ""

    @property
    def clients(self) -> int:
        """How many WebSockets are open; 0 before `start`."""
        return self._app.sessions if self._app else 0

    @property
    def announced(self) -> str:
        """A text: ``this machine only`` (nothing is announced: ``host`` is this machine, or before `start`), ``being
        announced``, ``announced as NAME``, or ``not announced: REASON``.
        """
        return self._announcement.state if self._announcement else "this machine only"

    def start(self, listening: socket.socket | None = None) -> None:
        """Serve, in a new thread, on a socket that `bind` returned or on one that is bound here. Announces the show on
        the network unless ``host`` is this machine alone; so ``receiver`` must be started before. Call it once.

        Raises BadInput as `bind` does.
        """
        from vj.control.query import web
        from vj.control.query.app import App

        listening = listening or bind(self._host, self.port)
        self.port = listening.getsockname()[1]
        self._app = App(self._tree, self._info, self._receiver, self._guard, self._refuse, self._patience)
        self._server = web.service(self._app, self._refuse)
        self._thread = threading.Thread(
            target=web.serve, args=(self._server, listening, self._refuse), name="query", daemon=True
        )
        self._thread.start()
        if not is_loopback(self._host):
            self._announcement = Announcement(self._name, self._host, self.port, self._receiver.port)

    def close(self) -> None:
        """Take the announcement back, end the thread, waiting for it, and close the port and all connections. Harmless
        before `start` and a second time.
        """
        if self._announcement:
            self._announcement.close()
            self._announcement = None
        if self._thread:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None

    def _info(self) -> str:
        return host_info(self._name, self._receiver.port, self.port)

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        self.reason = reason


def bind(host: str, port: int) -> socket.socket:
    """Returns a TCP socket that listens on ``host`` (an address or a name; with a ``:`` it is IPv6) and ``port`` (0:
    any free one), and never blocks. Raises BadInput if ``host`` or ``port`` is not available.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        claim(listening)
        listening.bind((host, port))
        listening.listen(64)
        listening.setblocking(False)
    except (OSError, OverflowError) as reason:
        listening.close()
        raise BadInput(
            f"can't serve OSCQuery on {host} port {port}: {reason}; choose another with --query-port"
        ) from reason
    return listening
