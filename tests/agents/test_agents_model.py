"""The model through the real client, over real HTTP, on good days and bad."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

import anthropic
import pytest

from agents.assignment import Limits
from agents.conversation import Conversation, Reply, ToolResult
from agents.endings import Cancelled, LimitReached
from agents.errors import MissingKey, ModelRefused, ModelUnavailable
from agents.meter import Meter
from agents.model import AnthropicModel, Retry
from agents.prices import REHEARSAL_MODEL, Price, PriceTable
from agents.rehearsal import Action, Fault, Faults, RehearsalServer, Rendezvous, Request
from agents.retries import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = Backoff(random.Random(0), first=0.01, longest=0.05)
TASK = "Role: author\nStage: proof\nNode: lem:a\n\nProve it."


class Echo:
    """Answers with what it was told, at some length, so that streams have a middle."""

    def act(self, request: Request) -> Action:
        seen = [exchange.result for exchange in request.exchanges]
        return Action("∀ words. " * 200, "note", {"turns": request.turns, "seen": seen, "task": request.task})


def talk(text: str = TASK) -> Conversation:
    note: Any = {"name": "note", "description": "Take a note.", "input_schema": {"type": "object"}}
    conversation = Conversation("You are a test.", (note,))
    conversation.ask(text)
    return conversation


def meter_of(**limits: Any) -> Meter:
    return Meter(Limits(**limits), PriceTable().price(REHEARSAL_MODEL))


def ask(
    server: RehearsalServer,
    conversation: Conversation | None = None,
    *,
    meter: Meter | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    retries: list[Retry] | None = None,
    **options: Any,
) -> Reply:
    model = AnthropicModel(base_url=server.url, **{"backoff": QUICK, **options})
    noticed: list[Retry] = [] if retries is None else retries
    try:
        return model.reply(
            REHEARSAL_MODEL,
            conversation or talk(),
            1000,
            meter=meter or meter_of(),
            cancelled=cancelled,
            notice=noticed.append,
        )
    finally:
        model.close()


def test_a_conversation_goes_back_and_forth() -> None:
    meter, conversation = meter_of(), talk()
    with RehearsalServer(Echo()) as server:
        first = ask(server, conversation, meter=meter)
        conversation.take(first)
        conversation.answer([ToolResult(first.calls[0].id, "done ∎", failed=True)])
        second = ask(server, conversation, meter=meter)
    assert first.text.startswith("∀ words.")
    assert first.calls[0].input["task"] == {"Role": "author", "Stage": "proof", "Node": "lem:a"}
    assert first.stop_reason == "tool_use"
    assert second.calls[0].input == {"turns": 3, "seen": ["done ∎"], "task": first.calls[0].input["task"]}
    assert meter.usage.calls == 2
    assert meter.usage.retries == 0
    assert meter.usage.cache_read_tokens > 0
    assert meter.usage.cost_usd == pytest.approx(PriceTable().price(REHEARSAL_MODEL).cost(meter.usage))


def test_thinking_must_come_back_unchanged() -> None:
    conversation = talk()
    with RehearsalServer(Echo()) as server:
        reply = ask(server, conversation)
        assert reply.content[0]["type"] == "thinking"
        changed = {**reply.content[0], "thinking": "something else"}
        conversation.take(Reply((changed, *reply.content[1:]), reply.text, reply.calls, reply.stop_reason))
        conversation.answer([ToolResult(reply.calls[0].id, "done")])
        with pytest.raises(ModelRefused, match="sent back as they came"):
            ask(server, conversation)


def test_a_tool_left_unanswered_is_refused_as_by_the_real_service() -> None:
    conversation = talk()
    with RehearsalServer(Echo()) as server:
        conversation.take(ask(server, conversation))
        conversation.ask("And now?")
        with pytest.raises(ModelRefused, match="without a result"):
            ask(server, conversation)


def test_the_answer_need_not_be_streamed() -> None:
    with RehearsalServer(Echo()) as server, _plain(server) as client:
        message = client.messages.create(
            model="any", max_tokens=10, messages=[{"role": "user", "content": "Node: x\n\nGo."}]
        )
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
    assert message.usage.output_tokens > 100


def _plain(server: RehearsalServer) -> anthropic.Anthropic:
    http = anthropic.DefaultHttpxClient(mounts={"all://127.0.0.1": None})
    return anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0, http_client=http)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.RATE_LIMIT, "429"),
        (Fault.OVERLOADED, "529"),
        (Fault.BROKEN, "500"),
        (Fault.OVERLOADED_LATE, "Overloaded"),
        (Fault.DROP, "connection broke"),
        (Fault.TRUNCATE, "connection broke: the stream ended"),
        (Fault.STALL, "connection broke"),
    ],
)
def test_what_passes_is_tried_again_in_sight(fault: Fault, said: str) -> None:
    meter, retries = meter_of(), list[Retry]()
    with RehearsalServer(Echo(), faults=Faults({1: fault})) as server:
        reply = ask(server, meter=meter, retries=retries, read_seconds=0.5)
        assert server.requests == 2
    assert reply.calls[0].name == "note"
    assert [retry.number for retry in retries] == [1]
    assert said in retries[0].reason
    assert (meter.usage.calls, meter.usage.retries) == (1, 1)
    clean = meter_of()
    with RehearsalServer(Echo()) as server:
        ask(server, meter=clean)
    late = fault in {Fault.OVERLOADED_LATE, Fault.DROP, Fault.TRUNCATE, Fault.STALL}
    assert (meter.usage.output_tokens > clean.usage.output_tokens) == late  # what broke off is paid for as well
    assert (meter.usage.prompt_tokens > clean.usage.prompt_tokens) == late


def test_retry_after_is_honoured() -> None:
    with RehearsalServer(Echo(), faults=Faults({1: Fault.RATE_LIMIT})) as server:
        began = time.monotonic()
        ask(server)
        assert time.monotonic() - began >= 1.0


def test_a_wait_longer_than_the_attempt_ends_it() -> None:
    meter = meter_of(wall_seconds=0.3)
    with RehearsalServer(Echo(), faults=Faults({1: Fault.RATE_LIMIT})) as server, pytest.raises(LimitReached) as end:
        ask(server, meter=meter)
    assert end.value.cause == "wall"


def test_trying_again_ends() -> None:
    meter = meter_of()
    faults = Faults(dict.fromkeys(range(1, 10), Fault.BROKEN))
    with RehearsalServer(Echo(), faults=faults) as server, pytest.raises(ModelUnavailable, match="failed 3 times"):
        ask(server, meter=meter, max_retries=2)
    assert meter.usage.retries == 2


def test_what_lasts_is_not_tried_again() -> None:
    retries: list[Retry] = []
    with (
        RehearsalServer(Echo(), faults=Faults({1: Fault.REFUSE})) as server,
        pytest.raises(ModelRefused, match="set ANTHROPIC_API_KEY"),
    ):
        ask(server, retries=retries)
    assert retries == []


def test_nobody_there_is_tried_again_and_said() -> None:
    with RehearsalServer(Echo()) as server:
        pass
    with pytest.raises(ModelUnavailable, match="Connection error"):
        ask(server, max_retries=1)


def test_cancelling_ends_a_call_in_the_middle_of_its_stream() -> None:
    meter, asked = meter_of(), iter([False, False, False, False])
    with RehearsalServer(Echo()) as server, pytest.raises(Cancelled):
        ask(server, meter=meter, cancelled=lambda: next(asked, True))
    assert meter.usage.calls == 0
    assert meter.usage.cost_usd > 0


def test_cancelling_ends_a_wait() -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    slow = Backoff(random.Random(0), first=30.0)
    began = time.monotonic()
    with RehearsalServer(Echo(), faults=Faults({1: Fault.BROKEN})) as server, pytest.raises(Cancelled):
        ask(server, cancelled=stop.is_set, backoff=slow)
    assert time.monotonic() - began < 5


def test_money_is_reserved_before_the_call() -> None:
    with RehearsalServer(Echo()) as server:
        with pytest.raises(LimitReached) as end:
            ask(server, meter=meter_of(max_cost_usd=0.001))
        assert server.requests == 0
    assert end.value.cause == "cost"


def test_no_call_ever_overruns_the_limit_of_money() -> None:
    dear = Price(input=1000.0, output=5000.0, cache_write=1250.0, cache_read=100.0)
    meter, conversation = Meter(Limits(max_cost_usd=40.0), dear), talk()

    def go_on_for_ever(server: RehearsalServer) -> None:
        while True:
            reply = ask(server, conversation, meter=meter)
            conversation.take(reply)
            conversation.answer([ToolResult(reply.calls[0].id, "on")])

    with RehearsalServer(Echo()) as server, pytest.raises(LimitReached):
        go_on_for_ever(server)
    assert 0 < meter.usage.cost_usd <= 40.0


def test_a_real_service_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(MissingKey, match="ANTHROPIC_API_KEY"):
        AnthropicModel()
    AnthropicModel(base_url="http://127.0.0.1:1").close()


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with RehearsalServer(Echo()) as server:
        assert ask(server, max_retries=0).calls


def test_two_authors_meet_and_start_together() -> None:
    meeting = Rendezvous(frozenset({"lem:a", "lem:b"}), seconds=20)
    arrived: list[float] = []

    def author(label: str, delay: float) -> None:
        time.sleep(delay)
        ask(server, talk(f"Role: author\nStage: proof\nNode: {label}\n\nGo."))
        arrived.append(time.monotonic())

    with RehearsalServer(Echo(), rendezvous=meeting) as server:
        began = time.monotonic()
        threads = [threading.Thread(target=author, args=pair) for pair in (("lem:a", 0.0), ("lem:b", 0.6))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert min(arrived) - began >= 0.6
        again = time.monotonic()
        author("lem:a", 0.0)  # a later attempt waits for nobody
        assert time.monotonic() - again < 5


def test_who_is_left_alone_goes_on() -> None:
    with RehearsalServer(Echo(), rendezvous=Rendezvous(frozenset({"lem:a", "lem:b"}), seconds=0.2)) as server:
        assert ask(server).calls


def test_access_is_checked_before_any_money_is_spent() -> None:
    with RehearsalServer(Echo()) as server:
        model = AnthropicModel(base_url=server.url)
        model.check_access(REHEARSAL_MODEL)  # it lists no models, and answers
        model.close()
    gone = AnthropicModel(base_url="http://127.0.0.1:1")
    with pytest.raises(ModelUnavailable, match=r"service at http://127\.0\.0\.1:1"):
        gone.check_access(REHEARSAL_MODEL)
    gone.close()


@pytest.mark.parametrize("base_url", [None, "https://models.example/v1"])
@pytest.mark.parametrize("proxy", ["", "http://proxy.example:3128"])
def test_a_service_elsewhere_can_be_spoken_to_with_a_proxy_and_without(
    monkeypatch: pytest.MonkeyPatch, base_url: str | None, proxy: str
) -> None:
    for name in ("all_proxy", "http_proxy", "https_proxy", "ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", proxy)
    AnthropicModel("a key", base_url).close()
