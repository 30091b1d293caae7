"""Runs the parts of the benchmark in order and writes what they measured: `make bench`.

    python -m benchmarks.run [PART ...] [--tiny] [--data DIR] [--out DIR] [--share 1.0]

Without names, all parts that fit into 20 minutes run.

Each part writes ``DIR/PART.json`` with the machine and the date. ``--tiny`` runs everything once at the smallest
size, to see that it works; it writes to .cache/benchmarks, so that measured results stay. ``--share`` gives every
part so many times its usual seconds. Then ``python -m benchmarks.report`` writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import busy_share, describe
from benchmarks.parts import PARTS, RESULTS, SMOKE_RESULTS, Budget, Part


def measure(part: Part, budget: Budget) -> dict[str, Any]:
    """The result of a part, with when and on what it was measured."""
    others, start = busy_share(), time.monotonic()
    result = importlib.import_module(part.module).run(budget)
    return {
        "part": part.name, "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "tiny": budget.tiny,
        "seconds": round(time.monotonic() - start, 1), "taken_by_others_before": round(others, 2),
        "machine": describe(), "result": result,
    }


def show(part: Part, result: dict[str, Any]) -> None:
    """Print the tables of a part."""
    for marker, table in importlib.import_module(part.module).tables(result["result"]).items():
        print(f"\n{marker}\n\n{table}", flush=True)


def main() -> None:
    """Run what was asked for; exit code 1 where a part failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [part.name for part in PARTS]
    usual = [part.name for part in PARTS if not part.is_extra]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(names)}")
    parser.add_argument("--tiny", action="store_true", help="everything once, at the smallest size")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual seconds of each part")
    parser.add_argument("--data", type=Path, help="FER+ as mosaics (docs/models.md), for the part accuracy")
    parser.add_argument("--out", type=Path, help="folder for the results")
    options = parser.parse_args()
    if unknown := sorted(set(options.parts) - set(names)):
        parser.error(f"there is no part {', '.join(unknown)}; the parts are {', '.join(names)}")
    folder: Path = options.out or (SMOKE_RESULTS if options.tiny else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    begun, failed = time.monotonic(), []
    for part in PARTS:
        if part.name not in (options.parts or usual):
            continue
        print(f"\n== {part.name}: at most about {part.seconds * options.share:.0f} s", flush=True)
        try:
            measured = measure(part, Budget(part.seconds * options.share, options.tiny, options.data))
            show(part, measured)
        except Exception:  # noqa: BLE001 the other parts are still worth their time; the exit code tells
            traceback.print_exc()
            failed.append(part.name)
            continue
        text = json.dumps(measured, indent=1, allow_nan=False)
        (folder / f"{part.name}.json").write_text(text + "\n", "utf-8")
        print(f"{part.name}: {measured['seconds']:.0f} s", flush=True)
    print(f"\nAll parts: {(time.monotonic() - begun) / 60:.1f} minutes.")
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
