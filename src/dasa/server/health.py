"""Probes and metrics."""

from __future__ import annotations

import orjson
from apiflask import APIBlueprint
from flask import Response

from dasa.server import metrics
from dasa.server.openapi import TEXT, file_answer, problems
from dasa.server.problems import Problem
from dasa.server.schemas import Health
from dasa.server.security import from_this_machine
from dasa.server.services import services
from dasa.server.session_identity import is_admin

blueprint = APIBlueprint("health", __name__, tag="Operation")


def _answer(status: int, checks: dict[str, bool]) -> Response:
    body = {"status": "ok" if status == 200 else "unavailable", "checks": checks}
    return Response(orjson.dumps(body), status, content_type="application/json")


@blueprint.get("/healthz")
@blueprint.output(Health, description="The process answers.")
def healthz() -> Response:
    """Is the process alive?"""
    return _answer(200, {})


@blueprint.get("/readyz")
@blueprint.output(Health, description="Models and store are ready.")
@problems(503)
def readyz() -> Response:
    """Can the server do its work: are the models loaded, does the store answer?"""
    checks = {"models": services().engine.ready(), **{name: probe() for name, probe in services().probes.items()}}
    if not all(checks.values()):
        missing = ", ".join(name for name, fine in checks.items() if not fine)
        raise Problem(503, f"Not ready: {missing}.", slug="not-ready", headers={"Retry-After": "5"})
    return _answer(200, checks)


@blueprint.get("/metrics")
@file_answer("text/plain", description="Prometheus' text format.", schema=TEXT)
@problems(403)
def metrics_page() -> Response:
    """Figures for Prometheus; for this very machine, or with an admin's token."""
    if not from_this_machine() and not is_admin():
        raise Problem(403, "Metrics are given to this machine, and to an admin's access token.")
    return Response(services().metrics.render(), content_type=metrics.CONTENT_TYPE)
