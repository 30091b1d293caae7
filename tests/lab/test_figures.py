from __future__ import annotations

import numpy as np
import pytest

from dasa import taxonomy
from dasa_lab.evaluate.calibrate import fit_abstention, fit_temperature
from dasa_lab.evaluate.metrics import (
    abstention,
    bootstrap,
    calibration_error,
    reliability,
    score,
    softmax,
)
from dasa_lab.evaluate.terms import score_terms, tree_distance

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


def test_intervals_are_given_by_class_too_and_are_wide_where_examples_are_few() -> None:
    generator = np.random.default_rng(3)
    labels = np.repeat([0, 1], [2000, 12])
    right = generator.random(len(labels)) < 0.8
    ends = bootstrap(np.eye(2)[np.where(right, labels, 1 - labels)], labels, ("many", "few"))
    width = {name: high - low for name, (low, high) in ends.items()}
    assert set(ends) == {"accuracy", "macro_f1", "f1_many", "f1_few"}
    assert ends["accuracy"][0] < right.mean() < ends["accuracy"][1]
    assert 0 < width["f1_many"] < width["f1_few"]


def test_reliability_is_what_the_calibration_error_sums_up() -> None:
    generator = np.random.default_rng(4)
    probabilities = softmax(generator.normal(0, 2, (500, 4)))
    labels = generator.integers(0, 4, 500)
    bins = reliability(probabilities, labels)
    gaps = np.abs(bins.confidence - bins.accuracy) * bins.count
    assert gaps.sum() / bins.count.sum() == pytest.approx(calibration_error(probabilities, labels))
    assert bins.count.sum() == 500


def test_abstention_drops_the_least_sure_first() -> None:
    confidence = np.linspace(0.51, 1, 200)
    labels = np.where(confidence < 0.75, 1, 0)  # wrong while unsure
    curve = abstention(np.stack([confidence, 1 - confidence], 1), labels)
    assert curve.coverage[0] == 1
    assert curve.accuracy[0] == pytest.approx((labels == 0).mean())
    assert curve.accuracy[-1] == 1
    assert (np.diff(curve.coverage) < 0).all()
    assert (np.diff(curve.threshold) > 0).all()


def test_tree_distance_counts_steps_to_the_common_ancestor() -> None:
    kinds = taxonomy.build("emo135")
    at = {term.id: row for row, term in enumerate(kinds.terms)}
    distance = tree_distance(kinds)
    assert distance[at["joy"], at["joy"]] == 0
    assert distance[at["rage"], at["wrath"]] == 1  # both rage, by Shaver et al.
    assert distance[at["rage"], at["annoyance"]] == 2  # anger
    assert distance[at["rage"], at["joy"]] == 3
    assert (distance == distance.T).all()


def test_terms_are_scored_by_rank_and_by_their_place_in_the_tree() -> None:
    kinds = taxonomy.build("emo135")
    at = {term.id: row for row, term in enumerate(kinds.terms)}
    labels = np.array([at["rage"]] * 4)
    scores = np.zeros((4, len(kinds.terms)))
    said = [("rage", "joy"), ("wrath", "rage"), ("annoyance", "joy"), ("joy", "rage")]
    for row, (leader, second) in enumerate(said):
        scores[row, [at[leader], at[second]]] = 2, 1
    scores[2, at["rage"]] = -1  # last of all
    found = score_terms("specific.onnx", scores, labels, kinds, trained=True)
    assert (found.top1, found.top5, found.group, found.distance) == (0.25, 0.75, 0.75, 1.5)
    assert found.steps == (0.25, 0.25, 0.25, 0.25)
    assert found.present == 1
    assert {(pair.term, pair.read_as) for pair in found.pairs} == {
        ("rage", "wrath"), ("rage", "annoyance"), ("rage", "joy"),
    }
    assert found.intervals["top1"][0] <= 0.25 <= found.intervals["top1"][1]
