"""The table of terms and the two taxonomies that are built from it."""

from __future__ import annotations

import re
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dasa.taxonomy import Primary, Taxonomy, Term, build, load_terms

NAMES = ("emo135", "basic7")
GROUPS = {"love", "anger", "fear", "sadness", "happiness", "surprise", "desire", "disgust"}
each_taxonomy = pytest.mark.parametrize("taxonomy", [build(name) for name in NAMES], ids=NAMES)


def test_table_has_135_terms_in_alphabetical_order() -> None:
    ids = [term.id for term in load_terms()]
    assert len(ids) == len(set(ids)) == 135
    assert ids == sorted(ids)
    assert {term.primary8 for term in load_terms()} == GROUPS


def test_ratings_are_as_many_as_the_source_has() -> None:
    sources = [term.rating for term in load_terms()]
    assert {source: sources.count(source) for source in set(sources)} == {"exact": 80, "family": 25, "imputed": 30}


def test_imputed_ratings_are_means_of_their_category() -> None:
    terms = load_terms()
    for term in terms:
        if term.rating != "imputed":
            continue
        rated = [t for t in terms if t.rating != "imputed"]
        same = [t for t in rated if t.secondary_shaver == term.secondary_shaver]
        same = same or [t for t in rated if t.primary_shaver == term.primary_shaver]
        assert term.valence == pytest.approx(fmean(t.valence for t in same), abs=1e-4)
        assert term.arousal == pytest.approx(fmean(t.arousal for t in same), abs=1e-4)


@each_taxonomy
def test_every_term_stands_in_every_taxonomy(taxonomy: Taxonomy) -> None:
    assert [term.id for term in taxonomy.terms] == [term.id for term in load_terms()]


@each_taxonomy
def test_primaries_share_all_terms_and_neutral_has_none(taxonomy: Taxonomy) -> None:
    shares = {primary.id: taxonomy.terms_of(primary.id) for primary in taxonomy.primaries}
    assert sorted(i for share in shares.values() for i in share) == list(range(135))
    assert [name for name, share in shares.items() if not share] == (
        [taxonomy.neutral] if taxonomy.neutral else []
    )


@each_taxonomy
def test_colours_are_distinct_in_both_palettes(taxonomy: Taxonomy) -> None:
    for palette in ("colour", "safe_colour"):
        colours = [getattr(primary, palette) for primary in taxonomy.primaries]
        assert len(set(colours)) == len(colours)
    patterns = [primary.pattern for primary in taxonomy.primaries]
    assert len(set(patterns)) == len(patterns)


@each_taxonomy
def test_anchors_are_means_of_the_rated_terms(taxonomy: Taxonomy) -> None:
    for primary in taxonomy.primaries:
        rated = [taxonomy.terms[i] for i in taxonomy.terms_of(primary.id)]
        rated = [term for term in rated if term.rating != "imputed"]
        if primary.id == taxonomy.neutral:
            assert (primary.valence, primary.arousal) == (0, 0)
        else:
            assert primary.valence == pytest.approx(fmean(t.valence for t in rated), abs=1e-3)
            assert primary.arousal == pytest.approx(fmean(t.arousal for t in rated), abs=1e-3)


def test_anchors_lie_on_the_side_that_everybody_expects() -> None:
    taxonomy = build("basic7")
    assert taxonomy.primary("happiness").valence > 0.3
    for negative in ("sadness", "anger", "disgust", "fear"):
        assert taxonomy.primary(negative).valence < 0


def test_basic7_gives_love_and_desire_to_the_family_of_their_valence() -> None:
    families = {term.id: term.primary for term in build("basic7").terms}
    for term in load_terms():
        if term.primary8 in ("love", "desire"):
            assert families[term.id] == ("happiness" if term.valence >= 0 else "sadness")
        else:
            assert families[term.id] == term.primary8


@each_taxonomy
def test_json_round_trip(taxonomy: Taxonomy) -> None:
    assert Taxonomy.model_validate_json(taxonomy.model_dump_json(), strict=True) == taxonomy


@each_taxonomy
def test_unknown_primaries_are_key_errors(taxonomy: Taxonomy) -> None:
    with pytest.raises(KeyError):
        taxonomy.primary("boredom")
    with pytest.raises(KeyError):
        build("basic9")


def _primary(name: str) -> Primary:
    return Primary(id=name, colour="#000000", safe_colour="#FFFFFF", pattern="none", valence=0, arousal=0)


def _term(name: str, primary: str) -> Term:
    return Term(id=name, primary=primary, valence=0, arousal=0, rating="exact")


@pytest.mark.parametrize(
    ("primaries", "terms", "neutral", "reason"),
    [
        (("joy", "joy"), (), None, "listed twice"),
        (("joy", "fear"), (("glee", "joy"), ("glee", "fear")), None, "listed twice"),
        (("joy", "fear"), (("glee", "bliss"),), None, "can carry no term"),
        (("joy", "calm"), (("rest", "calm"),), "calm", "can carry no term"),
        (("joy", "fear"), (), "calm", "not among"),
        (("joy",), (), None, "at least 2"),
    ],
)
def test_contradictions_are_refused(
    primaries: tuple[str, ...], terms: tuple[tuple[str, str], ...], neutral: str | None, reason: str
) -> None:
    with pytest.raises(ValidationError, match=re.escape(reason)):
        Taxonomy(
            id="test",
            primaries=tuple(map(_primary, primaries)),
            terms=tuple(_term(*term) for term in terms),
            neutral=neutral,
        )


@given(st.text(max_size=8).filter(lambda text: not re.fullmatch("#[0-9A-F]{6}", text)))
def test_colours_are_six_hexadecimal_digits(text: str) -> None:
    with pytest.raises(ValidationError):
        Primary(id="joy", colour=text, safe_colour="#FFFFFF", pattern="none", valence=0, arousal=0)
