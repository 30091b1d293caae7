"""Reading and writing golden files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).resolve().parents[2] / "tests/golden"


def plain(value: Any) -> Any:
    """Numbers and lists in place of arrays and tuples; floats with nine significant digits."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return float(f"{value:.9g}")
    return value


def write(folder: Path, name: str, content: Any) -> None:
    """Writes a value as one JSON file."""
    text = json.dumps(plain(content), separators=(",", ":"), allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n", "utf-8")


def read(folder: Path, name: str) -> Any:
    """The content of a JSON file."""
    return json.loads((folder / f"{name}.json").read_text("utf-8"))


def write_png(folder: Path, name: str, pixels: NDArray[np.uint8]) -> None:
    """Writes RGB or RGBA pixels."""
    code = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    options = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    done, data = cv2.imencode(".png", cv2.cvtColor(pixels, code), options)
    if not done:
        raise ValueError(f"{name} could not be encoded")
    (folder / f"{name}.png").write_bytes(data.tobytes())


def read_png(folder: Path, name: str) -> NDArray[np.uint8]:
    """RGB pixels of a PNG without alpha."""
    pixels = cv2.imread(str(folder / f"{name}.png"), cv2.IMREAD_COLOR)
    if pixels is None:
        raise FileNotFoundError(f"{name}.png")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
