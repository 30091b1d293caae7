"""Golden files: what Python computes, for the client's tests to compare with (``python -m tools.golden``)."""
