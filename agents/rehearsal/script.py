"""The demo's script: how scripted authors, reviewers and resolvers behave, mistakes included.

A plan is a generator that yields the next action and is sent the exchange it led to. It is replayed from the
conversation for every request, so the server keeps nothing between requests, and killing it loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.errors import RehearsalError
from agents.rehearsal.answers import Answers, claim, claims, sentence
from agents.rehearsal.message import Action

if TYPE_CHECKING:
    from collections.abc import Generator

    from agents.rehearsal.mistakes import Rehearsal
    from agents.rehearsal.request import Exchange, Request

    Plan = Generator[Action, Exchange, None]


class DemoScript:
    """Answers requests of authors, reviewers and resolvers from a finished formalization.

    Args:
        rehearsal: which mistakes to make, and where the answers are.
    """

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._mistakes = rehearsal
        self._answers = Answers(rehearsal.answers)

    def act(self, request: Request) -> Action:
        """The next action of the plan for this conversation.

        Raises:
            RehearsalError: the conversation is none that the script knows.
        """
        plan = self._plan(request)
        try:
            action = next(plan)
            for exchange in request.exchanges:
                action = plan.send(exchange)
        except StopIteration:
            return _give_up("My script ends here, and the attempt has not: something unforeseen happened.")
        return action

    def _plan(self, request: Request) -> Plan:
        match request.task.get("Role"), request.task.get("Stage"):
            case "author", "statement":
                return self._state(request)
            case "author", "proof":
                return self._prove(request)
            case "reviewer", "statement" | "proof":
                return self._review(request)
            case "resolver", "statement" | "proof":
                return self._join(request)
            case role, stage:
                raise RehearsalError(f"the script knows no {role!r} for the stage {stage!r}")

    def _state(self, request: Request) -> Plan:
        """Write a statement: rightly, or with the slip a reviewer is to find."""
        path, node = request.task["File"], request.task["Node"]
        text = self._answers.statement(path)
        slip = self._mistakes.sent_back.get(node)
        if slip is not None and "reviewer" not in request.feedback:
            if slip.find not in text:
                raise RehearsalError(f"the slip of {node} does not occur in the statement {path}: {slip.find!r}")
            text = text.replace(slip.find, slip.put, 1)
        yield Action("I look at what the project holds.", "list_files", {"under": path.partition("/")[0]})
        yield from _hand_in(path, text, f"States `{request.task['Declaration']}` as the book does.")

    def _prove(self, request: Request) -> Plan:
        """Prove a theorem, after the mistakes that are asked for."""
        path, node = request.task["File"], request.task["Node"]
        yield Action("I read the locked statement.", "read_file", {"path": path})
        if node in self._mistakes.give_up and request.task.get("Attempt") == "1":
            yield _give_up(self._mistakes.give_up[node])
        yield from self._help(request)
        if (proof := self._answers.proof_among_others(path, request.task["Declaration"])) is not None:
            put = {"path": path, "declaration": request.task["Declaration"], "proof": proof}
            yield Action("The file holds much else: I touch this proof only.", "replace_proof", put)
            yield from _check_in(path, f"Proves `{request.task['Declaration']}`.")
        if node in self._mistakes.wrong_proof:
            yield _write(path, self._answers.proved(path, self._mistakes.wrong_proof[node]), "I try the obvious proof.")
            yield Action("Does Lean take it?", "check", {"path": path})
            yield Action("It does not. What is to be proved there?", "goal", {"path": path})
        if node in self._mistakes.left_sorry:
            yield _write(path, self._answers.proved(path, "sorry"), "I sketch it first.")
            yield Action("I hand the sketch in.", "submit", {"summary": "A sketch; the proof is still open."})
        yield from _hand_in(path, self._answers.finished(path), f"Proves `{request.task['Declaration']}`.")

    def _help(self, request: Request) -> Plan:
        """Put the lemma this proof needs into the shared helper file, keeping what is there."""
        shared = self._mistakes.shared_file
        if shared is None or request.task["Node"] not in shared.lemmas:
            return
        name = shared.lemmas[request.task["Node"]]
        lemma = self._answers.lemma(shared.file, name, shared.words.get(request.task["Node"], ""))
        before, after = self._answers.around(shared.file)
        seen = yield Action("Is there a helper file already?", "read_file", {"path": shared.file})
        if seen.failed:
            text = before + lemma + after
            yield _write(shared.file, text, "There is none; I make it.")
        elif f"theorem {name} " not in seen.result:
            text = seen.result.removesuffix(after) + "\n" + lemma + after
            yield _write(shared.file, text, "There is one; I keep it all and append my lemma.")

    def _join(self, request: Request) -> Plan:
        """Join a branch with main: the node's own file as it should be, and main's helper file with the lemma."""
        own, shared = request.task["File"], self._mistakes.shared_file
        for path in request.task["Conflicts"].split(", "):
            seen = yield Action("What does main say?", "read_side", {"path": path, "side": "main"})
            if path == own:
                yield _write(path, self._answer(request), "I put the branch's text over main's.")
            elif shared is not None and path == shared.file and request.task["Node"] in shared.lemmas:
                yield _write(path, seen.result, "I take all that main has; the branch's lemma is not there twice.")
                yield from self._help(request)
            else:
                yield _give_up(f"I know no text that both sides of {path} would be.")
        yield from _check_in(own, f"Joins `{request.task['Declaration']}` with main.")

    def _answer(self, request: Request) -> str:
        path = request.task["File"]
        stated = request.task["Stage"] == "statement"
        return self._answers.statement(path) if stated else self._answers.finished(path)

    def _review(self, request: Request) -> Plan:
        """Read what is proposed, and compare what it states with what it should state."""
        path = request.task["File"]
        seen = yield Action("I read the file as it would land.", "read_file", {"path": path})
        truth = self._answers.finished(path)
        if self._answers.proof_among_others(path, request.task["Declaration"]) is not None:
            same = claims(seen.result) == claims(truth)
            yield _verdict("approve" if same else "request_changes", "I compared what each declaration states.")
        slip = self._mistakes.sent_back.get(request.task["Node"])
        if claim(seen.result) == claim(truth):
            yield _verdict("approve", "It says what the book says, and nothing else was changed.")
        reason = "It does not say what the book says." if slip is None else slip.complaint
        yield _verdict(
            "request_changes",
            f"{reason} It reads `{sentence(seen.result)}`; it should read `{sentence(truth)}`.",
        )


def _hand_in(path: str, text: str, summary: str) -> Plan:
    """Write a file, and hand the work in."""
    yield _write(path, text, "I write the file.")
    yield from _check_in(path, summary)


def _check_in(path: str, summary: str) -> Plan:
    """Check and submit; give up in so many words when that does not work."""
    checked = yield Action("I let Lean check it.", "check", {"path": path})
    if checked.failed or "Lean refuses" in checked.result:
        yield _give_up(f"Lean does not take the answer I was given: {checked.result}")
    refused = yield Action("Lean takes it; I hand it in.", "submit", {"summary": summary})
    yield _give_up(f"The gate does not take the answer I was given: {refused.result}")


def _write(path: str, text: str, words: str) -> Action:
    return Action(words, "write_file", {"path": path, "text": text})


def _give_up(reason: str) -> Action:
    return Action("I cannot do this as it stands.", "give_up", {"reason": reason})


def _verdict(decision: str, reasons: str) -> Action:
    return Action("I have decided.", "verdict", {"decision": decision, "reasons": reasons})
