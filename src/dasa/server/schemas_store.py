"""The shapes of requests and answers about screenshots, sessions and accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from dasa.records import Box
from dasa.server.schemas import Schema, Signed, Unit
from dasa.storage import PAGE_LIMIT, Mode, Screenshot, StoredFace, Variant

MOST_IDS = 1000
MOST_ARCHIVED = 100  # ids of an archive stand in the address, which has a limit
METADATA_BYTES = 65_536
_ID = r"[0-9a-f]{32}"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
Id = Annotated[str, StringConstraints(pattern=f"^{_ID}$")]
Pixel = Annotated[float, Field(ge=-100_000, le=100_000)]
Password = Annotated[str, StringConstraints(max_length=256)]
Label = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,80}$", strip_whitespace=True)]


def _in_our_time(moment: datetime) -> datetime:
    if moment.year < 2000:
        raise ValueError("the time is before the year 2000")
    return moment


class _Strict(BaseModel):
    """What a client says about a screenshot: exactly these fields, no NaN, no numbers as texts."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ShownPrimary(_Strict):
    """The primary emotion as it was shown."""

    id: Slug
    confidence: Unit
    unsure: bool = False


class ShownSpecific(_Strict):
    """The specific emotion as it was shown."""

    id: Slug
    confidence: Unit


class ShownFace(_Strict):
    """A face of a screenshot, as it was shown."""

    box: tuple[Pixel, Pixel, Pixel, Pixel] | None = Field(None, description="x, y, width, height in pixels of the "
                                                                            "picture.")
    score: Unit | None = None
    primary: ShownPrimary
    specific: ShownSpecific | None = None
    valence: Signed | None = None
    arousal: Signed | None = None
    person: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(None, description="Id within the session.")

    def record(self) -> StoredFace:
        """The face as the store keeps it."""
        return StoredFace(
            self.primary.id, self.primary.confidence, self.primary.unsure,
            self.specific.id if self.specific else None, self.specific.confidence if self.specific else None,
            Box(*self.box) if self.box else None, self.score, self.valence, self.arousal, self.person,
        )

    @classmethod
    def of(cls, face: StoredFace) -> ShownFace:
        """The face as the API says it."""
        box, specific = face.box, None
        if face.specific is not None:
            specific = ShownSpecific(id=face.specific, confidence=face.specific_confidence or 0.0)
        return cls(
            box=(box.x, box.y, box.width, box.height) if box else None, score=face.score,
            primary=ShownPrimary(id=face.primary, confidence=face.primary_confidence, unsure=face.unsure),
            specific=specific, valence=face.valence, arousal=face.arousal, person=face.person,
        )


class Metadata(_Strict):
    """What is known of a screenshot that is sent."""

    time: Annotated[AwareDatetime, AfterValidator(_in_our_time)] = Field(
        description="When it was taken: ISO 8601 with a time zone. A time to come counts as now.")
    bundle: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*@[0-9a-z.+-]+$", max_length=80)] = Field(
        description="name@version")
    mode: Mode
    faces: Annotated[list[ShownFace], Field(max_length=10)]


class ImageFile(Schema):
    """One kept picture."""

    type: str = Field(description="Media type.")
    bytes: int


class ScreenshotAnswer(Schema):
    """A screenshot without its pixels."""

    id: str
    time: str = Field(description="When it was taken, ISO 8601 UTC.")
    created: str = Field(description="When it was kept, ISO 8601 UTC; retention counts from here.")
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    bundle: str
    mode: Mode
    faces: list[ShownFace]
    images: dict[Variant, ImageFile] = Field(description="masked: with mask and labels; plain: without.")

    @classmethod
    def of(cls, shot: Screenshot) -> ScreenshotAnswer:
        """The answer for a record."""
        return cls(
            id=shot.id, time=iso(shot.time_ms), created=iso(shot.created_ms), width=shot.width, height=shot.height,
            bundle=shot.bundle, mode=shot.mode, faces=[ShownFace.of(face) for face in shot.faces],
            images={name: ImageFile(type=info.media_type, bytes=info.size) for name, info in shot.images.items()},
        )


