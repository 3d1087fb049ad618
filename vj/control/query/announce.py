"""Announces the show on the network by Bonjour, if it is open to the network anyway."""

import socket
import threading

_OSC, _QUERY = "_osc._udp.local.", "_oscjson._tcp.local."
_EVERYWHERE = ("0.0.0.0", "::")


class Announcement:
    """Announces a show on the network by Bonjour, from some seconds after the instance is made until `close`: its
    OSCQuery (``_oscjson._tcp``) and its OSC (``_osc._udp``). No other code imports the library.

    A network without multicast is no reason not to play: ``state`` is a text that says what came of it, ``being
    announced`` at first, then ``announced as NAME`` or ``not announced: REASON``.
    """

    def __init__(self, name: str, host: str, query_port: int, osc_port: int) -> None:
        """Start announcing, in a thread. ``name`` is the show's; if another has it on this network, the library changes
        it. ``host`` is the address that the ports are bound to; ``0.0.0.0`` or ``::`` stands for every IPv4 address of
        this machine other than 127.*. A failure of the network raises nothing: it shows in ``state``.
        """
        import zeroconf

        self.state = "being announced"
        self._failures = (OSError, zeroconf.Error)
        self._zeroconf: zeroconf.Zeroconf | None = None
        try:
            everywhere = host in _EVERYWHERE
            interfaces = zeroconf.InterfaceChoice.All if everywhere else [host]
            addresses = _addresses() if everywhere else [host]
            server = f"{socket.gethostname().partition('.')[0]}.local."
            self._services = [
                zeroconf.ServiceInfo(kind, f"{name}.{kind}", port, parsed_addresses=addresses, server=server)
                for kind, port in ((_QUERY, query_port), (_OSC, osc_port))
            ]
            self._zeroconf = zeroconf.Zeroconf(interfaces=interfaces)
        except self._failures as reason:
            self._fail(reason)
        self._thread = threading.Thread(target=self._announce, args=(name,), name="announce", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take the announcement back. Waits until the announcing has come to an end, which may take seconds. Harmless a
        second time.
        """
        self._thread.join()
        if self._zeroconf:
            self._zeroconf.close()
            self._zeroconf = None

    def _announce(self, name: str) -> None:
        """Announce the services. Asking around whether the name is free takes two seconds for each."""
        if not self._zeroconf:
            return
        try:
            for service in self._services:
                self._zeroconf.register_service(service, allow_name_change=True)
            found = self._services[0].name.removesuffix(f".{_QUERY}")  # another one where the name was taken
            self.state = f"announced as {found or name}"
        except self._failures as reason:
            self._fail(reason)

    def _fail(self, reason: Exception) -> None:
        self.state = f"not announced: {reason or type(reason).__name__}"


def _addresses() -> list[str]:
    """Returns every address of this machine that others can reach."""
    import ifaddr

    found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    return [ip for ip in found if not ip.startswith("127.")]
