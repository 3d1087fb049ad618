"""The peer: what a user would write with OpenCV and ONNX Runtime. ``python -m vj.bench.peer NET CLIP WxH SECONDS``."""

import itertools
import json
import sys
import time
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime


def main(network: str, clip: str, size: str, seconds: str) -> None:
    """Times one plain loop for ``seconds`` on the film ``clip``: read, resize to ``size`` (WIDTHxHEIGHT), run, back to
    bytes. Prints an object in JSON: ``fps``, how many pictures a second it gives. ``network`` is the path of the 26
    styles' ONNX file; all arguments are texts of the command line."""
    width, height = map(int, size.split("x"))
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    weights = np.zeros(26, np.float32)
    weights[19] = 1.0
    frames = _frames(clip)
    for _ in range(3):
        _stylised(session, next(frames), width, height, weights)
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < float(seconds):
        _stylised(session, next(frames), width, height, weights)
        count += 1
    json.dump({"fps": count / (time.perf_counter() - started)}, sys.stdout)


def _frames(clip: str) -> Iterator[npt.NDArray[np.uint8]]:
    """Yields the clip's pictures (BGR), over and over."""
    for _ in itertools.count():
        film = cv2.VideoCapture(clip)
        while True:
            there, frame = film.read()
            if not there:
                break
            yield frame


def _stylised(
    session: onnxruntime.InferenceSession, frame: npt.NDArray[np.uint8], width: int, height: int, weights: object
) -> npt.NDArray[np.uint8]:
    """Returns the network's result for ``frame``, as BGR bytes."""
    picture = cv2.cvtColor(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    planes = picture.astype(np.float32).transpose(2, 0, 1)[None] / 255.0
    result = session.run(None, {"image": planes, "style_weights": weights})[0]
    shown = (result[0].transpose(1, 2, 0).clip(0.0, 1.0) * 255.0).round().astype(np.uint8)
    return np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main(*sys.argv[1:])
