"""Chains of effects."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import moderngl
import pytest

from tests.effect.pictures import SIZE, Shown, shown, texture
from tests.effect.test_loader import saved
from tests.gl.objects import KINDS, on_the_card
from tests.gl.pictures import corners, plain
from tests.waiting import until
from vj.effect.chain import EffectChain
from vj.effect.effect import EffectMoment
from vj.effect.loader import ShaderLoader
from vj.effect.trial import ShaderVerdict
from vj.params.param import Value

PREFIX = "/layer/1/effect"
INPUT = '{"NAME": "inputImage", "TYPE": "image"}'
SHADERS = {
    "add": f"""/*{{"INPUTS": [{INPUT}, {{"NAME": "red", "TYPE": "float", "DEFAULT": 0.2}},
        {{"NAME": "hit", "TYPE": "event"}}]}}*/
        void main() {{ gl_FragColor = IMG_THIS_PIXEL(inputImage) + vec4(hit ? 1.0 : red, 0.0, 0.0, 0.0); }}""",
    "halve": f"""/*{{"INPUTS": [{INPUT}]}}*/
        void main() {{ gl_FragColor = vec4(IMG_THIS_PIXEL(inputImage).rgb * 0.5, 1.0); }}""",
    "other": f"""/*{{"INPUTS": [{INPUT}, {{"NAME": "second", "TYPE": "image"}}]}}*/
        void main() {{ gl_FragColor = IMG_THIS_PIXEL(second); }}""",
    "kept": f"""/*{{"INPUTS": [{INPUT}], "PASSES": [{{"TARGET": "last", "PERSISTENT": true}}]}}*/
        void main() {{ gl_FragColor = IMG_THIS_PIXEL(inputImage); }}""",
    "wrong": "/*{}*/ void main() { gl_FragColor = nothing; }",
}


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    (tmp_path / "shaders").mkdir()
    for name, text in SHADERS.items():
        (tmp_path / "shaders" / f"{name}.fs").write_text(text)


@pytest.fixture
def chain(ctx: moderngl.Context) -> Iterator[EffectChain]:
    made = EffectChain(ctx, SIZE, PREFIX, ShaderLoader(SIZE, background=False), wait=True)
    yield made
    made.release()


def drawn(
    chain: EffectChain,
    values: dict[str, Value] | None = None,
    picture: Shown | None = None,
    moment: EffectMoment | None = None,
) -> Shown:
    """What the chain makes of ``picture``, by default a dark green, with ``values`` by their addresses below it."""
    chain.apply_values({f"{PREFIX}/{name}": value for name, value in (values or {}).items()})
    shape = plain(*SIZE, (0, 100, 0)) if picture is None else picture
    return shown(chain.draw(texture(chain._ctx, shape), moment or EffectMoment()))


def colour(chain: EffectChain, values: dict[str, Value] | None = None, moment: EffectMoment | None = None) -> list[int]:
    """The colour of a corner of `drawn`."""
    found: list[int] = drawn(chain, values, moment=moment)[0, 0, :3].tolist()
    return found


def test_an_empty_chain_is_idle(chain: EffectChain) -> None:
    assert chain.is_idle
    assert colour(chain) == [0, 100, 0]


def test_what_one_effect_has_made_is_there_for_all(
    ctx: moderngl.Context, chain: EffectChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second effect, and mixing, need nothing of the picture's size, and no program besides their own."""
    picture = texture(ctx, plain(*SIZE, (0, 100, 0)))
    made: list[object] = []
    chain.set_effects(["halve", "kept"])
    for kind in ("texture", "program"):
        real = getattr(type(ctx), kind)

        def counting(
            own: moderngl.Context, *given: object, kind: str = kind, real: object = real, **options: object
        ) -> object:
            if kind == "program" or given[0] == SIZE:
                made.append(kind)
            return real(own, *given, **options)  # type: ignore[operator]

        monkeypatch.setattr(type(ctx), kind, counting)
    chain.apply_values({f"{PREFIX}/halve/mix": 0.5, f"{PREFIX}/kept/mix": 0.5})
    chain.draw(picture, EffectMoment())
    assert made == [], "nothing is made while it draws"
    chain.set_effects(["halve", "kept", "add", "halve-2"])
    assert made == ["program"] * 2, "each has its own"
    chain.apply_values({f"{PREFIX}/add/mix": 0.5, f"{PREFIX}/kept/mix": 0.5, f"{PREFIX}/halve-2/mix": 0.2})
    chain.draw(picture, EffectMoment())
    assert made == ["program"] * 2


def test_effects_draw_in_their_order(chain: EffectChain) -> None:
    chain.set_effects(["add", "halve"])
    assert colour(chain) == [26, 50, 0]
    chain.set_effects(["halve", "add"])
    assert colour(chain) == [51, 50, 0]
    chain.set_effects(["add", "add-2", "add-3"])
    assert colour(chain, {"add/red": 0.4, "add-3/red": 0.0}) == [153, 100, 0]
    assert chain.effects == ("add", "add-2", "add-3")


def test_pictures_stay_the_right_way_up(chain: EffectChain) -> None:
    picture = corners(*SIZE)
    for effects in (["add"], ["add", "add-2"], ["add", "add-2", "add-3"]):
        chain.set_effects(effects)
        values: dict[str, Value] = {f"{name}/red": 0.0 for name in effects}
        assert (drawn(chain, values, picture)[..., :3] == picture).all()


