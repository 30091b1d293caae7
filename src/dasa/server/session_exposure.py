"""What is asked before the server starts: must people sign in, and could anybody?

Imports nothing of the app: the metrics must not be imported before ``dasa.server.run`` has prepared for them.
"""

from __future__ import annotations

from dasa.errors import StoreError
from dasa.settings import Settings
from dasa.storage import Store, open_store


def needs_sign_in(settings: Settings) -> bool:
    """Whether others can reach the server, so that everybody has to say who they are."""
    return not settings.loopback or bool(settings.trusted_proxies)


def open_store_of(settings: Settings) -> Store:
    """The store that the settings name; it connects when it is first used."""
    return open_store(settings.store_url, undo_seconds=settings.undo_seconds)


def has_accounts(settings: Settings) -> bool:
    """Whether somebody could sign in. A store that does not answer now counts: it lets nobody in either."""
    store = open_store_of(settings)
    try:
        return bool(store.accounts.accounts())
    except StoreError:
        return True
    finally:
        store.close()
