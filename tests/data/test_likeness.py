"""Which pictures count as the same, and as neighbours."""

import io

import numpy as np
from PIL import Image

from tests.data.drawn import drawn
from vj.base.frame import Pixels
from vj.data.likeness import Seen, are_near, thumbnail


def saved_again(picture: Pixels, quality: int) -> Pixels:
    """The picture out of a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def seen(*pictures: Pixels) -> Seen:
    made = Seen(8.0)
    for picture in pictures:
        made.add(thumbnail([picture]))
    return made


def test_a_copy_that_was_saved_or_scaled_is_found_among_many() -> None:
    originals = [drawn(number, 200, 160) for number in range(150)]
    among = seen(*originals)
    assert among.find(thumbnail([saved_again(originals[131], 80)])) == 131
    assert among.find(thumbnail([drawn(77, 300, 240)])) == 77
    assert among.find(thumbnail([drawn(150, 200, 160)])) is None


def test_a_small_detail_makes_another_picture() -> None:
    face = np.full((144, 144, 3), 255, np.uint8)
    other = face.copy()
    other[60:66, 60:66] = 0
    assert seen(face).find(thumbnail([other])) is None


def test_every_side_of_a_pair_counts() -> None:
    among = Seen(8.0)
    among.add(thumbnail([drawn(0), drawn(1)]))
    assert among.find(thumbnail([drawn(0), drawn(2)])) is None
    assert among.find(thumbnail([drawn(0), drawn(1)])) == 0


def test_neighbours_of_a_film_are_near() -> None:
    picture = drawn(5, 200, 160)
    assert are_near(thumbnail([picture[:, :-4]]), thumbnail([picture[:, 4:]]))
    assert not are_near(thumbnail([picture]), thumbnail([drawn(6)]))
