"""The shapes of requests and answers: OpenAPI is generated from these."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Unit = Annotated[float, Field(ge=0, le=1)]
Signed = Annotated[float, Field(ge=-1, le=1)]
Pixels = tuple[float, float]


class Schema(BaseModel):
    """Base of all shapes: nothing beside the fields."""

    model_config = ConfigDict(extra="forbid")


class ScoresQuery(BaseModel):
    """How much an answer holds."""

    scores: Literal["top", "all"] = Field(
        "top", description="all: the probabilities of every term too, in the order of the manifest's terms."
    )


class Guess(Schema):
    """A term with its probability among all terms."""

    id: str
    confidence: Unit


class Primary(Schema):
    """The primary emotion."""

    id: str = Field(description="The most probable class, also where unsure; the neutral gate's class where that "
                                "says neutral.")
    confidence: Unit
    unsure: bool = Field(description="The model abstains: its confidence is below the manifest's threshold.")
    probabilities: dict[str, Unit] = Field(description="Every class of the manifest.")


class Specific(Schema):
    """The specific emotion: the best terms within the primary."""

    id: str
    confidence: Unit
    top: list[Guess] = Field(min_length=1, max_length=5, description="Best first.")
    probabilities: list[Unit] | None = Field(
        None, description="With scores=all: the probability of each term, in the order of the manifest's terms."
    )


class Face(Schema):
    """One face. Pixels are those of the picture after EXIF rotation."""

    box: tuple[float, float, float, float] | None = Field(
        None, description="x, y, width, height in pixels; missing for crops."
    )
    score: Unit | None = Field(None, description="How sure it is that a face is there; missing for crops.")
    outline: list[Pixels] | None = Field(None, description="Polygon of the face's edge; missing for crops.")
    primary: Primary
    specific: Specific | None = Field(description="null: neutral, unsure, or a bundle without terms.")
    neutral_gate: Unit | None = Field(description="Probability of neutral by the bundle's neutral gate, where it "
                                                  "has one.")
    terms: list[Unit] | None = Field(
        None, description="With scores=all, where `specific` is null: the probability of each term all the same, "
                          "so that a client can smooth over moments without a term."
    )
    valence: Signed
    arousal: Signed
    derived_affect: bool = Field(description="Valence and arousal follow from the primary's probabilities.")


class Analysis(Schema):
    """What a picture shows."""

    bundle: str = Field(description="name@version")
    width: int = Field(ge=1, description="Pixels, after EXIF rotation.")
    height: int = Field(ge=1, description="Pixels, after EXIF rotation.")
    timing_ms: dict[str, Annotated[float, Field(ge=0)]] = Field(description="Milliseconds of each stage.")
    faces: list[Face] = Field(description="frames: largest first; faces: in the order of the crops.")


class FieldProblem(Schema):
    """One field that does not fit."""

    where: str
    problem: str


class ProblemDocument(BaseModel):
    """RFC 9457. `type` is stable; `detail` says what happened and what to do."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = Field(description="Also in the header X-Request-Id and in the server's log.")
    errors: list[FieldProblem] | None = None


class Health(Schema):
    """A probe's answer."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, bool] = Field(default_factory=dict, description="Each part that is needed.")
