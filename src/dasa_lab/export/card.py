"""The model card, written by the program from what it measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dasa.bundle.manifest import Manifest, PrimaryOutput
from dasa_lab.evaluate.bundle import FileReport, models_with_primary
from dasa_lab.export.semantic import ties
from dasa_lab.export.variants import Made
from dasa_lab.export.web import SAME

INTRO = """# {id}

{description}

A face that looks like an emotion need not belong to somebody who feels it. The models say how an expression
reads, by the votes of people who looked at photographs.

## What it is for, and what not
For seeing live how expressions read, for research, teaching and play, with people who know about it and agreed.
Not for judging people: not at work or in education (forbidden in the European Union), not for hiring, policing,
health or credit, and not for telling what somebody feels.

## Models
"""

_TERMS = """## The 135 terms are an estimate
No picture with one of the 135 labels was seen in training. `terms` of `specific.onnx` is a fixed formula over the
primary distribution, valence and arousal, with the ratings of the words by the Glasgow Norms (Scott et al. 2019,
CC BY 4.0):

    score(term) = log p(family) + log softmax within the family of 1.5 * (z . w - |w|^2 / 2 + offset)

z is the face's valence and arousal standardised among the training faces that read as the family, w the word's
rating standardised among the words of the family; the offsets give each rated word an equal share of those faces.
So the choice can be explained by two facts, the family and the distance in the plane of valence and arousal, and
its accuracy against human labels is unknown. Valence and arousal are trained on the expectation of the primaries'
anchors under the votes: they were never rated on faces, and a faint expression counts as a mild one because
people voted for neutral too.

"""

_LIMITS = """## What could not be measured
- Photographs and webcams: all figures are on FER+ (grey, 48 x 48 pixels, found by image search). Training
  changed light, sharpness, noise, scale, tilt and occlusion to come closer to webcams. The table of worse
  conditions above changes the same images; real webcam pictures with labels were not at hand.
