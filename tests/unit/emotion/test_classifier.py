"""The classifier runs what the manifest asks for, and says what the models say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dasa.bundle import Bundle, Manifest, load
from dasa.emotion import Classifier
from dasa.emotion.classifier import resize, softmax
from tests.support.bundles import tint


def tinted(manifest: Manifest, *primaries: str, side: int = 48) -> np.ndarray:
    """Crops in the pure colour of primaries, at two thirds of full brightness."""
    colours = [tuple(round(170 * part) for part in tint(manifest.taxonomy, primary)) for primary in primaries]
    return np.array(colours, np.uint8)[:, None, None, :] * np.ones((1, side, side, 1), np.uint8)


@pytest.fixture(scope="module", params=["emo135", "basic7"])
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return load(request.getfixturevalue(request.param))


def test_every_class_is_recognised_at_its_place(bundle: Bundle) -> None:
    manifest = bundle.manifest
    classes = [primary.id for primary in manifest.taxonomy.primaries]
    emotions = Classifier(bundle).classify(tinted(manifest, *classes))
    assert [classes[int(emotion.primary.argmax())] for emotion in emotions] == classes
    for emotion in emotions:
        assert emotion.primary.dtype == np.float32
        assert emotion.terms is not None
        assert emotion.terms.shape == (135,)
        np.testing.assert_allclose([emotion.primary.sum(), emotion.terms.sum()], 1, atol=1e-5)


def test_a_batch_gives_the_same_as_each_crop_alone(bundle: Bundle) -> None:
    crops = np.random.default_rng(1).integers(0, 256, (10, 48, 48, 3)).astype(np.uint8)
    classifier = Classifier(bundle)
    for together, alone in zip(classifier.classify(crops), [classifier.classify(c[None])[0] for c in crops],
                               strict=True):
        np.testing.assert_allclose(together.primary, alone.primary, atol=1e-5)
        assert together.valence == pytest.approx(alone.valence, abs=1e-5)


def test_no_crops_give_no_emotions_and_four_channels_work(bundle: Bundle) -> None:
    classifier = Classifier(bundle)
    assert classifier.classify(np.empty((0, 48, 48, 3), np.uint8)) == ()
    crops = tinted(bundle.manifest, "anger")
    rgba = np.concatenate([crops, np.full((1, 48, 48, 1), 255, np.uint8)], axis=3)
    np.testing.assert_allclose(
        classifier.classify(rgba)[0].primary, classifier.classify(crops)[0].primary, atol=1e-6
    )


def test_the_gate_tells_grey_from_colour(emo135: Path) -> None:
    bundle = load(emo135)
    classifier = Classifier(bundle)
    coloured, grey = classifier.classify(np.concatenate([
        tinted(bundle.manifest, "love"), np.full((1, 48, 48, 3), 128, np.uint8)
    ]))
    assert coloured.neutral_gate is not None
    assert grey.neutral_gate is not None
    assert coloured.neutral_gate < 0.1 < 0.9 < grey.neutral_gate


def test_affect_is_the_models_own_or_derived_from_the_anchors(emo135: Path, basic7: Path) -> None:
    bundle = load(emo135)
    (own,) = Classifier(bundle).classify(tinted(bundle.manifest, "love"))
    assert not own.derived_affect
    bundle = load(basic7)
    (derived,) = Classifier(bundle).classify(tinted(bundle.manifest, "anger"))
    assert derived.derived_affect
    assert derived.neutral_gate is None
    expected = sum(p * a.valence for p, a in zip(derived.primary, bundle.manifest.taxonomy.primaries, strict=True))
    assert derived.valence == pytest.approx(expected, abs=1e-6)


def test_a_bundle_without_a_specific_model_gives_no_terms(basic7: Path) -> None:
    bundle = load(basic7)
    alone = Bundle(bundle.manifest.model_copy(update={"specific": None}), bundle.directory)
    classifier = Classifier(alone)
    assert classifier.side == alone.manifest.primary.side
    (emotion,) = classifier.classify(tinted(bundle.manifest, "anger"))
    assert emotion.terms is None


def test_temperature_softens_without_changing_the_order(basic7: Path) -> None:
    bundle = load(basic7)
    output = bundle.manifest.primary.primary.model_copy(update={"temperature": 4.0})
    primary = bundle.manifest.primary.model_copy(update={"primary": output})
    soft = Bundle(bundle.manifest.model_copy(update={"primary": primary}), bundle.directory)
    crops = tinted(bundle.manifest, "anger")
    sharp_one, soft_one = (Classifier(b).classify(crops)[0].primary for b in (bundle, soft))
    assert sharp_one.argmax() == soft_one.argmax()
    assert soft_one.max() < sharp_one.max()


@given(logits=arrays(np.float32, (3, 7), elements=st.floats(-1e4, 1e4, width=32)),
       temperature=st.floats(0.05, 20))
def test_softmax_is_a_distribution_for_any_logits(logits: np.ndarray, temperature: float) -> None:
    probabilities = softmax(logits, temperature)
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(softmax(logits + np.float32(3), temperature), probabilities, atol=1e-2)


def test_resizing_keeps_means_and_flat_colours() -> None:
    crops = np.full((2, 48, 48, 3), (10, 20, 30), np.uint8)
    for side in (24, 48, 112):
        resized = resize(crops, side)
        assert resized.shape == (2, side, side, 3)
        assert (resized == (10, 20, 30)).all()
