"""The records that travel between rooms: frozen, with shapes and units stated.

Coordinates are in pixels of the frame unless said otherwise: x to the right, y down, the centre of the
top left pixel at (0.5, 0.5). Right and left, of eyes and ears, are the person's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, upright, ready for analysis."""

    pixels: NDArray[np.uint8]  # (height, width, 3), RGB
    time_s: float = 0.0  # seconds since the start of the stream, monotonic
    index: int = 0  # number of the frame in its stream, from 0
    source: str = ""  # file name, camera name or "" (never shown to others)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle: top left corner and size, in pixels; may reach beyond the frame."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Area in square pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Region:
    """A rotated square of the frame that a model looks at."""

    x: float  # centre, pixels
    y: float  # centre, pixels
    side: float  # pixels, > 0
    angle: float  # radians, clockwise on the screen (y down); 0 is upright


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face as the detector sees it."""

    box: Box
    score: float  # [0, 1]
    keypoints: NDArray[np.float32]  # (6, 2): right eye, left eye, nose tip, mouth, right ear, left ear; pixels


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face with its landmarks."""

    landmarks: NDArray[np.float32]  # (468, 3): x and y in pixels, z in the same scale, towards the camera negative
    score: float  # [0, 1]: the landmark model's confidence that a face is there

    @property
    def box(self) -> Box:
        """The tight box of all landmarks."""
        low = self.landmarks[:, :2].min(axis=0)
        high = self.landmarks[:, :2].max(axis=0)
        return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))


@dataclass(frozen=True, slots=True, eq=False)
class Emotion:
    """What one crop reads as, after temperature and softmax, before smoothing."""

    primary: NDArray[np.float32]  # (P,) probabilities in the manifest's order, sum 1
    terms: NDArray[np.float32] | None  # (T,) probabilities in the manifest's order, sum 1; None: no model
    valence: float  # [-1, 1]
    arousal: float  # [-1, 1]
    derived_affect: bool  # True: valence and arousal are the expectation of the manifest's anchors
    neutral_gate: float | None = None  # [0, 1]: probability of neutral by the gate's model; None: no gate


@dataclass(frozen=True, slots=True)
class Guess:
    """One class with its probability."""

    id: str
    confidence: float  # [0, 1]


@dataclass(frozen=True, slots=True)
class Primary:
    """The primary emotion of a face. ``id`` is always the best class, also where ``unsure``.

    Where the neutral gate says neutral, ``id`` is the gate's class with the gate's probability, and
    ``probabilities`` are still those of the manifest's classes.
    """

    id: str
    confidence: float  # [0, 1]
    unsure: bool  # True: the model abstains (below the manifest's threshold)
    probabilities: Mapping[str, float]  # every class of the manifest, in its order


@dataclass(frozen=True, slots=True)
class Specific:
    """The specific emotion: the best terms within the primary, best first."""

    id: str
    confidence: float  # [0, 1], among all terms
    top: tuple[Guess, ...]  # at most five, best first, of the displayed primary only
    probabilities: tuple[float, ...]  # all terms, in the manifest's order


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A face of a stream with what is shown about it, smoothed."""

    id: int  # stable within the stream, from 1, never given twice
    face: Face  # landmarks smoothed
    emotion: Emotion  # smoothed
    shown: str  # what is displayed: a primary of the taxonomy, the gate's neutral, or "unsure"
    primary: Primary  # ``id`` is what is shown, or the best class where unsure
    specific: Specific | None  # None: neutral, unsure, or no answer with terms of late
    source: str  # "device" or "server": who answered last for this face


@dataclass(frozen=True, slots=True, eq=False)
class FaceResult:
    """One face with everything that is said about it."""

    primary: Primary
    specific: Specific | None  # None: neutral, unsure, or no specific model
    valence: float  # [-1, 1]
    arousal: float  # [-1, 1]
    derived_affect: bool
    box: Box | None = None  # None for a crop that came alone
    score: float | None = None  # [0, 1]
    outline: NDArray[np.float32] | None = None  # (K, 2) pixels, closed polygon of the face's edge
    landmarks: NDArray[np.float32] | None = None  # (468, 3) pixels, as in Face
    neutral_gate: float | None = None  # [0, 1]: probability of neutral by the gate's model; None: no gate
    track: int | None = None  # stable id within a stream, from 1; None for single pictures
    terms: NDArray[np.float32] | None = None  # (T,) probabilities, also where no term is named; None: no model


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """All faces of one frame."""

    bundle: str  # "name@version"
    width: int
    height: int
    faces: tuple[FaceResult, ...]  # largest first (single pictures) or by track id (streams)
    timing_ms: Mapping[str, float] = field(default_factory=dict)  # milliseconds per stage
    time_s: float = 0.0
    index: int = 0
    source: str = ""
