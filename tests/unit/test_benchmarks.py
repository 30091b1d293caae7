"""What the benchmarks work out of their measurements, and that the page says what was measured."""

from __future__ import annotations

import pytest

from benchmarks.parts import PARTS, RESULTS, Budget
from benchmarks.report import PAGE, collected, filled
from benchmarks.server.client import percentile
from benchmarks.server.clients import Manner, Tally, drive, summary
from benchmarks.server.load import CALM, recovered
from benchmarks.server.pictures import scene


def test_the_parts_fit_into_twenty_minutes() -> None:
    assert sum(part.seconds for part in PARTS if not part.is_extra) < 1_200
    assert len({part.name for part in PARTS}) == len(PARTS)


def test_a_budget_runs_out_and_stays_at_nothing() -> None:
    assert Budget(5.0, begun=-100.0).left == 0.0


def test_the_page_says_what_the_results_say() -> None:
    tables, _ = collected(RESULTS)
    page = PAGE.read_text("utf-8")
    assert filled(page, tables) == page, "Run: make bench-report"


def test_tables_go_where_they_belong_and_nowhere_else() -> None:
    page = "a\n<!-- bench:one -->\nold\n<!-- end -->\nb\n<!-- bench:two -->\nkept\n<!-- end -->\n"
    after = filled(page, {"one": "| new |\n"})
    assert after == page.replace("old", "| new |")
    assert filled(after, {"one": "| new |\n"}) == after
    with pytest.raises(KeyError, match="three"):
        filled(page, {"three": ""})


def test_percentiles() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([], 0.5)) == (51.0, 100.0, 0.0)


def test_fairness_is_one_for_equals_and_one_nth_where_one_gets_all() -> None:
    same = [Tally([0.01] * 5, [0.001] * 5) for _ in range(4)]
    figures = summary(same, 10.0)
    assert figures["fairness"] == pytest.approx(1.0)
    assert (figures["answered_per_s"], figures["refused_share"], figures["asked_per_s"]) == (2.0, 0.5, 4.0)
    greedy = [Tally([0.01] * 5), *(Tally() for _ in range(3))]
    assert summary(greedy, 10.0)["fairness"] == pytest.approx(0.25)


def test_recovery_begins_with_the_first_answer_of_a_calm_row() -> None:
    slow = [(0.5 * i, 0.5, 200) for i in range(1, 4)]
    refused = [(1.6, 0.01, 503)]
    calm = [(1.7 + 0.1 * i, 0.1, 200) for i in range(CALM)]
    assert recovered([*slow, *refused, *calm], normal_s=0.2) == pytest.approx(1.6)
    assert recovered([*calm[: CALM // 2], *refused, *calm[: CALM // 2]], normal_s=0.2) is None


def test_load_is_bounded() -> None:
    with pytest.raises(ValueError, match="at most"):
        drive(1, Manner("/", b""), 1_000, 1.0)
    with pytest.raises(ValueError, match="at most"):
        drive(1, Manner("/", b""), 1, 10_000.0)


def test_people_of_a_scene_count_once() -> None:
    picture = scene(1)
    (person,) = picture.people
    around = [person.x - 50, person.y - 50, 100.0, 100.0]
    assert picture.found([around, around]) == 1
    assert picture.found([[0.0, 0.0, 10.0, 10.0]]) == 0
    assert picture.base64_json.startswith(b'{"image": "data:image/jpeg;base64,')
