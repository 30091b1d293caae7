"""What both stores say to users: what happened, what is lost, what to do."""

from __future__ import annotations

NOT_FOUND = "There is no such screenshot, or it has been deleted."
ID_TAKEN = "A screenshot with this id exists already."
KEY_TAKEN = "This Idempotency-Key was used for another screenshot. Send each screenshot with a key of its own."
GONE = "This screenshot was saved before and has been erased since. There is nothing left to do."
PICTURE_MISSING = "This picture cannot be read from the store. Ask whoever runs this server to look at its log."
TOO_SLOW = "Saving took too long and was given up. Nothing of it was kept; save the screenshot again."
NAME_TAKEN = "An account with this name exists already."
NO_ACCOUNT = "There is no account with this name."
NO_SESSION = "You are not signed in, or your session is over. Sign in again."
TOKEN_TAKEN = "This token exists already."  # noqa: S105
NO_TOKEN = "There is no such token, or it has been revoked."  # noqa: S105


def quota_message(quota: int) -> str:
    """For an owner whose share is full."""
    return (f"Your room for screenshots ({quota / 2**20:g} MiB) is full. This one was not kept. "
            "Delete some in the gallery and save it again.")
