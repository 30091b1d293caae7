"""A server of portraits for the benchmarks of the data set builder: every answer comes after a set time.

It is a process of its own on the same machine and listens on eight loopback addresses, so that limits per host
work as they do for a list of many hosts.
"""

from __future__ import annotations

import asyncio
import io
import json
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image

HOSTS = tuple(f"127.0.0.{i}" for i in range(1, 9))
SIZES = ((612, 408), (1000, 667), (1500, 1000))  # previews of stock photographs
PICTURES = 24
TERMS = ("joy", "anger", "fear", "sadness", "surprise", "love")


def photograph(number: int) -> bytes:
    """A portrait on a noisy ground: scikit-image's astronaut, in one of the usual sizes."""
    from skimage.data import astronaut

    width, height = SIZES[number % len(SIZES)]
    chance = np.random.default_rng(number)
    ground = Image.fromarray(chance.integers(60, 190, (9, 9, 3), np.uint8)).resize((width, height))
    person = Image.fromarray(astronaut()[:300, 60:380])  # type: ignore[no-untyped-call]
    ground.paste(person.resize((height * 320 // 300, height)), (int(chance.uniform(0, width / 4)), 0))
    file = io.BytesIO()
    ground.save(file, "JPEG", quality=85)
    return file.getvalue()


def serve(ready: Connection, latency_s: float, tiny: bool) -> None:
    """Answer every GET after the latency; "/N" gives picture N, or a tiny 404."""
    bodies = [] if tiny else [photograph(i) for i in range(PICTURES)]

    def head(status: str, length: int) -> bytes:
        return f"HTTP/1.1 {status}\r\nContent-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n".encode()

    answers = [head("200 OK", len(body)) + body for body in bodies] or [head("404 Not Found", 0)]

    class Answering(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self._transport = transport

        def data_received(self, data: bytes) -> None:
            number = int(data.split(b" ", 2)[1].rsplit(b"/", 1)[1])
            answer = answers[number % len(answers)]
            if latency_s:
                asyncio.get_running_loop().call_later(latency_s, self._transport.write, answer)
            else:
                self._transport.write(answer)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        first = await loop.create_server(Answering, HOSTS[0], 0)
        port = first.sockets[0].getsockname()[1]
        for host in HOSTS[1:]:
            await loop.create_server(Answering, host, port)
        ready.send(port)
        await asyncio.Event().wait()

    asyncio.run(run())


def write_list(path: Path, port: int, rows: int) -> None:
    """A source of so many rows, spread over the hosts."""
    with path.open("w") as file:
        file.write("[")
        for i in range(rows):
            label = TERMS[i % PICTURES % len(TERMS)]
            url = f"http://{HOSTS[i // PICTURES % len(HOSTS)]}:{port}/{i // PICTURES}/{i}"
            file.write(("," if i else "") + json.dumps({"label": label, "url": url}))
        file.write("]")


class PictureServer:
    """The server process; ``with`` gives its port."""

    def __init__(self, latency_s: float, tiny: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._mine, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, latency_s, tiny), daemon=True)

    def __enter__(self) -> int:
        self.process.start()
        port: int = self._mine.recv()
        return port

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.join()
