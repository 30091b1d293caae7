"""A second visit: the models get ready while the page is looked at, and nothing else happens unasked."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Worker, expect

from tests.e2e.conftest import OpenLive
from tests.support.server import ServerProcess

# Bytes that travelled for each model that the worker has fetched.
_FETCHED = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => name.endsWith(".onnx")).map(({ transferSize }) => transferSize)"""

_ASKED = """(() => {
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (wish) => { globalThis.asked = true; return ask(wish); };
})()"""


def analysis_workers(page: Page) -> list[Worker]:
    """Workers that analyse frames."""
    return [worker for worker in page.workers if "analysis.worker" in worker.url]


def test_the_models_get_ready_for_whoever_comes_back(
    open_live: OpenLive, server: ServerProcess, one_clip: Path
) -> None:
    live = open_live(server, one_clip)
    page = live.page
    expect(page.get_by_test_id("start")).to_be_visible()
    assert analysis_workers(page) == []  # a first visit fetches nothing before it is asked for
    live.start()
    page.add_init_script(_ASKED)
    with page.expect_event("worker", lambda worker: "analysis.worker" in worker.url) as again:
        page.reload()
    expect(page.locator("dasa-status")).to_contain_text("WebAssembly")
    assert again.value.evaluate(_FETCHED) == [0, 0, 0]
    expect(page.get_by_test_id("start")).to_be_visible()
    assert page.evaluate("() => globalThis.asked") is None
    live.start()
    assert len(analysis_workers(page)) == 1