class SpanQuery(BaseModel):
    """Of which time."""

    model_config = ConfigDict(populate_by_name=True)
    since: AwareDatetime | None = Field(None, alias="from", description="Only those taken then or later.")
    until: AwareDatetime | None = Field(None, alias="to", description="Only those taken before.")


class PageQuery(SpanQuery):
    """Which screenshots."""

    cursor: str | None = Field(None, max_length=60, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT)
    emotion: Slug | None = Field(None, description="Only with a face of this primary or specific emotion.")


class ArchiveQuery(SpanQuery):
    """Which screenshots go into the ZIP; without ids all that the other parameters let through."""

    ids: Annotated[str, StringConstraints(pattern=f"^{_ID}(,{_ID}){{0,{MOST_ARCHIVED - 1}}}$")] | None = Field(
        None, description=f"Ids separated by commas, at most {MOST_ARCHIVED}.")
    emotion: Slug | None = None


class VariantQuery(BaseModel):
    """Which picture."""

    variant: Variant | None = Field(None, description="Missing: masked where there is one, else plain.")


class PageAnswer(Schema):
    """Screenshots, newest first."""

    items: list[ScreenshotAnswer]
    next: str | None = Field(description="Cursor of the next page; null: this is the last.")


class TotalsAnswer(Schema):
    """What the owner has."""

    count: int = Field(description="Screenshots of the time that was asked for.")
    bytes: int = Field(description="Room taken, of all times, deleted ones that can still be restored included.")
    quota: int = Field(description="Room there is, in bytes.")
    emotions: dict[str, int] = Field(description="Of the counted ones, how many per primary and specific emotion.")


class Ids(_Strict):
    """Some screenshots."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_IDS)]


class Restore(_Strict):
    """Which deleted screenshots to show again."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_IDS)] | None = Field(
        None, description="Missing: all that can still be restored.")


class IdsAnswer(Schema):
    """The screenshots that are now as was asked; others are not yours, are gone, or never were."""

    ids: list[str]


class CountAnswer(Schema):
    """How many."""

    count: int


class SignIn(_Strict):
    """Who wants in."""

    name: Annotated[str, StringConstraints(max_length=64)]
    password: Password


class ChangePassword(_Strict):
    """The old password and the new one."""

    old: Password
    new: Password


class NewToken(_Strict):
    """What the token is for, in your words."""

    label: Label


class Limits(Schema):
    """What this server allows."""

    body_bytes: int = Field(description="Largest body of a request.")
    pixels: int = Field(description="Largest picture.")
    faces: int = Field(description="Most faces per picture.")
    faces_per_second: float | None = Field(description="Requests of live frames; null: any number.")
    quota_bytes: int = Field(description="Room for one owner's screenshots.")
    undo_seconds: int = Field(description="How long deleted screenshots can be restored.")
    retention_days: int | None = Field(description="Screenshots are erased after as many days; null: never.")


class SessionAnswer(Schema):
    """Who you are to this server, and what it allows."""

    owner: str | None = Field(description="null: not signed in.")
    role: Literal["user", "admin"] | None
    sign_in: bool = Field(description="Whether this server asks people to sign in.")
    store: bool = Field(description="Whether the store of screenshots answers.")
    limits: Limits


class TokenAnswer(Schema):
    """A personal access token."""

    id: str
    label: str
    created: str
    used: str | None = Field(description="Last use, to the hour.")


class FreshToken(TokenAnswer):
    """A token that was just made."""

    token: str = Field(description="Shown this once. Send it as `Authorization: Bearer ...`.")


class TokensAnswer(Schema):
    """Your tokens, oldest first."""

    tokens: list[TokenAnswer]


def iso(time_ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 UTC."""
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(moment: datetime | None) -> int | None:
    """A moment as milliseconds since 1970."""
    return None if moment is None else round(moment.timestamp() * 1000)
