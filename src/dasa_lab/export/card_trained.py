"""The model card of a bundle whose terms were learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dasa.bundle.manifest import Manifest, Metric
from dasa_lab.evaluate.bundle import FileReport, models_with_primary
from dasa_lab.export.card import INTRO, section
from dasa_lab.export.variants import Made

_TERMS = """## The 135 terms
`terms` of `specific.onnx` was learnt from photographs labelled with one term each. Such labels are words that
somebody searched for or tagged a picture with, not what people who looked at the face voted for: many are wrong,
and neighbouring words can hardly be told apart by a face. A group is far more certain than a term.

"""
_GATE = """## Neutral
The 135 terms have no neutral. A face that `{file}` (of the default bundle) calls neutral with a probability of
{threshold:g} or more shows neutral and no term. The threshold was given, not fitted: this data has no neutral
faces.

"""
_LIMITS = """## What could not be measured
- Whether a person feels what the label says. Pictures of collections are posed, and their labels are search words.
- Webcam pictures: all figures are on held out pictures of the same collection.
- Skin tone, age, gender, culture: the data says nothing about them, so differences between groups are unknown.
"""


def _terms_table(metrics: Sequence[Metric]) -> str:
    names = {
        "terms_accuracy": "the very term", "terms_top5": "among the five most probable",
        "terms_group_accuracy": "a term of the right group",
    }
    rows = [m for m in metrics if m.name in names]
    lines = ["| | share of the faces (95 %) |", "|---|---|"]
    lines += [f"| {names[m.name]} | {m.value:.1%} ({m.low:.1%} to {m.high:.1%}) |" for m in rows]
    return "\n".join(lines) + f"\n\nOn {rows[0].count} faces of {rows[0].data}.\n\n"


def trained_card(manifest: Manifest, reports: Sequence[FileReport], made: Mapping[str, Made]) -> str:
    """The card as Markdown. made: by file."""
    data = manifest.metrics[0].data
    outputs = {model.file: model.primary for model in models_with_primary(manifest)}
    parts = [INTRO.format(id=manifest.id, description=manifest.description)]
    parts += [
        section(report, outputs[report.file], manifest.files[report.file].size, data, made[report.file])
        for report in reports
    ]
    if manifest.specific is not None:
        parts += [_TERMS, _terms_table(manifest.metrics)]
    gate = manifest.neutral_gate
    if gate is not None:
        parts.append(_GATE.format(file=gate.model.file, threshold=gate.threshold))
    origin = manifest.provenance
    parts += [
        _LIMITS,
        f"\n## How it was made\nRecipe {origin.recipe}, commit {origin.commit}, data {origin.data}. Temperatures, "
        "thresholds and the best epoch were chosen on the faces that the figures above are of, so they are a "
        "little kind; `dasa evaluate --final` reports the test split.\n",
    ]
    return "".join(parts)
