"""Clients of a stream in a process of their own: they shake hands, then count what comes."""

import asyncio
import base64
import json
import os
import resource
import sys
from urllib.parse import urlsplit


def raise_open_files() -> None:
    """A connection is an open file; take as many as the system lets us."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Counter(asyncio.Protocol):
    """One connection. Frames of a server are counted by their headers (RFC 6455, 5.2)."""

    received = 0
    frames = 0

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._head: bytes | None = b""
        self._left = 0
        self._part = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        Counter.received += len(data)
        if self._head is not None:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head
            self._head = None
        self._count(self._part + data)

    def _count(self, data: bytes) -> None:
        place = self._left
        while place + 10 <= len(data):
            size = data[place + 1] & 127
            header = 2
            if size >= 126:
                header = 4 if size == 126 else 10
                size = int.from_bytes(data[place + 2 : place + header], "big")
            kind = data[place] & 15
            if kind == 9 and place + header + size > len(data):
                break  # a ping is answered with what it says
            if kind == 9:
                words = data[place + header : place + header + size]
                self._transport.write(bytes([0x8A, 0x80 | size, 0, 0, 0, 0]) + words)
            Counter.frames += kind == 1
            place += header + size
        self._left = max(place - len(data), 0)
        self._part = data[place:]


async def main(url: str, count: int) -> None:
    raise_open_files()
    place = urlsplit(url)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET {place.path or '/'} HTTP/1.1",
        f"Host: {place.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    )
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop = asyncio.get_running_loop()
    for _ in range(count):
        await loop.create_connection(lambda: Counter(request), place.hostname, place.port)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():  # each line asks how many came so far
        print(json.dumps([Counter.frames, Counter.received]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
