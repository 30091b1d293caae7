"""How long the models of a bundle take for one face in a real browser, as a share of the Face Mesh's time.

    python -m benchmarks.browser.models [--bundle DIR] [--rounds 60]

ONNX Runtime Web, WebAssembly, one thread, all models in one page and in turns. Machines differ, the ratios hardly
do. The budget of primary.onnx is half the Face Mesh; the exit status is 1 where it is over.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from playwright.sync_api import Route, sync_playwright

from dasa.bundle import Bundle, load
from dasa.bundle.loader import DEFAULT

BUDGET = 0.5  # of the Face Mesh
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
RUNTIME = Path(__file__).resolve().parents[2] / "client/node_modules/onnxruntime-web/dist"
PAGE = "http://localhost/"  # a secure context, without which no page is isolated; nothing is sent there
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm"}
ISOLATED = {  # gives the page a clock of 5 microseconds
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp",
}

SCRIPT = """
async ({ models, rounds }) => {
  const ort = await import("/ort.wasm.bundle.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const opened = [];
  for (const [name, side] of models) {
    const bytes = new Uint8Array(await (await fetch("/" + name)).arrayBuffer());
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: ["wasm"], graphOptimizationLevel: "all",
    });
    const pixels = Uint8Array.from({ length: side * side * 4 }, (_, i) => (i * 2654435761) >>> 24);
    opened.push({ name, session, image: new ort.Tensor("uint8", pixels, [1, side, side, 4]), ms: [] });
  }
  for (let round = -5; round < rounds; round++) {
    for (const model of opened) {
      const began = performance.now();
      await model.session.run({ image: model.image });
      if (round >= 0) model.ms.push(performance.now() - began);
    }
  }
  return Object.fromEntries(opened.map(({ name, ms }) => [name, ms]));
}
"""


def sides(bundle: Bundle) -> dict[str, int]:
    """The files that a face passes through, with the side of their picture."""
    manifest = bundle.manifest
    found = {manifest.mesh.file: manifest.mesh.side, manifest.primary.file: manifest.primary.side}
    if manifest.specific is not None:
        found[manifest.specific.file] = manifest.specific.side
    return found


def measure(bundle: Bundle, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round by file."""
    models = sides(bundle)
    return measure_files({name: bundle.path(name).read_bytes() for name in models}, models, rounds)


def measure_files(files: Mapping[str, bytes], models: Mapping[str, int], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round by model.

    files: models that take an ``image`` of uint8 (1, side, side, 4), by name. models: their sides.
    """

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(PAGE)
        if not name:
            route.fulfill(body="<!doctype html><title>models</title>", content_type="text/html", headers=ISOLATED)
            return
        body = files[name] if name in files else (RUNTIME / name).read_bytes()
        kind = TYPES.get(Path(name).suffix, "application/octet-stream")
        route.fulfill(body=body, headers={**ISOLATED, "Content-Type": kind})

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route(PAGE + "**", serve)
        page.goto(PAGE)
        found: dict[str, list[float]] = page.evaluate(
            SCRIPT, {"models": list(models.items()), "rounds": rounds}
        )
        browser.close()
    return found


def report(bundle: Bundle, found: Mapping[str, list[float]]) -> bool:
    """Prints the table; whether primary.onnx keeps to its budget."""
    manifest = bundle.manifest
    mesh = found[manifest.mesh.file]
    print(f"{manifest.id}, onnxruntime-web, WASM, one thread, one face, {len(mesh)} rounds in turns")
    print(f"{'':16s}{'shortest':>10s}{'median':>10s}   of the Face Mesh")
    for name, times in found.items():
        share = float(np.min(times) / np.min(mesh))
        print(f"{name:16s}{np.min(times):7.2f} ms{np.median(times):7.2f} ms   {share:.2f}")
    share = float(np.min(found[manifest.primary.file]) / np.min(mesh))
    print(f"primary.onnx takes {share:.2f} of the Face Mesh; the budget is {BUDGET:.2f}")
    return share <= BUDGET


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=DEFAULT)
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    bundle = load(arguments.bundle)
    if not report(bundle, measure(bundle, arguments.rounds)):
        sys.exit(1)


if __name__ == "__main__":
    main()
