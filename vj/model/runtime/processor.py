"""What this machine's processor is called, and which instruction sets it has.

On x86 the CPUID instruction answers, alike on every system; it takes a few bytes of machine code and no library. Where
memory can't be made executable, and on macOS, the system's own copy of these answers is read instead.

The environment variable ``ONEDNN_MAX_CPU_ISA`` limits what is reported, as it limits oneDNN, with which OpenVINO
computes: one machine can stand in for several older ones.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

X86: Final = ("x86_64", "amd64")
"""The names that systems have for 64-bit x86, in lower case."""
FEATURES: Final = (
    *("sse4_1", "avx", "avx2", "avx_vnni", "avx512f", "avx512_vnni"),
    *("avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8"),
)
"""The x86 instruction sets that decide which number formats are fast, by their names in Linux."""
LIMIT_VARIABLES: Final = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""The variables from which oneDNN reads its limit; the second is the older one."""
_AVX2: Final = FEATURES[:3]
_AVX512: Final = (*_AVX2, "avx512f")
LIMITS: Final[Mapping[str, tuple[str, ...]]] = {
    "SSE41": FEATURES[:1],
    "AVX": FEATURES[:2],
    "AVX2": _AVX2,
    "AVX2_VNNI": (*_AVX2, "avx_vnni"),
    "AVX2_VNNI_2": (*_AVX2, "avx_vnni"),
    "AVX512_CORE": _AVX512,
    "AVX512_CORE_VNNI": (*_AVX512, "avx512_vnni"),
    "AVX512_CORE_BF16": (*_AVX512, "avx512_vnni", "avx512_bf16"),
    "AVX512_CORE_FP16": FEATURES[:8],
    "AVX10_1_512": FEATURES[:8],
}
"""The features that each limit leaves; any other word, such as ALL, leaves all of them."""
_TIMEOUT: Final = 5.0
"""Seconds that the system's tool may take to answer."""


def name() -> str:
    """Returns the processor's name as its maker writes it, such as ``AMD EPYC 7B13``.

    If that can't be found, it is the system's word for the kind of processor, such as ``aarch64``.
    """
    return _name(_cpuid()) or _told_name() or platform.processor() or platform.machine()


def features() -> frozenset[str]:
    """Returns those of `FEATURES` that the processor has, that the system has enabled, and that no limit takes away.

    The limit is the environment variable ``ONEDNN_MAX_CPU_ISA``, read at every call. The result is empty on processors
    other than x86.
    """
    limit = next((os.environ[variable] for variable in LIMIT_VARIABLES if variable in os.environ), "")
    return _features() & frozenset(LIMITS.get(limit.upper(), FEATURES))


def is_x86() -> bool:
    """Returns whether the system says that this process runs on a 64-bit x86 processor, be it a real or an emulated
    one."""
    return platform.machine().lower() in X86


def has_vnni() -> bool:
    """Returns whether `features` has VNNI's instructions or AMX's, which sum products of bytes exactly, in 32 bits.

    An x86 processor without them adds two products in 16 bits and clips the sum. On other processors it is always
    False, which says nothing about them.
    """
    return bool(features() & {"avx_vnni", "avx512_vnni", "amx_int8"})


def clips_products() -> bool:
    """Returns whether sums of products of bytes are clipped here: True on x86 without `has_vnni`, False elsewhere."""
    return is_x86() and not has_vnni()


def has_bf16() -> bool:
    """Returns whether an x86 processor multiplies bfloat16 numbers, rather than only storing them; False on others."""
    return bool(features() & {"avx512_bf16", "amx_bf16"})


