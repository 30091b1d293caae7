"""What goes wrong with data."""

from dasa.errors import InputError


class DataError(InputError):
    """Data that is missing, unreadable or unusable; the message says which and what to do."""
