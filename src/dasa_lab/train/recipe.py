"""Recipes: one committed TOML file per reproducible training run, checked against a schema."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dasa.errors import InputError

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


class RecipeError(InputError):
    """A recipe that cannot be read or holds an unknown or unusable key; the message names it."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Output = Literal["primary", "terms", "affect"]
STAGED = ("plain", "resnet", "convnext-v2")  # backbones whose stages a recipe describes


class Model(_Table):
    """What is trained."""

    backbone: Literal["plain", "resnet", "convnext-v2", "mobilenet-v2"] = Field(
        default="plain", description="plain: the project's own; the others: architectures of transformers."
    )
    outputs: tuple[Output, ...] = Field(
        default=("primary", "affect"), min_length=1,
        description="What is learnt: primaries, the taxonomy's terms, valence and arousal."
    )
    side: int = Field(ge=16, le=512, description="Pixels of the crop's side.")
    colour: bool = Field(default=False, description="The net sees red, green and blue; else grey.")
    pretrained: bool = Field(default=False, description="Start from published weights, which --pretrained names.")
    dropout: Fraction = 0.2
    stem: int = Field(default=24, ge=1, description="Channels of the first layer.")
    widths: tuple[int, ...] = Field(default=(), description="Channels of each stage.")
    depths: tuple[int, ...] = Field(default=(), description="Blocks of each stage.")
    bottleneck: bool = Field(default=True, description="Of resnet: blocks of three convolutions, else of two.")
    width_factor: Positive = Field(default=1.0, description="Of mobilenet-v2: all channels times this.")

    @model_validator(mode="after")
    def _fits_the_backbone(self) -> Self:
        if self.backbone in STAGED:
            if not self.widths or len(self.widths) != len(self.depths):
                raise ValueError(f"'{self.backbone}' needs widths and depths of the same length")
        elif self.widths or self.depths:
            raise ValueError(f"widths and depths are not for '{self.backbone}'")
        if self.backbone == "plain" and self.pretrained:
            raise ValueError("there are no published weights for 'plain'")
        if not {"primary", "terms"} & set(self.outputs) or len(set(self.outputs)) != len(self.outputs):
            raise ValueError("outputs need primary or terms, each once")
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
    tint: NonNegative = Field(default=0.0, lt=1, description="Of the gain of each colour.")
    grey: Fraction = Field(default=0.0, description="How often a colour crop loses its colour.")
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
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="fp32", description="Of the forward and backward pass; auto: bf16 where there is an accelerator."
    )


class Schedule(_Table):
    """How long, and with what pictures."""

    epochs: int = Field(ge=1)
    batch: int = Field(ge=2)
    small_side: int | None = Field(default=None, ge=16, description="Side of the crops in the first part.")
    small_until: Fraction = Field(default=0.0, description="Share of the epochs that use small_side.")
    patience: int = Field(default=0, ge=0, description="Stop after so many epochs without gain; 0: never.")


class Loss(_Table):
    """Cross-entropy over votes and labels, squared error of valence and arousal; what to do about wrong labels."""

    primary_weight: NonNegative = 1.0
    terms_weight: NonNegative = 1.0
    affect_weight: NonNegative = 0.5
    label_smoothing: Fraction = 0.0
    sibling_share: Fraction = Field(
        default=0.0, lt=1, description="Of a term's target that goes to its siblings, the nearer the more."
    )
    sibling_width: Positive = Field(
        default=0.5, description="How far that reaches, in valence, arousal and dominance, each in [-1, 1]."
    )
    generalised: Fraction = Field(
        default=0.0, description="q of the generalised cross-entropy over terms; 0: plain, 1: absolute error."
    )
    small_loss: Fraction = Field(
        default=0.0, lt=1, description="Share of each batch, that with the largest loss over terms, that is not "
        "learnt from; reached after a third of the epochs."
    )
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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        has_terms = "terms" in self.model.outputs
        if has_terms and self.taxonomy != "emo135":
            raise ValueError("only the taxonomy emo135 has terms to learn")
        if not has_terms and (self.loss.sibling_share or self.loss.generalised or self.loss.small_loss):
            raise ValueError("sibling_share, generalised and small_loss are for the output terms")
        if has_terms and self.loss.teacher_share:
            raise ValueError("a teacher gives no terms")
        return self


def _known(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the table that a wrong key stands in."""
    table: type[BaseModel] = Recipe
    for part in location[:-1]:
        inner = table.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        table = inner
    return list(table.model_fields)


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"]) or "the recipe"
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(problem["loc"][-1]), _known(problem["loc"]), 1)
            lines.append(f"'{key}' is not a key of a recipe" + (f" (did you mean '{near[0]}'?)" if near else ""))
        elif problem["type"] == "missing":
            lines.append(f"'{key}' is missing")
        else:
            lines.append(f"'{key}': {problem['msg']}")
    return "; ".join(lines)


def _override(table: dict[str, Any], text: str) -> None:
    """Puts ``table.key=value`` into a recipe; the value as in TOML, or a bare word."""
    key, equals, value = text.partition("=")
    *path, last = key.strip().split(".")
    if not equals or not last:
        raise RecipeError(f"'{text}' is not KEY=VALUE, such as schedule.epochs=2.")
    for part in path:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise RecipeError(f"'{key.strip()}' is not a key of a recipe: '{part}' is a value.")
    try:
        table[last] = tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = value.strip()


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Reads and checks a recipe; RecipeError names each wrong key.

    overrides: ``schedule.epochs=2`` and the like, as ``dasa train --set`` takes them.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"There is no recipe '{path.name}'.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe '{path.name}' is not valid TOML: {error}.") from error
    for text in overrides:
        _override(table, text)
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        raise RecipeError(f"The recipe '{path.name}' cannot be used: {_explain(error)}.") from error
