"""``dasa doctor``: says what works on this machine, and what to do about what does not."""

from __future__ import annotations

import os
import platform
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

import click
import numpy as np

import dasa
from dasa.errors import DasaError
from dasa.server.addresses import certificate_names, local_addresses
from dasa.server.certificate import check_pair
from dasa.server.session_exposure import has_accounts, needs_sign_in
from dasa.settings import Settings

RUNTIME_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow", "flask", "pymongo")
WARM_RUNS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    what: str
    works: bool
    detail: str
    needed: bool = True  # False: something that one can do without


@click.command()
def doctor() -> None:
    """Say what works on this machine, and what to do about what does not.

    The exit code is 1 where something is missing that serving needs.
    """
    failed = False
    for finding in examine():
        mark = "ok" if finding.works else "MISSING" if finding.needed else "absent"
        click.echo(f"{mark:8}{finding.what:12}{finding.detail}")
        failed = failed or (finding.needed and not finding.works)
    sys.exit(1 if failed else 0)


def examine() -> Iterator[Finding]:
    """All findings, in the order in which a person would look."""
    yield Finding("dasa", True, f"{dasa.__version__} on Python {platform.python_version()}, {platform.platform()}")
    yield from (_package(name) for name in RUNTIME_PACKAGES)
    try:
        settings = Settings.from_environment(os.environ)
    except DasaError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, _set_variables())
    yield _checked("data folder", lambda: _data_folder(settings))
    yield _checked("bundle", lambda: _bundle(settings))
    yield _checked("models", lambda: _models(settings))
    yield _checked("pages", _pages)
    yield _checked("store", lambda: _store(settings))
    yield _checked("port", lambda: _port(settings))
    if settings.tls or settings.tls_certificate is not None:
        yield _checked("certificate", lambda: _certificate(settings))
    if needs_sign_in(settings):
        yield _checked("accounts", lambda: _accounts(settings))
    yield _checked("video", _video, needed=False)
    yield _optional("parquet", "pyarrow", "for `dasa analyze --format parquet`: pip install 'dasa[parquet]'")
    yield _optional("lab", "torch", "for training: pip install 'dasa[lab]'")
    yield _optional("ray", "ray", "for `dasa dataset build --engine ray`: pip install 'dasa[ray]'")


def _checked(what: str, check: Callable[[], str], *, needed: bool = True) -> Finding:
    """The outcome of a check that raises DasaError, with what to do, where something does not work."""
    try:
        return Finding(what, True, check(), needed)
    except DasaError as error:
        return Finding(what, False, str(error), needed)


def _package(name: str) -> Finding:
    try:
        return Finding("package", True, f"{name} {metadata.version(name)}")
    except metadata.PackageNotFoundError:
        return Finding("package", False, f"{name} is not installed: install DASA again")


def _optional(what: str, package: str, purpose: str) -> Finding:
    try:
        return Finding(what, True, f"{package} {metadata.version(package)}", needed=False)
    except metadata.PackageNotFoundError:
        return Finding(what, False, purpose, needed=False)


def _set_variables() -> str:
    """Names only: values may be secret."""
    names = sorted(name for name in os.environ if name.startswith("DASA_"))
    return f"set: {', '.join(names)}" if names else "all at their defaults"


def _data_folder(settings: Settings) -> str:
    folder = settings.data_folder
    probe = folder / f".doctor-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"dasa")
        probe.unlink()
    except OSError as error:
        raise DasaError(
            f"{folder} cannot be written ({error.strerror}); set DASA_DATA to another folder"
        ) from error
    return str(folder)


def _bundle(settings: Settings) -> str:
    from dasa.bundle import active

    manifest = active(settings.data_folder, settings.bundle).manifest
    classes = len(manifest.taxonomy.primaries)
    return f"{manifest.id}, {classes} primary emotions, {len(manifest.taxonomy.terms)} terms, hashes right"


def _models(settings: Settings) -> str:
    from dasa import Analyzer
    from dasa.bundle import active

    analyzer = Analyzer(active(settings.data_folder, settings.bundle), threads=settings.model_threads)
    picture = np.zeros((480, 640, 3), np.uint8)
    analyzer.picture(picture)
    start = time.perf_counter()
    for _ in range(WARM_RUNS):
        analyzer.picture(picture)
    return f"run; an empty picture takes {(time.perf_counter() - start) / WARM_RUNS * 1000:.0f} ms"


def _pages() -> str:
    from dasa.server.pages import CLIENT

    if not (CLIENT / "index.html").is_file():
        raise DasaError("not built: run `make setup` in a clone, else install DASA again")
    size = sum(path.stat().st_size for path in CLIENT.rglob("*.br"))
    return f"built, {size / 1e6:.1f} MB compressed"


def _store(settings: Settings) -> str:
    from dasa.storage import open_store

    url = settings.store_url
    store = open_store(url)
    try:
        store.screenshots.ping()
    finally:
        store.close()
    return "MongoDB answers" if url.startswith("mongodb") else "SQLite works"


def _port(settings: Settings) -> str:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host.strip("[]"), settings.port))
        except OSError as error:
            raise DasaError(
                f"{settings.host}:{settings.port} cannot be used ({error.strerror}); something runs there: "
                "choose another with --port"
            ) from error
    return f"{settings.host}:{settings.port} is free"


def _certificate(settings: Settings) -> str:
    if sys.platform == "win32":
        raise DasaError("the server has no TLS on Windows; let a proxy such as Caddy speak HTTPS")
    if settings.tls_certificate is None or settings.tls_key is None:
        return f"made by this machine, for {', '.join(sorted(certificate_names(settings, local_addresses())))}"
    check_pair(settings.tls_certificate, settings.tls_key)
    return f"{settings.tls_certificate} fits its key"


def _accounts(settings: Settings) -> str:
    if not has_accounts(settings):
        raise DasaError("others can reach the server, and nobody can sign in: dasa users add NAME --admin")
    return "others can reach the server, and have to sign in"


def _video() -> str:
    import cv2

    backends = [cv2.videoio_registry.getBackendName(b) for b in cv2.videoio_registry.getStreamBackends()]
    if "FFMPEG" not in backends:
        raise DasaError("this OpenCV cannot read video files; pictures work")
    return "video files can be read"
