"""The summary of a run as one HTML page: counts, and small pictures of what should be looked at. No
script, no link, nothing loaded, nobody named.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from jrviewer import NOTICE, __version__
from jrviewer.batch.manifest import Record
from jrviewer.core.atomic_write import create_under, numbered
from jrviewer.export.report import Result

MOST_SHOWN = 200  # of a kind; the manifest lists them all
SUMMARY = b"<meta name='generator' content='JRViewer summary'>"
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;
color:#1b2227}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
td,th{border:1px solid #c8d0d5;padding:.25rem .6rem;text-align:left}
th{background:#eef2f4;font-weight:600}td.n{text-align:right}
.all{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:.8rem}
figure{margin:0;padding:.5rem;border:1px solid #c8d0d5;border-radius:6px;font-size:13px}
figure img{display:block;width:160px;height:160px;object-fit:contain;background:#000}
figcaption{overflow-wrap:anywhere;margin-top:.4rem}.more{color:#57646c}
""".strip()
_KINDS = {
    "failed": "Failed: another run may succeed",
    "red": "Input check red",
    "marked": "Structure may have been removed",
    "amber": "Input check amber",
    "unread": "Not read",
}
_ROWS = {
    "done": "done",
    "refused": "refused",
    "failed": "failed",
    "green": "input check green",
    "amber": "input check amber",
    "red": "input check red",
    "marked": "with marks where structure may have been removed",
}


def write_summary(
    folder: Path, about: Result, records: Iterable[Record], *, stem: str = "summary"
) -> str:
    """Write the page under a name that is new in the folder; returns it. Raises ExportError."""
    counts: Counter[str] = Counter()
    shown: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for record in records:
        counts.update(_rows_of(record))
        kind = _kind_of(record)
        if kind:
            counts[f"kind {kind}"] += 1
            if len(shown[kind]) < MOST_SHOWN:
                shown[kind].append(_figure(record))
    return create_under(
        folder, numbered(Path(f"{stem}.html")), lambda: _parts(about, counts, shown)
    )


def _rows_of(record: Record) -> Iterator[str]:
    yield record["outcome"]
    if record["input_check"]:
        yield record["input_check"]
    if record["removed_marks"]:
        yield "marked"


def _kind_of(record: Record) -> str:
    """Under which heading a slice is shown, "" for none."""
    if record["outcome"] == "failed":
        return "failed"
    if record["input_check"] == "red":
        return "red"
    if record["removed_marks"]:
        return "marked"
    if record["input_check"] == "amber":
        return "amber"
    return "unread" if record["outcome"] == "refused" else ""


def _figure(record: Record) -> str:
    names = [record[kind] for kind in ("png", "dcm", "ply") if record[kind]]
    title = names[0] if names else f"sha256 {(record['source'] or record['key'])[:16]}"
    said = dict.fromkeys([*record["reasons"], record["message"], *record["warnings"]])
    marks = record["removed_marks"]
    told = [f"{marks} mark{'s' * (marks > 1)}." if marks else "", *said]
    picture = record["thumbnail"]
    image = f"<img alt='' src='data:image/jpeg;base64,{picture}'>" if picture else ""
    series = f" · series {record['series']}" if record["series"] else ""
    caption = " ".join(escape(one) for one in told if one)
    return (
        f"<figure>{image}<figcaption><b>{escape(title)}</b>{series}<br>{caption}"
        "</figcaption></figure>"
    )


def _parts(about: Result, counts: Counter[str], shown: dict[str, list[str]]) -> Iterator[bytes]:
    yield (
        b"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        + SUMMARY
        + f"<title>JRViewer summary</title><style>{_STYLE}</style></head><body>\n".encode()
    )
    model = f"{about['model']}, weights {about['weights_sha256'][:16]}, {about['device']}"
    said = f"{NOTICE} JRViewer {__version__}, {escape(model)}."
    yield f"<h1>JRViewer summary</h1><p>{said}</p>\n".encode()
    rows = "".join(
        f"<tr><th>{words}</th><td class='n'>{counts[key]:,}</td></tr>"
        for key, words in _ROWS.items()
    )
    yield f"<table>{rows}</table>\n".encode()
    for kind, heading in _KINDS.items():
        if shown[kind]:
            yield f"<h2>{heading}: {counts[f'kind {kind}']:,}</h2><div class='all'>\n".encode()
            yield from (f"{figure}\n".encode() for figure in shown[kind])
            yield b"</div>"
            more = counts[f"kind {kind}"] - len(shown[kind])
            if more:
                yield f"<p class='more'>{more:,} more are in the manifest.</p>\n".encode()
    yield b"</body></html>\n"
