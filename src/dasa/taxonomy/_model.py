"""The shape of a taxonomy, as a manifest embeds it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$")]
Signed = Annotated[float, Field(ge=-1, le=1)]
Pattern = Literal["none", "hearts", "zigzag", "waves", "drops", "dots", "rings", "diagonal", "grid"]
RatingSource = Literal["exact", "family", "imputed"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Primary(_Record):
    """A primary emotion: what colours a mask."""

    id: Slug
    colour: Colour
    safe_colour: Colour = Field(description="The same emotion in the palette for colour-blind people.")
    pattern: Pattern
    valence: Signed = Field(description="Anchor: mean valence of its rated terms, 0 for neutral.")
    arousal: Signed = Field(description="Anchor: mean arousal of its rated terms, 0 for neutral.")


class Term(_Record):
    """A specific emotion: what stands above a head."""

    id: Slug
    primary: Slug
    valence: Signed
    arousal: Signed
    rating: RatingSource = Field(description="exact: the word itself was rated; family: a word of its family; "
                                             "imputed: the mean of its category.")


class Taxonomy(_Record):
    """Primary emotions in order, and the terms in the order of the ``terms`` output."""

    id: Slug
    primaries: tuple[Primary, ...] = Field(min_length=2)
    terms: tuple[Term, ...]
    neutral: Slug | None = Field(description="The primary that carries no term, where there is one.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        primaries = [p.id for p in self.primaries]
        terms = [t.id for t in self.terms]
        if len(set(primaries)) != len(primaries) or len(set(terms)) != len(terms):
            raise ValueError("a primary emotion or a term is listed twice")
        for term in self.terms:
            if term.primary not in primaries or term.primary == self.neutral:
                raise ValueError(f"term '{term.id}' belongs to '{term.primary}', which can carry no term")
        if self.neutral is not None and self.neutral not in primaries:
            raise ValueError(f"neutral '{self.neutral}' is not among the primary emotions")
        return self

    def primary(self, primary_id: str) -> Primary:
        """The primary with this id; KeyError when there is none."""
        for primary in self.primaries:
            if primary.id == primary_id:
                return primary
        raise KeyError(primary_id)

    def terms_of(self, primary_id: str) -> tuple[int, ...]:
        """Indices, in the order of the terms, of those that belong to a primary."""
        return tuple(i for i, term in enumerate(self.terms) if term.primary == primary_id)
