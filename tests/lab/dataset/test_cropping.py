"""What the builder's own ways of running the face models may cost: nothing that training would notice."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from dasa.bundle.composing import load_base
from dasa.bundle.loader import DEFAULT
from dasa.bundle.runtime import OnnxModel
from dasa.crops import alignment
from dasa.faces.mesh import Mesh
from dasa.faces.regions import region_of_landmarks
from dasa.frames.decode import Limits, decode
from dasa.records import Region
from dasa.sampling import apply
from dasa_lab.datasets.build.cropping import Cropper, framing
from dasa_lab.datasets.build.models import detector_at, in_blocks
from dasa_lab.datasets.build.outcomes import Example, Rejection
from dasa_lab.datasets.build.perceptual import NEAR, distance
from tests.lab.dataset import pictures
from tests.support import scenes
from tests.support.scenes import Person

pytestmark = pytest.mark.lab

SIDE = 256
FORMATS = ((612, 408), (408, 612), (500, 500))


@pytest.fixture(scope="module")
def cropper() -> Cropper:
    return Cropper(framing(SIDE, 1.0, 92), Limits())


def _jpeg(pixels: NDArray[np.uint8], **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def test_rewritten_the_landmark_model_says_the_same() -> None:
    path = DEFAULT / "landmarks.onnx"
    crops = np.random.default_rng(1).integers(0, 256, (2, 192, 192, 3), np.uint8)
    crops[1] = np.asarray(Image.fromarray(scenes.portrait()[20:220, 125:325]).resize((192, 192)))
    plain, written_out = OnnxModel(path)(crops), OnnxModel(in_blocks(path))(crops)
    assert plain.keys() == written_out.keys()
    for name, values in plain.items():
        np.testing.assert_allclose(written_out[name], values, atol=1e-4)


def test_the_detector_at_its_own_side_is_the_same() -> None:
    base = load_base()
    path = DEFAULT / base.detector.file
    graph, spec = detector_at(path, base.detector, base.detector.side, base.detector.side)
    assert spec == base.detector
    picture = np.random.default_rng(1).integers(0, 256, (1, spec.side, spec.side, 3), np.uint8)
    for name, values in OnnxModel(path)(picture).items():
        np.testing.assert_array_equal(OnnxModel(graph)(picture)[name], values)
    smaller, spec = detector_at(path, base.detector, 128, 96)
    assert (spec.side, spec.grid) == (128, 32)
    assert OnnxModel(smaller)(picture[:, :96, :128])[spec.scores].shape == (1, 768)


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    base = load_base()
    return Mesh(OnnxModel(DEFAULT / base.mesh.file), base.mesh)


def _off(outcome: Example, mesh: Mesh) -> float:
    """How far a crop's corners are from where the settled landmarks of the face in it would put them, pixels."""
    base = load_base()
    pixels = decode(outcome.image).pixels
    region = Region(SIDE / 2, SIDE / 2, 1.1 * SIDE, 0.0)
    for _ in range(4):
        (face,) = mesh.read(pixels, [region])
        assert face.score > 0.5
        region = region_of_landmarks(face.landmarks, base.mesh)
    corners = np.array([(0, 0), (SIDE, 0), (0, SIDE), (SIDE, SIDE)], np.float64)
    moved = apply(alignment(face.landmarks, base.crop, SIDE), corners)
    return float(np.linalg.norm(moved - corners, axis=1).mean())


@pytest.mark.parametrize("size", FORMATS)
@pytest.mark.parametrize("share", [0.16, 0.2, 0.25, 0.35, 0.5, 0.8])
def test_faces_of_all_sizes_are_found_and_cut_as_in_serving(
    size: tuple[int, int], share: float, cropper: Cropper, mesh: Mesh
) -> None:
    """share: the face's height over the picture's."""
    width, height = size
    for tilt in (-0.5, 0.0, 0.3):
        person = Person(0.47 * width, 0.52 * height, share * height, tilt)
        outcome = cropper.crop(_jpeg(scenes.draw(scenes.backdrop(width, height), [person])))
        assert isinstance(outcome, Example), outcome
        assert outcome.face_size == pytest.approx(person.height, rel=0.15)
        assert _off(outcome, mesh) < 0.05 * SIDE


def test_harsh_light_misplaces_few_faces(cropper: Cropper) -> None:
    outcomes = [cropper.crop(pictures.jpeg(number)) for number in range(60)]
    found = [outcome for outcome in outcomes if isinstance(outcome, Example)]
    misplaced = [outcome for outcome in found if outcome.face_size != pytest.approx(109, rel=0.16)]
    assert len(found) >= 57
    assert len(misplaced) <= 4


