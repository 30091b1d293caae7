"""What this machine is, for whoever reads the figures: no names of hosts, no paths."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import psutil

_PACKAGES = ("dasa", "onnxruntime", "numpy", "opencv-python-headless", "pillow", "gunicorn", "flask")


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> tuple[str, list[str]]:
    """The processor's name, and those of its vector instructions that the models use."""
    name, flags = platform.processor() or platform.machine(), ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in lines.items()}
        name, flags = fields.get("model name", name), fields.get("flags", "")
        if fields.get("cpu family"):
            name += f" (family {fields['cpu family']}, model {fields.get('model', '?')})"
    wanted = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
    return name, [flag for flag in wanted if flag in flags.split()]


def describe() -> dict[str, str]:
    """Lines of the description, by what they are about."""
    name, flags = processor()
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": name + (f"; {', '.join(flags)}" if flags else ""),
        "cores": str(cores()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}",
        "Python": platform.python_version(),
        "packages": ", ".join(f"{package} {version}" for package, version in versions.items()),
    }


def busy_share(seconds: float = 1.0) -> float:
    """The share of all processors that is taken now, [0, 1]: figures of a machine that others use mean little."""
    return psutil.cpu_percent(interval=seconds) / 100


if __name__ == "__main__":
    for about, text in describe().items():
        print(f"{about:10} {text}")
