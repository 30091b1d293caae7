"""The manifest: the one contract that drives Python, TypeScript, UI and API.

``Manifest.model_json_schema()`` is the JSON Schema; the TypeScript types are generated from it
(``tools/schemas.py``). Coordinates of templates are fractions of the crop's side.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dasa.taxonomy import Colour, Taxonomy

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
SemVer = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+(-[0-9a-z.]+)?$")]
Unit = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Side = Annotated[int, Field(ge=16, le=512)]
Index = Annotated[int, Field(ge=0, lt=468)]
Point = tuple[float, float]


class _Record(BaseModel):
    # Whatever has a default is written all the same, so that readers in other languages need none.
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class Licence(_Record):
    """Where a part comes from and on what terms."""

    component: str
    spdx: str
    source: str


class File(_Record):
    """A file of the bundle."""

    sha256: Sha256
    size: int = Field(gt=0, description="Bytes.")


class Detector(_Record):
    """BlazeFace, full range. The graph takes ``image: uint8 [N, side, side, 3 or 4]``."""

    file: FileName
    side: Side = Field(description="Input pixels; the frame is letterboxed with black.")
    regressors: str = Field(description="Output [N, grid * grid, 16] in input pixels: box, then 6 key points.")
    scores: str = Field(description="Output [N, grid * grid], logits.")
    grid: int = Field(
        ge=1, le=128, description="Anchors at ((x + 0.5) / grid, (y + 0.5) / grid), row by row, size 1."
    )
    score_threshold: Unit
    iou_threshold: Unit = Field(description="Weighted non-maximum suppression merges boxes above this overlap.")
    least_size: Annotated[float, Field(ge=0)] = Field(
        description="Smaller faces, in pixels of the input, do not count: a finer view sees them better."
    )
    wide: float = Field(
        ge=1, description="Size of the second view, over the frame's: for faces that fill the frame."
    )
    view_share: float = Field(
        gt=0, le=1, description="Side of the square views beside the whole frame, over the frame's height."
    )
    view_overlap: float = Field(ge=0, lt=1, description="Least overlap of neighbouring views, over their side.")
    view_limit: int = Field(ge=1, description="Most views in a row or column; wider ones then.")
    tile_levels: int = Field(ge=0, description="How often tiles halve the views for small faces.")


class Mesh(_Record):
    """Face Mesh, 468 landmarks. The graph takes ``image: uint8 [N, side, side, 3 or 4]``."""

    file: FileName
    side: Side
    landmarks: str = Field(description="Output [N, 1404]: x, y, z in pixels of the crop.")
    presence: str = Field(description="Output [N, 1], logit: a face is there.")
    presence_threshold: Unit = Field(description="Below it the face is lost.")
    passes: int = Field(ge=1, description="Readings of a new face, each on the region of the last.")
    settled_shift: Positive = Field(
        description="A followed face whose region moved by more, over its side, is read again, as it may be off."
    )
    doubtful_shift: Positive = Field(
        description="The same for a face that the detector has to find again: landmarks may stick beside it."
    )
    settled_passes: int = Field(ge=1, description="Most readings of a followed face in a frame.")
    hint_threshold: Unit = Field(description="Presence that earns a new face its next reading.")
    region_scale: Positive = Field(description="Side of the region over the longer side of the box.")
    overlap_threshold: Unit = Field(description="Of two followed faces that overlap more, one is dropped.")
    angle_from: Index = Field(description="Landmark where the levelled line starts (outer corner, right eye).")
    angle_to: Index = Field(description="Landmark where the levelled line ends (outer corner, left eye).")
    outline: tuple[Index, ...] = Field(description="Closed polygon of the face's edge.")
    right_eye: tuple[Index, ...]
    left_eye: tuple[Index, ...]
    lips: tuple[Index, ...] = Field(description="Closed polygon of the lips' inner edge (the mouth's opening).")


class Crop(_Record):
    """The one framing of both emotion models: a similarity transform fitted to these points."""

    points: tuple[Index, ...] = Field(min_length=3)
    template: tuple[Point, ...] = Field(description="Where the points lie, as fractions of the crop's side.")

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if len(self.points) != len(self.template):
            raise ValueError("crop.points and crop.template need the same length")
        return self


class PrimaryOutput(_Record):
    """Logits of the primary emotions, [N, P], in the order of ``classes``."""

    output: str
    classes: tuple[Slug, ...]
    temperature: Positive
    abstain_below: Unit = Field(description="Confidence under which the face counts as unsure.")


class TermsOutput(_Record):
    """Logits of the terms, [N, T], in the order of the taxonomy's terms."""

    output: str
    temperature: Positive
    trained: bool = Field(description="False: a semantic estimate from primary, valence and arousal.")


class AffectOutput(_Record):
    """Valence and arousal in [-1, 1], [N, 2]."""

    output: str


class PrimaryModel(_Record):
    """The model for devices. The graph takes ``image: uint8 [N, side, side, 3 or 4]``."""

    file: FileName
    side: Side
    primary: PrimaryOutput


class SpecificModel(_Record):
    """The model for servers. The graph takes ``image: uint8 [N, side, side, 3 or 4]``."""

    file: FileName
    side: Side
    terms: TermsOutput
    primary: PrimaryOutput | None = Field(description="Missing: the server runs the primary model too.")
    affect: AffectOutput | None = Field(description="Missing: derived from the anchors of the primaries.")


