"""What the processor is: the instruction's answer against the system's own, limits, and machines that are made up."""

import sys

import pytest

from vj.model.runtime import number_format, processor
from vj.model.runtime.processor import FEATURES, LIMITS, Cpuid, Registers

on_x86_linux = pytest.mark.skipif(
    not (processor.is_x86() and sys.platform == "linux"), reason="Linux' list is what the instruction is compared with"
)


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in processor.LIMIT_VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@on_x86_linux
def test_the_instruction_answers_as_the_system_does() -> None:
    cpuid = processor._cpuid()
    assert cpuid is not None
    assert processor._decoded(cpuid) == processor._told_features() & set(FEATURES)
    assert processor._name(cpuid) == processor._told_name()


@on_x86_linux
def test_without_executable_memory_the_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = processor.features(), processor.name()

    def refused(content: bytes) -> int:
        raise PermissionError("no executable memory here")

    monkeypatch.setattr(processor, "_executable", refused)
    for asked in (processor._cpuid, processor._features):
        asked.cache_clear()
    try:
        assert processor._cpuid() is None
        assert (processor.features(), processor.name()) == found
    finally:
        for asked in (processor._cpuid, processor._features):
            asked.cache_clear()


ALL = frozenset(FEATURES)


@pytest.mark.parametrize(
    ("limit", "vnni", "bf16"),
    [
        ("SSE41", False, False),
        ("AVX", False, False),
        ("AVX2", False, False),
        ("avx2", False, False),
        ("AVX2_VNNI", True, False),
        ("AVX512_CORE", False, False),
        ("AVX512_CORE_VNNI", True, False),
        ("AVX512_CORE_BF16", True, True),
        ("AVX512_CORE_AMX", True, True),
        ("ALL", True, True),
        ("DEFAULT", True, True),
    ],
)
@pytest.mark.parametrize("variable", processor.LIMIT_VARIABLES)
def test_a_limit_takes_instructions_away(
    monkeypatch: pytest.MonkeyPatch, variable: str, limit: str, vnni: bool, bf16: bool
) -> None:
    monkeypatch.setattr(processor, "_features", lambda: ALL)
    monkeypatch.setenv(variable, limit)
    assert (processor.has_vnni(), processor.has_bf16()) == (vnni, bf16)


def test_limits_only_ever_take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_features", lambda: frozenset({"sse4_1", "avx", "avx2"}))
    for limit in LIMITS:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
        assert processor.features() <= {"sse4_1", "avx", "avx2"}
        assert not processor.has_vnni()


def made_up(states: int, leaves: dict[tuple[int, int], Registers]) -> Cpuid:
    return Cpuid(lambda leaf, subleaf: leaves.get((leaf, subleaf), Registers(0, 0, 0, 0)), states)


EVERYTHING = {
    (0, 0): Registers(0x20, 0, 0, 0),
    (1, 0): Registers(0, 0, 1 << 19 | 1 << 27 | 1 << 28, 0),
    (7, 0): Registers(1, 1 << 5 | 1 << 16, 1 << 11, 1 << 22 | 1 << 23 | 1 << 25),
    (7, 1): Registers(1 << 4 | 1 << 5, 0, 0, 0),
}


def test_every_bit_is_read() -> None:
    assert processor._decoded(made_up(0x602E6, EVERYTHING)) == ALL


@pytest.mark.parametrize(
    ("states", "left"),
    [
        (0x0, {"sse4_1"}),
        (0x6, {"sse4_1", "avx", "avx2", "avx_vnni"}),
        (0xE6, ALL - {"amx_bf16", "amx_int8"}),
    ],
)
def test_registers_that_the_system_does_not_save_are_not_used(states: int, left: set[str]) -> None:
    assert processor._decoded(made_up(states, EVERYTHING)) == left


def test_an_old_processor_lacks_the_later_leaves() -> None:
    old = {key: value for key, value in EVERYTHING.items() if key[0] < 7} | {(0, 0): Registers(4, 0, 0, 0)}
    assert processor._decoded(made_up(0x602E6, old)) == {"sse4_1", "avx"}


def test_the_name_is_read_from_three_leaves() -> None:
    text = b"AMD EPYC 7B13                 ".ljust(48, b"\0")
    words = [int.from_bytes(text[place : place + 4], "little") for place in range(0, 48, 4)]
    leaves = {(0x80000002 + place, 0): Registers(*words[4 * place : 4 * place + 4]) for place in range(3)}
    leaves[0x80000000, 0] = Registers(0x80000008, 0, 0, 0)
    assert processor._name(made_up(0, leaves)) == "AMD EPYC 7B13"


def test_a_mac_is_asked_by_its_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "machdep.cpu.brand_string": "Intel(R) Core(TM) i7-1068NG7",
        "machdep.cpu.features": "FPU SSE4.1 AVX1.0 OSXSAVE",
        "machdep.cpu.leaf7_features": "AVX2 AVX512F AVX512VNNI",
    }
    monkeypatch.setattr(processor.sys, "platform", "darwin")
    monkeypatch.setattr(processor, "_sysctl", lambda key: said[key])
    assert processor._told_features() & ALL == {"sse4_1", "avx", "avx2", "avx512f", "avx512_vnni"}
    assert processor._told_name() == "Intel(R) Core(TM) i7-1068NG7"


@pytest.mark.parametrize(
    ("machine", "features", "wanted"),
    [
        ("x86_64", {"avx2"}, "int8-reduced"),
        ("AMD64", {"avx2", "avx512f"}, "int8-reduced"),
        ("AMD64", {"avx2", "avx_vnni"}, "int8"),
        ("x86_64", ALL, "int8"),
        ("aarch64", set(), None),
        ("arm64", set(), None),
    ],
)
def test_integers_are_as_wide_as_they_are_exact(
    monkeypatch: pytest.MonkeyPatch, machine: str, features: set[str], wanted: str | None
) -> None:
    monkeypatch.setattr(processor.platform, "machine", lambda: machine)
    monkeypatch.setattr(processor, "_features", lambda: frozenset(features))
    assert number_format.integer_format() == wanted


def test_all_that_speed_depends_on_is_described() -> None:
    described = processor.described()
    assert set(described) == {"cpu", "flags", "threads"}
    assert all(described.values())
