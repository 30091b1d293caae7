"""Writes the measured tables into docs/benchmarks.md, and the plots beside it.

    python -m benchmarks.report [--results DIR] [--check]

Between ``<!-- bench:NAME -->`` and ``<!-- end -->`` stands what a part's ``tables`` makes of its result; all
else on the page is written by hand. Parts without a result leave their tables as they are. ``--check`` writes
nothing and fails where the page does not say what the results say.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.parts import PARTS, RESULTS, ROOT, Plot
from benchmarks.peers import Missing, peer_python

PAGE = ROOT / "docs/benchmarks.md"
PICTURES = ROOT / "docs/benchmarks"
_MARKED = re.compile(r"(<!-- bench:([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def collected(folder: Path) -> tuple[dict[str, str], list[Plot]]:
    """Tables by marker, and plots, of all results in a folder."""
    tables: dict[str, str] = {}
    plots: list[Plot] = []
    machines: dict[str, str] = {}
    for part in PARTS:
        path = folder / f"{part.name}.json"
        if not path.exists():
            continue
        measured: dict[str, Any] = json.loads(path.read_text("utf-8"))
        module = importlib.import_module(part.module)
        tables |= module.tables(measured["result"])
        drawn = module.plots(measured["result"]) if hasattr(module, "plots") else []
        tables |= {f"plot-{plot.name}": f"![{plot.title}](benchmarks/{plot.name}.svg)\n" for plot in drawn}
        plots += drawn
        machines[part.name] = machine_row(part.name, measured)
        tables["machine"] = machine_table(measured["machine"])
    if machines:
        head = "| part | measured | took | taken by other programs just before |\n|---|---|---|---|\n"
        tables["runs"] = head + "".join(machines.values())
    return tables, plots


def machine_table(machine: Mapping[str, str]) -> str:
    """The description of the machine."""
    rows = "".join(f"| {about} | {text} |\n" for about, text in machine.items())
    return f"| | |\n|---|---|\n{rows}"


def machine_row(name: str, measured: Mapping[str, Any]) -> str:
    """When a part was measured."""
    return (
        f"| {name} | {measured['measured']} | {measured['seconds']:.0f} s "
        f"| {measured['taken_by_others_before']:.0%} of the processors |\n"
    )


def filled(page: str, tables: Mapping[str, str]) -> str:
    """The page with these tables between their markers. KeyError where a table has no place."""
    places = {found[1] for found in _MARKED.findall(page)}
    if homeless := sorted(set(tables) - places):
        raise KeyError(f"docs/benchmarks.md has no place for {', '.join(homeless)}")

    def put(match: re.Match[str]) -> str:
        table = tables.get(match[2])
        return match[0] if table is None else f"{match[1]}{table.rstrip()}\n{match[3]}"

    return _MARKED.sub(put, page)


def draw(plots: list[Plot]) -> None:
    """Write the plots as SVG; in an environment of its own, because only this needs matplotlib."""
    python = peer_python("plots")
    if isinstance(python, Missing):
        print(f"No plots: {python.reason}", file=sys.stderr)
        return
    PICTURES.mkdir(exist_ok=True)
    script = [str(python), str(ROOT / "benchmarks/plots.py"), str(PICTURES)]
    subprocess.run(script, input=json.dumps([asdict(plot) for plot in plots]), text=True, check=True)


def main() -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    tables, plots = collected(options.results)
    before = PAGE.read_text("utf-8")
    after = filled(before, tables)
    if options.check:
        if after != before:
            sys.exit("docs/benchmarks.md is not what benchmarks/results say. Run: python -m benchmarks.report")
        return
    PAGE.write_text(after, "utf-8")
    draw(plots)
    print(f"Wrote {len(tables)} tables and {len(plots)} plots.")


if __name__ == "__main__":
    main()
