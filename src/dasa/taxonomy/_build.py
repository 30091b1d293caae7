"""Builds the taxonomies from the table of terms and the palette, the only places where they are written."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from statistics import fmean

from dasa.taxonomy._model import Primary, RatingSource, Taxonomy, Term

_NEUTRAL = "neutral"
_POSITIVE_FAMILY, _NEGATIVE_FAMILY = "happiness", "sadness"


@dataclass(frozen=True, slots=True)
class RatedTerm:
    """A row of the table; valence, arousal and dominance in [-1, 1]."""

    id: str
    primary_shaver: str
    secondary_shaver: str
    primary8: str
    valence: float
    arousal: float
    dominance: float
    rating: RatingSource


def _scaled(rating: str) -> float:
    """A rating in [1, 9] to [-1, 1]."""
    return (float(rating) - 5) / 4


def load_terms() -> tuple[RatedTerm, ...]:
    """The 135 terms in alphabetical order, unrated ones imputed.

    An unrated term gets the mean of the rated terms of its secondary category of Shaver et al., or where there
    is none, of its primary category.
    """
    text = files("dasa.taxonomy").joinpath("data/emotion-terms.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    rated = [row for row in rows if row["valence"]]

    def impute(row: dict[str, str], column: str) -> float:
        for category in ("secondary_shaver", "primary_shaver"):
            same = [_scaled(r[column]) for r in rated if r[category] == row[category]]
            if same:
                return fmean(same)
        raise ValueError(f"no rated term in the category of '{row['term']}'")

    def build_row(row: dict[str, str]) -> RatedTerm:
        known = bool(row["valence"])
        source: RatingSource = "imputed" if not known else "exact" if row["rating_source"] == "exact" else "family"
        columns = ("valence", "arousal", "dominance")
        valence, arousal, dominance = (_scaled(row[c]) if known else impute(row, c) for c in columns)
        return RatedTerm(
            id=row["term"], primary_shaver=row["primary_shaver"], secondary_shaver=row["secondary_shaver"],
            primary8=row["primary8"], valence=round(valence, 4), arousal=round(arousal, 4),
            dominance=round(dominance, 4), rating=source,
        )

    return tuple(build_row(row) for row in sorted(rows, key=lambda r: r["term"]))


def _family(term: RatedTerm) -> str:
    """The family of basic7: love and desire go where their valence speaks for."""
    if term.primary8 in ("love", "desire"):
        return _POSITIVE_FAMILY if term.valence >= 0 else _NEGATIVE_FAMILY
    return term.primary8


def _taxonomy(
    taxonomy_id: str, order: Sequence[str], assign: Callable[[RatedTerm], str], rows: Iterable[RatedTerm]
) -> Taxonomy:
    palette = json.loads(files("dasa.taxonomy").joinpath("data/palette.json").read_text("utf-8"))
    terms = [(row, assign(row)) for row in rows]

    def anchor(primary: str, of: Callable[[RatedTerm], float]) -> float:
        measured = [of(row) for row, group in terms if group == primary and row.rating != "imputed"]
        return round(fmean(measured), 4) if measured else 0.0

    primaries = tuple(
        Primary(id=name, **palette[name], valence=anchor(name, lambda t: t.valence),
                arousal=anchor(name, lambda t: t.arousal))
        for name in order
    )
    return Taxonomy(
        id=taxonomy_id,
        primaries=primaries,
        terms=tuple(Term(id=row.id, primary=group, valence=row.valence, arousal=row.arousal, rating=row.rating)
                    for row, group in terms),
        neutral=_NEUTRAL if _NEUTRAL in order else None,
    )


def build(taxonomy_id: str) -> Taxonomy:
    """The taxonomy ``emo135`` or ``basic7``; KeyError for another name."""
    rows = load_terms()
    if taxonomy_id == "emo135":
        groups = ("love", "anger", "fear", "sadness", "happiness", "surprise", "desire", "disgust")
        return _taxonomy(taxonomy_id, groups, lambda term: term.primary8, rows)
    if taxonomy_id == "basic7":
        families = (_NEUTRAL, "happiness", "surprise", "sadness", "anger", "disgust", "fear")
        return _taxonomy(taxonomy_id, families, _family, rows)
    raise KeyError(taxonomy_id)
