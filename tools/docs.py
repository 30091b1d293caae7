"""Writes docs/settings.md, docs/api.md and docs/commands.md from the code: ``python -m tools.docs``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dasa.server.app import describe
from dasa.settings import table
from tools.commands import commands_page

DOCS = Path(__file__).parent.parent / "docs"
_SETTINGS_INTRODUCTION = """\
# Settings

Read from the environment once, when the server or a command starts. An empty value counts as not set. A value
that cannot be used stops the start with a message that names the setting.

"""
_API_INTRODUCTION = """\
# HTTP API, version 1

The server describes itself: `/docs` shows every call with its fields, `/openapi.json` is the OpenAPI 3.1
document. This table is generated from the same source.

    curl --data-binary @group.jpg -H 'Content-Type: image/jpeg' http://127.0.0.1:8080/api/v1/frames

- Pictures are sent as the body itself: JPEG, PNG or WebP, of at most 16 MiB and 25 megapixels;
  progressive JPEG without chroma subsampling (4:4:4) of at most 20.9, because its decoder keeps all of it twice
  and no answer may take more than 200 MB.
- Every error is a problem document (RFC 9457, `application/problem+json`): `type` is stable, `detail` says what
  happened and what to do, `request_id` is also in the header `X-Request-Id` and in the server's log.
- A server that others can reach asks for a session or an access token: `Authorization: Bearer TOKEN`. Tokens are
  for scripts; who is signed in makes them (`POST /api/v1/account/tokens`), each is shown once and can be revoked.
- A full queue answers 503 with `Retry-After` at once: live frames are worthless late. Send the next request
  after the answer to the last.
- A browser may call the API from the server's own pages only. Scripts send no `Origin` and are not concerned.

"""


def _body(operation: dict[str, Any]) -> str:
    return ", ".join(f"`{kind}`" for kind in operation.get("requestBody", {}).get("content", {})) or "none"


def _query(operation: dict[str, Any]) -> str:
    names = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
    return f"?{'&'.join(f'{name}=' for name in names)}" if names else ""


def _statuses(operation: dict[str, Any]) -> str:
    return ", ".join(sorted(operation["responses"]))


def api_table(document: dict[str, Any]) -> str:
    """Every call as a Markdown table."""
    rows = ["| call | what | body | answers |", "|---|---|---|---|"]
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            call = f"`{method.upper()} {path}{_query(operation)}`"
            what = re.sub(r"\s+", " ", operation.get("summary", ""))
            rows.append(f"| {call} | {what} | {_body(operation)} | {_statuses(operation)} |")
    return "\n".join(rows) + "\n"


#: The generated pages by file name.
PAGES: dict[str, Callable[[], str]] = {
    "settings.md": lambda: _SETTINGS_INTRODUCTION + table(),
    "api.md": lambda: _API_INTRODUCTION + api_table(describe()),
    "commands.md": commands_page,
}


def main() -> int:
    """Run from the command line."""
    DOCS.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
