"""The OpenAPI document: generated from the views, completed with binary bodies and problem documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from apiflask import APIFlask
from pydantic import BaseModel

from dasa.server.problems import MEDIA_TYPE, of_status
from dasa.server.schemas import ProblemDocument

View = TypeVar("View", bound=Callable[..., Any])
_BODY, _FILE, _HEADER, _MODEL = "x-dasa-body", "x-dasa-file", "x-dasa-header", "x-dasa-model"
_BINARY = {"type": "string", "format": "binary"}
TEXT, OBJECT = {"type": "string"}, {"type": "object"}
_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}


def _note(view: Any, name: str, value: Any) -> None:
    """Leave a note for ``complete`` in APIFlask's own annotations of a view."""
    spec = view.__dict__.setdefault("_spec", {})
    spec.setdefault("extensions", {})[name] = value


def binary_body(*types: str, description: str = "") -> Callable[[View], View]:
    """Declare that a view takes a file of one of these media types as its body."""

    def decorate(view: View) -> View:
        _note(view, _BODY, {
            "required": True, "description": description, "content": {t: {"schema": _BINARY} for t in types},
        })
        return view

    return decorate


def multipart_body(metadata: type[BaseModel], **files: str) -> Callable[[View], View]:
    """Declare that a view takes a form with pictures (name and description of each) and a part of JSON."""
    parts: dict[str, Any] = {name: {**_BINARY, "description": text} for name, text in files.items()}
    parts["metadata"] = {"$ref": f"#/components/schemas/{metadata.__name__}"}
    content = {
        "schema": {"type": "object", "required": ["metadata"], "properties": parts, "additionalProperties": False},
        "encoding": {
            "metadata": {"contentType": "application/json"},
            **{name: {"contentType": "image/jpeg, image/png, image/webp"} for name in files},
        },
    }

    def decorate(view: View) -> View:
        _note(view, _BODY, {"required": True, "content": {"multipart/form-data": content}})
        _note(view, _MODEL, metadata)
        return view

    return decorate


def header(name: str, description: str, *, max_length: int) -> Callable[[View], View]:
    """Declare that a view looks at a header of the request."""

    def decorate(view: View) -> View:
        _note(view, _HEADER, {
            "name": name, "in": "header", "required": False, "description": description,
            "schema": {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": r"^[!-~]+$"},
        })
        return view

    return decorate


def file_answer(
    *types: str, description: str, schema: Mapping[str, str] = MappingProxyType(_BINARY)
) -> Callable[[View], View]:
    """Declare that a view answers with a file of one of these media types."""

    def decorate(view: View) -> View:
        _note(view, _FILE, {"description": description, "content": {t: {"schema": dict(schema)} for t in types}})
        return view

    return decorate


def problems(*statuses: int) -> Callable[[View], View]:
    """Declare the problems that a view may answer with, beside those that every view may."""

    def decorate(view: View) -> View:
        spec = view.__dict__.setdefault("_spec", {})
        declared = dict(spec.get("responses") or {})
        declared.update({status: of_status(status).title for status in statuses})
        spec["responses"] = declared
        return view

    return decorate


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(ref_template="#/components/schemas/{model}")


def _problem(status: str, said: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": said.get("description") or of_status(int(status)).title,
        "content": {MEDIA_TYPE: {"schema": _PROBLEM_REF}},
    }
    if status in ("429", "503"):
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer


def complete(document: dict[str, Any] | str) -> dict[str, Any] | str:
    """Turn the notes of the decorators into OpenAPI, and every error into a problem document."""
    if isinstance(document, str):
        raise TypeError("the document is completed before it is written")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for made_by_apiflask in ("HTTPError", "ValidationError"):
        schemas.pop(made_by_apiflask, None)
    problem = _schema(ProblemDocument)
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for path in document.get("paths", {}).values():
        for method, operation in path.items():
            if method == "parameters":
                continue
            if _BODY in operation:
                operation["requestBody"] = operation.pop(_BODY)
            if _MODEL in operation:
                model = _schema(operation.pop(_MODEL))
                schemas.update(model.pop("$defs", {}))
                schemas[model["title"]] = model
            if _HEADER in operation:
                operation.setdefault("parameters", []).append(operation.pop(_HEADER))
            if _FILE in operation:
                operation["responses"] = {**operation["responses"], "200": operation.pop(_FILE)}
            statuses = {*operation["responses"], "421", "403", "500"}
            if "requestBody" in operation:
                statuses |= {"400", "408"}
            operation["responses"] = {
                status: _problem(status, operation["responses"].get(status, {})) if status >= "400"
                else operation["responses"][status]
                for status in sorted(statuses)
            }
    return document


def register(app: APIFlask) -> None:
    """Describe the API, and complete what APIFlask generates."""
    app.config["INFO"] = {
        "description": "How the expressions of up to ten people read. An expression is not a feeling.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    app.config["SERVERS"] = [{"url": "/"}]
    app.config["AUTO_OPERATION_ID"] = True
    app.spec_processor(complete)
