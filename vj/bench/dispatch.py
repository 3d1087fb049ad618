"""Times the dispatch of OSC bytes to the control queue, against python-osc's own dispatcher, and the delay until a
message takes effect.

Within a batch all addresses differ, so that every message counts: no value replaces an earlier one unread.
"""

import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from pythonosc.dispatcher import Dispatcher

from vj.base import clock
from vj.base.network_defaults import LOOPBACK
from vj.control.osc.dispatcher import OscDispatcher
from vj.control.osc.packets import encode
from vj.control.osc.receiver import OscReceiver
from vj.params.control_queue import ControlQueue
from vj.params.param import Param, ParamTable
from vj.params.store import Store

PARAMETERS = 2_000
LEAST_TIMES, LEAST_PROMPT = 10.0, 0.99
"""What we promise: the speed as a multiple of python-osc's; and the part of all messages that are in the first frame
that begins after they were sent."""

_ROUNDS = 10
_THEIRS = 200
"""Messages in a round for python-osc, which needs a third of a ms for each."""
_MESSAGES, _FPS = 1_000, 60.0
_PORT = 40_000


def measure() -> Iterator[str]:
    """Yields lines of text as they are known: the two rates, then the delay until messages take effect, each with
    whether what we promise held. It plays no show."""
    ours, theirs = rates()
    verdict = "held" if ours >= LEAST_TIMES * theirs else "NOT held"
    yield (
        f"parsed and dispatched at {PARAMETERS} addresses: {ours:.0f} messages/s, python-osc {theirs:.0f}:"
        f" {ours / theirs:.0f} times (at least {LEAST_TIMES:g}: {verdict})"
    )
    took, prompt = latencies()
    verdict = "held" if prompt >= LEAST_PROMPT else "NOT held"
    yield (
        f"message to applied, {PARAMETERS} parameters at {_FPS:g} frames/s: median {statistics.median(took) * 1e3:.1f}"
        f" ms, p99 {statistics.quantiles(took, n=100)[-1] * 1e3:.1f} ms; in the very next frame {prompt:.1%}"
        f" (at least {LEAST_PROMPT:.0%}: {verdict})"
    )


def rates() -> tuple[float, float]:
    """Returns how many messages a second we dispatch to the control queue, and how many python-osc's dispatcher hands
    to its handlers, each the median of rounds that take turns. Raises RuntimeError if a message was not dispatched."""
    table = _table()
    packets = [encode(address, 0.5) for address in table]
    dispatcher = OscDispatcher(table, ControlQueue(), dict)
    peer, got = Dispatcher(), list[float]()
    for address in table:
        peer.map(address, lambda _, value: got.append(value))
    sender = (LOOPBACK, _PORT)
    some = packets[:: len(packets) // _THEIRS]

    def ours() -> None:
        for packet in packets:
            dispatcher.enqueue_packet(packet, sender)
        dispatcher.flush_batch()

    def theirs() -> None:
        for packet in some:
            peer.call_handlers_for_packet(packet, sender)

    rounds = [(_rate(ours, len(packets)), _rate(theirs, len(some))) for _ in range(_ROUNDS)]
    if dispatcher.applied != _ROUNDS * len(packets) or len(got) != _ROUNDS * len(some):
        raise RuntimeError("a message was not dispatched: the rates mean nothing")
    return statistics.median(own for own, _ in rounds), statistics.median(other for _, other in rounds)


def latencies() -> tuple[Sequence[float], float]:
    """Returns, for each message, the seconds from sending it until a frame has applied its value, in the order of
    arrival; and the part (0..1) of all messages that are in the first frame that begins after they were sent.

    The messages go through a real UDP port of this machine, at moments that are independent of the frames. It takes
    several seconds.
    """
    table, queue = _table(), ControlQueue()
    store = Store(table)
    receiver = OscReceiver(table, queue, lambda: store.targets, port=0)
    receiver.start()
    addresses = list(table)
    sent: dict[str, float] = {}
    took: list[float] = []
    sending = threading.Thread(target=_send, args=(receiver.port, addresses[:_MESSAGES], sent), daemon=True)
    sending.start()
    try:
        due, last, late = clock.now(), 0.0, 0
        while len(took) < _MESSAGES:
            due += 1 / _FPS
            time.sleep(max(0.0, due - clock.now()))
            began, batch = clock.now(), queue.drain()
            values = batch.values if batch else {}
            store.apply_values(values, batch.changes if batch else ())
            store.advance(1 / _FPS)
            now, came = clock.now(), [sent[address] for address in values]
            took += [now - at for at in came]
            late += sum(at < last for at in came)
            last = began
    finally:
        sending.join()
        receiver.close()
    return took, 1.0 - late / len(took)


def _send(port: int, addresses: Sequence[str], sent: dict[str, float]) -> None:
    """Sends a message to each address, and notes in ``sent`` when (s)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, address in enumerate(addresses):
            time.sleep(0.002 + 0.005 * (number * 0.618 % 1))
            sent[address] = clock.now()
            sender.sendto(encode(address, 0.25), (LOOPBACK, port))


def _table() -> ParamTable:
    """Returns a table of `PARAMETERS` parameters."""
    table = ParamTable()
    for layer in range(1, PARAMETERS // 100 + 1):
        table.declare(f"/layer/{layer}/model", [Param(f"parameter{number}") for number in range(100)])
    return table


def _rate(work: Callable[[], None], count: int) -> float:
    """Returns ``count`` divided by the seconds that ``work`` takes."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)
