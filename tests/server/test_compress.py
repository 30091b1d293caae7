"""Compressed forms of assets: deterministic, only when smaller, never out of date."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import numpy as np

from tools.compress import compress_folder, main


def test_texts_get_both_forms_and_noise_none(tmp_path: Path) -> None:
    text = b"export const words = 'the same again';\n" * 100
    noise = np.random.default_rng(0).bytes(5000)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index.js").write_bytes(text)
    (tmp_path / "model.onnx").write_bytes(noise)
    (tmp_path / "tiny.css").write_bytes(b"a{}")
    (tmp_path / "picture.png").write_bytes(b"\0" * 5000)
    compress_folder(tmp_path)
    assert brotli.decompress((tmp_path / "assets" / "index.js.br").read_bytes()) == text
    assert gzip.decompress((tmp_path / "assets" / "index.js.gz").read_bytes()) == text
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "index.js", "index.js.br", "index.js.gz", "model.onnx", "picture.png", "tiny.css",
    ]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    seen = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.js").write_bytes(b"let x = 1;\n" * 200)
        compress_folder(tmp_path / name)
        seen.append([(tmp_path / name / f"a.js{ending}").read_bytes() for ending in (".br", ".gz")])
    assert seen[0] == seen[1]


def test_forms_follow_their_file(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"let x = 1;\n" * 200)
    compress_folder(tmp_path)
    path.write_bytes(np.random.default_rng(1).bytes(4000))
    (tmp_path / "gone.js.br").write_bytes(b"left over")
    compress_folder(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.js"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    assert main([str(tmp_path / "none")]) == 2
    assert main([]) == 2
    assert main([str(tmp_path)]) == 0
