"""What a parameter takes part in. Its `Param` holds a scope; saving, recording and all other users read it there."""

from enum import Flag, auto


class Scope(Flag):
    """Each flag is one thing that a parameter may take part in; a parameter's scope is the union of its flags."""

    SCENE = auto()
    """Snapshots hold its value, morphs mix it. Triggers have no value and are never held."""
    PRESET = auto()
    """Saving writes it into the preset, autosave keeps it, and a preset that is loaded sets it."""
    RECORDING = auto()
    """A control recording holds it. A replay must not save, load, quit or learn."""
    GESTURE = auto()
    """Undo takes its change back, and panic resets it."""
    MODULATION = auto()
    """A modulator may move it or, if it is a trigger, fire it."""
    RANDOM = auto()
    """Randomising may change it."""
    CUE = auto()
    """A cue may fire it, if it is a trigger."""
    LEARN = auto()
    """A MIDI control may be learned for it."""
    NETWORK = auto()
    """The network may reach it. Without this flag the preset has to allow it by name."""


EVERYTHING = ~Scope(0)
"""For what makes the picture: sources, models, effects, layers, modulators, the master's brightness."""
HELD_DOWN = EVERYTHING & ~(Scope.SCENE | Scope.PRESET | Scope.RANDOM)
"""For what the performer holds down at the moment: blackout and freeze."""
KNOB = EVERYTHING & ~(Scope.SCENE | Scope.RANDOM)
"""For macros and morph faders, because a snapshot that held them would move the recalled values a second time.

Also for the triggers of snapshots and of randomising.
"""
LAUNCH_SETTING = KNOB & ~Scope.MODULATION
"""For settings that are read once, when a launch begins, without modulators: a morph's time, a random seed."""
CUE_LIST = KNOB & ~Scope.CUE
"""For triggers of the cue list. A cue can't fire them: its ``follow`` is what starts the next one."""
HISTORY = CUE_LIST & ~Scope.MODULATION
"""For undo and redo."""
MUSIC = Scope.PRESET | Scope.RECORDING | Scope.CUE | Scope.LEARN | Scope.NETWORK
"""For tempo and sound. Modulators follow these instead of moving them, and undo and panic leave them alone."""
STRUCTURE = Scope.RECORDING | Scope.CUE | Scope.NETWORK
"""For commands that add, remove and move effects, clips and layers. What they make is saved with the preset."""
ROOM = MUSIC & ~Scope.PRESET
"""For the window and the monitor, which belong to the room that the show is played in."""
LEARNING = Scope.CUE | Scope.NETWORK
"""For the learning of controls, which is no part of the show."""
HOUSEKEEPING = Scope.CUE | Scope.LEARN
"""For saving, loading and quitting."""
TRAINING = Scope.CUE | Scope.LEARN | Scope.NETWORK
"""For the training of looks. Neither a replay nor a rendering trains again: recorded are the values that have a trained
look play, and the look itself is a file. Snapshots, undo and panic leave a training alone."""
