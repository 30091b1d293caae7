"""Growth up to a million stored pictures and rows: 20 minutes and some 15 GB of disk, so only when named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.parts import Budget, Plot
from benchmarks.server import growth

SHOWN = ("first page", "deep page", "by emotion", "insert", "totals")


def run(budget: Budget) -> dict[str, Any]:
    """All sizes; the budget is that of whoever names this part."""
    pictures = (200, 400) if budget.tiny else growth.LARGE_PICTURES
    rows = (100, 200) if budget.tiny else growth.LARGE_ROWS
    return {"pictures": growth.by_pictures(pictures, 5 if budget.tiny else 60), "rows": growth.by_rows(rows)}


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Pictures and rows."""
    return {
        "growth-large-pictures": growth.pictures_table(result["pictures"]),
        "growth-large-rows": growth.rows_table(result["rows"]),
    }


def plots(result: Mapping[str, Any]) -> list[Plot]:
    """Pictures and rows, on logarithmic axes."""
    found = [
        Plot("growth-pictures", "Calls of the store (SQLite), p50", "pictures", "ms", {
            name: [(row["pictures"], row[name]) for row in result["pictures"]] for name in SHOWN
        }, log_x=True, log_y=True),
    ]  # fmt: skip
    rows = result["rows"]
    if not isinstance(rows, str):
        found += [
            Plot("growth-rows", "Building a data set", "rows", "seconds",
                 {"tiny answers": [(row["rows"], row["seconds"]) for row in rows]}, log_x=True, log_y=True),
            Plot("growth-rows-memory", "Peak memory of building", "rows", "MiB",
                 {"first process": [(row["rows"], row["peak_mib"]) for row in rows]}, log_x=True),
        ]  # fmt: skip
    return found
