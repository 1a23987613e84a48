"""Characters, accents, fonts and spaces: what stands in running text and is neither reference nor formula."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.prose.flow import escape
from blueprint.prose.spaces import behind_word
from blueprint.prose.symbols import ACCENTS, BOXES, CHARACTERS, SILENT, STYLES, SWITCHES, TRANSPARENT, accent

if TYPE_CHECKING:
    from blueprint.prose.flow import Flow
    from blueprint.prose.text import Handler, TextWriter

_LENGTH = re.compile(r"\s*(?:(?:plus|minus)?\s*-?[0-9.]*\s*(?:\\[A-Za-z]+|pt|cm|mm|in|em|ex|fil+)\s?){1,3}")

_PARTIAL_RULE = re.compile(r"\s*(?:\[[^\[\]]*\])?\s*(?:\([^()]*\))?\s*(?:\{[^{}]*\})?")
_SPACING = {"^": "^", "~": "~", '"': "\u00a8", "'": "\u00b4", "`": "`", "=": "\u00af", ".": "\u02d9"}


def write_character(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a command that stands for characters."""
    flow.text(CHARACTERS[name])
    return behind_word(writer.tex, at) if name[0].isalpha() else at


def write_accent(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write a letter with an accent."""
    at = behind_word(writer.tex, at) if name.isalpha() else at
    group = writer.cursor.group(at)
    if group is None:
        command = writer.cursor.command(at) if not writer.tex.startswith("{", at) else None
        letter = CHARACTERS.get(command.text, "") if command else writer.tex[at : at + 1]
        end = (behind_word(writer.tex, command.end) if command.text.isalpha() else command.end) if command else at + 1
    else:
        letter, end = group.text.strip(), group.end
        letter = CHARACTERS.get(letter[1:], letter) if letter.startswith("\\") else letter
    if group and not letter and name in _SPACING:
        flow.text(_SPACING[name])
        return end
    if "\\" in letter or "$" in letter or not letter:
        writer.show(flow, f"\\{name}")
        return at
    flow.text(accent(name, letter))
    return end


def write_styled(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write an argument in a style."""
    span = writer.group_span(at)
    if span is None:
        return at
    depth = flow.depth
    flow.open(STYLES[name])
    writer.write(flow, span[0], span[1])
    flow.close_to(depth)
    return span[1] + 1


def switch_style(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write the rest of the group in a style."""
    flow.open(SWITCHES[name])
    return behind_word(writer.tex, at)


def skip_silent(writer: TextWriter, name: str, at: int, _flow: Flow) -> int:
    """Leave out a command that prints nothing."""
    star = writer.cursor.star(at)
    at = star.end if star else at
    for letter in SILENT[name]:
        option = writer.cursor.option(at)
        group = writer.cursor.group(option.end if option else at)
        if letter == "o":
            at = option.end if option else at
            continue
        if group is None:
            break
        at = group.end
    return at if SILENT[name] else behind_word(writer.tex, at)


def write_transparent(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write an argument as if the command were not there."""
    span = writer.group_span(at)
    if span is None:
        return at
    writer.write(flow, *span)
    return span[1] + 1


def write_boxed(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    """Write the text in a box, without its measures."""
    for letter in BOXES[name]:
        found = writer.cursor.option(at) if letter == "o" else writer.cursor.group(at)
        at = found.end if found else at
    return write_transparent(writer, "", at, flow)


def skip_partial_rule(writer: TextWriter, _name: str, at: int, _flow: Flow) -> int:
    """Leave out a rule below some columns of a table, with what trims it."""
    match = _PARTIAL_RULE.match(writer.tex, at)
    return match.end() if match else at


def write_quoted(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write an argument in quotation marks."""
    flow.add("“")
    at = write_transparent(writer, "", at, flow)
    flow.add("”")
    return at


def write_coloured(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Write an argument without its colour."""
    option = writer.cursor.option(at)
    colour = writer.cursor.group(option.end if option else at)
    return write_transparent(writer, "", colour.end, flow) if colour else at


def skip_colour(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Leave out a change of colour."""
    del flow
    option = writer.cursor.option(at)
    colour = writer.cursor.group(option.end if option else at)
    return colour.end if colour else at


def end_paragraph(_writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """End the paragraph."""
    flow.end_paragraph()
    return at


def break_line(writer: TextWriter, _name: str, at: int, flow: Flow) -> int:
    """Break the line."""
    star = writer.cursor.star(at)
    at = star.end if star else at
    option = writer.cursor.option(at) if writer.tex.startswith("[", at) else None
    flow.add("<br>")
    return option.end if option else at


def write_verb(writer: TextWriter, name: str, at: int, flow: Flow) -> int:
    r"""Write what stands between the delimiters of ``\verb``."""
    at += writer.tex.startswith("*", at)
    option = writer.cursor.option(at) if name != "verb" and writer.tex.startswith("[", at) else None
    language = writer.cursor.group(option.end if option else at) if name == "mintinline" else None
    at = language.end if language else option.end if option else at
    delimiter = writer.tex[at : at + 1]
    closing = writer.tex.find({"{": "}"}.get(delimiter, delimiter), at + 1, at + 2_000) if delimiter.strip() else -1
    if closing < 0:
        writer.show(flow, f"\\{name}")
        return at
    flow.add(f"<code>{escape(writer.tex[at + 1 : closing])}</code>")
    return closing + 1


def skip_length(writer: TextWriter, _name: str, at: int, _flow: Flow) -> int:
    r"""Leave out a space of a length without braces, as in ``\vskip 1cm plus 2pt``."""
    match = _LENGTH.match(writer.tex, at)
    return match.end() if match else at


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(CHARACTERS, write_character),
    **dict.fromkeys(SILENT, skip_silent),
    **dict.fromkeys(TRANSPARENT, write_transparent),
    **dict.fromkeys(ACCENTS, write_accent),
    **dict.fromkeys(STYLES, write_styled),
    **dict.fromkeys(SWITCHES, switch_style),
    **dict.fromkeys(("\\", "newline"), break_line),
    **dict.fromkeys(("verb", "lstinline", "mintinline"), write_verb),
    **dict.fromkeys(("textcolor", "colorbox"), write_coloured),
    **dict.fromkeys(BOXES, write_boxed),
    "cmidrule": skip_partial_rule,
    **dict.fromkeys(("vskip", "hskip", "kern"), skip_length),
    "par": end_paragraph,
    "enquote": write_quoted,
    "color": skip_colour,
}
"""Handlers by command."""
