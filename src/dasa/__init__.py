"""DASA: how the expressions of up to ten people read, on pictures, videos and live."""

__version__ = "0.1.0"
