from __future__ import annotations

import numpy as np
import pytest

from dasa_lab.evaluate.calibrate import fit_abstention, fit_temperature
from dasa_lab.evaluate.metrics import bootstrap, calibration_error, score, softmax

pytestmark = pytest.mark.lab


def test_figures_of_a_known_case() -> None:
    labels = np.array([0, 0, 1, 1, 2])
    probabilities = np.eye(3)[[0, 1, 1, 1, 0]]
    figures = score(probabilities, labels)
    assert figures.accuracy == pytest.approx(0.6)
    assert figures.confusion.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert figures.f1.tolist() == pytest.approx([0.5, 0.8, 0.0])
    assert figures.macro_f1 == pytest.approx(1.3 / 3)
    assert figures.ece == pytest.approx(0.4)  # always certain, right in three of five


def test_calibration_error_is_zero_where_confidence_is_the_share_of_right_answers() -> None:
    probabilities = np.tile([0.75, 0.25], (4, 1))
    assert calibration_error(probabilities, np.array([0, 0, 0, 1])) == pytest.approx(0.0)


@pytest.mark.parametrize("temperature", [0.5, 2.5])
def test_temperature_is_found_again(temperature: float) -> None:
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2, (4000, 5))
    odds = softmax(logits)
    labels = np.array([generator.choice(5, p=row) for row in odds])
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.08)


def test_abstention_starts_where_most_answers_are_wrong() -> None:
    generator = np.random.default_rng(2)
    confidence = generator.uniform(0.3, 1.0, 4000)
    right = generator.random(4000) < np.where(confidence < 0.45, 0.2, 0.95)
    probabilities = np.stack([confidence, 1 - confidence - 1e-6, np.full(4000, 1e-6)], 1)
    probabilities[confidence < 0.5] = np.stack([confidence, *[(1 - confidence) / 2] * 2], 1)[confidence < 0.5]
    labels = np.where(right, 0, 1)
    assert 0.44 < fit_abstention(probabilities, labels) <= 0.5


def test_bootstrap_holds_the_figure_and_shrinks_with_more_examples() -> None:
    labels = np.arange(60) % 3
    probabilities = np.eye(3)[np.where(np.arange(60) % 4 == 0, 0, labels)]
    low, high = bootstrap(probabilities, labels)["accuracy"]
    assert low <= score(probabilities, labels).accuracy <= high
    more = bootstrap(np.tile(probabilities, (20, 1)), np.tile(labels, 20))["accuracy"]
    assert more[1] - more[0] < high - low
