"""One visit of a page in a Chromium of its own: how soon it shows something, how fast it goes, what it takes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import BrowserContext, Page, Playwright, Request

from benchmarks.browser.clips import HEIGHT, WIDTH, Clip
from tests.support.browser import HOW_TO_GET_ONE, chromium_path, launch_arguments
from tests.support.garbage import collect_garbage

POLL_MS = 250
_GRAPHICS = Path("/dev/dri")

# The product's page starts when a button is pressed, and says on its stage what it shows; the same record as the
# peers' pages keep is taken from there. Elements stand in shadow roots.
OBSERVE = """
const first = JSON.stringify({ version: 1, values: { mirror: false } }); // a later visit has what this one kept
localStorage.setItem("dasa.settings", localStorage.getItem("dasa.settings") ?? first);
globalThis.bench = { results: [], backend: null, failed: null };
const find = (root, selector) => {
  const found = root.querySelector(selector);
  if (found) return found;
  for (const element of root.querySelectorAll("*")) {
    const inner = element.shadowRoot && find(element.shadowRoot, selector);
    if (inner) return inner;
  }
  return null;
};
// What travels between page and worker tells where the time goes.
let sent = 0, last = null;
globalThis.Worker = class extends Worker {
  constructor(...rest) {
    super(...rest);
    this.addEventListener("message", ({ data }) => {
      if (data.kind === "result") last = { sent, answered: performance.now(), timing: data.timing };
      if (data.kind === "ready") bench.backend = `${data.backend}, threads: ${data.threads}`;
    });
  }
  postMessage(message, transfer) {
    if (message.kind === "frame") sent = performance.now();
    super.postMessage(message, transfer);
  }
};
const note = (stage) => {
  const now = performance.now();
  const scale = Number(stage.dataset.width) / stage.shadowRoot.querySelector("canvas").width;
  const boxes = JSON.parse(stage.dataset.scene ?? "[]").map(({ face }) => face.map((value) => scale * value));
  bench.results.push({ t: now, boxes, ...last });
};
let pressed = false;
const look = () => {
  const button = pressed ? null : find(document, "[data-testid=start]");
  if (button) { button.click(); pressed = true; }
  const stage = find(document, "dasa-stage");
  if (!pressed || !stage) { requestAnimationFrame(look); return; }
  // What fades in is drawn again, with the same number: that is no frame that was analysed.
  let noted = null;
  const observer = new MutationObserver(() => {
    if (stage.dataset.frame === noted) return;
    noted = stage.dataset.frame;
    note(stage);
  });
  observer.observe(stage, { attributes: true, attributeFilter: ["data-frame"] });
};
requestAnimationFrame(look);
"""


# What went wrong, and whether somebody was seen.
_STATE = """
() => {
  const { failed = null, results = [] } = globalThis.bench ?? {};
  return [failed, results.some(({ boxes }) => boxes.length > 0)];
}
"""


_COUNT = "() => globalThis.bench.results.length"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A page that shows how faces in a clip read."""

    name: str
    address: str  # below the address of who serves it
    ours: bool = False
    backend: str = "wasm"

    @property
    def query(self) -> str:
        """The address with the backend, where the page takes one."""
        if self.ours:
            return self.address
        return f"{self.address}{'&' if '?' in self.address else '?'}backend={self.backend}"


