"""The size within which models work by default: by the canvas on a graphics card, small on a processor."""

import pytest

from vj.base.frame import Size
from vj.layers.processing_size import MODEL_BOX, default_model_size
from vj.model.runtime import cards
from vj.model.runtime.cards import Card

CARD, SHARED = Card("cuda", "made up", "1.0"), Card("xpu", "made up", "1.0")
HD, OWN = Size(1920, 1080), Size(512, 288)


@pytest.mark.parametrize(
    ("found", "runtime", "size"),
    [
        ([CARD], "auto", HD),
        ([SHARED, CARD], "auto", HD),
        ([CARD], "cuda-f32", HD),
        ([CARD], "onnxruntime-tensorrt", HD),
        ([CARD], "openvino-int8", MODEL_BOX),
        ([CARD], "torch", MODEL_BOX),
        ([SHARED], "auto", MODEL_BOX),
        ([], "auto", MODEL_BOX),
        ([], "cuda", MODEL_BOX),
    ],
    ids=str,
)
def test_it_is_the_canvas_s_where_a_card_with_memory_of_its_own_computes(
    monkeypatch: pytest.MonkeyPatch, found: list[Card], runtime: str, size: Size
) -> None:
    monkeypatch.setattr(cards, "cards", lambda: found)
    assert default_model_size(HD, runtime) == size
    assert default_model_size(HD, runtime, OWN) == (OWN if size == MODEL_BOX else size)


def test_no_side_is_longer_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "cards", lambda: [CARD])
    assert default_model_size(Size(3840, 2160), "auto") == (2048, 2048)
    assert default_model_size(Size(320, 180), "auto") == (320, 180)
