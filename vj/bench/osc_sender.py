"""Sends OSC steadily from a process of its own: ``python -m vj.bench.osc_sender PORT RATE SECONDS ADDRESS...``.

The values rise from 0 to just under 1 over and over, and go to the addresses in turn. At the end the last address gets
1, which was not sent before. Prints, as JSON, how many messages went out and the time of the last one (s, `now`).
"""

import json
import socket
import sys
import time

from vj.base.clock import now
from vj.base.network_defaults import LOOPBACK
from vj.control.osc.packets import encode

_VALUES = 4000


def main(port: str, rate: str, seconds: str, *addresses: str) -> None:
    """Sends ``rate`` messages a second to the UDP ``port`` of this machine for ``seconds``, in turn to ``addresses``;
    then 1 to the last address. Prints an object in JSON: ``sent`` and ``rate``, how many went out and how many a
    second, and ``last``, the monotonic time (s) after the last one. The arguments are texts of the command line."""
    packets = [encode(addresses[n % len(addresses)], n / _VALUES) for n in range(_VALUES)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((LOOPBACK, int(port)))
        started, sent = now(), 0
        while (since := now() - started) < float(seconds):
            due = int(since * int(rate))
            if due - sent < int(rate) // 1000:
                time.sleep(0.0005)
                continue
            for number in range(sent, due):
                sender.send(packets[number % _VALUES])
            sent = due
        took = now() - started
        sender.send(encode(addresses[-1], 1.0))
        json.dump({"sent": sent, "rate": sent / took, "last": now()}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
