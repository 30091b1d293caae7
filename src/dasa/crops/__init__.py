"""See the room list in ARCHITECTURE.md."""
