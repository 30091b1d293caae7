"""Rows per second of the data set builder against plain loops over a list: `make bench-dataset`.

Ways to turn the same list into crops, from a server that answers after 100 ms:

    one thread          for each row: requests.get, decode, find the face, align, save, as one writes it first
    ten threads         ten such loops in one process, each with its own models
    ten threads, tuned  the same with the builder's own cropping: one ONNX Runtime thread each, reduced decoding
    dasa                `dasa dataset build`, with its journal, near-duplicates and shards

All use the same face models. The server is a process of its own on the same machine and listens on eight
loopback addresses, so that the limits per host hold as they do for a list of many hosts.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import json
import multiprocessing
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HOSTS = tuple(f"127.0.0.{i}" for i in range(1, 9))
LATENCY_S = 0.1
SIZES = ((612, 408), (1000, 667), (1500, 1000))  # previews of stock photographs
PICTURES = 24
TERMS = ("joy", "anger", "fear", "sadness", "surprise", "love")


def photograph(number: int) -> bytes:
    """A portrait on a noisy ground: scikit-image's astronaut, in one of the usual sizes."""
    from skimage.data import astronaut

    width, height = SIZES[number % len(SIZES)]
    chance = np.random.default_rng(number)
    ground = Image.fromarray(chance.integers(60, 190, (9, 9, 3), np.uint8)).resize((width, height))
    person = Image.fromarray(astronaut()[:300, 60:380])  # type: ignore[no-untyped-call]
    ground.paste(person.resize((height * 320 // 300, height)), (int(chance.uniform(0, width / 4)), 0))
    file = io.BytesIO()
    ground.save(file, "JPEG", quality=85)
    return file.getvalue()


def serve(ready: Connection, latency_s: float, tiny: bool) -> None:
    """Answer every GET after the latency; "/N" gives picture N, or a tiny 404."""
    bodies = [] if tiny else [photograph(i) for i in range(PICTURES)]

    def head(status: str, length: int) -> bytes:
        return f"HTTP/1.1 {status}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n".encode()

    answers = [head("200 OK", len(body)) + body for body in bodies] or [head("404 Not Found", 0)]

    class Answering(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self._transport = transport

        def data_received(self, data: bytes) -> None:
            number = int(data.split(b" ", 2)[1].rsplit(b"/", 1)[1])
            answer = answers[number % len(answers)]
            if latency_s:
                asyncio.get_running_loop().call_later(latency_s, self._transport.write, answer)
            else:
                self._transport.write(answer)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        first = await loop.create_server(Answering, HOSTS[0], 0)
        port = first.sockets[0].getsockname()[1]
        for host in HOSTS[1:]:
            await loop.create_server(Answering, host, port)
        ready.send(port)
        await asyncio.Event().wait()

    asyncio.run(run())


def write_list(path: Path, port: int, rows: int) -> None:
    """A source of so many rows, spread over the hosts."""
    with path.open("w") as file:
        file.write("[")
        for i in range(rows):
            label = TERMS[i % PICTURES % len(TERMS)]
            url = f"http://{HOSTS[i // PICTURES % len(HOSTS)]}:{port}/{i // PICTURES}/{i}"
            file.write(("," if i else "") + json.dumps({"label": label, "url": url}))
        file.write("]")


Crop = Callable[[bytes], object]


def plain_crop() -> Crop:
    """The crop as one writes it first: ONNX Runtime as it comes, the whole picture decoded."""
    import cv2
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

        def __call__(self, image: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
            return dict(zip(self._names, self._session.run(None, {"image": image}), strict=True))

    base = load_base()
    detector, mesh = (
        Detector(AsItComes(base.detector.file), base.detector),
        Mesh(AsItComes(base.mesh.file), base.mesh),
    )

    def crop(data: bytes) -> object:
        frame = decode(data)
        found = detector.find(frame.pixels, letterbox(frame.width, frame.height, base.detector.side))
        if not found:
            return None
        largest = max(found, key=lambda detection: detection.box.area)
        (face,) = mesh.read(frame.pixels, [region_of_detection(largest, base.mesh)])
        pixels = align(frame.pixels, face.landmarks, base.crop, 256)
        return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))

    return crop


def tuned_crop() -> Crop:
    """The builder's own."""
    from dasa.frames.decode import Limits
    from dasa_lab.datasets.build.cropping import Cropper, framing

    return Cropper(framing(256, 0.875, 92), Limits()).crop


def plain_loop(source: Path, rows: int, threads: int, make: Callable[[], Crop]) -> float:
    """Rows per second of loops of requests and crops in this process."""
    import requests

    items = itertools.islice(iter(json.loads(source.read_text())), rows)
    guard = threading.Lock()

    def work(crop: Crop) -> None:
        while True:
            with guard:
                item = next(items, None)
            if item is None:
                return
            crop(requests.get(item["url"], timeout=60).content)

    workers = [threading.Thread(target=work, args=(make(),)) for _ in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return rows / (time.perf_counter() - start)


class Timed:
    """Notes when the first and the last row had their outcome: the start of the workers is not counted."""

    def __init__(self, warm: int) -> None:
        self._warm, self.count, self.start, self.end = warm, 0, 0.0, 0.0

    def outcome(self, outcome: object) -> None:
        self.count += 1
        self.end = time.perf_counter()
        if self.count == self._warm:
            self.start = self.end

    def read(self, rows: int, skipped: int) -> None:
        """Nothing to note."""


def ours(source: Path, rows: int) -> tuple[float, float]:
    """Rows per second of the builder, and the share of all processors that was busy with crops."""
    from dasa_lab.datasets.build.building import build
    from dasa_lab.datasets.build.options import Network, Options
    from dasa_lab.datasets.build.sources import open_source

    timed = Timed(warm=64)
    options = Options(limit=rows, block=1024, network=Network(allow_private=True))
    with tempfile.TemporaryDirectory() as folder:
        summary = build(open_source(source), Path(folder) / "out", options, timed)
    wall = timed.end - timed.start
    part = (rows - 64) / rows
    return (rows - 64) / wall, summary.crop_cpu_s * part / wall / (os.cpu_count() or 1)


def compare(rows: int) -> None:
    """Print the table."""
    with server(LATENCY_S, tiny=False) as port, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "list.json"
        write_list(source, port, rows)
        speeds = {
            "one thread": plain_loop(source, min(rows, 100), 1, plain_crop),
            "ten threads": plain_loop(source, min(rows, 500), 10, plain_crop),
            "ten threads, tuned": plain_loop(source, min(rows, 500), 10, tuned_crop),
        }
        built, busy = ours(source, rows)
    print(f"{os.cpu_count()} cores, {LATENCY_S * 1000:.0f} ms latency, {rows} rows, pictures of {SIZES}")
    print("| way | rows per second | dasa is faster by |\n|---|---|---|")
    for name, speed in speeds.items():
        print(f"| {name} | {speed:.1f} | {built / speed:.1f} times |")
    print(f"| dasa dataset build | {built:.1f} | |\n")
    print(f"{100 * busy:.0f} % of the processors' time went into crops.")


def million(rows: int) -> None:
    """Print the memory of a build over a list of tiny answers."""
    with server(0.0, tiny=True) as port, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "list.json"
        write_list(source, port, rows)
        for part in (rows // 10, rows):
            context = multiprocessing.get_context("spawn")
            mine, theirs = context.Pipe()
            process = context.Process(target=_million_part, args=(source, part, theirs))
            process.start()
            seconds, peak = mine.recv()
            process.join()
            print(f"{part:,} rows: {part / seconds:,.0f} rows per second, peak memory {peak / 1024:.0f} MiB")


def _million_part(source: Path, rows: int, answer: Connection) -> None:
    from dasa_lab.datasets.build.building import build
    from dasa_lab.datasets.build.options import Network, Options
    from dasa_lab.datasets.build.sources import open_source

    start = time.perf_counter()
    options = Options(limit=rows, workers=1, network=Network(allow_private=True))
    with tempfile.TemporaryDirectory() as folder:
        build(open_source(source), Path(folder) / "out", options)
    answer.send((time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


class server:  # noqa: N801 reads as a function
    """The server process; gives its port."""

    def __init__(self, latency_s: float, tiny: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._mine, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, latency_s, tiny), daemon=True)

    def __enter__(self) -> int:
        self._process.start()
        port: int = self._mine.recv()
        return port

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--million", type=int, nargs="?", const=1_000_000, help="memory over so many tiny answers")
    chosen = parser.parse_args()
    if chosen.million:
        million(chosen.million)
    else:
        compare(chosen.rows)


if __name__ == "__main__":
    main()
