"""All controllers of a show (OSC, OSCQuery, MIDI, sound and Link), which are opened last and closed first."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from vj.base.clock import Clock
from vj.base.network_defaults import LOOPBACK, OSC_PORT, QUERY_PORT
from vj.child.supervisor import Supervisor
from vj.control.audio.features import AudioFeatures
from vj.control.link import LinkPeer
from vj.control.midi.hub import Midi
from vj.control.midi.mapping import MidiBinding
from vj.control.osc import receiver
from vj.control.osc.receiver import OscReceiver
from vj.control.query import server
from vj.control.query.server import QueryServer
from vj.params.control_queue import ControlQueue, TriggerHandler
from vj.params.indicators import DARK, Indicators
from vj.params.store import FrameValues
from vj.preset.preset import Preset
from vj.preset.show_table import guarded
from vj.show.desk import Desk
from vj.show.save_load import SaveLoad


@dataclass(frozen=True)
class NetworkOptions:
    """Where a show receives messages, and from which machines.

    ``host`` is the address of this machine at which OSC and OSCQuery listen (``0.0.0.0``: all). ``osc_port`` (UDP) 0
    takes any free port; ``query_port`` (TCP) None leaves OSCQuery out. ``allow`` lists networks beyond this machine
    (``192.168.1.0/24``). ``token`` is a word that a web client may give instead. ``feedback`` lists OSC clients
    (``host:port``) that are sent changes from the start.
    """

    host: str = LOOPBACK
    osc_port: int = OSC_PORT
    query_port: int | None = QUERY_PORT
    allow: Sequence[str] = ()
    token: str | None = None
    feedback: Sequence[str] = ()

    def bind(self) -> "BoundSockets":
        """Returns sockets that are bound to the ports; nothing is received yet. The show does it before all else.

        Raises BadInput for a port that isn't available; then none stays bound.
        """
        osc = receiver.bind(self.host, self.osc_port)
        try:
            return BoundSockets(osc, None if self.query_port is None else server.bind(self.host, self.query_port))
        except BaseException:
            osc.close()
            raise


_WEB = "vj.control.query.app"
"""The module that serves OSCQuery. It is imported before the show begins to answer, because that takes a while."""
UNLISTED = NetworkOptions(osc_port=0, query_port=None)
"""For a show that controllers needn't find: any free port, and no web server."""


@dataclass(frozen=True)
class BoundSockets:
    """The bound sockets of OSC (UDP) and of OSCQuery (TCP), None if that is left out."""

    osc: socket.socket
    query: socket.socket | None

    def close(self) -> None:
        """Close the sockets. Harmless a second time."""
        self.osc.close()
        if self.query:
            self.query.close()


class Controllers:
    """The controllers of a show, in ``osc``, ``query``, ``midi``, ``audio``, ``link`` and ``save_load``.

    Keys and dropped files aren't among them. The loop calls `poll_sound` and `update` once a frame; neither waits.
    """

    def __init__(
        self,
        preset: Preset,
        desk: Desk,
        queue: ControlQueue,
        network_options: NetworkOptions,
        bindings: Sequence[MidiBinding],
        supervisor: Supervisor,
        clock: Clock,
        autosave: float,
        restored: bool,
        show: Callable[[], Preset] | None = None,
        lights: Callable[[], Indicators] = lambda: DARK,
    ) -> None:
        """Make them all; `start` starts them.

        ``bindings`` are those of MIDI controls, ``autosave`` is the period (s) of saving the state (0: never), and
        ``restored`` says whether the show goes on from a saved one. ``show`` returns ``preset`` as it is made up now,
        if that changes, and ``lights`` what controllers show besides what the desk has. MIDI and sound get children, of
        which ``supervisor`` starts that of sound only when something uses it. Raises BadInput if the network options
        open the show to other machines without saying to which, or for a binding that can't work in this show.
        """
        table, store = desk.store.table, desk.store
        self._supervisor = supervisor
        self._desk = desk
        self._read = store.targets.copy  # addresses come and go: other threads can't go through the live view
        self._revision = lambda: store.revision
        kept = guarded(table, preset.allow)
        outside = table.without(kept)
        aliases = {foreign: address for foreign, address in preset.osc.items() if address in outside}
        network = network_options
        self.osc = OscReceiver(
            outside,
            queue,
            self._read,
            network.host,
            network.osc_port,
            aliases,
            allow=network.allow,
            revision=self._revision,
            feedback=network.feedback,
            forbidden={address: f"[allow] {name} = true" for address, name in kept.items()},
        )
        self.query = QueryServer(
            outside, self.osc, self._read, self._live, host=network.host, allow=network.allow, token=network.token
        )
        if network.query_port is not None:
            import_module(_WEB)
        self.midi = Midi(
            table, queue, self._read, self._revision, bindings, clock, indicators=lambda: desk.indicators | lights()
        )
        self.audio = AudioFeatures.start(queue, store.targets, self._revision)
        self._listens = False
        self.link = LinkPeer(queue, lambda: store.targets, clock)
        self.save_load = SaveLoad(
            show or (lambda: preset),
            desk,
            queue,
            lambda: self.midi.bindings,
            autosave,
            restored=restored,
            clock=clock,
        )

    def start(self, bound: BoundSockets) -> None:
        """Start the controllers, except listening to sound, on the sockets ``bound``. Call it once.

        The OSC receiver and then OSCQuery come last: an answer from them means that the show plays.
        """
        if self.midi.child:
            self._supervisor.add(self.midi.child)
        self.midi.start()
        self.link.start()
        self.save_load.start()
        self.osc.start(bound.osc)
        if bound.query:
            self.query.start(bound.query)

    def stop_receiving(self) -> None:
        """Stop OSCQuery, OSC and Link, and save the state for the last time; may wait some seconds for that.

        MIDI and sound are children, which the supervisor ends; call `close` after that.
        """
        closing: Sequence[Callable[[], None]] = (
            self.query.close,
            self.osc.close,
            self.link.close,
            self.save_load.close,
        )
        for close in closing:
            close()

    def close(self) -> None:
        """Give back the shared memory of the MIDI and sound children, once they have ended."""
        self.midi.close()
        self.audio.close()

    @property
    def wants_quit(self) -> bool:
        """Whether `/show/quit` came, which asks for the end of the show."""
        return self.save_load.wants_quit

    def poll_sound(self, now: float) -> None:
        """Put the newest sound and beat that are heard into the control queue, if they are new.

        ``now`` is the frame's time (monotonic seconds). Call it before the frame's batch is drained. Does nothing as
        long as nothing has used sound.
        """
        if self._listens:
            self.audio.queue_newest(now)

    def update(self) -> None:
        """Do what the values below `/audio` and `/show` ask for: set up listening, load a preset, take it over.

        When something first uses sound, it has the sound's child started; that is never stopped again. The loop calls
        this once a frame.
        """
        self.audio.send_values()
        self.save_load.update()
        if not self._listens and self._desk.wants_sound:  # its parameters were sent just above
            self._listens = True
            self._supervisor.add_in_background(self.audio.child)

    @property
    def handlers(self) -> dict[str, TriggerHandler]:
        """The handlers of the triggers below `/learn` and `/show` (save and quit), by address."""
        return {**self.midi.handlers, **self.save_load.handlers}

    def notices(self) -> list[str]:
        """Returns five lines, on OSC, MIDI, sound, Link and saving, in this order; some may be empty."""
        sound = self.audio.notice if self._listens else ""
        return [self.osc.notice, self.midi.notice, sound, self.link.notice, self.save_load.notice]

    def _live(self) -> FrameValues:
        return self._desk.values
