"""Requests that are let go of, over real HTTP and through the real client."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import count
from typing import Any

import httpx2
import pytest

from agents.assignment import Limits
from agents.conversation import Conversation
from agents.meter import Meter
from agents.model import AnthropicModel
from agents.prices import REHEARSAL_MODEL, PriceTable
from agents.sending import LETTING_GO, Body
from benchmarks.slow_model import SlowModel

FIELDS = 4000
"""Properties of a tool: its copy would take more than a megabyte."""
TEXT = "Prove it. " * 100_000
"""A megabyte, of which a request is a copy."""


def held_while_answered(conversation: Conversation) -> int:
    """Bytes that were taken for a request and not given back when its answer had begun."""
    held, asked = list[int](), count()
    with SlowModel() as service:

        def look() -> bool:
            if next(asked) == 1:  # asked first before the request, then with the first event of its answer
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
                service.answer_all()
            return False

        model = AnthropicModel(base_url=service.url)
        meter = Meter(Limits(max_cost_usd=1000.0), PriceTable().price(REHEARSAL_MODEL))
        tracemalloc.start()
        try:
            reply = model.reply(REHEARSAL_MODEL, conversation, 100, meter=meter, cancelled=look, notice=print)
        finally:
            tracemalloc.stop()
            model.close()
    assert reply.calls[0].name == "give_up"
    return held[0]


def test_nothing_of_a_request_is_kept_while_its_answer_is_awaited() -> None:
    fields = {f"field{number}": {"type": "string"} for number in range(FIELDS)}
    tool: Any = {"name": "note", "description": "", "input_schema": {"type": "object", "properties": fields}}
    conversation = Conversation("You are a test.", (tool,))
    conversation.ask(TEXT)
    held_while_answered(conversation)  # the client imports what it needs
    assert held_while_answered(conversation) < len(TEXT) // 2


def test_what_is_to_be_sent_elsewhere_is_sent_again_and_then_let_go_of() -> None:
    received = list[bytes]()

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, Body)
        received.append(b"".join(request.stream))
        moved = request.url.path == "/old"
        return httpx2.Response(307, headers={"location": "/new"}) if moved else httpx2.Response(200)

    transport = httpx2.MockTransport(answer)
    with httpx2.Client(transport=transport, event_hooks=LETTING_GO, follow_redirects=True) as client:
        response = client.post("http://service/old", content=b"the request")
    assert received == [b"the request", b"the request"]
    assert response.request.url.path == "/new"
    assert response.request.content == b""


def test_a_body_that_was_let_go_of_is_not_sent_as_an_empty_one() -> None:
    body = Body(b"the request")
    assert b"".join(body) == b"".join(body) == b"the request"
    body.let_go()
    with pytest.raises(httpx2.StreamConsumed):
        b"".join(body)
