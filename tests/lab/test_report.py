"""The evaluation report: what it holds, and how it looks in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from dasa.bundle import load
from dasa.errors import InputError
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.evaluate.evaluation import DataReport, Evaluation, bundle_speeds, evaluate_data
from dasa_lab.evaluate.photos import evaluate_photos
from dasa_lab.evaluate.report import PAGE, render, write_report
from dasa_lab.evaluate.seeds import SeedFigures, SeedReport
from tests.e2e.test_accessibility import findings
from tests.lab.photographs import write_photographs
from tests.lab.synthetic import faces
from tests.support.browser import chromium_path
from tests.support.bundles import paint

pytestmark = pytest.mark.lab


def _tinted(basic7: Path) -> FaceSet:
    """Faces that the tiny bundle reads right, but for every tenth; with a term each."""
    kinds = load(basic7).manifest.taxonomy
    plain = faces(140, "public")
    look = [plain.classes[label] if row % 10 else "anger" for row, label in enumerate(plain.clear)]
    colours = [np.repeat(image, 3, 2) // 2 + 60 for image in plain.images]
    images = [paint(image, kinds, name) for image, name in zip(colours, look, strict=True)]
    names = tuple(term.id for term in kinds.terms)
    terms = np.array([(kinds.terms_of(plain.classes[label]) or (0,))[0] for label in plain.clear])
    return replace(plain, images=np.stack(images), terms=terms, term_names=names)


@pytest.fixture(scope="module")
def evaluation(basic7: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    bundle = load(basic7)
    data = evaluate_data(bundle, _tinted(basic7), robustness=True)
    runs = tuple(SeedFigures(f"run-{seed}", "tiny", seed, 0.8 + seed / 100, 0.7, (0.5,) * 7) for seed in (1, 2, 3))
    data = replace(data, seeds=SeedReport(data.files[0].classes, runs), pooled=data.files)
    photos = write_photographs(tmp_path_factory.mktemp("photos"), bundle.manifest.taxonomy)
    return Evaluation(
        bundle.manifest, "2026-11-25", bundle_speeds(bundle), {}, data, evaluate_photos(bundle, photos), "photos"
    )


@pytest.fixture(scope="module")
def data(evaluation: Evaluation) -> DataReport:
    assert evaluation.data is not None
    return evaluation.data


@pytest.fixture(scope="module")
def page_file(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(evaluation, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(page_file: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(page_file.as_uri())
        yield page
        browser.close()


def test_the_figures_are_those_of_the_known_case(data: DataReport) -> None:
    (primary, *_) = data.files
    wrong = sum(row % 10 == 0 and label != 4 for row, label in enumerate(faces(140).clear))  # 4: anger
    assert primary.after.accuracy == pytest.approx(1 - wrong / 140)
    assert data.terms is not None
    assert data.terms.count == 140


def test_the_page_says_what_was_measured(page: Page, data: DataReport) -> None:
    assert re.fullmatch(r"tiny-basic7@\S+: how well it reads expressions", page.title())
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert headings == [
        "At a glance", *(f"{report.file}: what it reads, what it mixes up" for report in data.files),
        "Under worse conditions",
        "Rare classes on both test splits together", "The 135 terms", "How much is chance: 3 seeds",
        "Whole photographs, end to end", "Size, speed and precision", "What these figures do not say",
    ]
    for link in page.get_by_role("navigation").get_by_role("link").all():
        target = link.get_attribute("href")
        assert target is not None
        assert page.locator(target).count() == 1
    gallery = page.locator(".gallery").first.get_by_role("listitem")
    assert gallery.count() == 2
    assert page.locator(".gallery img").first.evaluate("image => image.complete && image.naturalWidth") == 144
    assert "happiness/nobody.webp" in page.locator("details", has_text="No face found in 1 of 8").inner_text()


def test_plots_have_a_text_alternative_and_real_text(page: Page, data: DataReport) -> None:
    plots = page.get_by_role("img").and_(page.locator("svg"))
    assert plots.count() == 5 * len(data.files) + 2  # and a confusion matrix for each way of reading photographs
    for plot in plots.all():
        assert len(plot.get_attribute("aria-label") or "") > 60
        assert plot.locator("text").count() > 3
    label = page.locator("svg[aria-label^='Confusion matrix, primary.onnx']").get_attribute("aria-label")
    assert label is not None
    assert "read as anger" in label


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_accessible_and_fits(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.set_viewport_size({"width": width, "height": 800})
    assert findings(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_plots_follow_the_colours_of_the_page(page: Page) -> None:
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        colours.append(page.locator("svg text").first.evaluate("node => getComputedStyle(node).fill"))
    assert colours[0] != colours[1]


def test_the_page_needs_nothing_else(page_file: Path) -> None:
    text = page_file.read_text("utf-8")
    assert not re.search(r"(src|href)=\"(?!#|data:)", text)
    assert "<script" not in text
    assert "#0101" not in text  # marker colours that were not put in place


def test_the_same_figures_give_the_same_page(evaluation: Evaluation) -> None:
    assert render(evaluation) == render(evaluation)


def test_names_of_photographs_cannot_break_the_page(evaluation: Evaluation) -> None:
    report = evaluation.photos[0]
    strange = replace(report.photos[0], name="<b>&quot;.jpg", read_as=None)
    text = render(replace(evaluation, photos=(replace(report, photos=(*report.photos, strange)),)))
    assert "&lt;b&gt;&amp;quot;.jpg" in text
    assert "<b>" not in text


def test_a_bundle_can_be_measured_on_photographs_alone(evaluation: Evaluation) -> None:
    text = render(replace(evaluation, data=None))
    assert "Whole photographs, end to end" in text
    assert "Under worse conditions" not in text


def test_a_folder_that_cannot_be_written_is_named(evaluation: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"report\.json' could not be written"):
        write_report(evaluation, tmp_path / "file" / PAGE)
