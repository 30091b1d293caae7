"""``dasa evaluate --photos``: whole photographs end to end."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from dasa import Analyzer
from dasa.bundle import load
from dasa.errors import InputError
from dasa_lab.evaluate.photo_report import PhotoReport
from dasa_lab.evaluate.photos import evaluate_photos, list_photos
from tests.lab.photographs import LARGE, SIZE, STRENGTH, write_photographs
from tests.support.bundles import paint
from tests.support.scenes import backdrop, draw

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def reports(emo135: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[PhotoReport, ...]:
    bundle = load(emo135)
    return evaluate_photos(bundle, write_photographs(tmp_path_factory.mktemp("photos"), bundle.manifest.taxonomy))


def test_both_ways_of_reading_are_measured(reports: tuple[PhotoReport, ...]) -> None:
    assert [(report.way, report.file) for report in reports] == [
        ("server", "specific.onnx"), ("device", "primary.onnx"),
    ]
    assert all(photo.terms == () for photo in reports[1].photos)  # the device's model alone names no terms


@pytest.mark.parametrize("way", [0, 1])
def test_faces_read_as_they_look_and_the_largest_counts(reports: tuple[PhotoReport, ...], way: int) -> None:
    read = {photo.name: photo.read_as for photo in reports[way].photos}
    assert read == {
        "happiness/plain.jpg": "happiness", "happiness/two.jpg": "happiness",
        "happiness/deep/tilted.png": "happiness", "happiness/nobody.webp": None,
        "anger/mirrored.jpg": "anger", "anger/small.JPEG": "fear",
        "neutral/grey.jpg": "neutral", "neutral/warm.png": "anger",
    }
    assert {photo.name: photo.faces for photo in reports[way].photos if photo.faces != 1} == {
        "happiness/two.jpg": 2, "happiness/nobody.webp": 0,
    }


def test_what_is_missed_and_what_cannot_be_read_is_counted_and_named(reports: tuple[PhotoReport, ...]) -> None:
    report = reports[0]
    assert [photo.name for photo in report.missed] == ["happiness/nobody.webp"]
    assert [name for name, _ in report.unreadable] == ["anger/broken.jpg"]
    assert "damaged" in report.unreadable[0][1]
    assert report.crowded == 1
    shown = report.as_text()
    assert "no face in happiness/nobody.webp" in shown
    assert "anger/broken.jpg could not be read" in shown


def test_figures_of_the_known_case(reports: tuple[PhotoReport, ...]) -> None:
    report = reports[0]
    assert report.scores.accuracy == pytest.approx(5 / 7)  # of the found faces
    assert report.end_to_end == pytest.approx(5 / 8)  # the missed one is an error
    assert report.present == ("anger", "happiness", "neutral")
    figures = report.as_json()["classes"]
    assert figures["anger"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "count": 2}
    assert figures["happiness"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "count": 3}
    assert figures["neutral"]["recall"] == 0.5
    assert report.macro_f1 == pytest.approx((0.5 + 1 + 2 / 3) / 3)
    assert report.unsure == 0


def test_misreadings_come_with_a_thumbnail(reports: tuple[PhotoReport, ...]) -> None:
    assert {photo.name for photo in reports[0].misread} == {"anger/small.JPEG", "neutral/warm.png"}
    assert all(photo.thumbnail.startswith("data:image/webp;base64,") for photo in reports[0].misread)
    assert all(not photo.thumbnail for photo in reports[0].seen if photo.read_as == photo.label)


def test_folders_have_to_be_classes_of_the_bundle(emo135: Path, basic7: Path, tmp_path: Path) -> None:
    manifest = load(emo135).manifest
    with pytest.raises(InputError, match="no folder"):
        list_photos(tmp_path / "absent", manifest)
    with pytest.raises(InputError, match="holds no photographs"):
        list_photos(tmp_path, manifest)
    write_photographs(tmp_path, manifest.taxonomy)
    assert len(list_photos(tmp_path, manifest)) == 9
    (tmp_path / "happy").mkdir()
    with pytest.raises(InputError, match=r"'happy' is no class of tiny-basic7@.*neutral, happiness"):
        list_photos(tmp_path, load(basic7).manifest)


def test_folders_may_be_terms(emo135: Path, tmp_path: Path) -> None:
    bundle = load(emo135)
    kinds = bundle.manifest.taxonomy
    pixels = paint(draw(backdrop(*SIZE), [LARGE]), kinds, "anger", STRENGTH)
    (face,) = Analyzer(bundle).picture(pixels).faces
    assert face.specific is not None
    named = [guess.id for guess in face.specific.top]
    absent = next(kinds.terms[row].id for row in kinds.terms_of("anger") if kinds.terms[row].id not in named)
    for term in (named[0], named[2], absent):
        (tmp_path / term).mkdir()
        Image.fromarray(pixels).save(tmp_path / term / "face.png")
    (tmp_path / "anger").mkdir()  # a class that is a term as well, so among terms it is one
    assert {(each.label, each.label_term) for each in list_photos(tmp_path, bundle.manifest)} == {
        ("anger", named[0]), ("anger", named[2]), ("anger", absent),
    }
    server, device = evaluate_photos(bundle, tmp_path)
    assert server.scores.accuracy == device.scores.accuracy == 1
    assert server.terms_right(1) == pytest.approx(1 / 3)
    assert server.terms_right(5) == pytest.approx(2 / 3)
    assert device.terms_right(1) is None
    assert "terms     0.3333 right at first, 0.6667 among the first five" in server.as_text()
