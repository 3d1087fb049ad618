"""The OSCQuery application: what is answered to which request, over HTTP and WebSocket."""

from collections.abc import Callable
from urllib.parse import unquote

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from vj.base.errors import BadInput
from vj.control.osc.receiver import OscReceiver
from vj.control.query.access_check import AccessCheck
from vj.control.query.session import Session
from vj.control.query.tree import ATTRIBUTES, Tree

MOST_SESSIONS = 32
"""The most WebSockets that may be open."""


class App:
    """The ASGI application. It calls ``refuse`` with the reason for each request that it turns away. ``sessions`` is
    how many WebSockets are open.
    """

    def __init__(
        self,
        tree: Tree,
        info: Callable[[], str],
        receiver: OscReceiver,
        guard: AccessCheck,
        refuse: Callable[[str], None],
        patience: float,
    ) -> None:
        """``tree`` describes the parameters, and ``info`` returns the answer to HOST_INFO as JSON. WebSockets send and
        get OSC through ``receiver``. ``guard`` decides who gets an answer.

        ``patience`` is the seconds that a client may leave a packet unread before it is dropped.
        """
        self._tree = tree
        self._info = info
        self._receiver = receiver
        self._guard = guard
        self._refuse = refuse
        self._patience = patience
        self.sessions = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or serve one WebSocket until it ends. The arguments are those of ASGI.

        A path gets the JSON of its node and all below it; with an attribute as the query (``?VALUE``) that attribute
        alone, or status 204 where the node has no such thing; with ``?HOST_INFO`` what ``info`` returns. Refused are
        those whom ``guard`` doesn't admit, and WebSockets beyond `MOST_SESSIONS` (403), unknown paths (404), unknown
        attributes (400) and methods other than GET and HEAD (405).
        """
        if scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._converse(WebSocket(scope, receive, send))

    def _answer(self, request: Request) -> Response:
        wanted, token = _query(request)
        try:
            origin = self._check(request, token)
        except BadInput as reason:
            return self._refused(403, str(reason))
        response = self._found(request, wanted)
        response.headers["Cache-Control"] = "no-store"
        if response.status_code == 405:
            response.headers["Allow"] = "GET, HEAD"
        if origin:
            response.headers.update({"Access-Control-Allow-Origin": origin, "Vary": "Origin"})
        return response

    def _found(self, request: Request, wanted: list[str]) -> Response:
        if request.method not in ("GET", "HEAD"):
            return self._refused(405, f"HTTP method {request.method[:20]} is not taken; choices: GET, HEAD")
        if wanted == ["HOST_INFO"]:
            return _json(self._info())
        if len(wanted) > 1 or (wanted and wanted[0] not in ATTRIBUTES):
            return self._refused(
                400, f"attribute {'&'.join(wanted)[:80]!r} is unknown; choices: {', '.join(ATTRIBUTES)}"
            )
        path = request.scope["path"]
        node = self._tree.find(path)
        if node is None:
            return self._refused(404, f"nothing is at {path[:80]!r}")
        if not wanted:
            return _json(self._tree.describe(node))
        found = self._tree.attribute(node, wanted[0])
        return Response(status_code=204) if found is None else _json(found)

    async def _converse(self, websocket: WebSocket) -> None:
        try:
            self._check(websocket, _query(websocket)[1])
            if self.sessions >= MOST_SESSIONS:
                raise BadInput(f"more than {MOST_SESSIONS} WebSockets")
        except BadInput as reason:
            self._refuse(str(reason))
            await websocket.close()  # before it was accepted: HTTP 403
            return
        self.sessions += 1
        try:
            await Session(websocket, self._receiver, self._tree, self._refuse, self._patience).run()
        finally:
            self.sessions -= 1

    def _check(self, connection: HTTPConnection, token: str | None) -> str | None:
        peer = connection.client.host if connection.client else ""
        return self._guard.check(peer, connection.headers, token)

    def _refused(self, status: int, reason: str) -> Response:
        self._refuse(reason)
        return Response(reason + "\n", status, media_type="text/plain")


def _query(connection: HTTPConnection) -> tuple[list[str], str | None]:
    """Returns the attributes that are asked for, and the token."""
    token, wanted = None, []
    for part in connection.scope["query_string"].decode("latin-1").split("&"):
        if part.startswith("token="):
            token = unquote(part.removeprefix("token="))
        elif part:
            wanted.append(part)
    return wanted, token


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