def threads() -> int:
    """Returns how many of the processor's threads this process may use: on Linux those that it is bound to, elsewhere
    all (1 if that isn't known)."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def described() -> dict[str, str]:
    """Returns all that a network's speed depends on in this processor, as text for the keys of caches.

    ``cpu`` is the name, ``flags`` are the `features` with spaces between them (the machine's kind if there are none),
    ``threads`` is the number of threads.
    """
    return {"cpu": name(), "flags": " ".join(sorted(features())) or platform.machine(), "threads": str(threads())}


# the CPUID instruction ------------------------------------------------------------------------------------------------


class Registers(NamedTuple):
    """What the CPUID instruction returns: four registers, as integers of 32 bits without a sign."""

    eax: int
    ebx: int
    ecx: int
    edx: int


class Cpuid(NamedTuple):
    """The CPUID instruction as functions: ``ask`` takes a leaf and a subleaf and returns `Registers`.

    ``states`` are the bits of XCR0, which say what registers the system saves; 0 if they can't be read.
    """

    ask: Callable[[int, int], Registers]
    states: int


_TAKE_ARGUMENTS: Final = {"win32": "89c8 89d1", "other": "4989d0 89f8 89f1"}
"""Machine code: leaf and subleaf to eax and ecx, the results' address to r8, by the system's calling convention."""
_STORE: Final = "0fa2 418900 41895804 41894808 4189500c 5b c3"
"""Machine code: cpuid; eax, ebx, ecx and edx to [r8]; pop rbx; ret."""
_PUSH: Final = "53"
"""Machine code: push rbx."""
_XGETBV: Final = "31c9 0f01d0 c3"
"""Machine code: xor ecx, ecx; xgetbv; ret."""
_STATES_AVX, _STATES_AVX512, _STATES_AMX = 0x6, 0xE6, 0x60000
"""Bits of XCR0 that are all set if the system saves these registers."""
_OSXSAVE: Final = 1 << 27
"""The bit in ecx of leaf 1 that says that xgetbv may be used."""


@cache
def _cpuid() -> Cpuid | None:
    """Returns the instruction as functions; None on other processors, and where memory can't be made executable."""
    if not is_x86() or sys.platform == "darwin":
        return None
    take = _TAKE_ARGUMENTS.get(sys.platform, _TAKE_ARGUMENTS["other"])
    try:
        cpuid = _function(_PUSH + take + _STORE, None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p)
        xgetbv = _function(_XGETBV, ctypes.c_uint32)
    except OSError:
        return None

    def ask(leaf: int, subleaf: int = 0) -> Registers:
        found = (ctypes.c_uint32 * 4)()
        cpuid(leaf, subleaf, ctypes.addressof(found))
        return Registers(*found)

    return Cpuid(ask, int(xgetbv()) if ask(1).ecx & _OSXSAVE else 0)


def _function(code: str, result: Any, *arguments: Any) -> Any:
    """Returns machine code (hexadecimal) as a function. Raises OSError if the system refuses executable memory."""
    content = bytes.fromhex(code)
    address = _executable(content)
    return ctypes.CFUNCTYPE(result, *arguments)(address)


def _executable(content: bytes) -> int:
    """Returns the address of executable memory that holds ``content``; it stays for as long as the process lives."""
    if sys.platform == "win32":
        allocate = ctypes.windll.kernel32.VirtualAlloc
        allocate.restype = ctypes.c_void_p
        allocate.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_uint32)
        address = allocate(None, len(content), 0x3000, 0x40)  # MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE
        if not address:
            raise OSError("VirtualAlloc gives no executable memory")
        ctypes.memmove(address, content, len(content))
        return int(address)
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(content)
    _pages.append(page)
    return ctypes.addressof(ctypes.c_char.from_buffer(page))


_pages: list[mmap.mmap] = []
"""Keeps the executable memory alive."""


@cache
def _features() -> frozenset[str]:
    cpuid = _cpuid()
    return _decoded(cpuid) if cpuid else frozenset(FEATURES) & _told_features()


def _decoded(cpuid: Cpuid) -> frozenset[str]:
    """Returns the features in CPUID's bits (Intel's manual, volume 2A) whose registers the system saves."""
    leaves = cpuid.ask(0, 0).eax
    one = cpuid.ask(1, 0)
    seven = cpuid.ask(7, 0) if leaves >= 7 else Registers(0, 0, 0, 0)
    seven_one = cpuid.ask(7, 1) if seven.eax >= 1 else Registers(0, 0, 0, 0)
    bits = {
        "sse4_1": (one.ecx, 19, 0),
        "avx": (one.ecx, 28, _STATES_AVX),
        "avx2": (seven.ebx, 5, _STATES_AVX),
        "avx_vnni": (seven_one.eax, 4, _STATES_AVX),
        "avx512f": (seven.ebx, 16, _STATES_AVX512),
        "avx512_vnni": (seven.ecx, 11, _STATES_AVX512),
        "avx512_bf16": (seven_one.eax, 5, _STATES_AVX512),
        "avx512_fp16": (seven.edx, 23, _STATES_AVX512),
        "amx_bf16": (seven.edx, 22, _STATES_AMX),
        "amx_int8": (seven.edx, 25, _STATES_AMX),
    }
    return frozenset(
        feature
        for feature, (register, bit, states) in bits.items()
        if register >> bit & 1 and cpuid.states & states == states
    )


def _name(cpuid: Cpuid | None) -> str:
    """Returns the brand string, 48 letters in three leaves; empty if there is none."""
    if cpuid is None or cpuid.ask(0x80000000, 0).eax < 0x80000004:
        return ""
    words = [cpuid.ask(0x80000002 + place, 0) for place in range(3)]
    text = b"".join(register.to_bytes(4, "little") for leaf in words for register in leaf)
    return " ".join(text.split(b"\0")[0].decode("ascii", "replace").split())


# the system's own copy ------------------------------------------------------------------------------------------------


def _told_name() -> str:
    if sys.platform == "darwin":
        return _sysctl("machdep.cpu.brand_string")
    return _cpuinfo().get("model name", "") or _cpuinfo().get("Hardware", "")


def _told_features() -> frozenset[str]:
    """Returns the names of instruction sets as Linux writes them, from the system's own copy of CPUID's answers."""
    if sys.platform == "darwin":
        words = f"{_sysctl('machdep.cpu.features')} {_sysctl('machdep.cpu.leaf7_features')}".lower().split()
        renamed = {"sse4.1": "sse4_1", "avx1.0": "avx", "avx512vnni": "avx512_vnni", "avx512bf16": "avx512_bf16"}
        return frozenset(renamed.get(word, word) for word in words)
    told = _cpuinfo()
    return frozenset((told.get("flags") or told.get("Features") or "").split())


@cache
def _cpuinfo() -> dict[str, str]:
    """Returns the first processor in Linux's list; nothing on other systems."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _sysctl(key: str) -> str:
    """Returns macOS's value for ``key``; empty if there is no such key."""
    try:
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", key], capture_output=True, encoding="utf-8", timeout=_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
