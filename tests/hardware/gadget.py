"""A USB-MIDI controller made of the kernel's own parts, plugged and unplugged at will."""

import os
from pathlib import Path

NAME = "nanoKONTROL2"


class Gadget:
    """The controller's own end: the kernel's USB-MIDI function behind a USB port that is wired to itself."""

    def __init__(self) -> None:
        self._folder = Path("/sys/kernel/config/usb_gadget") / NAME
        self._raw = -1
        link, function = self._folder / "configs/c.1/midi.usb0", self._folder / "functions/midi.usb0"
        if link.exists():  # another test has built it
            return
        for folder in (self._folder / "strings/0x409", link.parent, function):
            folder.mkdir(parents=True)
        for key, value in {"idVendor": "0x1d6b", "idProduct": "0x0104", "strings/0x409/product": NAME}.items():
            (self._folder / key).write_text(value)
        (function / "id").write_text("pad")
        link.symlink_to(function)

    def plug(self) -> None:
        (self._folder / "UDC").write_text(os.listdir("/sys/class/udc")[0])
        card = Path("/proc/asound/pad").resolve().name.removeprefix("card")
        self._raw = os.open(f"/dev/snd/midiC{card}D0", os.O_RDWR | os.O_NONBLOCK)
        self.received()  # only from the first look on is anything kept for it

    def unplug(self) -> None:
        os.close(self._raw)
        (self._folder / "UDC").write_text("\n")

    def send(self, *data: int) -> None:
        os.write(self._raw, bytes(data))

    def received(self) -> bytes:
        """What the computer sent since the last call."""
        try:
            return os.read(self._raw, 4096)
        except BlockingIOError:
            return b""