def test_an_effect_that_is_off_or_not_mixed_in_is_left_out(chain: EffectChain) -> None:
    chain.set_effects(["add"])
    assert colour(chain, {"add/on": False}) == [0, 100, 0]
    assert chain.is_idle
    assert colour(chain, {"add/mix": 0.0}) == [0, 100, 0]
    assert chain.is_idle
    assert colour(chain, {"add/mix": 0.5, "add/red": 0.8}) == [102, 100, 0]
    assert not chain.is_idle


def test_an_event_is_true_for_one_frame(chain: EffectChain) -> None:
    chain.set_effects(["add"])
    assert colour(chain)[0] == 51
    chain.fire("add", "hit")
    assert colour(chain)[0] == 255
    assert colour(chain)[0] == 51
    chain.fire("add", "nothing")
    chain.fire("nothing", "hit")
    assert colour(chain)[0] == 51


def test_a_picture_input_is_the_picture_itself_or_another(chain: EffectChain) -> None:
    chain.set_effects(["other"])
    blue = texture(chain._ctx, plain(*SIZE, (0, 0, 255)))
    assert colour(chain) == [0, 100, 0]
    pictures = {"layer/2": blue}
    moment = EffectMoment(picture=pictures.get)
    assert colour(chain, {"other/second": "layer/2"}, moment=moment) == [0, 0, 255]
    assert colour(chain, {"other/second": "layer/9"}, moment=moment) == [0, 0, 0]


def test_what_cannot_play_is_left_out_with_a_notice(chain: EffectChain) -> None:
    chain.set_effects(["add", "wrong", "missing"])
    assert colour(chain) == [51, 100, 0]
    assert "unknown shader 'missing'" in chain.notice
    assert "wrong: line 1: " in chain.notice
    chain.set_effects(["add"])
    assert chain.notice == ""


def test_it_keeps_its_effects_and_their_buffers_when_others_come(chain: EffectChain, tmp_path: Path) -> None:
    counting = '/*{"PASSES": [{"TARGET": "n", "PERSISTENT": true, "WIDTH": "1", "HEIGHT": "1"}, {}]}*/'
    body = "void main() { gl_FragColor = IMG_THIS_PIXEL(n) + (PASSINDEX == 0 ? vec4(0.2, 0.0, 0.0, 1.0) : vec4(0.0)); }"
    (tmp_path / "shaders" / "count.fs").write_text(counting + body)
    chain.set_effects(["count"])
    assert [colour(chain)[0] for _ in range(3)] == [51, 102, 153]
    chain.set_effects(["add", "count"])
    assert colour(chain, {"add/red": 0.0})[0] == 204


def test_nothing_new_is_made_while_it_draws(chain: EffectChain) -> None:
    chain.set_effects(["add", "halve", "add-2"])
    drawn(chain, {"add/mix": 0.5})
    picture = texture(chain._ctx, plain(*SIZE, (0, 100, 0)))
    before = len(chain._targets)
    results = {chain.draw(picture, EffectMoment()).glo for _ in range(4)}
    assert len(results) == 1
    assert len(chain._targets) == before <= 3


class TestBesideTheLoop:
    """A chain whose loader has a thread; what it loads is prepared in small parts, one a frame."""

    @pytest.fixture
    def loader(self) -> Iterator[ShaderLoader]:
        made = ShaderLoader(SIZE, lambda path, root, size: ShaderVerdict("filter"))
        yield made
        made.stop()

    def test_the_picture_goes_on_until_the_new_effect_is_there(
        self, ctx: moderngl.Context, loader: ShaderLoader, tmp_path: Path
    ) -> None:
        chain = EffectChain(ctx, SIZE, PREFIX, loader)
        chain.set_effects(["halve"])
        assert colour(chain) in ([0, 100, 0], [0, 50, 0])
        for link in chain._links.values():
            loader.wait(link.live._file)
        frames = 0
        while colour(chain) == [0, 100, 0]:
            frames += 1
            assert frames < 20
        assert colour(chain) == [0, 50, 0]
        self._reload(chain, tmp_path)
        chain.release()

    def _reload(self, chain: EffectChain, folder: Path) -> None:
        path = folder / "shaders" / "halve.fs"
        saved(path, SHADERS["halve"].replace("0.5", "0.25"))
        assert chain.revision == 1
        until(lambda: colour(chain) == [0, 25, 0])
        assert chain.revision == 2
        saved(path, SHADERS["halve"].replace("0.5", "0.5 nonsense"))
        until(lambda: colour(chain) == [0, 25, 0] and chain.notice)
        assert "line 2" in chain.notice
        assert "plays on" in chain.notice
        saved(path, SHADERS["halve"])
        until(lambda: colour(chain) == [0, 50, 0] and not chain.notice)


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_gone_leaves_nothing_behind_on_the_card(chain: EffectChain, kind: str) -> None:
    found = []
    for _ in range(4):
        chain.set_effects(["trails", "halve", "audio-bars"])
        assert chain.notice == ""
        drawn(chain, {"halve/mix": 0.5})
        chain.release()
        found.append(on_the_card(kind))
    made_by_the_test = [kind == "Texture"] * 3
    assert [after - before for before, after in pairwise(found)] == made_by_the_test
