"""Decides who may send to a show: this machine always, other hosts only where the performer allows it."""

import ipaddress
from collections.abc import Sequence

from vj.base.errors import BadInput

_MOST_KEPT = 1024
"""Verdicts that are cached."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AllowList:
    """The networks (``192.168.1.0/24``) or single addresses that may send, besides this machine, which always may. It
    is true if there are any. Verdicts are cached, so that each packet of a flood costs one look-up.
    """

    def __init__(self, networks: Sequence[str] = ()) -> None:
        """``networks`` are texts such as ``192.168.1.0/24`` or ``192.168.1.7``. Raises BadInput for a text that is
        neither a network nor an address.
        """
        self._networks = [_network(text) for text in networks]
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._networks)

    def allows(self, host: str) -> bool:
        """Returns whether ``host`` is a loopback address (this machine) or in one of the networks. ``host`` is an IP
        address as text, of which a ``%zone`` is ignored and an IPv4 address written as IPv6 counts as IPv4; an empty
        text gives False. ValueError is raised for a name.
        """
        verdict = self._known.get(host)
        if verdict is None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            verdict = self._known[host] = self._judge(host)
        return verdict

    def _judge(self, host: str) -> bool:
        if not host:  # a connection that is gone already
            return False
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped.is_loopback or any(mapped in network for network in self._networks)


def guarded(host: str, networks: Sequence[str]) -> AllowList:
    """Returns the list of ``networks`` for a port that is bound to ``host``. Raises BadInput if there are none though
    ``host`` isn't this machine alone (`is_loopback`), as that would open the port to the whole network; also for a
    malformed network.
    """
    allow = AllowList(networks)
    if not allow and not is_loopback(host):
        raise BadInput(
            f"--host {host} would let everybody in the network play: say who may"
            " with --allow 192.168.1.0/24 (a network or an address, as often as needed)"
        )
    return allow


def is_loopback(host: str) -> bool:
    """Returns whether ``host``, an IP address or a name, can be reached from this machine only. Names are not looked
    up: of them only ``localhost`` counts.
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadInput(f"{text!r} is no network such as 192.168.1.0/24 and no address such as 192.168.1.7") from None