@dataclass(slots=True)
class Visit:
    """What a visit showed. Times in milliseconds since navigation, boxes in pixels of the frame."""

    results: list[dict[str, Any]] = field(default_factory=list)
    downloads: dict[str, int] = field(default_factory=dict)  # bytes as they travelled, by file
    memory: dict[str, float] = field(default_factory=dict)  # MB, of the tab and of the graphics process
    first_cpu_s: float = 0.0  # processor time of these until the first face was seen
    cpu_ms: float = 0.0  # and after it, for one result
    backend: str | None = None

    @property
    def first_ms(self) -> float | None:
        """When the first face was on the screen."""
        return next((entry["t"] for entry in self.results if entry["boxes"]), None)

    def per_second(self, after_ms: float) -> float:
        """Results a second, from a moment on."""
        times = [entry["t"] for entry in self.results if entry["t"] >= after_ms]
        return 1000 * (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0


class NoResultError(Exception):
    """A page showed nothing in time, or broke; the message says which."""


def launch_flags(clip: Clip, backend: str) -> list[str]:
    """Chromium's flags: a graphics card where there is one, else one in software for WebGL alone."""
    flags = launch_arguments(clip.path)
    if _GRAPHICS.exists():
        return [flag for flag in flags if flag != "--disable-gpu"] + ["--enable-unsafe-webgpu"]
    if backend in ("webgl", "humangl"):
        return [flag for flag in flags if flag != "--disable-gpu"] + [
            "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        ]  # fmt: skip
    return flags


@contextmanager
def browsing(playwright: Playwright, profile: Path, clip: Clip, backend: str) -> Iterator[BrowserContext]:
    """A Chromium with that profile, whose camera plays the clip; NoResultError without a Chromium."""
    chromium = chromium_path()
    if chromium is None:
        raise NoResultError(HOW_TO_GET_ONE)
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium, args=launch_flags(clip, backend),
        viewport={"width": WIDTH, "height": HEIGHT + 180}, permissions=["camera"],
    )  # fmt: skip
    try:
        yield context
    finally:
        context.close()


def visit(
    playwright: Playwright, contestant: Contestant, base: str, clip: Clip, profile: Path, *,
    seconds: float, patience: float = 60.0, garbage: bool = False,
) -> Visit:  # fmt: skip
    """Opens the page with what the profile has in its cache, and stays for some seconds after the first result.

    Raises NoResultError when nothing is shown within ``patience`` seconds.
    """
    with browsing(playwright, profile, clip, contestant.backend) as context:
        page = context.pages[0]
        requests: list[Request] = []

        def remember(request: Request) -> None:
            requests.append(request)

        context.on("requestfinished", remember)
        if contestant.ours:
            page.add_init_script(OBSERVE)
        page.goto(f"{base}/{contestant.query}")
        wait_for_faces(page, patience, contestant.name)
        spent, done = processor_seconds(profile), page.evaluate(_COUNT)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            page.wait_for_timeout(min(1000 * left, POLL_MS))
        each = 1000 * (processor_seconds(profile) - spent) / max(1, page.evaluate(_COUNT) - done)
        answer: Mapping[str, Any] = page.evaluate("globalThis.bench")
        if garbage:
            collect_garbage(page)
        return Visit(
            answer["results"], _downloads(requests), memory_of(profile), spent, each, answer["backend"]
        )


def wait_for_faces(page: Page, patience: float, name: str) -> None:
    """Until a result with faces is there."""
    deadline = time.monotonic() + patience
    while True:
        state = page.evaluate(_STATE)
        if state[0] is not None:
            raise NoResultError(f"{name}: {state[0]}")
        if state[1]:
            return
        if time.monotonic() > deadline:
            raise NoResultError(f"{name} showed no face within {patience:.0f} s")
        page.wait_for_timeout(POLL_MS)


def _downloads(requests: Sequence[Request]) -> dict[str, int]:
    """Bytes of the answers' bodies by file, as they travelled; what the cache answered counts nothing."""
    sizes: dict[str, int] = {}
    for request in requests:
        if request.url.startswith("http"):
            name = request.url.partition("?")[0].rpartition("/")[2] or "index.html"
            sizes[name] = sizes.get(name, 0) + max(0, request.sizes()["responseBodySize"])
    return sizes


def _processes(profile: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The processes of that browser in which pages are drawn: ("tab", ...) and ("graphics", ...)."""
    kinds = {"--type=renderer": "tab", "--type=gpu-process": "graphics"}
    for process in _below(psutil.Process(os.getpid())):
        line = _command(process)
        if f"--user-data-dir={profile}" in line and not any(part.startswith("--type=") for part in line):
            for part in _below(process):
                yield from ((kinds[word], part) for word in _command(part) if word in kinds)


def _below(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it ended between two looks
        return []


def memory_of(profile: Path) -> dict[str, float]:
    """Proportional resident memory (PSS) in MB of the tab's processes and of the graphics process.

    ``cached`` is what of the tab's lies in regions that can be shared: where canvases are drawn by the processor,
    nearly all of it are frames that Chromium decoded and keeps, up to 512 MB, until memory runs short.
    """
    found = {"tab": 0.0, "graphics": 0.0, "cached": 0.0}
    for kind, process in _processes(profile):
        with contextlib.suppress(psutil.NoSuchProcess):
            info = process.memory_full_info()
            found[kind] += getattr(info, "pss", info.uss) / 1e6
            if kind == "tab":
                found["cached"] += _in_shared_regions(process.pid)
    return {name: round(value, 1) for name, value in found.items()}


def _in_shared_regions(pid: int) -> float:
    """MB; 0 where the system (other than Linux) does not tell, or the process has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "Pss_Shmem":
                return int(rest.split()[0]) * 1024 / 1e6
    return 0.0


def processor_seconds(profile: Path) -> float:
    """What these processes have taken so far; other programs on the machine hardly change it."""
    total = 0.0
    for _, process in _processes(profile):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def found_of(visit_: Visit, clip: Clip, after_ms: float) -> tuple[float, float]:
    """People found, and boxes where nobody is or somebody was found already, on average over the results."""
    entries = [entry["boxes"] for entry in visit_.results if entry["t"] >= after_ms]
    if not entries:
        return 0.0, 0.0
    hits = [_hits(boxes, clip) for boxes in entries]
    wrong = [len(boxes) - hit for boxes, hit in zip(entries, hits, strict=True)]
    return sum(hits) / len(entries), sum(wrong) / len(entries)


def _hits(boxes: Sequence[Sequence[float]], clip: Clip) -> int:
    """How many people have a box whose middle lies in their face."""
    free = list(boxes)
    hits = 0
    for person in clip.people:
        for box in free:
            x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
            if abs(x - person.x) < 0.4 * person.height and abs(y - person.y) < 0.5 * person.height:
                free.remove(box)
                hits += 1
                break
    return hits
