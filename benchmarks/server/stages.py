"""Where the time of a request goes: processor time of each stage, what it could be at best, how near we are.

Stages run in this process on one thread, the product's own functions on the same pictures, in turns; what the
server takes beyond their sum is HTTP (gunicorn, Flask, the checks) and is measured on a running server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from statistics import median
from typing import Any

import numpy as np
import orjson

from benchmarks.parts import Budget
from benchmarks.server.client import Client
from benchmarks.server.floor import multiply_adds, peak_bandwidth, peak_flops
from benchmarks.server.pictures import Scene, scene
from benchmarks.server.services import dasa
from dasa.bundle import Bundle, default
from dasa.crops import align
from dasa.emotion import Classifier
from dasa.faces import FaceFinder
from dasa.faces.regions import region_of_detection, region_of_landmarks
from dasa.frames import decode, decode_crops
from dasa.pipeline import Pipeline
from dasa.records import FrameResult
from dasa.sampling import region_matrix, warp
from dasa.server.answers import analysis

REQUESTS = 60


class Stages:
    """The stages of one scene as functions without arguments, each with its floor in operations and bytes."""

    def __init__(self, bundle: Bundle, picture: Scene) -> None:
        manifest = bundle.manifest
        self._manifest, self._picture = manifest, picture
        self._classifier, self._finder = Classifier(bundle), FaceFinder(bundle)
        self._models = {
            name: bundle.open(name) for name in (manifest.detector.file, manifest.mesh.file)
        }
        self._pipeline = Pipeline(bundle, self._classifier.classify, side=self._classifier.side)
        self.frame = decode(picture.frame)
        self.faces = self._finder.find(self.frame.pixels)
        self.views = self._finder.views(self.frame.pixels)
        self.detections = self._finder.detect(self.frame.pixels, self.views)
        self.side = self._classifier.side
        crops = [align(self.frame.pixels, face.landmarks, manifest.crop, self.side) for face in self.faces]
        self.crops = np.stack(crops)
        specific = manifest.specific or manifest.primary
        operations = {
            file: 2 * multiply_adds(bundle.path(file), size)
            for file, size in (
                (manifest.detector.file, manifest.detector.side), (manifest.mesh.file, manifest.mesh.side),
                (specific.file, specific.side),
            )
        }  # fmt: skip
        self._regions = [region_of_detection(d, manifest.mesh) for d in self.detections]
        self._regions += [region_of_landmarks(face.landmarks, manifest.mesh) for face in self.faces]
        pixels = self.frame.pixels.nbytes
        self.floors = {  # operations, bytes
            "decode": (0.0, 2.0 * pixels),
            "detector, views cut": (0.0, 3 * sum(v.box.area for v in self.views[:1] + self.views[2:]) + pixels),
            "detector, model": (float(len(self.views) * operations[manifest.detector.file]), 0.0),
            "landmarks, regions cut": (0.0, 3 * sum(region.side**2 for region in self._regions)),
            "landmarks, model": (float(len(self._regions) * operations[manifest.mesh.file]), 0.0),
            "crops": (0.0, 3 * sum(face.box.area for face in self.faces)),
            "emotion": (float(len(self.faces) * operations[specific.file]), 0.0),
        }

    def frames(self) -> dict[str, Callable[[], Any]]:
        """The stages of POST /frames."""
        pixels, manifest, side = self.frame.pixels, self._manifest, self._manifest.mesh.side
        detector, mesh = self._models[manifest.detector.file], self._models[manifest.mesh.file]
        view = np.zeros((1, manifest.detector.side, manifest.detector.side, 3), np.uint8)
        cut = np.stack([warp(pixels, region_matrix(region, side), side) for region in self._regions])
        half = max(1, len(cut) // 2)
        result = self._pipeline.picture(self.frame)
        return {
            "decode": lambda: decode(self._picture.frame),
            "detector, views cut": lambda: [warp(pixels, v.matrix, manifest.detector.side) for v in self.views],
            "detector, model": lambda: [detector(view) for _ in self.views],
            "landmarks, regions cut": lambda: [warp(pixels, region_matrix(r, side), side) for r in self._regions],
            "landmarks, model": lambda: (mesh(cut[:half]), mesh(cut[half:]) if len(cut) > half else None),
            "crops": lambda: [align(pixels, f.landmarks, manifest.crop, self.side) for f in self.faces],
            "emotion": lambda: self._classifier.classify(self.crops),
            "JSON": lambda: _json(result),
            "all of it": lambda: _json(self._pipeline.picture(decode(self._picture.frame))),
        }

    def stack(self) -> dict[str, Callable[[], Any]]:
        """The stages of POST /faces."""
        side, data = self._classifier.side, self._picture.crops
        result = self._pipeline.crops(self.crops)
        return {
            "decode": lambda: decode_crops(data, side),
            "emotion": lambda: self._classifier.classify(self.crops),
            "JSON": lambda: _json(result),
            "all of it": lambda: _json(self._pipeline.crops(decode_crops(data, side))),
        }


def _json(result: FrameResult) -> bytes:
    return orjson.dumps(analysis(result, all_scores=False), option=orjson.OPT_SERIALIZE_NUMPY)


def in_turns(stages: Mapping[str, Callable[[], Any]], seconds: float) -> dict[str, float]:
    """Milliseconds of processor time of each, the median of all turns."""
    taken: dict[str, list[float]] = {name: [] for name in stages}
    limit, turns = time.monotonic() + seconds, 0
    while turns < 2 or time.monotonic() < limit:
        turns += 1
        for name, work in stages.items():
            start = time.thread_time()
            work()
            taken[name].append(1000 * (time.thread_time() - start))
    return {name: median(values[1:]) for name, values in taken.items()}


def served_ms(path: str, body: bytes, requests: int) -> float:
    """Processor milliseconds that a server takes for a request."""
    with dasa({"DASA_WORKERS": "1"}) as service, closing(Client(service.port, path, body)) as client:
        for _ in range(3):
            client.send()
        before = service.processor_s()
        for _ in range(requests):
            client.send()
        return 1000 * (service.processor_s() - before) / requests


def run(budget: Budget) -> dict[str, Any]:
    """Stages of both calls for one and ten faces."""
    bundle = default()
    flops, bandwidth = peak_flops(0 if budget.tiny else 2), peak_bandwidth(0 if budget.tiny else 2)
    requests = 2 if budget.tiny else REQUESTS
    seconds = 0.0 if budget.tiny else max(1.0, (budget.seconds - 35) / 4)
    calls: dict[str, Any] = {}
    for count in (1, 10):
        picture = scene(count, bundle)
        stages = Stages(bundle, picture)
        for path, body, functions in (
            ("faces", picture.crops, stages.stack()), ("frames", picture.frame, stages.frames()),
        ):  # fmt: skip
            ms = in_turns(functions, seconds)
            total = served_ms(f"/api/v1/{path}", body, requests)
            floors = {
                name: 1000 * (stages.floors[name][0] / flops + stages.floors[name][1] / bandwidth)
                for name in ms if name in stages.floors and not (path == "faces" and name == "decode")
            }  # fmt: skip
            calls[f"POST /{path}, {count} face{'s' * (count > 1)}"] = {
                "ms": ms, "floor_ms": floors, "served_ms": total, "http_ms": max(0.0, total - ms["all of it"])
            }
    return {"gflops": flops / 1e9, "gbytes_per_s": bandwidth / 1e9, "calls": calls}


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """One table of all stages."""
    said = (
        f"One core gives {result['gflops']:.0f} billion operations and moves {result['gbytes_per_s']:.1f} GB a "
        "second. Milliseconds of processor time; in brackets the floor.\n\n"
    )
    calls = result["calls"]
    names = list(dict.fromkeys(name for call in calls.values() for name in call["ms"] if name != "all of it"))
    head = f"| stage | {' | '.join(calls)} |\n|---|{'---|' * len(calls)}\n"
    rows = "".join(
        f"| {name} | {' | '.join(_cell(call, name) for call in calls.values())} |\n" for name in names
    )
    rows += f"| between stages | {' | '.join(_between(call) for call in calls.values())} |\n"
    rows += f"| HTTP | {' | '.join(_number(call['http_ms']) for call in calls.values())} |\n"
    rows += f"| **the server, in all** | {' | '.join(_number(c['served_ms']) for c in calls.values())} |\n"
    return {"stages": said + head + rows}


def _between(call: Mapping[str, Any]) -> str:
    parts = sum(value for name, value in call["ms"].items() if name != "all of it")
    return _number(max(0.0, call["ms"]["all of it"] - parts))


def _cell(call: Mapping[str, Any], name: str) -> str:
    if name not in call["ms"]:
        return ""
    floor = call["floor_ms"].get(name)
    return _number(call["ms"][name]) + (f" ({_number(floor)})" if floor is not None else "")


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"
