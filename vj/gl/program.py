"""Shader programs from ``shaders/lib``, and the one mesh that they need: a triangle that covers the target."""

import moderngl

from vj.base.paths import SHADERS


def shader(file: str) -> str:
    """Returns the GLSL of ``file`` (such as ``layer.frag``) in ``shaders/lib``. Raises OSError if it is missing."""
    return (SHADERS / "lib" / file).read_text(encoding="utf-8")


class Pass:
    """A shader program that draws over the whole target: ``lib/NAME.frag``, usually behind ``lib/full.vert``.

    Uniforms are set by their names (``drawn["amount"] = 0.5``), and one that the shader doesn't use may be set all the
    same. Row 0 of every picture is its top row, on the way in and on the way out; only the window turns it over.
    """

    def __init__(self, ctx: moderngl.Context, name: str, *defines: str, vertex: str = "full") -> None:
        """Compile ``name``, the file's name without ``.frag``. ``defines`` are words that its ``#ifdef`` asks for;
        ``vertex`` is the file of the vertex shader, without ``.vert``.

        Raises moderngl.Error for a shader that doesn't compile, OSError if there is no such file.
        """
        version, rest = shader(f"{name}.frag").split("\n", 1)
        fragment = "\n".join([version, *(f"#define {word}" for word in defines), rest])
        self._program = ctx.program(shader(f"{vertex}.vert"), fragment)
        self._mesh = ctx.vertex_array(self._program, [])
        self._uniforms = {u: self._program[u] for u in self._program if isinstance(self._program[u], moderngl.Uniform)}
        self._set: dict[str, object] = {}

    def __setitem__(self, uniform: str, value: float | int | tuple[float, ...]) -> None:
        """Set ``uniform``, by its name in the shader, for all later draws: a number, or a tuple for a vector. Nothing
        happens for a name that the shader doesn't use."""
        if uniform in self._uniforms and self._set.get(uniform) != value:
            self._set[uniform] = value
            self._uniforms[uniform].value = value  # type: ignore[union-attr]

    def draw(self) -> None:
        """Draw into the framebuffer in use, with the textures that are bound and the blending that is set."""
        self._mesh.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        """Free it. It can't be used any more."""
        self._mesh.release()
        self._program.release()


def fit_scale(mode: str, picture: tuple[int, int], target: tuple[int, int]) -> tuple[float, float]:
    """Returns how much of a picture's width and height the target spans, as factors for x and y (1: exactly all of it);
    at least one of them is 1.

    The ``mode`` ``fit`` shows all of the picture (factors ≥ 1: bars beside it), ``fill`` covers the target (≤ 1: the
    picture is cropped), ``stretch`` ignores the shape (both 1); any other mode counts as ``fill``. Sizes are width and
    height in pixels.
    """
    if mode == "stretch":
        return 1.0, 1.0
    ratio = (target[0] * picture[1]) / (target[1] * picture[0])
    wider = ratio > 1.0  # the target is wider than the picture
    if mode == "fit":
        return (ratio, 1.0) if wider else (1.0, 1.0 / ratio)
    return (1.0, 1.0 / ratio) if wider else (ratio, 1.0)