@pytest.mark.parametrize("size", FORMATS)
def test_faces_that_fill_the_picture_are_found(size: tuple[int, int], cropper: Cropper) -> None:
    width, height = size
    person = Person(0.5 * width, 0.5 * height, 1.15 * max(size), 0.1)
    assert isinstance(cropper.crop(_jpeg(scenes.draw(scenes.backdrop(width, height), [person]))), Example)


def test_together_pictures_give_the_same_as_alone(cropper: Cropper) -> None:
    """Of all formats, easy and hard, with and without faces, broken: to the byte."""
    scene = scenes.one_face(640, 480, 0.5)
    small = scenes.draw(scenes.backdrop(612, 408), [Person(300, 210, 70)])
    png = io.BytesIO()
    Image.fromarray(scene).save(png, "PNG")
    data = [_jpeg(scene), png.getvalue(), b"no picture", _jpeg(small), _jpeg(scenes.picture("coffee.png"))]
    data += [pictures.jpeg(number) for number in range(5)]
    data += [_jpeg(np.ascontiguousarray(scene[:, 150:450])), _jpeg(scenes.picture("rocket.jpg"))]
    together = cropper.crop_all(data)
    assert together == [cropper.crop(one) for one in data]
    assert together == cropper.crop_all(data[:7]) + cropper.crop_all(data[7:])
    assert {type(outcome) for outcome in together} == {Example, Rejection}


def test_changed_copies_are_near_duplicates_and_other_pictures_are_not(cropper: Cropper) -> None:
    """docs/dataset.md has the figures over more pictures and changes."""

    def changed(number: int) -> list[bytes]:
        picture = Image.fromarray(pictures.pixels(number))
        width, height = picture.size
        ways = {
            "original": picture,
            "larger": picture.resize((width * 13 // 10, height * 13 // 10), Image.Resampling.BICUBIC),
            "cropped": picture.crop((width // 20, height // 20, width * 19 // 20, height)),
            "darker": picture.point(lambda value: value * 0.85),
            "grey": picture.convert("L").convert("RGB"),
            "turned": picture.rotate(3, Image.Resampling.BICUBIC),
        }
        return [*(_jpeg(np.asarray(way)) for way in ways.values()), pictures.jpeg(number, quality=50)]

    families = [cropper.crop_all(changed(number)) for number in range(8)]
    hashes = [[bytes.fromhex(o.phash) for o in family if isinstance(o, Example)] for family in families]
    near = [distance(family[0], copy) <= NEAR for family in hashes for copy in family[1:]]
    assert len(near) >= 44
    assert sum(near) >= 0.8 * len(near)
    originals = [family[0] for family in hashes]
    assert min(distance(a, b) for i, a in enumerate(originals) for b in originals[:i]) > NEAR


def test_the_largest_of_several_faces_counts(cropper: Cropper) -> None:
    people = [Person(100, 100, 80), Person(330, 220, 180), Person(540, 110, 90)]
    outcome = cropper.crop(_jpeg(scenes.draw(scenes.backdrop(640, 400), people)))
    assert isinstance(outcome, Example)
    assert outcome.face_size == pytest.approx(180, rel=0.15)
    assert outcome.faces == 3


def test_pictures_without_faces_give_none(cropper: Cropper) -> None:
    for name in ("coffee.png", "chelsea.png", "rocket.jpg"):
        outcome = cropper.crop(_jpeg(scenes.picture(name)))
        assert isinstance(outcome, Rejection), name
        assert outcome.reason == "no_face"


def test_the_fast_decoder_changes_no_picture(cropper: Cropper) -> None:
    """Turned, grey, with another profile, progressive, damaged: as if there were only the careful one."""
    pixels = scenes.one_face(640, 480, 0.5)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = np.rot90(pixels).copy()  # which the note turns back
    ways = {
        "plain": _jpeg(pixels),
        "progressive": _jpeg(pixels, progressive=True),
        "turned": _jpeg(turned, exif=exif),
        "sRGB": _jpeg(pixels, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
    }
    crops = {}
    for name, data in ways.items():
        outcome = cropper.crop(data)
        assert isinstance(outcome, Example), name
        assert (outcome.width, outcome.height) == (640, 480)
        crops[name] = decode(outcome.image).pixels.astype(np.int16)
        assert np.abs(crops[name] - crops["plain"]).mean() < 2, name
    plain = ways["plain"]
    assert isinstance(cropper.crop(_jpeg(pixels[..., 0])), Example), "grey"
    assert cropper.crop(plain[: len(plain) // 2]) == cropper.crop(plain[: len(plain) // 3])
    damaged = plain[:20_000] + bytes(40) + plain[20_040:]  # what other programs show all the same
    assert isinstance(cropper.crop(damaged), Example)
