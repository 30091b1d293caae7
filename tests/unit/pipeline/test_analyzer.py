"""The library: pictures, videos and streams give the right faces with the right emotions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import dasa
from dasa import Analyzer
from dasa.bundle import load
from dasa.errors import BrokenImage, BundleError, VideoError
from dasa.frames.video import Video
from dasa.records import Frame, FrameResult
from tests.support import bundles, images, scenes


@pytest.fixture(scope="module")
def analyzer(emo135: Path) -> Analyzer:
    return Analyzer(emo135)


def painted(analyzer: Analyzer, primary: str, pixels: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    picture = scenes.one_face(640, 360) if pixels is None else pixels
    return bundles.paint(picture, analyzer.manifest.taxonomy, primary)


@pytest.mark.parametrize("primary", ["love", "anger", "sadness", "disgust"])
def test_a_face_reads_as_its_tint(analyzer: Analyzer, primary: str) -> None:
    result = analyzer.picture(painted(analyzer, primary))
    (face,) = result.faces
    assert face.primary.id == primary
    assert face.specific is not None
    family = {term.id: term.primary for term in analyzer.manifest.taxonomy.terms}
    assert {family[guess.id] for guess in face.specific.top} == {primary}
    assert face.track is None
    assert not face.derived_affect
    assert (result.bundle, result.width, result.height) == ("tiny-emo135@1.2.3", 640, 360)
    assert set(result.timing_ms) == {"decode", "faces", "crops", "emotion"}


def test_a_grey_face_is_neutral_by_the_gate(analyzer: Analyzer) -> None:
    (face,) = analyzer.picture(painted(analyzer, "neutral")).faces
    assert face.primary.id == "neutral"
    assert face.specific is None
    assert face.neutral_gate is not None
    assert face.neutral_gate > 0.5


def test_path_bytes_and_pixels_give_the_same(analyzer: Analyzer, tmp_path: Path) -> None:
    pixels = painted(analyzer, "anger")
    path = tmp_path / "face.png"
    path.write_bytes(images.encode(pixels))
    results = [analyzer.picture(source) for source in (path, str(path), path.read_bytes(), pixels)]
    assert [result.source for result in results] == ["face.png", "face.png", "", ""]
    boxes = {face.box for result in results for face in result.faces}
    assert len(boxes) == 1
    assert {face.primary.confidence for result in results for face in result.faces} == {
        results[0].faces[0].primary.confidence
    }


def test_ten_faces_come_largest_first_and_the_limit_holds(emo135: Path, analyzer: Analyzer) -> None:
    picture = scenes.ten_faces()
    faces = analyzer.picture(picture).faces
    assert len(faces) == 10
    sizes = [max(face.box.width, face.box.height) for face in faces if face.box is not None]
    assert sizes == sorted(sizes, reverse=True)
    outline_size = len(analyzer.manifest.mesh.outline)
    assert all(face.outline is not None and face.outline.shape == (outline_size, 2) for face in faces)
    assert len(Analyzer(emo135, max_faces=3).picture(picture).faces) == 3


def test_a_picture_without_faces_is_an_answer_and_not_an_error(analyzer: Analyzer) -> None:
    assert analyzer.picture(np.zeros((48, 64, 3), np.uint8)).faces == ()


@pytest.mark.parametrize("pixels", [
    np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8),
])
def test_pixels_of_another_shape_are_refused(analyzer: Analyzer, pixels: NDArray[np.uint8]) -> None:
    with pytest.raises(BrokenImage, match="shape"):
        analyzer.picture(pixels)


def test_a_missing_file_and_bundle_are_named(analyzer: Analyzer, tmp_path: Path) -> None:
    with pytest.raises(BrokenImage, match=r"'gone\.jpg' cannot be read"):
        analyzer.picture(tmp_path / "gone.jpg")
    with pytest.raises(BundleError):
        Analyzer(tmp_path)


def moments(analyzer: Analyzer, frames: int) -> Iterator[Frame]:
    for index, moment in enumerate(scenes.crossing(frames)):
        yield Frame(painted(analyzer, "love", moment.pixels), index / 15, index)


def test_people_keep_their_ids_through_a_crossing(analyzer: Analyzer) -> None:
    results = list(analyzer.stream(moments(analyzer, 45)))
    assert [result.index for result in results] == list(range(45))
    ids = {face.track for result in results for face in result.faces}
    assert ids == {1, 2}
    first, last = results[0], results[-1]
    left_at_first = min(first.faces, key=lambda face: face.box.x if face.box else 0).track
    left_at_last = min(last.faces, key=lambda face: face.box.x if face.box else 0).track
    assert {left_at_first, left_at_last} == {1, 2}
    assert {face.primary.id for result in results for face in result.faces} == {"love"}


def test_each_face_is_classified_as_often_as_the_manifest_says(analyzer: Analyzer) -> None:
    pixels = painted(analyzer, "fear")
    results = list(analyzer.stream(Frame(pixels, index / 30, index) for index in range(30)))
    classified = sum("emotion" in result.timing_ms for result in results)
    assert classified == pytest.approx(analyzer.manifest.smoothing.classify_per_second, abs=1)
    assert all(len(result.faces) == 1 for result in results)


def test_two_streams_do_not_know_each_other(analyzer: Analyzer) -> None:
    pixels = painted(analyzer, "fear")
    one = analyzer.stream(Frame(pixels, index / 10, index) for index in range(3))
    other = analyzer.stream(Frame(pixels, index / 10, index) for index in range(3))
    tracks = [face.track for pair in zip(one, other, strict=True) for result in pair for face in result.faces]
    assert tracks == [1] * 6


def test_a_video_file_is_walked_with_times(analyzer: Analyzer, tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    pixels = painted(analyzer, "anger")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 360))
    for _ in range(5):
        writer.write(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    writer.release()
    results: list[FrameResult] = list(analyzer.video(path))
    assert [round(result.time_s, 3) for result in results] == [0, 0.1, 0.2, 0.3, 0.4]
    assert {face.track for result in results for face in result.faces} == {1}
    assert {result.source for result in results} == {"clip.avi"}
    with pytest.raises(VideoError):
        list(analyzer.video(tmp_path / "gone.mp4"))
    with Video(path) as video:
        assert len(list(analyzer.stream(video, smoothing=0))) == 5


def test_importing_dasa_stays_cheap() -> None:
    heavy = "'numpy', 'onnxruntime', 'cv2', 'flask', 'pymongo', 'torch', 'dasa.pipeline'"
    code = f"import sys, dasa; print([name for name in [{heavy}] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = dasa.Nothing


def test_a_loaded_bundle_is_taken_as_it_is(emo135: Path) -> None:
    bundle = load(emo135)
    assert Analyzer(bundle).manifest is bundle.manifest
