"""`vj params --live`: shows what a running show's parameters are set to, and what modulation makes of them.

It asks by OSCQuery like any other controller, so it shows what controllers see.
"""

import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from vj.base.errors import BadInput, Unavailable
from vj.base.network_defaults import LOOPBACK

PERIOD = 0.2
"""Seconds between two requests."""
_PATIENCE = 3.0
"""Seconds to wait for an answer."""
_WIDTH = 20
"""Characters of a bar."""
_MOST = 64 << 20
"""The most bytes of an answer that are read."""


class ParamRow(NamedTuple):
    """A parameter of the running show, with its address: ``value`` is what it is set to, ``live`` what it is now,
    ``part`` where that lies in its range (0..1; None without a range). A switch has 0 or 1 as its part, a choice its
    place among the choices."""

    address: str
    value: object
    live: object
    part: float | None

    @property
    def is_moved(self) -> bool:
        """Returns whether it is elsewhere now than it was set to, such as by a modulator."""
        return self.value != self.live


def rows(url: str) -> list[ParamRow]:
    """Returns every parameter with a value of the show whose OSCQuery server is at ``url`` (``http://HOST:PORT/``), in
    that server's order. It asks once and waits for the answer, at most a few seconds. Raises Unavailable if no show
    answers."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
            return list(_walk(json.loads(answer.read(_MOST))))
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise Unavailable(f"no show answers at {url}: {reason}; start one with vj run, or give its --port") from None


def _walk(node: Mapping[str, Any]) -> Iterator[ParamRow]:
    """Yields the parameters below a node of the OSCQuery tree."""
    if "VALUE" in node:
        yield ParamRow(node["FULL_PATH"], node["VALUE"][0], node["LIVE"][0], _part(node))
    for below in node.get("CONTENTS", {}).values():
        yield from _walk(below)


def _part(node: Mapping[str, Any]) -> float | None:
    """Returns where the live value lies in its range (0..1), or None."""
    live, limits = node["LIVE"][0], (node.get("RANGE") or [{}])[0]
    if "VALS" in limits:
        return int(limits["VALS"].index(live)) / max(1, len(limits["VALS"]) - 1)
    low, high = limits.get("MIN"), limits.get("MAX")
    if low is None or high is None or high <= low:
        return float(live) if isinstance(live, bool) else None
    return float(live - low) / float(high - low)


def drawn(found: list[ParamRow], only: str) -> Table:
    """Returns a table of those of the parameters ``found`` that have the text ``only`` in their address (empty: all):
    address, what it is set to, what it is now, and a bar. Those that are moved come first. Nothing is printed."""
    table = Table("address", "set to", "now", "", box=None, pad_edge=False)
    for row in sorted(found, key=lambda row: not row.is_moved):
        if only in row.address:
            style = "bold cyan" if row.is_moved else ""
            table.add_row(escape(row.address), _said(row.value), _said(row.live), _bar(row.part), style=style)
    return table


def watch(port: int, only: str, console: Console, going: Callable[[], bool] = lambda: True) -> None:
    """Prints the parameters of the show on this machine whose OSCQuery server has the TCP ``port``, in a table that is
    renewed five times a second until interrupted; only once if ``console`` is no terminal.

    ``only`` is a text that the addresses must hold (empty: all). ``going`` says before each renewal whether to go on.
    Raises Unavailable if no show answers, also later, and BadInput if ``only`` is in no address.
    """
    url = f"http://{LOOPBACK}:{port}/"
    found = rows(url)
    if not any(only in row.address for row in found):
        raise BadInput(f"no address of the running show has {only!r} in it; see vj params")
    if not console.is_terminal:
        console.print(drawn(found, only), highlight=False)
        return
    with Live(drawn(found, only), console=console, auto_refresh=False, vertical_overflow="crop") as live:
        while going():
            time.sleep(PERIOD)
            live.update(drawn(rows(url), only), refresh=True)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) and math.isfinite(value) else escape(str(value))


def _bar(part: float | None) -> str:
    if part is None:
        return ""
    filled = round(min(max(part, 0.0), 1.0) * _WIDTH)
    return "━" * filled + "·" * (_WIDTH - filled)
