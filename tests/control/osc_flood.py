"""A sender of its own process: ``python osc_flood.py PORT RATE SECONDS``, values for forty addresses, steadily.

Prints how many went out, in how many seconds, and when the last one did, in monotonic seconds; the last one
of all is 0.75 for ``/layer/1/model/strength``.
"""

import socket
import sys
import time

from pythonosc.osc_message_builder import OscMessageBuilder


def packet(address: str, value: float) -> bytes:
    builder = OscMessageBuilder(address)
    builder.add_arg(value)
    return builder.build().dgram


def flood(port: int, rate: int, seconds: float) -> tuple[int, float, float]:
    packets = [packet(f"/flood/p{number % 40}", number / 4000) for number in range(4000)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        start, sent = time.monotonic(), 0
        while (since := time.monotonic() - start) < seconds:
            due = int(since * rate)
            if due - sent < rate // 1000:
                time.sleep(0.0005)
                continue
            for number in range(sent, due):
                sender.send(packets[number % 4000])
            sent = due
        took = time.monotonic() - start
        sender.send(packet("/layer/1/model/strength", 0.75))
        return sent, took, time.monotonic()


if __name__ == "__main__":
    sys.stdout.write("{} {} {}\n".format(*flood(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