- Skin tone, age, gender, culture: the data says nothing about them, so differences between groups are unknown.
- Posed and exaggerated expressions are common in the data; subtle everyday ones read as neutral more often.
- The votes are of ten people per image; their majority agrees with the older FER2013 label on 63 % only.
- Disgust and fear are rare in the data: their figures are uncertain by 0.1 and more.
- Contempt is left out: it is neither a class nor part of disgust.
"""


def _table(measured: FileReport) -> str:
    after, names = measured.after, measured.classes
    lines = ["| class | precision | recall | F1 | examples |", "|---|---|---|---|---|"]
    for index, name in enumerate(names):
        lines.append(
            f"| {name} | {after.precision[index]:.3f} | {after.recall[index]:.3f} | {after.f1[index]:.3f} "
            f"| {after.confusion[index].sum()} |"
        )
    lines += ["", "Rows: what people saw; columns: what the model says.", "",
              "| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for name, row in zip(names, after.confusion, strict=True):
        lines.append(f"| {name} | " + " | ".join(str(value) for value in row) + " |")
    if measured.robustness:
        lines += ["", "The same faces under worse conditions (`dasa_lab.evaluate.robustness` says how):", "",
                  "| | accuracy | macro F1 |", "|---|---|---|",
                  f"| unchanged | {after.accuracy:.1%} | {after.macro_f1:.3f} |"]
        lines += [f"| {name} | {a:.1%} | {f:.3f} |" for name, (a, f) in measured.robustness.items()]
    return "\n".join(lines)


def _precisions(made: Made) -> str:
    """What the file would be in other precisions, and what the runtime of browsers says."""
    terms = any(variant.same_term is not None for variant in made.variants)
    columns = ["", "MB", "accuracy", "macro F1", "same answer as FP32", *(["same leading term"] if terms else []),
               "ms a face"]
    lines = ["The same weights in other precisions, on the same faces:", "",
             f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for v in made.variants:
        name = f"**{v.precision.upper()}, shipped**" if v.precision == made.shipped else v.precision.upper()
        cells = [name, f"{v.size / 1e6:.2f}", f"{v.accuracy:.2%}", f"{v.macro_f1:.4f}", f"{v.same:.1%}",
                 *([f"{v.same_term:.1%}"] if v.same_term is not None else []), f"{v.ms:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "FP16 keeps the weights in 16 bits and computes in 32. Milliseconds are of one face, one",
              "thread, on the machine that made the bundle: only their ratios mean something."]
    if made.web is not None:
        web = made.web
        lines += ["", f"In onnxruntime-web {web.version} the shipped file says the same class on {web.same:.1%}",
                  f"of {web.count} faces (at least {SAME:.0%} are needed); its logits differ by {web.drift:.4f}",
                  "of their spread on average."]
    return "\n".join(lines)


def section(measured: FileReport, output: PrimaryOutput, size: int, data: str, made: Made) -> str:
    """What was measured of one file, with its table."""
    after, intervals = measured.after, measured.intervals
    accuracy, macro = intervals["accuracy"], intervals["macro_f1"]
    return (
        f"### {measured.file} ({size / 1e6:.2f} MB)\n\n"
        f"On {data} ({after.count} images): accuracy {after.accuracy:.1%} (95 % interval {accuracy[0]:.1%} to "
        f"{accuracy[1]:.1%}), macro F1 {after.macro_f1:.3f} ({macro[0]:.3f} to {macro[1]:.3f}), calibration error "
        f"{measured.before.ece:.3f} before and {after.ece:.3f} after temperature {output.temperature:g} "
        f"(15 bins; fitted on the same images). Below a confidence of {output.abstain_below:g} it says unsure; "
        f"of the other {measured.covered:.1%} of the faces, {measured.accuracy_covered:.1%} are right.\n\n"
        f"{_table(measured)}\n\n{_precisions(made)}\n\n"
    )


def _starving(manifest: Manifest, leads: Mapping[str, int]) -> str:
    tied = {word: tie.leads for tie in ties(manifest.taxonomy) for word in tie.behind}
    lines = [f"Of {sum(leads.values())} faces with a primary other than neutral, these words led on none:", ""]
    for term in manifest.taxonomy.terms:
        if leads[term.id] == 0:
            reason = (f"has the same rating as {tied[term.id]}, which stands in front" if term.id in tied
                      else "its region in the plane was empty among these faces")
            rated = " (no rating of its own: the mean of its category)" if term.rating == "imputed" else ""
            lines.append(f"- {term.id}: {reason}{rated}")
    return "\n".join(lines) + "\n\n" if len(lines) > 2 else "Every word led on some face.\n\n"


def card(
    manifest: Manifest, reports: Sequence[FileReport], leads: Mapping[str, int], made: Mapping[str, Made],
    way: str = "",
) -> str:
    """The card as Markdown.

    leads: on how many faces each term stood first within the leading primary; made: by file; way: how
    specific.onnx comes to its answer, a sentence.
    """
    data = manifest.metrics[0].data
    outputs = {model.file: model.primary for model in models_with_primary(manifest)}
    sections = "".join(
        section(report, outputs[report.file], manifest.files[report.file].size, data, made[report.file])
        for report in reports
    )
    origin = manifest.provenance
    ending = (
        f"## How it was made\nRecipe {origin.recipe}, commit {origin.commit}, data {origin.data}. Images: FER2013 "
        "(Goodfellow et al. 2013), labels: FER+ votes (Barsoum et al. 2016, MIT). Copies and near-duplicates of "
        f"test images were left out of training. {way}Thresholds, temperature and the best "
        "epoch were chosen on the public split, so figures on public are a little kind; the private split is for "
        "the final report in docs/models.md.\n"
    )
    intro = INTRO.format(id=manifest.id, description=manifest.description)
    return intro + sections + _TERMS + _starving(manifest, leads) + _LIMITS + "\n" + ending
