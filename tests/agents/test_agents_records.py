"""Assignments and outcomes survive the way through the broker."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.assignment import Assignment
from agents.errors import AssignmentInvalid
from agents.outcome import Outcome, Usage

# The broker carries UTF-8: lone surrogates cannot come out of the blueprint reader, which decodes strictly.
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
DIGESTS = st.dictionaries(TEXT, TEXT, max_size=4)
st.register_type_strategy(str, TEXT)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=60, deadline=None)
@given(st.builds(Assignment, open_statements=DIGESTS, locked=DIGESTS))
def test_an_assignment_survives_the_broker(assignment: Assignment) -> None:
    assert Assignment.from_json(assignment.to_json()) == assignment


@settings(max_examples=60, deadline=None)
@given(st.from_type(Outcome))
def test_an_outcome_survives_the_broker(outcome: Outcome) -> None:
    assert Outcome.from_json(outcome.to_json()) == outcome


@pytest.mark.parametrize("text", ["", "{", "[]", '{"role": "cook"}', "null"])
def test_what_is_no_assignment_is_named_so(text: str) -> None:
    with pytest.raises(AssignmentInvalid, match="no assignment"):
        Assignment.from_json(text)
    with pytest.raises(AssignmentInvalid, match="no outcome"):
        Outcome.from_json(text)


def test_usage_adds_up() -> None:
    usage = Usage(1, 2, 3, 4, 5, 6, 0.5) + Usage(10, 20, 30, 40, 50, 60, 0.25)
    assert usage == Usage(11, 22, 33, 44, 55, 66, 0.75)
    assert usage.prompt_tokens == 11 + 33 + 44