class NeutralGate(_Record):
    """A second primary model that says neutral for bundles that have no neutral of their own.

    It is judged on the same framing. A face whose probability of ``classes[neutral]`` reaches ``threshold``
    shows neutral and no term.
    """

    model: PrimaryModel
    neutral: Slug
    threshold: Unit
    colour: Colour
    safe_colour: Colour


class OneEuro(_Record):
    """Casiez, Roussel, Vogel (2012): 1 euro filter, for positions in units of the face's width."""

    min_cutoff_hz: Positive
    beta: Annotated[float, Field(ge=0)]
    derivative_cutoff_hz: Positive


class Smoothing(_Record):
    """Constants of smoothing; times in seconds."""

    geometry: OneEuro
    logits_time_constant_s: Positive = Field(description="Exponential average of the log probabilities.")
    switch_margin: Unit = Field(description="A new label must lead the shown one by this probability.")
    switch_hold_s: Annotated[float, Field(ge=0)] = Field(description="... for at least this long.")
    switch_pause_s: Annotated[float, Field(ge=0)] = Field(description="Least time between two changes of a label.")
    term_ratio: float = Field(ge=1, description="A new term must be this many times as probable as the shown one.")
    terms_expire_s: Positive = Field(description="Terms older than this are no longer shown.")
    probability_floor: float = Field(
        gt=0, lt=0.1, description="Least probability that is averaged as a logarithm."
    )
    detect_every_s: Positive = Field(description="The detector runs at least this often while a place is free.")
    classify_per_second: Positive = Field(description="How often each face is classified.")


class Tracking(_Record):
    """Constants of who is who. Lengths in face sizes, times in seconds; errors are standard deviations."""

    lost_after_s: Positive = Field(description="A face unseen for longer gives up its id for good.")
    hidden_lost_after_s: Positive = Field(
        description="The same where another face is before it, which does not count as unseen until then."
    )
    head_reach: Positive = Field(description="How far a head reaches from the middle of its face.")
    hiding_size: Positive = Field(description="Least size of a face that can hide another, over the other's.")
    place_error: Positive = Field(description="Of the middle of a face as it is measured.")
    overlapped_error: float = Field(
        ge=1, description="Factor of the errors of a face that another one overlaps: landmarks slip there."
    )
    calm_speed: Positive = Field(description="Least speed that a face may take up, a second.")
    sudden_speed: Positive = Field(description="Speed of sudden moves and of faces that just came, a second.")
    sudden_cost: Annotated[float, Field(ge=0)] = Field(description="-2 ln of how rare sudden moves are.")
    speed_time_constant_s: Positive = Field(description="How long people keep going as they go.")
    habit_time_constant_s: Positive = Field(description="Exponential average of usual speed and appearance.")
    size_error: Positive = Field(description="Of the logarithm of a measured size.")
    size_drift: Positive = Field(description="Variance that this logarithm gains a second.")
    appearance_error: Positive = Field(description="Of one face's appearance from time to time.")
    appearance_most: Positive = Field(description="Most that a difference of appearance counts, as -2 ln.")
    new_cost: float = Field(description="-2 ln of how likely a face is new; what fits less well is somebody new.")


class Metric(_Record):
    """A measured figure with what it was measured on."""

    file: FileName
    data: str
    name: str
    value: float
    low: float | None = Field(default=None, description="Lower end of the 95 % interval.")
    high: float | None = Field(default=None, description="Upper end of the 95 % interval.")
    count: int | None = Field(default=None, description="Examples measured.")


class Provenance(_Record):
    """How the bundle came to be."""

    data: str
    recipe: str
    commit: str


class Manifest(_Record):
    """A bundle's manifest."""

    schema_version: Literal[1]
    name: Slug
    version: SemVer
    description: str
    licences: tuple[Licence, ...]
    files: dict[FileName, File]
    detector: Detector
    mesh: Mesh
    crop: Crop
    primary: PrimaryModel
    specific: SpecificModel | None
    neutral_gate: NeutralGate | None
    smoothing: Smoothing
    tracking: Tracking
    taxonomy: Taxonomy
    metrics: tuple[Metric, ...]
    provenance: Provenance

    @property
    def id(self) -> str:
        """``name@version``, as answers carry it."""
        return f"{self.name}@{self.version}"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        models = [self.detector.file, self.mesh.file, self.primary.file]
        outputs = [self.primary.primary]
        if self.specific is not None:
            models.append(self.specific.file)
            outputs += [self.specific.primary] if self.specific.primary else []
        if self.neutral_gate is not None:
            models.append(self.neutral_gate.model.file)
        missing = sorted(set(models) - set(self.files))
        if missing:
            raise ValueError(f"files named but not listed: {', '.join(missing)}")
        unlisted = sorted({metric.file for metric in self.metrics} - set(self.files))
        if unlisted:
            raise ValueError(f"metrics of files that are not listed: {', '.join(unlisted)}")
        expected = tuple(p.id for p in self.taxonomy.primaries)
        for output in outputs:
            if output.classes != expected:
                raise ValueError("classes of a primary output differ from the taxonomy's primaries")
        if self.neutral_gate is not None:
            _check_gate(self.neutral_gate, self.taxonomy)
        return self


def _check_gate(gate: NeutralGate, taxonomy: Taxonomy) -> None:
    classes = gate.model.primary.classes
    if gate.neutral not in classes or len(set(classes)) != len(classes):
        raise ValueError("the neutral gate names a class that its model does not have, or one that it has twice")
    if taxonomy.neutral is not None or gate.neutral in {primary.id for primary in taxonomy.primaries}:
        raise ValueError("the taxonomy has a neutral of its own, so there can be no neutral gate")
