"""The model: one call through the real `anthropic` client, streamed, retried in sight, and paid for."""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anthropic
import httpx2

from agents.conversation import Reply, ToolCall
from agents.endings import Cancelled, LimitReached
from agents.errors import MissingKey, ModelRefused, ModelUnavailable
from agents.outcome import Usage
from agents.prices import PriceTable
from agents.retries import Backoff, Broken, classify
from agents.sending import LETTING_GO, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from anthropic.lib.streaming import MessageStream
    from anthropic.types import Message

    from agents.conversation import Conversation
    from agents.meter import Meter

CONNECT_SECONDS = 10.0
READ_SECONDS = 180.0
"""Longest silence in a stream; the service sends a ping every few seconds, even while the model thinks."""
MAX_RETRIES = 8
_SLICE = 0.2
_KEPT_CONNECTIONS = 100
"""Idle connections kept for the next request."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Retry:
    """A request that is going to be sent again: which repeat, why, after how many seconds."""

    number: int
    reason: str
    delay: float


class AnthropicModel:
    """Calls a service that speaks the Anthropic Messages API; safe to share between threads.

    Args:
        api_key: the key; ``None`` takes ``ANTHROPIC_API_KEY``. A service on this machine (the rehearsal) needs none.
        base_url: where the service is; ``None`` is the vendor's own.
        prices: what models cost.
        max_retries: how often one call is repeated before it is given up.
        read_seconds: longest silence in a stream.
        backoff: how long to wait before a repeat.

    Raises:
        MissingKey: there is no key, and the service is not on this machine.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        prices: PriceTable | None = None,
        *,
        max_retries: int = MAX_RETRIES,
        read_seconds: float = READ_SECONDS,
        backoff: Backoff | None = None,
    ) -> None:
        self.prices = prices or PriceTable()
        self._max_retries = max_retries
        self._backoff = backoff or Backoff(random.Random())  # noqa: S311 - jitter, not secrecy
        host = urlsplit(base_url or "").hostname
        local = host in _LOOPBACK
        self._is_vendor = base_url is None
        self._client = anthropic.Anthropic(
            api_key=_key(api_key, local=local),
            base_url=base_url,
            max_retries=0,  # repeats are made here, where they are seen, counted and cancelled
            timeout=httpx2.Timeout(read_seconds, connect=CONNECT_SECONDS),
            http_client=anthropic.DefaultHttpxClient(
                event_hooks=LETTING_GO,
                # As many connections as there are attempts, which their slots bound: none waits for another's answer.
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_KEPT_CONNECTIONS),
                # A proxy of the environment must not be asked for a server on this machine.
                mounts={f"all://{host}": None} if local else {},
            ),
        )

    def close(self) -> None:
        """Close the connections; the model cannot be used afterwards."""
        self._client.close()

    def check_access(self, model: str) -> None:
        """Make sure, at no cost, that the service answers, takes the key and knows `model`.

        A service other than the vendor's need not list its models: there, that it answers is enough.

        Raises:
            ModelRefused: the service does not take the key, or does not know the model.
            ModelUnavailable: the service cannot be reached.
        """
        try:
            self._client.with_options(timeout=CONNECT_SECONDS, max_retries=1).models.retrieve(model)
        except anthropic.NotFoundError as error:
            if self._is_vendor:
                raise ModelRefused(f"{self._client.base_url} knows no model {model!r}; check `model.name`") from error
        except (anthropic.AnthropicError, httpx2.TransportError) as error:
            failure = classify(error)
            kind = ModelUnavailable if failure.passing else ModelRefused
            raise kind(f"the model's service at {self._client.base_url} does not help: {failure.sentence}") from error

    def reply(
        self,
        model: str,
        conversation: Conversation,
        max_output_tokens: int,
        *,
        meter: Meter,
        cancelled: Callable[[], bool],
        notice: Callable[[Retry], None],
    ) -> Reply:
        """Ask for the next turn, repeating the request as long as that can help.

        Args:
            model: the model's name at the service.
            conversation: what was said so far; its last turn is the user's.
            max_output_tokens: the most the model may write.
            meter: reserves money before each request and records what it used.
            cancelled: asked before each request, during waits, and with each event of the stream.
            notice: told of every repeat.

        Returns:
            The model's turn.

        Raises:
            Cancelled: `cancelled` said so.
            LimitReached: the meter said so, or the conversation has outgrown the model's window.
            ModelRefused: repeating cannot help.
            ModelUnavailable: repeating has not helped.
        """
        size = _size(conversation)
        for number in range(1, self._max_retries + 2):
            _go_on(meter, cancelled)
            meter.reserve(size, max_output_tokens)
            try:
                return self._attempt(model, conversation, max_output_tokens, meter, cancelled)
            except (anthropic.AnthropicError, httpx2.TransportError, Broken) as error:
                failure = classify(error)
                if not failure.passing:
                    raise ModelRefused(failure.sentence) from error
                if number > self._max_retries:
                    raise ModelUnavailable(
                        f"the model's service failed {number} times in a row, last with: {failure.sentence}"
                    ) from error
                delay = self._backoff.delay(number, failure.retry_after)
                meter.count_retry()
                notice(Retry(number, failure.sentence, round(delay, 3)))
                _wait(delay, meter, cancelled)
        raise AssertionError("unreachable: the last repeat returns or raises")

    def _attempt(
        self,
        model: str,
        conversation: Conversation,
        max_output_tokens: int,
        meter: Meter,
        cancelled: Callable[[], bool],
    ) -> Reply:
        """Send one request and read its stream to the end, recording what it used however it ends."""
        answer = _Answer()
        try:
            with send(self._client, model, conversation, max_output_tokens) as stream:
                answer.read(stream, meter, cancelled)
        finally:
            meter.record(answer.usage, answered=answer.complete)
        return answer.reply()


