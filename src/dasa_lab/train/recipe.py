"""Recipes: one committed TOML file per reproducible training run, checked against a schema."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dasa.errors import InputError

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


class RecipeError(InputError):
    """A recipe that cannot be read or holds an unknown or unusable key; the message names it."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Model(_Table):
    """What is trained."""

    backbone: Literal["plain", "dlib-resnet"] = "plain"
    side: int = Field(ge=16, le=512, description="Pixels of the crop's side.")
    enlarge: int = Field(default=1, ge=1, le=4, description="The net makes the crop larger by this factor.")
    pretrained: bool = Field(default=False, description="Start from published weights, which --pretrained names.")
    dropout: Fraction = 0.2
    stem: int = Field(default=24, ge=1, description="Of plain: channels at the full side.")
    widths: tuple[int, ...] = Field(default=(), description="Of plain: channels of each stage.")
    depths: tuple[int, ...] = Field(default=(), description="Of plain: blocks of each stage.")

    @model_validator(mode="after")
    def _fits_the_backbone(self) -> Self:
        if self.backbone == "plain":
            if not self.widths or len(self.widths) != len(self.depths):
                raise ValueError("'plain' needs widths and depths of the same length")
            if self.pretrained:
                raise ValueError("there are no published weights for 'plain'")
        elif self.widths or self.depths:
            raise ValueError("widths and depths are for 'plain' alone")
        return self


class Data(_Table):
    """Which examples are seen, how often. Where they lie comes from the command line."""

    minimum_mass: Fraction = Field(default=0.5, description="Least share of votes on the classes of the taxonomy.")
    sampling_power: float = Field(
        default=0.0, ge=-1, le=0, description="Examples are drawn by the frequency of their class to this power."
    )


class Augment(_Table):
    """Random changes of a training crop; ranges are symmetric about no change unless said otherwise."""

    flip: Fraction = 0.5
    rotation_deg: NonNegative = 0.0
    scale: NonNegative = Field(default=0.0, lt=1, description="0.2: from 1/1.2 to 1.2.")
    shift: NonNegative = Field(default=0.0, lt=1, description="Of the side.")
    shear: NonNegative = 0.0
    border: Fraction = Field(default=0.5, description="How often the outside continues the edge, not black.")
    light: NonNegative = Field(default=0.0, description="Strength of gamma and of a gradient of light.")
    sharpness: NonNegative = Field(default=0.0, description="Strength of blur and of sharpening.")
    low_resolution: Fraction = Field(default=0.0, description="How often the crop is shrunk to 40-90 % and back.")
    noise: NonNegative = Field(default=0.0, description="Largest standard deviation, of the white level.")
    blocks: Fraction = Field(default=0.0, description="How often 8 x 8 blocks are coarsened as JPEG does.")
    erase: Fraction = Field(default=0.0, description="How often a rectangle is covered.")
    erase_area: tuple[Fraction, Fraction] = (0.02, 0.2)
    mixup: Fraction = Field(default=0.0, description="How often a batch is mixed with itself.")
    mixup_alpha: Positive = 0.3


class Optimiser(_Table):
    """Stochastic gradient descent with Nesterov's momentum or AdamW; warm-up, then a half cosine to zero."""

    kind: Literal["sgd", "adamw"] = "sgd"
    rate: Positive
    momentum: Fraction = 0.9
    weight_decay: NonNegative = 5e-4
    warmup_epochs: NonNegative = 1.0
    clip: NonNegative = Field(default=0.0, description="Largest norm of the gradient; 0 for no limit.")
    precision: Literal["fp32", "bf16"] = Field(default="fp32", description="Of the forward and backward pass.")


class Schedule(_Table):
    """How long, and with what pictures."""

    epochs: int = Field(ge=1)
    batch: int = Field(ge=2)
    small_side: int | None = Field(default=None, ge=16, description="Side of the crops in the first part.")
    small_until: Fraction = Field(default=0.0, description="Share of the epochs that use small_side.")
    patience: int = Field(default=0, ge=0, description="Stop after so many epochs without gain; 0: never.")


class Loss(_Table):
    """Soft cross-entropy over the votes, and squared error of valence and arousal."""

    affect_weight: NonNegative = 0.5
    label_smoothing: Fraction = 0.0
    teacher_share: Fraction = Field(default=0.0, description="Of the target that --teacher gives, not the votes.")
    teacher_temperature: Positive = Field(default=1.0, description="Softens teacher and student alike.")


class Recipe(_Table):
    """A training run, all of it but the data's place."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    description: str = ""
    taxonomy: Literal["basic7", "emo135"]
    seed: int = Field(ge=0)
    model: Model
    data: Data = Data()
    augment: Augment = Augment()
    optimiser: Optimiser
    schedule: Schedule
    loss: Loss = Loss()
    ema_decay: Fraction = 0.998


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"]) or "the recipe"
        if problem["type"] == "extra_forbidden":
            lines.append(f"'{key}' is not a key of a recipe")
        elif problem["type"] == "missing":
            lines.append(f"'{key}' is missing")
        else:
            lines.append(f"'{key}': {problem['msg']}")
    return "; ".join(lines)


def load_recipe(path: Path) -> Recipe:
    """Reads and checks a recipe; RecipeError names each wrong key."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"There is no recipe '{path.name}'.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe '{path.name}' is not valid TOML: {error}.") from error
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        raise RecipeError(f"The recipe '{path.name}' cannot be used: {_explain(error)}.") from error
