"""What a parameter takes part in: its `Param` says so, and saving, recording and all others read it there."""

from enum import Flag, auto


class Scope(Flag):
    """Each flag is one thing that a parameter may take part in."""

    SCENE = auto()
    """Snapshots hold its value, morphs mix it. Triggers have no value and are never held."""
    PRESET = auto()
    """Saving writes it into the preset, autosave keeps it, and a preset that is loaded sets it."""
    RECORDING = auto()
    """A control recording holds it. A replay must not save, load, quit or learn."""
    GESTURE = auto()
    """Undo takes its change back, and panic resets it."""
    MODULATION = auto()
    """A modulator may move it, or set it off."""
    RANDOM = auto()
    """It may be drawn at random."""
    CUE = auto()
    """A cue may fire it."""
    LEARN = auto()
    """A MIDI control may be learned for it."""
    NETWORK = auto()
    """It is reached from the network. Without this flag the preset has to allow it by name."""


EVERYTHING = ~Scope(0)
"""What makes the picture: sources, models, effects, layers, modulators, the master's brightness."""
HELD_DOWN = EVERYTHING & ~(Scope.SCENE | Scope.PRESET | Scope.RANDOM)
"""What the performer's hand holds down just now: blackout and freeze."""
KNOB = EVERYTHING & ~(Scope.SCENE | Scope.RANDOM)
"""Macros and morph faders: in a snapshot they would move what is recalled a second time. Also what launches."""
LAUNCH_SETTING = KNOB & ~Scope.MODULATION
"""What a launch looks at when it begins, past the modulators: a morph's time, a random seed."""
CUE_LIST = KNOB & ~Scope.CUE
"""What moves in the cue list: a cue's ``follow`` is what makes the next one go."""
HISTORY = CUE_LIST & ~Scope.MODULATION
"""Undo and redo."""
MUSIC = Scope.PRESET | Scope.RECORDING | Scope.CUE | Scope.LEARN | Scope.NETWORK
"""Tempo and sound: modulators follow them, and no gesture of the performance moves them."""
ROOM = MUSIC & ~Scope.PRESET
"""The window and the monitor: they belong to the room that the show is played in."""
LEARNING = Scope.CUE | Scope.NETWORK
"""The learning of controls: no part of the show."""
HOUSEKEEPING = Scope.CUE | Scope.LEARN
"""Saving, loading and quitting."""
