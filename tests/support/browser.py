"""Finds a Chromium and knows the flags for a fake camera."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

HOW_TO_GET_ONE = (
    "no Chromium found: install one with `apt-get install chromium` (Debian, Ubuntu) or "
    "`.venv/bin/python -m playwright install chromium`"
)


def chromium_path() -> str | None:
    """The system's Chromium, else Playwright's own, else None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    own = sorted(cache.glob("chromium-*/chrome-linux*/chrome"))
    return str(own[-1]) if own else None


def launch_arguments(clip: Path | None = None, *, allow_camera: bool = True) -> list[str]:
    """Flags for a quiet, sandbox-free Chromium whose camera plays a clip (MJPEG) in a loop."""
    arguments = [
        "--no-sandbox",
        "--no-first-run",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-gpu",  # software compositing: many times as fast as a GPU in software
        "--use-fake-device-for-media-stream",
        "--enable-precise-memory-info",
    ]
    if allow_camera:
        arguments.append("--use-fake-ui-for-media-stream")
    if clip is not None:
        arguments.append(f"--use-file-for-fake-video-capture={clip}")
    return arguments
