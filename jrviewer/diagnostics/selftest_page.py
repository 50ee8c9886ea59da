"""The self-test's findings as a page for a quality file: no script, no link, nothing loaded."""

from datetime import UTC, datetime
from html import escape
from typing import Any

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;
color:#1b2227}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
td,th{border:1px solid #c8d0d5;padding:.25rem .6rem;text-align:left;vertical-align:top}
th{background:#eef2f4;font-weight:600;width:16rem}.good{color:#146c43}.bad{color:#a4262c}
""".strip()


def as_page(found: dict[str, Any]) -> str:
    """The findings of `run` as a complete HTML document."""
    good = bool(found["ok"])
    verdict = "All is well" if good else "Something is wrong"
    parts = [
        f"<h1>JRViewer self-test: <span class='{'good' if good else 'bad'}'>{verdict}</span></h1>",
        f"<p>{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. "
        "Research preview. Not for diagnosis or treatment.</p>",
    ]
    if found["faults"]:
        items = "".join(f"<li>{escape(fault)}</li>" for fault in found["faults"])
        parts.append(f"<h2>Faults</h2><ul class='bad'>{items}</ul>")
    plain = {key: value for key, value in found.items() if not isinstance(value, dict | list)}
    parts.append(_table("Installation", plain))
    parts += [
        _table(key.replace("_", " ").capitalize(), value)
        for key, value in found.items()
        if isinstance(value, dict)
    ]
    body = "\n".join(parts)
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<title>JRViewer self-test</title><style>{_STYLE}</style></head>\n"
        f"<body>{body}</body></html>\n"
    )


def _table(title: str, rows: dict[str, Any]) -> str:
    lines = "".join(f"<tr><th>{escape(k)}</th><td>{_cell(v)}</td></tr>" for k, v in rows.items())
    return f"<h2>{escape(title)}</h2><table>{lines}</table>"


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{escape(str(key))} {_cell(one)}" for key, one in value.items())
    return escape(f"{value:.6g}" if isinstance(value, float) else str(value))
