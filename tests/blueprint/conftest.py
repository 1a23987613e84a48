"""Books for the tests of the blueprint package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blueprint import read_blueprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blueprint import Blueprint

PREAMBLE = r"""\documentclass{report}
\usepackage{blueprint}
\newtheorem{theorem}{Theorem}[chapter]
\newtheorem{lemma}[theorem]{Lemma}
\newtheorem{proposition}[theorem]{Proposition}
\newtheorem{corollary}[theorem]{Corollary}
\newtheorem{definition}[theorem]{Definition}
\newtheorem{remark}[theorem]{Remark}
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Blueprint]:
    """Read a book from its body, with a usual preamble unless another is given; `files` lie beside it."""

    def reader(body: str, preamble: str = PREAMBLE, **files: str) -> Blueprint:
        for name, text in files.items():
            (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
        text = f"{preamble}\\begin{{document}}\n{body}\n\\end{{document}}\n"
        (tmp_path / "web.tex").write_text(text, encoding="utf-8")
        return read_blueprint(tmp_path / "web.tex")

    return reader