class _Answer:
    """A message as far as its stream has come."""

    def __init__(self) -> None:
        self.complete = False
        self._message: Message | None = None

    def read(self, stream: MessageStream[None], meter: Meter, cancelled: Callable[[], bool]) -> None:
        """Read a stream to its end.

        Raises:
            Broken: it ended too early, or carries something else than messages.
        """
        try:
            for event in stream:
                if event.type == "message_start":
                    self._message = stream.current_message_snapshot  # the client completes it in place
                self.complete = self.complete or event.type == "message_stop"
                if not self.complete:
                    _go_on(meter, cancelled)
        except ValueError as error:
            raise Broken(f"the stream carries no valid JSON: {error}") from error
        if not self.complete:
            raise Broken("the stream ended before the message was complete")

    @property
    def usage(self) -> Usage:
        """What was used; of a message that broke off, what it wrote is estimated."""
        if self._message is None:
            return Usage()
        used = self._message.usage
        written = used.output_tokens
        if not self.complete:
            written = max(written, len(self._message.model_dump_json(include={"content"})) // 3)
        return Usage(
            input_tokens=used.input_tokens,
            output_tokens=written,
            cache_read_tokens=used.cache_read_input_tokens or 0,
            cache_write_tokens=used.cache_creation_input_tokens or 0,
        )

    def reply(self) -> Reply:
        """The message as the loop wants it.

        Raises:
            LimitReached: the conversation has outgrown the model's window.
            ModelRefused: the model declines.
        """
        assert self._message is not None, "read() returns only when a message is complete"
        message = self._message
        if message.stop_reason == "model_context_window_exceeded":
            raise LimitReached("context", "The conversation has outgrown the model's window.")
        if message.stop_reason == "refusal":
            raise ModelRefused("the model declines to go on with this conversation")
        blocks = _encodable([block.to_dict(mode="json", warnings=False) for block in message.content])
        return Reply(
            # the service does not take empty texts back
            content=tuple(block for block in blocks if block["type"] != "text" or block["text"].strip()),
            text="\n".join(block["text"] for block in blocks if block["type"] == "text"),
            calls=tuple(
                ToolCall(block["id"], block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"
            ),
            stop_reason=message.stop_reason or "",
        )


def _key(api_key: str | None, *, local: bool) -> str:
    if api_key:
        return api_key
    if local:
        return "rehearsal"
    if key := os.environ.get("ANTHROPIC_API_KEY"):
        return key
    raise MissingKey(
        "there is no API key: set ANTHROPIC_API_KEY, or try the whole way without one with `blueprover demo`"
    )


def _size(conversation: Conversation) -> int:
    """Bytes of the request's words; escapes do not cost tokens, so they are not counted."""
    parts = [conversation.system, conversation.tools, conversation.turns]
    return len(json.dumps(parts, ensure_ascii=False).encode(errors="replace"))


def _encodable(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same blocks without lone surrogates, which JSON's escapes can spell and UTF-8 cannot."""
    plain: list[dict[str, Any]] = json.loads(json.dumps(blocks, ensure_ascii=False).encode(errors="replace"))
    return plain


def _go_on(meter: Meter, cancelled: Callable[[], bool]) -> None:
    """Return when the attempt may go on.

    Raises:
        Cancelled, LimitReached: it may not.
    """
    if cancelled():
        raise Cancelled
    meter.check_time()


def _wait(seconds: float, meter: Meter, cancelled: Callable[[], bool]) -> None:
    """Wait in small slices, so that a cancelled or overdue attempt does not sit out a long wait."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        _go_on(meter, cancelled)
        time.sleep(min(left, _SLICE))
