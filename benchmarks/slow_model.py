"""A model's service that takes its time: it begins each answer at once, and ends none until it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import TYPE_CHECKING, Self

from agents.rehearsal.message import Action, events

if TYPE_CHECKING:
    from types import TracebackType

_PING_SECONDS = 5.0
"""Between two signs of life in an answer, as the real service gives them."""

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_PING = b'event: ping\ndata: {"type": "ping"}\n\n'
_OVER = (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError)
"""How a connection ends: by the client, or with the context."""
_GIVES_UP = Action("I have thought about it.", "give_up", {"reason": "It was a benchmark."})


class SlowModel:
    """Serves the Messages API on this machine, in a thread of its own, while the context lasts.

    Every answer is the same: the agent is to give up.
    """

    def __init__(self) -> None:
        self._thread = threading.Thread(target=asyncio.run, args=(self._listen(),), name="slow model", daemon=True)
        self._ready = threading.Event()
        self._begun = 0
        self._waiting = 0

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def waiting(self) -> int:
        """Requests whose answer has begun and not ended."""
        return self._waiting

    def answer_all(self) -> None:
        """Ends all answers, and from now on each as soon as it is asked for."""
        self._loop.call_soon_threadsafe(self._told.set)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _listen(self) -> None:
        self._loop, self._told, self._over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=4096)
        self._port: int = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(*_OVER):
            while True:
                await self._answer(json.loads(await _body(reader))["model"], writer)

    async def _answer(self, model: str, writer: asyncio.StreamWriter) -> None:
        first, *rest = events(_message(model, self._begun))
        self._begun += 1
        writer.write(_HEAD + _chunk(first))
        self._waiting += 1
        try:
            while not self._told.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), _PING_SECONDS)
                writer.write(_chunk(_PING))
            writer.write(b"".join(map(_chunk, rest)) + b"0\r\n\r\n")
            await writer.drain()
        finally:
            self._waiting -= 1


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
    return await reader.readexactly(length)


def _message(model: str, number: int) -> dict[str, object]:
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [
            {"type": "text", "text": _GIVES_UP.words},
            {"type": "tool_use", "id": f"toolu_{number}", "name": _GIVES_UP.tool, "input": _GIVES_UP.input},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 1000, "output_tokens": 30},
    }


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)
