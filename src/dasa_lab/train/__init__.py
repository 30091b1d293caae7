"""See docs/models.md."""
