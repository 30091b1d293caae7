"""Sets up environments of peers."""

from __future__ import annotations

import sys

from benchmarks.peers import Missing, names, peer_python

if __name__ == "__main__":
    for wanted in sys.argv[1:] or names():
        found = peer_python(wanted)
        print(f"{wanted}: {found.reason if isinstance(found, Missing) else 'ready'}", flush=True)
