"""The plain way to make crops of a list: loops of requests, decode, find the face, cut, save.

    python plain_loops.py LIST --crop mediapipe --threads 10 --seconds 8

prints one JSON line: rows, seconds, processor seconds, faces found. MediaPipe runs in an environment of its own
(requirements/peer.txt): it wants an older NumPy than DASA. Starting the models is not counted.

    mediapipe   the face mesh of MediaPipe's package, on the whole picture, as its documentation shows it
    rooms       DASA's detector and landmarks with ONNX Runtime as it comes, for where MediaPipe cannot be had
    builder     what the data set builder's workers do
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

SIDE = 256
Crop = Callable[[bytes, Path], bool]


def mediapipe_crop() -> Crop:
    import mediapipe  # type: ignore[import-not-found,unused-ignore]

    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=True)

    def crop(data: bytes, target: Path) -> bool:
        picture: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        found = mesh.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).multi_face_landmarks
        if not found:
            return False
        height, width = picture.shape[:2]
        points = np.array([(point.x * width, point.y * height) for point in found[0].landmark])
        low, high = points.min(axis=0), points.max(axis=0)
        (x, y), reach = (low + high) / 2, 0.65 * float((high - low).max())
        face = picture[max(0, int(y - reach)) : int(y + reach), max(0, int(x - reach)) : int(x + reach)]
        return cv2.imwrite(str(target), cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_AREA))

    crop(cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes(), Path())  # the first call is slow
    return crop


def rooms_crop() -> Crop:
    import onnxruntime

    from dasa.bundle.composing import load_base
    from dasa.bundle.loader import DEFAULT
    from dasa.crops import align
    from dasa.faces.detector import Detector, letterbox
    from dasa.faces.mesh import Mesh
    from dasa.faces.regions import region_of_detection
    from dasa.frames.decode import decode

    class AsItComes:
        def __init__(self, name: str) -> None:
            self._session = onnxruntime.InferenceSession(DEFAULT / name)
            self._names = [output.name for output in self._session.get_outputs()]

        def __call__(self, image: Any) -> Any:
            return dict(zip(self._names, self._session.run(None, {"image": image}), strict=True))

    base = load_base()
    detector, mesh = (
        Detector(AsItComes(base.detector.file), base.detector),
        Mesh(AsItComes(base.mesh.file), base.mesh),
    )

    def crop(data: bytes, target: Path) -> bool:
        frame = decode(data)
        found = detector.find(frame.pixels, letterbox(frame.width, frame.height, base.detector.side))
        if not found:
            return False
        largest = max(found, key=lambda detection: detection.box.area)
        (face,) = mesh.read(frame.pixels, [region_of_detection(largest, base.mesh)])
        pixels = align(frame.pixels, face.landmarks, base.crop, SIDE)
        return cv2.imwrite(str(target), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))

    return crop


def builder_crop() -> Crop:
    from dasa.frames.decode import Limits
    from dasa_lab.datasets.build.cropping import Cropper, framing
    from dasa_lab.datasets.build.outcomes import Example

    cropper = Cropper(framing(SIDE, 0.875, 92), Limits())

    def crop(data: bytes, target: Path) -> bool:
        outcome = cropper.crop(data)
        if isinstance(outcome, Example):
            target.write_bytes(outcome.image)
        return isinstance(outcome, Example)

    return crop


CROPS = {"mediapipe": mediapipe_crop, "rooms": rooms_crop, "builder": builder_crop}


def loop(urls: list[str], threads: int, seconds: float, make: Callable[[], Crop]) -> dict[str, float]:
    """Rows, seconds, processor seconds and faces of loops in this process."""
    import requests

    waiting, guard = iter(enumerate(urls)), threading.Lock()
    rows, faces, stop = 0, 0, float("inf")

    def work(crop: Crop, folder: Path) -> None:
        nonlocal rows, faces
        while time.perf_counter() < stop:
            with guard:
                number, url = next(waiting)
            found = crop(requests.get(url, timeout=60).content, folder / f"{number}.jpg")
            with guard:
                rows += 1
                faces += found

    with tempfile.TemporaryDirectory() as folder:
        workers = [threading.Thread(target=work, args=(make(), Path(folder))) for _ in range(threads)]
        start, processor = time.perf_counter(), time.process_time()
        stop = start + seconds
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        wall, cpu = time.perf_counter() - start, time.process_time() - processor
    return {"rows": rows, "seconds": wall, "cpu_s": cpu, "faces": faces}


def main() -> None:
    """Run one way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("--crop", choices=sorted(CROPS), required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8.0)
    chosen = parser.parse_args()
    os.environ.setdefault("GLOG_minloglevel", "3")
    urls = [item["url"] for item in json.loads(chosen.list.read_text())]
    print(json.dumps(loop(urls, chosen.threads, chosen.seconds, CROPS[chosen.crop])))


if __name__ == "__main__":
    main()
