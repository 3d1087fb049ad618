"""``vj bench osc``: measures what 50,000 messages a second do to the picture, what hostile packets do, and the
dispatch.

The show plays twice in every round, alone and under a flood from another process, so that both see the same machine.
What counts is the difference of the frame times' 99th percentiles.
"""

import json
import math
import socket
import statistics
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vj.base import clock
from vj.base.network_defaults import LOOPBACK
from vj.base.paths import CLIP
from vj.bench import dispatch
from vj.bench.loop import SIZE, clip_show
from vj.child.process import module
from vj.control.osc.packets import encode
from vj.show.controllers import UNLISTED
from vj.show.report import Report
from vj.show.show import Options, Show

RATE = 50_000
"""Messages a second in the flood."""
MOST_ADDED, MOST_FRAMES, MOST_MS = 2.0, 2.0, 50.0
"""What we promise: ms added to the 99th percentile; frames until the newest value is live; ms from the hostile packets
until the next valid message is applied."""

_FPS = 30.0
_FIRST_PASS = 6.0
"""Seconds until the clip has played once; afterwards nothing is decoded any more."""
_LATEST = 10.0
"""Seconds after a round's end at which the newest value counts as never seen."""
_FLOODED = "/layer/1/model/fade"
"""A parameter that isn't smoothed: a value is live at once, or it is late."""

HOSTILE = (
    b"#bundle\0" + struct.pack(">Qi", 1, -4) + b"\0\0\0\0",  # an element of negative size: a naive loop never ends
    b"/" + b"*a" * 30 + b"b\0\0" + b",f\0\0" + struct.pack(">f", 1.0),  # a pattern that explodes a regular expression
    b"#bundle\0" + struct.pack(">IIi", 0xFFFFFFFF, 0, 4) + b"/a\0\0",  # a bundle for another age: a naive server sleeps
)
"""Packets that harm naive receivers."""


@dataclass
class _Watch:
    """Decides between frames whether the show goes on: for ``seconds`` and, if a ``value`` is given, up to `_LATEST`
    longer until that is live."""

    show: Show
    seconds: float
    value: float | None = None
    began: float = field(default_factory=clock.now)
    seen: float = math.inf
    """When the value was live first (s); infinite until then."""

    def __call__(self) -> bool:
        now = clock.now()
        waits = self.value is not None and self.seen == math.inf
        if waits and self.show.desk.store.values.number(_FLOODED) == self.value:
            self.seen = now
        return now - self.began < self.seconds + (_LATEST if waits else 0.0)


def measure(seconds: float, rounds: int) -> Iterator[str]:
    """Yields lines of text as they are known: those of `dispatch.measure`, one for each of ``rounds``, then three with
    whether what we promise held. In each round a show plays for ``seconds`` alone, and as long under a flood of
    messages."""
    yield from dispatch.measure()
    added, delays = [], []
    for number in range(1, rounds + 1):
        idle = _play(seconds)
        flooded, delay = _play_flooded(seconds)
        alone, under = (report["display"]["frame_ms"] for report in (idle, flooded))
        added.append(under["p99"] - alone["p99"])
        delays.append(delay * _FPS)
        yield (
            f"round {number}: frame p99 {alone['p99']} ms alone, {under['p99']} ms under {flooded['rate']:.0f}"
            " messages/s;"
            f" missed {idle['display']['missed']} and {flooded['display']['missed']};"
            f" newest value live after {delays[-1]:.1f} frames"
        )
    yield f"added to the p99: {_verdict(statistics.median(added), MOST_ADDED, 'ms')}"
    yield f"newest value live: {_verdict(statistics.median(delays), MOST_FRAMES, 'frames')}"
    yield f"valid message after three hostile packets: {_verdict(_after_hostile() * 1e3, MOST_MS, 'ms')}"


def _play(seconds: float) -> Report:
    """Returns the report of the show, left alone."""
    with _show() as show:
        show.loop.run(_Watch(show, seconds))
        return show.report()


def _play_flooded(seconds: float) -> tuple[Report, float]:
    """Returns the report, and how long (s) after the flood's last message its value was live."""
    with _show() as show:
        command = module("vj.bench.osc_sender")
        command += [str(show.controllers.osc.port), str(RATE), str(seconds - 1.0), _FLOODED]
        sender = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        watch = _Watch(show, seconds, 1.0)
        show.loop.run(watch)
        sent = json.loads(sender.communicate()[0])
        return {**show.report(), "rate": sent["rate"]}, watch.seen - sent["last"]


def _after_hostile() -> float:
    """Returns the seconds from three hostile packets until the valid message that follows them is applied."""
    took: list[float] = []

    def send_and_watch() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            time.sleep(0.5)  # until the loop is in its stride
            sent = clock.now()
            for packet in (*HOSTILE, encode("/master/blackout", True)):
                sender.sendto(packet, (LOOPBACK, show.controllers.osc.port))
            while not show.desk.store.values["/master/blackout"] and clock.now() - sent < 10.0:
                time.sleep(0.0005)
            took.append(clock.now() - sent)

    with _show() as show:
        threading.Thread(target=send_and_watch, daemon=True).start()
        show.loop.run(lambda: not took)
    return took[0]


@contextmanager
def _show() -> Iterator[Show]:
    """Opens a show, and plays it until it has settled."""
    with Show(clip_show(str(CLIP)), Options(headless=True, size=SIZE, fps=_FPS, network_options=UNLISTED)) as show:
        show.loop.run(_Watch(show, _FIRST_PASS))
        yield show


def _verdict(figure: float, most: float, unit: str) -> str:
    return f"{figure:.1f} {unit} (at most {most:g}: {'held' if figure <= most else 'NOT held'})"
