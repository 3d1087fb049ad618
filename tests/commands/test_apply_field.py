"""`vj apply` on what people bring: the same pictures as in a show, at their own times."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.folders import FIELD
from tests.running import film_frames, finished, start_vj, vj
from vj.base.frame import Size
from vj.base.picture import load


@pytest.mark.parametrize(
    "name", ["film_mpegts.ts", "gif_last_frame_holds_3s.gif", "film_interlaced_tff.mpg", "bare.h264"]
)
def test_what_plays_is_taken(name: str, tmp_path: Path) -> None:
    path = FIELD / name
    if name == "bare.h264":
        path = tmp_path / name
        with av.open(str(FIELD / "film_mpegts.ts")) as film, av.open(str(path), "w") as made:
            stream = made.add_stream_from_template(film.streams.video[0])
            for packet in film.demux(film.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    made.mux(packet)
    vj("apply", "identity", str(path), str(tmp_path / "out.mp4"))
    assert len(film_frames(tmp_path / "out.mp4")) == (3 if name.endswith(".gif") else 50)


def test_a_folder_of_them_gives_films_that_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.ts", "b.ts", "b.mp4"):
        source = FIELD / ("film_mpegts.ts" if name.endswith(".ts") else "film_mirrored_display_matrix_hflip.mp4")
        (folder / name).write_bytes(source.read_bytes())
    vj("apply", "identity", str(folder), str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mp4", "b.mp4", "b.ts.mp4"]


def test_a_mirrored_film_comes_out_as_players_show_it(tmp_path: Path) -> None:
    path = FIELD / "film_mirrored_display_matrix_hflip.mp4"
    vj("apply", "identity", str(path), str(tmp_path / "out.mp4"))
    stored = film_frames(path)[0].astype(int)
    made = film_frames(tmp_path / "out.mp4")[0].astype(int)
    assert np.abs(made - stored[:, ::-1]).mean() < 3


def test_stretched_pixels_come_out_square(tmp_path: Path) -> None:
    path = FIELD / "film_anamorphic_4to3_container_only_prores.mov"
    vj("apply", "identity", str(path), str(tmp_path / "out.mp4"))
    picture = film_frames(tmp_path / "out.mp4")[0]
    assert picture.shape[1] / picture.shape[0] == pytest.approx(16 / 9, rel=0.01)


def test_hidden_colours_stay_hidden(tmp_path: Path) -> None:
    vj("apply", "identity", str(FIELD / "film_alpha_red_hidden_qtrle.mov"), str(tmp_path / "out.mp4"))
    reference = load(FIELD / "still_alpha_red_hidden_reference.png", Size(320, 240)).astype(int)
    assert np.abs(film_frames(tmp_path / "out.mp4")[0].astype(int) - reference).mean() < 6


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("gif_last_frame_holds_3s.gif", [0.0, 0.3, 0.6, 3.6]), ("film_one_picture_every_4s.mp4", [0.0, 4.0, 8.0])],
)
def test_every_picture_stays_as_long_as_its_file_says(name: str, wanted: list[float], tmp_path: Path) -> None:
    vj("apply", "identity", str(FIELD / name), str(tmp_path / "out.mp4"))
    with av.open(str(tmp_path / "out.mp4")) as film:
        stream = film.streams.video[0]
        packets = [packet for packet in film.demux(stream) if packet.pts is not None]
        times = sorted(float(packet.pts * packet.time_base) for packet in packets)
        last = max(packets, key=lambda packet: packet.pts)
        assert [*times, float((last.pts + last.duration) * last.time_base)] == pytest.approx(wanted, abs=0.02)


def test_of_a_film_that_breaks_off_what_can_be_read_is_written_and_the_loss_is_said(tmp_path: Path) -> None:
    path, out = FIELD / "film_truncated_faststart.mp4", tmp_path / "out.mp4"
    process = start_vj("apply", "identity", str(path), str(out))
    said, err = finished(process)
    assert process.returncode == 1, err
    assert said.strip() == str(out)
    assert "Traceback" not in err
    count = len(film_frames(out))
    assert count > 10
    assert f"{path}: it " in err
    assert f"{out} holds the {count} pictures that could be read" in err
