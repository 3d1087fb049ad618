"""The parameters of learning a MIDI control, declared below `/learn`."""

from vj.control.midi.takeover import TAKEOVERS
from vj.params.param import choice, scoped, text, toggle, trigger
from vj.params.scope import LEARNING

PREFIX = "/learn"

LEARN = scoped(
    LEARNING,
    toggle("on", help="bind the next control that is moved to the chosen parameter"),
    text("address", help="the parameter that is to be bound"),
    trigger("next", help="choose the next parameter"),
    trigger("previous", help="choose the parameter before"),
    trigger("replace", help="yes, take the control away from what it does now"),
    trigger("cancel", help="end learning and change nothing more"),
    trigger("forget", help="unbind what moves the chosen parameter"),
    choice("takeover", TAKEOVERS, "pickup", help="what a learned fader does that stands elsewhere than its parameter"),
)
