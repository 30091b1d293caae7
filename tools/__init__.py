"""Build-time tools; not part of the wheel."""
