"""Words of agents and reviewers become paragraphs, never markup."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from website.wording import paragraphs_of


def test_paragraphs_are_said_once_and_code_is_set_as_code() -> None:
    text = "It reads `a < b`.\n\nIt reads `a < b`.\n \n Second\nline.\n"
    assert paragraphs_of(text) == ("It reads <code>a &lt; b</code>.", "Second\nline.")


def test_what_the_reader_knows_is_left_out() -> None:
    assert paragraphs_of("One.\n\nTwo.", ["One.\n\nOther."]) == ("Two.",)


@given(st.text(alphabet="`<>&\"' \na", max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    for paragraph in paragraphs_of(text):
        assert "<" not in str(paragraph).replace("<code>", "").replace("</code>", "")
        assert str(paragraph).count("<code>") == str(paragraph).count("</code>")
