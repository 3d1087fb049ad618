"""Decides which requests are answered: a web page that the performer happens to visit must not be able to play the
show.

A browser says from which page a request comes (Origin), and which host name it looked up (Host). By the first, pages of
others are turned away; by the second, host names that a foreign name server resolves to this machine.
"""

import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vj.base.errors import BadInput
from vj.control.osc.allow import AllowList, is_loopback

Headers = Mapping[str, str]
"""The headers of a request, by name; names are looked up in lower case."""


def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name.partition('.')[0]}.local"})


@dataclass(frozen=True)
class AccessCheck:
    """Admits this machine, clients in the networks ``allow`` and, if there is a ``token`` that isn't empty, clients
    that send it. ``names`` are the host names of this machine, in lower case; by default ``localhost``, its name, and
    its name with ``.local``.
    """

    allow: AllowList
    token: str | None = None
    names: frozenset[str] = field(default_factory=_own_names)

    def check(self, peer: str, headers: Headers, token: str | None) -> str | None:
        """Returns the request's origin (its Origin header as it came, such as ``http://host:port``), which the answer's
        headers may admit, or None if it has none. ``peer`` is the client's IP address, ``token`` the one in the query
        or None; then a token in the header ``Authorization: Bearer`` counts.

        Raises BadInput for a request that is not to be answered. A valid token opens everything. Without it, the client
        must be this machine or in ``allow``; its Host must be one of ``names`` or an IP address; and a web page must
        come from that very Host or, for a client on this machine, from a server on this machine.
        """
        origin = headers.get("origin")
        knows = self._knows(token, headers)
        if not knows and not self.allow.allows(peer):
            raise BadInput(f"{peer} is not among those who may ask, and gave no valid token")
        if not knows and not self._is_ours(headers.get("host", "")):
            raise BadInput(f"host {headers.get('host', '')[:80]!r} is not a name of this machine")
        if origin is not None and not knows and not self._is_near(origin, headers.get("host", ""), peer):
            raise BadInput(f"a web page of {origin[:80]!r} may not play this show")
        return origin

    def _knows(self, token: str | None, headers: Headers) -> bool:
        """Returns whether the client sent the token, in the query or in a header."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        tried = token if token is not None else given if kind.lower() == "bearer" else None
        return bool(self.token and tried) and hmac.compare_digest(str(tried).encode(), str(self.token).encode())

    def _is_ours(self, host: str) -> bool:
        """Returns whether ``host`` is this machine. An IP address always counts, as only a name can be made to point at
        us by others.
        """
        name = _name(f"http://{host}")
        return name in self.names or _is_address(name)

    def _is_near(self, origin: str, host: str, peer: str) -> bool:
        """Returns whether the page was served by us, or by another server on this machine to a browser on this
        machine.
        """
        own = urlsplit(origin).scheme in ("http", "https") and origin.partition("://")[2] == host
        return own or (is_loopback(peer) and is_loopback(_name(origin)))


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
