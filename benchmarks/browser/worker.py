"""How long the stages of a frame take in a real browser: the built worker on a scene of ten faces.

    python -m benchmarks.browser.worker [--faces 10] [--frames 40] [--mode device] [--backend wasm]

Builds nothing: run ``make setup`` first. Prints medians in milliseconds; use the ratios, machines differ.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1280, 720
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CLIENT = Path(__file__).resolve().parents[2] / "src/dasa/server/client"


def scene(count: int) -> Image.Image:
    """Up to ten faces of about 110 pixels, in two rows, on grey."""
    from tests.support.scenes import portrait

    face = Image.fromarray(portrait()).crop((110, 0, 340, 250)).resize((230, 250))
    picture = Image.fromarray(np.full((HEIGHT, WIDTH, 3), 120, np.uint8))
    for index in range(count):
        picture.paste(face, (12 + 255 * (index % 5), 60 + 330 * (index // 5)))
    return picture


SCRIPT = """
async ({ worker, picture, frames, options, flags, still }) => {
  const bitmap = await createImageBitmap(await (await fetch(picture)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // What a camera gives: I420 in memory.
  const i420 = () => {
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    const planes = new Uint8Array((width * height * 3) / 2);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x), [r, g, b] = [data[at], data[at + 1], data[at + 2]];
      planes[y * width + x] = 16 + 0.183 * r + 0.614 * g + 0.062 * b;
      if (x % 2 === 0 && y % 2 === 0) {
        const chroma = width * height + (y / 2) * (width / 2) + x / 2;
        planes[chroma] = 128 - 0.101 * r - 0.339 * g + 0.439 * b;
        planes[chroma + (width * height) / 4] = 128 + 0.439 * r - 0.399 * g - 0.04 * b;
      }
    }
    return new VideoFrame(planes, { format: "I420", codedWidth: width, codedHeight: height, timestamp: 0 });
  };
  const port = new Worker(worker, { type: "module" });
  const began = performance.now();
  let resolve; const heard = [];
  port.onmessage = ({ data }) => { heard.push(data);
    if (data.kind !== "loading" && data.kind !== "server") resolve?.(data);
  };
  const next = () => new Promise((done) => { resolve = done; });
  port.postMessage({ kind: "open", base: document.baseURI, options, flags });
  const ready = await next();
  if (ready.kind !== "ready") return { ready };
  const opened = performance.now() - began;
  const results = [];
  const start = performance.now();
  for (let index = 0; index < frames; index++) {
    context.drawImage(bitmap, 3 * Math.sin(index / 3), 2 * Math.cos(index / 4));
    const frame = flags.noVideoFrame ? await createImageBitmap(canvas) : i420();
    port.postMessage({ kind: "frame", frame, index, time: performance.now() / 1000, still }, [frame]);
    const result = await next();
    if (result.kind !== "result") return { result };
    result.frame.close();
    const people = result.people.map((p) => [p.id, p.shown, p.source, p.box.width, p.specific?.id ?? null]);
    results.push({ timing: result.timing, hints: result.hints, people });
  }
  const elapsed = performance.now() - start;
  port.terminate();
  return { opened, backend: ready.backend, threads: ready.threads, elapsed, results, isolated: crossOriginIsolated,
    server: heard.filter(({ kind }) => kind === "server") };
}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(address, timeout=1)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not start")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--faces", type=int, default=10)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--mode", default="device")
    parser.add_argument("--backend", default="wasm")
    parser.add_argument("--no-threads", action="store_true")
    parser.add_argument("--no-video-frame", action="store_true")
    parser.add_argument("--no-offscreen-canvas", action="store_true")
    parser.add_argument("--still", action="store_true")
    arguments = parser.parse_args()
    worker = next(CLIENT.glob("assets/analysis.worker-*.js")).name
    port = free_port()
    base = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as data:
        server = subprocess.Popen(
            [sys.executable, "-m", "dasa", "serve", "--port", str(port)],
            env={**os.environ, "DASA_DATA": data},
        )
        try:
            wait_for(base + "healthz")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM,
                    args=["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]
                    + (
                        ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
                        if arguments.backend == "webgpu"
                        else []
                    ),
                )
                page = browser.new_page()
                page.on("console", lambda message: print("console:", message.text))
                image = Path(data) / "scene.png"
                scene(arguments.faces).save(image)
                page.route("**/scene.png", lambda route: route.fulfill(path=image))
                page.goto(base + "about")
                answer = page.evaluate(
                    SCRIPT,
                    {
                        "worker": f"{base}assets/{worker}",
                        "picture": f"{base}scene.png",
                        "frames": arguments.frames,
                        "still": arguments.still,
                        "options": {
                            "mode": arguments.mode,
                            "maxFaces": 10,
                            "smoothing": 1,
                            "tiles": False,
                            "backend": arguments.backend,
                            "token": None,
                        },
                        "flags": {
                            "noVideoFrame": arguments.no_video_frame,
                            "noOffscreenCanvas": arguments.no_offscreen_canvas,
                            "noThreads": arguments.no_threads,
                        },
                    },
                )
                browser.close()
        finally:
            server.terminate()
            server.wait()
    report(answer)


def report(answer: dict[str, Any]) -> None:
    if "results" not in answer:
        raise SystemExit(str(answer))
    results = answer["results"]
    print(
        f"opened in {answer['opened']:.0f} ms, {answer['backend']}, {answer['threads']} threads, "
        f"isolated {answer['isolated']}; {len(results) / answer['elapsed'] * 1000:.1f} frames a second"
    )
    print("first", results[0]["timing"])
    for stage in ("copy", "detect", "landmarks", "crops", "emotion", "server", "total"):
        values = [r["timing"][stage] for r in results[5:] if r["timing"][stage] is not None]
        if values:
            print(
                f"{stage:10} median {np.median(values):7.1f}  mean {np.mean(values):7.1f}  in {len(values)} frames"
            )
    print("last", results[-1]["people"], results[-1]["hints"], answer["server"])


if __name__ == "__main__":
    main()
