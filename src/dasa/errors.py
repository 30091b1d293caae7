"""Every error that DASA raises on purpose.

    DasaError
    ├── InputError                what the user gave cannot be used
    │   ├── ImageError            bytes that are not a usable image
    │   │   ├── UnsupportedImage  not one of the accepted formats, or animated
    │   │   ├── BrokenImage       truncated, empty or undecodable
    │   │   └── TooLarge          more bytes or pixels than the limit
    │   ├── AtlasError            a stack of crops with the wrong size or count
    │   ├── VideoError            a video or camera that cannot be read
    │   └── SettingError          a setting with an unusable value
    ├── BundleError               a bundle that is incomplete, altered or contradicts itself
    ├── AccessError               who asks may not
    │   ├── SignInRequired        no session and no token, or one that is over
    │   ├── SignInRefused         wrong name or password; the two are not told apart on purpose
    │   ├── TooManyAttempts       wait before the next try
    │   └── Forbidden             signed in, but not for this
    ├── Busy                      the queue is full; try again later
    └── StoreError
        ├── StoreUnavailable      the database does not answer
        ├── StoreFull             the store's disk is full
        ├── NotFound              no such item, or not this owner's
        │   └── Gone              it was kept once and has been erased since
        ├── Conflict              the same key was used for something else
        └── QuotaExceeded         the owner's share is full

Messages are sentences for users: what happened and what to do. HTTP status codes are given only in
``dasa.server.problems``; messages never hold paths, queries or stack traces of the server.
"""

from __future__ import annotations


class DasaError(Exception):
    """Base of all errors that DASA raises on purpose; ``str(error)`` is fit for users."""


class InputError(DasaError):
    """What the user gave cannot be used."""


class ImageError(InputError):
    """Bytes that are not a usable image."""


class UnsupportedImage(ImageError):
    """Not one of the accepted formats, or an animation."""


class BrokenImage(ImageError):
    """Empty, truncated or otherwise undecodable image data."""


class TooLarge(ImageError):
    """More bytes or pixels than the limit allows."""


class AtlasError(ImageError):
    """A stack of crops whose size does not fit the bundle or that holds too many crops."""


class VideoError(InputError):
    """A video file or camera that cannot be read."""


class SettingError(InputError):
    """A setting with a value that cannot be used; the message names the setting."""


class BundleError(DasaError):
    """A bundle that is incomplete, altered, or contradicts itself."""


class Busy(DasaError):
    """The queue is full. ``retry_after_s`` says when to try again, in seconds."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class AccessError(DasaError):
    """Who asks may not."""


class SignInRequired(AccessError):
    """No session and no token, or one that is over."""


class SignInRefused(AccessError):
    """Wrong name or password (the two are not told apart on purpose)."""


class TooManyAttempts(AccessError):
    """Too many failed sign-ins. ``retry_after_s`` says when to try again, in seconds."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Forbidden(AccessError):
    """Signed in, but not for this."""


class StoreError(DasaError):
    """Base of all errors of the screenshot and account stores."""


class StoreUnavailable(StoreError):
    """The database does not answer."""


class StoreFull(StoreError):
    """The disk of the store is full."""


class NotFound(StoreError):
    """No such item, or it belongs to somebody else (the two are not told apart on purpose)."""


class Gone(NotFound):
    """The item was kept once and has been erased since: nothing is left to repeat."""


class Conflict(StoreError):
    """The same key was used before for something else."""


class QuotaExceeded(StoreError):
    """The owner's share of the store is full."""
