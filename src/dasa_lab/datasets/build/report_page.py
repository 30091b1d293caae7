"""The page of the report on a data set: one HTML file that needs no script and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from dasa.taxonomy import build as build_taxonomy
from dasa_lab.datasets.schema import SPLITS, Dataset

_TAXONOMY = build_taxonomy("emo135")
_COLOURS = {primary.id: primary.colour for primary in _TAXONOMY.primaries}
_HOST_ROWS = 200
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5c5c66; --paper: #fff; --card: #f5f5f7; --line: #dcdce2;
  --bar: #3a6fd8; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --soft: #a5a5b0; --paper: #17171b; --card: #222228;
  --line: #3a3a42; --bar: #7aa5ff; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 4rem;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 3rem 0 1rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; max-width: 46rem; } .soft { color: var(--soft); } code { overflow-wrap: anywhere; }
.tiles, .cards { display: grid; gap: 1rem; margin: 1.5rem 0; }
.tiles { grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
.cards { grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); align-items: start; }
.tile, .card { background: var(--card); border-radius: .6rem; padding: .9rem 1rem; }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.card { overflow-x: auto; border-top: .3rem solid var(--tone, var(--line)); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .12rem .6rem .12rem 0; text-align: left; font-weight: normal; vertical-align: middle; }
th { overflow-wrap: break-word; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.bar { width: 38%; padding-right: 0; }
td.bar span { display: block; height: .7rem; min-width: 2px; border-radius: .35rem;
  background: var(--tone, var(--bar)); }
.sheet { margin: 0 0 2rem; } .sheet img { max-width: 100%; height: auto; border-radius: .4rem; }
figcaption { margin: 0 0 .4rem; } .dot { display: inline-block; width: .75rem; height: .75rem; border-radius: 50%;
  background: var(--tone); margin-right: .4rem; }
"""


def page(
    dataset: Dataset,
    largest_cluster: int,
    histograms: Mapping[str, Sequence[tuple[str, int]]],
    sheets: Mapping[str, str],
) -> str:
    """The page. ``histograms``: titles with bins and counts; ``sheets``: groups with files beside the page."""
    title = f"Data set {escape(dataset.source)}"
    parts = [
        f"<h1>{title}</h1>", _introduction(dataset), _tiles(dataset, largest_cluster),
        "<h2>Splits and groups</h2><div class='cards'>",
        _card("Splits", [(split, dataset.counts[split]) for split in SPLITS]), _groups(dataset), "</div>",
        "<h2>Terms</h2>", _missing(dataset), "<div class='cards'>", *_terms(dataset), "</div>",
        "<h2>Rejected rows</h2>", *_rejected(dataset),
        "<h2>Quality</h2><p class='soft'>How many examples lie where. <code>docs/dataset.md</code> says what is "
        "measured.</p><div class='cards'>",
        *(_card(name, rows) for name, rows in histograms.items()), "</div>",
        "<h2>Contact sheets</h2><p class='soft'>A sample by chance of each group, the same every time.</p>",
        *(_sheet(group, file, dataset.groups[group]) for group, file in sheets.items()),
    ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _introduction(dataset: Dataset) -> str:
    return (
        f"<p>{dataset.counts['total']:,} examples of {dataset.source_rows:,} rows. The labels are the list's own; "
        f"nobody has checked them. Built with DASA {escape(dataset.code_version)}, "
        f"fingerprint <code>{dataset.fingerprint[:16]}</code>.</p>"
    )


def _tiles(dataset: Dataset, largest_cluster: int) -> str:
    rejected = sum(dataset.rejected.values())
    largest = f", the largest of {largest_cluster:,}" if dataset.clusters else ""
    used = sum(1 for count in dataset.terms.values() if count)
    facts = [
        (f"{dataset.counts['total']:,}", "examples"),
        (f"{rejected:,}", f"rows rejected ({_percent(rejected, dataset.source_rows)})"),
        (f"{used} of {len(dataset.terms)}", "terms with examples"),
        (f"{dataset.clusters:,}", f"clusters of near-duplicates{largest}"),
        (f"{dataset.framing.side} px", "side of the crops"),
    ]
    tiles = [f"<div class='tile'><b>{figure}</b>{escape(what)}</div>" for figure, what in facts]
    return f"<div class='tiles'>{''.join(tiles)}</div>"


def _groups(dataset: Dataset) -> str:
    rows = sorted(dataset.groups.items(), key=lambda item: -item[1])
    return _card("Groups", rows, [_COLOURS[name] for name, _ in rows])


def _missing(dataset: Dataset) -> str:
    names = [name for name, count in dataset.terms.items() if not count]
    if not names:
        return ""
    return f"<p>{len(names)} terms have no example: <span class='soft'>{escape(', '.join(names))}</span>.</p>"


def _terms(dataset: Dataset) -> Iterable[str]:
    for primary in _TAXONOMY.primaries:
        rows = [
            (term.id, dataset.terms[term.id])
            for term in _TAXONOMY.terms
            if term.primary == primary.id and dataset.terms[term.id]
        ]
        if rows:
            rows.sort(key=lambda item: (-item[1], item[0]))
            title = f"{primary.id}: {dataset.groups[primary.id]:,}"
            yield _card(title, rows, [primary.colour] * len(rows), primary.colour)


def _rejected(dataset: Dataset) -> Iterable[str]:
    if not dataset.rejected:
        yield "<p>None: every row gave an example.</p>"
        return
    reasons = sorted(dataset.rejected.items(), key=lambda item: (-item[1], item[0]))
    hosts = [
        (f"{host or 'files'}: {reason}", count)
        for host, counts in dataset.rejected_by_host.items()
        for reason, count in counts.items()
    ][:_HOST_ROWS]
    yield "<p class='soft'>The files in <code>rejected</code> list every row with its reason.</p>"
    yield "<div class='cards'>"
    yield _card("By reason", reasons)
    yield _card("By host and reason", hosts)
    yield "</div>"


def _sheet(group: str, file: str, count: int) -> str:
    name = escape(group)
    return (
        f"<figure class='sheet' style='--tone:{_COLOURS[group]}'><figcaption><span class='dot'></span>{name}, "
        f"{count:,} examples</figcaption><img src='{escape(file)}' alt='Crops of the group {name}'></figure>"
    )


def _card(
    title: str, rows: Sequence[tuple[str, int]], tones: Sequence[str] = (), edge: str = "var(--line)"
) -> str:
    most, total = max((count for _, count in rows), default=0) or 1, sum(count for _, count in rows)
    body = "".join(
        f"<tr style='--tone:{tone}'><th scope='row'>{escape(name)}</th>"
        f"<td class='n'>{count:,}</td><td class='n soft'>{_percent(count, total)}</td>"
        f"<td class='bar'>{_bar(count, most)}</td></tr>"
        for tone, (name, count) in zip(tones or ["var(--bar)"] * len(rows), rows, strict=True)
    )
    return (
        f"<section class='card' style='border-color:{edge}'><h3>{escape(title)}</h3>"
        f"<table>{body or '<tr><td>none</td></tr>'}</table></section>"
    )


def _bar(count: int, most: int) -> str:
    return f"<span style='width:{100 * count / most:.1f}%'></span>" if count else ""


def _percent(part: int, total: int) -> str:
    return f"{100 * part / total:.1f}\N{NO-BREAK SPACE}%" if total else ""
