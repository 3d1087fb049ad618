"""Whether this program may use the cameras. Only macOS asks people for that, and only at the first time."""

import ctypes
import ctypes.util
import sys
from typing import Literal

Permission = Literal["granted", "denied", "undetermined"]

WHERE = "System Settings > Privacy & Security > Camera"
"""Where people can allow it later. It is allowed to the program that Python was started from, such as Terminal."""

_FRAMEWORK = "/System/Library/Frameworks/AVFoundation.framework/AVFoundation"
_BY_STATUS: dict[int, Permission] = {0: "undetermined", 1: "denied", 2: "denied", 3: "granted"}
"""`AVAuthorizationStatus`; 1 is denied by this machine's administrator."""


def permission() -> Permission:
    """What the system says now. Undetermined: the user wasn't asked, or hasn't answered yet.

    Elsewhere than on macOS, and where that can't be found out, it is granted.
    """
    if sys.platform != "darwin":
        return "granted"
    try:
        return _BY_STATUS.get(_status(), "granted")
    except (OSError, AttributeError, ValueError):  # another system than we know: opening the camera will tell
        return "granted"


def _status() -> int:
    """``[AVCaptureDevice authorizationStatusForMediaType:AVMediaTypeVideo]``, as C calls it."""
    objc = ctypes.CDLL(ctypes.util.find_library("objc"))
    framework = ctypes.CDLL(_FRAMEWORK)
    objc.objc_getClass.restype = objc.sel_registerName.restype = ctypes.c_void_p
    objc.objc_getClass.argtypes = objc.sel_registerName.argtypes = (ctypes.c_char_p,)
    video = ctypes.c_void_p.in_dll(framework, "AVMediaTypeVideo")
    device = objc.objc_getClass(b"AVCaptureDevice")
    selector = objc.sel_registerName(b"authorizationStatusForMediaType:")
    ask = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(
        ("objc_msgSend", objc)
    )  # its own type for each use: it is no function with any number of arguments
    return int(ask(device, selector, video))
