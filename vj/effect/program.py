"""Compiles shaders of the Interactive Shader Format, and tells what is wrong by the lines of their own files."""

import re
from collections.abc import Mapping

import moderngl

from vj.base.errors import BadInput
from vj.effect.glsl import Stage, as_written, uniform_name
from vj.effect.isf import Isf

_MOST_TOLD = 3
"""Errors of the driver that one message has."""
_PLACES = (
    re.compile(r"^(?:ERROR|WARNING):\s*\d+:(?P<line>\d+):\s*(?P<what>.*)"),  # Apple, AMD, Intel on Windows
    re.compile(r"^\d+:(?P<line>\d+)\(\d+\):\s*error:\s*(?P<what>.*)"),  # Mesa
    re.compile(r"^\d+\((?P<line>\d+)\)\s*:\s*(?:error\s*)?(?:C\d+:)?\s*(?P<what>.*)"),  # NVIDIA
)
"""How drivers write where an error is."""
_CANDIDATE = re.compile(r"\w+ \w+\([\w ,]*\)$")
"""Functions that Mesa lists below a call that fits none of them."""

UniformValue = float | int | bool | tuple[float, ...]


class IsfProgram:
    """A shader compiled for one of its passes, and the mesh that it draws. It belongs to the context ``ctx``.

    ``samplers`` are the names of the textures that this pass really reads, as the file names them, each with its
    texture unit.
    """

    def __init__(self, ctx: moderngl.Context, isf: Isf, stages: tuple[Stage, Stage], index: int = 0) -> None:
        """Compile ``stages``, the translation of ``isf``, for the pass number ``index``.

        Raises BadInput with the driver's first errors, by the lines of the file.
        """
        vertex, fragment = stages
        try:
            self._program = ctx.program(vertex.source(index), fragment.source(index))
        except moderngl.Error as error:
            raise BadInput(_explained(str(error), isf, vertex, fragment)) from None
        self._mesh = ctx.vertex_array(self._program, [])
        self._vertices = 4 if isf.vertex else 3
        self._uniforms = {
            name: found for name in self._program if isinstance(found := self._program[name], moderngl.Uniform)
        }
        self._set: dict[str, UniformValue] = {}
        self._names = {one.name: uniform_name(one.name) for one in isf.inputs}
        textures = [one.name for one in isf.inputs if one.is_picture or one.is_sound]
        textures += [*isf.targets, *(one.name for one in isf.imported)]
        read = [name for name in textures if uniform_name(name) in self._uniforms]
        self.samplers: Mapping[str, int] = {name: unit for unit, name in enumerate(read)}
        units = ctx.info["GL_MAX_TEXTURE_IMAGE_UNITS"]
        if len(read) > units:
            raise BadInput(f"it reads {len(read)} textures; this machine's graphics take {units}")
        for name, unit in self.samplers.items():
            self._uniforms[uniform_name(name)].value = unit

    def __setitem__(self, name: str, value: UniformValue) -> None:
        """Set the uniform of the input ``name``, or a given one. Nothing happens if the shader doesn't use it."""
        written = self._names.get(name, name)
        if written in self._uniforms and self._set.get(written) != value:
            self._set[written] = value
            self._uniforms[written].value = value

    def set_all(self, values: Mapping[str, UniformValue]) -> None:
        """Set the uniforms of ``values``, by the names of inputs, that the shader uses."""
        for name, value in values.items():
            self[name] = value

    def draw(self) -> None:
        """Draw into the framebuffer in use, over all of it unless the shader's own vertices say otherwise."""
        self._mesh.render(moderngl.TRIANGLE_STRIP, vertices=self._vertices)

    def release(self) -> None:
        """Free it. It can't be used any more."""
        self._mesh.release()
        self._program.release()


def _explained(log: str, isf: Isf, vertex: Stage, fragment: Stage) -> str:
    """Returns the errors in ``log``, moderngl's text around the driver's, as one line with lines of the file."""
    in_vertex = re.search(r"^vertex_shader$", log, re.MULTILINE) is not None
    stage, file = (vertex, f"{isf.name}.vs") if in_vertex and isf.vertex else (fragment, isf.name)
    told = []
    for line in map(str.strip, log.splitlines()):
        for pattern in _PLACES:
            if found := pattern.match(line):
                if not _CANDIDATE.match(found["what"]):
                    what = found["what"].removesuffix("; candidates are:")
                    told.append(f"line {stage.own_line(int(found['line']))}: {what}")
                break
    if not told:
        skipped = ("GLSL", "=", "vertex_shader", "fragment_shader")
        told = [line for line in map(str.strip, log.splitlines()) if line and not line.startswith(skipped)]
    where = f"{file}: " if stage is vertex else ""
    told = [as_written(line) for line in told]
    return where + "; ".join(dict.fromkeys(told[:_MOST_TOLD])) if told else "it doesn't compile"
