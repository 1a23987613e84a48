"""One agent's work on one item: ask the model, do what it asks for, until something ends it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from agents.conversation import Conversation, ToolResult
from agents.endings import Cancelled, Ended
from agents.errors import AgentError, ToolError, WentSilent
from agents.meter import Meter
from agents.outcome import Outcome
from agents.prompts import system_prompt, task_prompt
from agents.summary import MAX_SUMMARY, last_state
from agents.tools import Toolbox
from agents.transcript import cut
from checker import CheckerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from agents.assignment import Assignment
    from agents.conversation import Reply, ToolCall
    from agents.model import AnthropicModel
    from agents.outcome import Usage
    from agents.transcript import Transcript
    from agents.workspace import Workspace

MAX_NUDGES = 3
"""How often in a row a model may answer without using a tool."""
_NUDGE = "Use a tool: every turn needs one. When the work is done, end it with the tool for that."
_CUT_OFF = "Your reply was cut off at the limit of tokens before this call was complete. Send it again, shorter."


def run_agent(
    assignment: Assignment,
    workspace: Workspace,
    model: AnthropicModel,
    cancelled: Callable[[], bool],
    transcript: Transcript,
    note: Callable[[Usage], None] = lambda _: None,
) -> Outcome:
    """Work on one item until it is handed in, given up, judged, stopped by a limit, cancelled, or failed.

    Args:
        assignment: what is to be done.
        workspace: the folder to do it in; what was written stays there however the attempt ends.
        model: who does it.
        cancelled: asked before every call and tool; cheap, and safe to ask often.
        transcript: the record of what happened.
        note: told after each call of the model what was used so far; it should return at once.

    Returns:
        The outcome. Failures of the model's service and of Lean are outcomes too; only mistakes in this program
        itself are raised.
    """
    try:
        attempt = _Attempt(assignment, workspace, model, transcript, note)
    except AgentError as error:  # a model without a price, a prompt that is not there
        outcome = Outcome("failed", str(error), cause=error.cause)
    else:
        outcome = _finish(attempt, workspace, cancelled)
    transcript.record("end", outcome=json.loads(outcome.to_json()))
    return outcome


def _finish(attempt: _Attempt, workspace: Workspace, cancelled: Callable[[], bool]) -> Outcome:
    """Let the attempt work, and turn the way it ended into an outcome."""
    closes: tuple[int, ...] = ()
    try:
        attempt.work(cancelled)
    except Ended as end:
        ending, summary, verdict, cause = end.ending, str(end), end.verdict, end.cause
        finished, closes = end.finished, end.closes
    except (AgentError, CheckerError, OSError) as error:
        ending, summary, verdict, cause = "failed", str(error), None, _cause(error)
        finished = False
    if not finished:
        summary = last_state(summary, workspace.changed(), attempt.tools.last_check, attempt.said)
    found = tuple(attempt.tools.findings)
    return Outcome(ending, cut(summary, MAX_SUMMARY), verdict, attempt.meter.usage, cause, found, closes)


def _cause(error: Exception) -> str:
    """One stable word for what failed: the model's side, Lean's, or the machine."""
    if isinstance(error, AgentError):
        return error.cause
    return "lean" if isinstance(error, CheckerError) else "machine"


class _Attempt:
    """The state of one attempt."""

    def __init__(
        self,
        assignment: Assignment,
        workspace: Workspace,
        model: AnthropicModel,
        transcript: Transcript,
        note: Callable[[Usage], None],
    ) -> None:
        self.task = assignment
        self.note = note
        self.model = model
        self.transcript = transcript
        self.meter = Meter(assignment.limits, model.prices.price(assignment.model))
        self.tools = Toolbox(assignment, workspace)
        self.talk = Conversation(system_prompt(assignment), self.tools.definitions)
        self.nudges = 0
        self.said = ""

    def work(self, cancelled: Callable[[], bool]) -> NoReturn:
        """Talk with the model; every way out is an exception."""
        self.talk.ask(task_prompt(self.task))
        self.transcript.record("start", assignment=json.loads(self.task.to_json()), turns=self.talk.turns)
        while True:
            self.meter.check_calls()
            reply = self.ask(cancelled)
            self.talk.take(reply)
            if reply.calls:
                self.nudges = 0
                self.talk.answer([self.use(call, reply, cancelled) for call in reply.calls])
            else:
                self.nudge()

    def ask(self, cancelled: Callable[[], bool]) -> Reply:
        """Get the model's next turn."""
        try:
            reply = self.model.reply(
                self.task.model,
                self.talk,
                self.task.limits.max_output_tokens,
                meter=self.meter,
                cancelled=cancelled,
                notice=lambda retry: self.transcript.record("retry", **asdict(retry)),
            )
        finally:
            self.note(self.meter.usage)
        self.said = reply.text or self.said
        usage = asdict(self.meter.usage)
        self.transcript.record("reply", content=reply.content, stop_reason=reply.stop_reason, usage=usage)
        return reply

    def use(self, call: ToolCall, reply: Reply, cancelled: Callable[[], bool]) -> ToolResult:
        """Use one tool; its mistakes are the model's to mend."""
        if cancelled():
            raise Cancelled
        self.meter.check_time()
        if reply.stop_reason == "max_tokens" and call is reply.calls[-1]:
            result = ToolResult(call.id, _CUT_OFF, failed=True)
        else:
            try:
                result = ToolResult(call.id, self.tools.run(call.name, call.input))
            except ToolError as error:
                result = ToolResult(call.id, str(error), failed=True)
        self.transcript.record("tool", name=call.name, failed=result.failed, text=result.text)
        return result

    def nudge(self) -> None:
        """Remind the model of the tools, a few times."""
        self.nudges += 1
        if self.nudges > MAX_NUDGES:
            raise WentSilent(f"the model answered {self.nudges} times in a row without using a tool")
        self.talk.ask(_NUDGE)
