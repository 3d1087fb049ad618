"""One WebSocket: commands in JSON, OSC packets both ways. It runs on the server's event loop."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket

from vj.control.osc.feedback import Client
from vj.control.osc.receiver import OscReceiver
from vj.control.query.tree import Tree, changes

LONGEST_COMMAND = 4096
"""The longest JSON message, in characters."""

_MOST_WAITING = 1024
_TRY_AGAIN_LATER = 1013
_BROKEN = {1002: "a broken frame", 1007: "text that is no UTF-8", 1009: "too long a message"}

Refuse = Callable[[str], None]
"""Takes the reason why something was turned away."""


class Session:
    """Serves one WebSocket: takes the JSON commands ``{"COMMAND": "LISTEN", "DATA": "/address"}`` and IGNORE as texts,
    OSC packets as bytes, and sends OSC messages for the values that the client listens to, at first none. When
    parameters come or go, it sends PATH_ADDED, PATH_REMOVED and PATH_CHANGED with their paths.

    Use `run` once; it returns when the client has gone, or was dropped.
    """

    def __init__(
        self, websocket: WebSocket, receiver: OscReceiver, tree: Tree, refuse: Refuse, patience: float
    ) -> None:
        """Make it on the event loop that runs it. ``receiver`` takes the client's OSC packets and sends it changes;
        ``tree`` has the values that can be listened to. ``refuse`` is called with the reason for each command that is
        turned away.

        ``patience`` is the seconds that the client may leave a packet unread before it is dropped.
        """
        self._websocket = websocket
        self._receiver = receiver
        self._tree = tree
        self._known = tree.nodes
        """The nodes as the client knows them."""
        self._refuse = refuse
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._outbox: deque[bytes | str] = deque()
        self._waiting = asyncio.Event()
        self._roused = False
        self._turned_away = asyncio.Event()
        self._client = Client(self._post, wants=set(), bundled=False, table_changed=self._rouse_for_table)

    async def run(self) -> None:
        """Accept the connection, join the receiver's clients, then read and write until the client has gone or was
        dropped. If there are too many clients, the connection is closed with code 1013.
        """
        await self._websocket.accept()
        self._receiver.join(self._client, self._turn_away)
        tasks = [asyncio.ensure_future(part) for part in (self._read(), self._write(), self._end())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._receiver.leave(self._client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._client.send = lambda packet: False  # break the reference cycles: no garbage is collected in a show
            self._client.table_changed = lambda: None

    def _turn_away(self) -> None:
        """End this session as there are too many. Called by the OSC thread."""
        self._call(self._turned_away)

    def _call(self, event: asyncio.Event) -> None:
        with contextlib.suppress(RuntimeError):  # the server closed in between
            self._loop.call_soon_threadsafe(event.set)

    def _post(self, packet: bytes) -> bool:
        """Send ``packet`` when there is time; called by the OSC thread. Returns False while too many wait already."""
        if len(self._outbox) >= _MOST_WAITING:
            return False
        self._outbox.append(packet)
        self._rouse()
        return True

    def _rouse_for_table(self) -> None:
        """Tell the client of the table's changes before what is posted next; called by the OSC thread."""
        known, self._known = self._known, self._tree.nodes
        for command, path in changes(known, self._known):
            self._outbox.append(json.dumps({"COMMAND": command, "DATA": path}))
        self._rouse()

    def _rouse(self) -> None:
        if not self._roused:
            self._roused = True
            self._call(self._waiting)

    async def _end(self) -> None:
        await self._turned_away.wait()
        await self._websocket.close(_TRY_AGAIN_LATER, "too many are told already")

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code")
                if code in _BROKEN:
                    self._refuse(f"WebSocket sent {_BROKEN[code]}")
                return
            if message.get("text") is not None:
                self._command(message["text"])
            else:
                self._receiver.submit(message["bytes"], self._client)

    async def _write(self) -> None:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            self._roused = False  # before the waiting packets are counted: later ones rouse again
            try:
                await asyncio.wait_for(self._send_all(), self._patience)
            except TimeoutError:
                self._refuse(f"WebSocket read nothing for {self._patience:g} s and was dropped")
                self._websocket.scope["abort"]()
            if self._websocket.scope["is_closing"]():
                return

    async def _send_all(self) -> None:
        for _ in range(len(self._outbox)):
            if self._websocket.scope["is_closing"]():
                return
            message = self._outbox.popleft()
            if isinstance(message, str):
                await self._websocket.send_text(message)
            else:
                await self._websocket.send_bytes(message)

    def _command(self, text: str) -> None:
        """Do LISTEN or IGNORE, which take the path of a value. Any other command is counted and does nothing."""
        command = _parsed(text)
        name, path = command.get("COMMAND"), command.get("DATA")
        if name not in ("LISTEN", "IGNORE"):
            self._refuse(f"WebSocket command {str(name)[:40]!r} is not taken; choices: LISTEN, IGNORE")
        elif not isinstance(path, str) or not ((node := self._tree.nodes.get(path)) and node.has_value):
            self._refuse(f"{name} takes the path of a value, not {str(path)[:80]!r}")
        elif name == "LISTEN":
            self._receiver.listen(self._client, path)
        else:
            self._receiver.ignore(self._client, path)


def _parsed(text: str) -> dict[str, Any]:
    """Returns the JSON object in ``text``, or an empty one if that is anything else."""
    if len(text) > LONGEST_COMMAND:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
