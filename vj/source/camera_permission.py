"""The permission to use cameras. Only macOS asks the user for it, and only the first time."""

import ctypes
import ctypes.util
import sys
from typing import Literal

Permission = Literal["granted", "denied", "undetermined"]

WHERE = "System Settings > Privacy & Security > Camera"
"""Where the user can give the permission later. The program that started Python, such as Terminal, gets it."""

_FRAMEWORK = "/System/Library/Frameworks/AVFoundation.framework/AVFoundation"
_BY_STATUS: dict[int, Permission] = {0: "undetermined", 1: "denied", 2: "denied", 3: "granted"}
"""By `AVAuthorizationStatus`; 1 means that the machine's administrator denies it."""


def permission() -> Permission:
    """Returns the system's present answer, without asking the user; "undetermined" means that the user wasn't asked or
    hasn't answered yet.

    It is "granted" on all systems but macOS, and where it can't be found out.
    """
    if sys.platform != "darwin":
        return "granted"
    try:
        return _BY_STATUS.get(_status(), "granted")
    except (OSError, AttributeError, ValueError):  # an unknown version of the system: opening the camera will show
        return "granted"


def _status() -> int:
    """Returns ``[AVCaptureDevice authorizationStatusForMediaType:AVMediaTypeVideo]``, called through C."""
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
