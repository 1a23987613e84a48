# ruff: noqa: E501, RUF001, ISC004 - LaTeX and its HTML stand on one line, with their typography

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint, Chapter, ProseRenderer
from blueprint.prose.addresses import safe_address

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., Blueprint]

VOID = {"br", "mspace", "hr"}


class Structure(HTMLParser):
    """Checks that tags nest, and collects elements and attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(html: str) -> Structure:
    structure = Structure()
    structure.feed(html)
    structure.close()
    assert structure.open == []
    return structure


def renderer(**parts: object) -> ProseRenderer:
    return ProseRenderer(Blueprint("", (Chapter("", ""),), (), **parts), lambda label: f"#{label}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tex", "html"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        (r"\emph{a} \textbf{b} \texttt{c\_d} {\it e}", "<p><em>a</em> <strong>b</strong> <code>c_d</code> <i>e</i></p>"),
        (r"{\bf a {\em b} c} d", "<p><strong>a <em>b</em> c</strong> d</p>"),
        (r"{\bf a" + "\n\n" + "b} c", "<p><strong>a</strong></p>\n<p><strong>b</strong> c</p>"),
        ("``a'' `b' c--d---e~f", "<p>“a” ‘b’ c–d—e\u00a0f</p>"),
        (r"M\"obius \'Etale Erd\H{o}s \v Cech na\"{\i}ve \ss\ \o", "<p>Möbius Étale Erdős Čech naïve ß ø</p>"),
        (r"\& \% \$ \# \_ \{ \} <b>", "<p>&amp; % $ # _ { } &lt;b&gt;</p>"),
        ("a % comment\n b", "<p>a b</p>"),
        (r"\verb|<x>\y| z", "<p><code>&lt;x&gt;\\y</code> z</p>"),
        (r"\LaTeX is", "<p>LaTeXis</p>"),
        (r"\LaTeX{} is", "<p>LaTeX is</p>"),
        (r"\noindent\label{x}\leanok a", "<p>a</p>"),
        (r"\textcolor{red}{a}\texorpdfstring{b}{c}\enquote{d}", "<p>ab“d”</p>"),
        (r"\href{https://a.b/c\%20d}{text}", '<p><a class="external" href="https://a.b/c%20d">text</a></p>'),
        (r"\href{javascript:alert(1)}{text}", '<p>text<span class="tex-raw">(javascript:alert(1))</span></p>'),
        (r"\cite[Thm 2]{foo, bar}", '<p><span class="citation">[foo, bar, Thm 2]</span></p>'),
        (r"\unknown{a}[b] c", '<p><span class="tex-raw">\\unknown{a}[b]</span> c</p>'),
        (r"\begin{itemize}\item a \item[b] c\end{itemize}",
         '<ul><li>a</li><li class="labelled"><span class="item-label">b</span> c</li></ul>'),
        (r"\begin{enumerate}\item a\item b\end{enumerate}", "<ol><li>a</li><li>b</li></ol>"),
        (r"\begin{enumerate}[(i)]\item a\item b\end{enumerate}",
         '<ol class="labelled"><li class="labelled"><span class="item-label">(i)</span> a</li>'
         '<li class="labelled"><span class="item-label">(ii)</span> b</li></ol>'),
        (r"\begin{itemize}\end{itemize}a", "<p>a</p>"),
        (r"\begin{description}\item[a] b\end{description}", "<dl><dt>a</dt><dd>b</dd></dl>"),
        (r"\begin{quote}a\end{quote}", "<blockquote><p>a</p></blockquote>"),
        (r"\begin{center}a\end{center}", "<p>a</p>"),
        ("\\begin{verbatim}\n<a> $x$ % y\n\\end{verbatim}", "<pre><code>&lt;a&gt; $x$ % y</code></pre>"),
        (r"\begin{tabular}{l|cr}\hline a & b & c\\ \multicolumn{2}{c}{d} & e\\\end{tabular}",
         '<table><tr><td>a</td><td class="center">b</td><td class="right">c</td></tr>'
         '<tr><td colspan="2">d</td><td class="center">e</td></tr></table>'),
        (r"\begin{wobble}a\end{wobble}",
         '<p><span class="tex-raw">\\begin{wobble}</span>a<span class="tex-raw">\\end{wobble}</span></p>'),
        (r"\begin{tikzcd}A & B\end{tikzcd}", '<pre class="tex-raw">\\begin{tikzcd}A &amp; B\\end{tikzcd}</pre>'),
        ("$x$", "<p><math><mi>x</mi></math></p>"),
        (r"\(x\)", "<p><math><mi>x</mi></math></p>"),
        ("$$x$$", '<p><math display="block"><mi>x</mi></math></p>'),
        (r"\[x\]", '<p><math display="block"><mi>x</mi></math></p>'),
        (r"$\text{if $x$}$", "<p><math><mtext>if\u00a0</mtext><mi>x</mi></math></p>"),
        (r"$\nonsense$", '<p><code class="tex-raw tex-formula">\\nonsense</code></p>'),
        (r"a $ b", '<p>a <span class="tex-raw">$</span> b</p>'),
        (r"\section*{A $x$}", "<h3>A <math><mi>x</mi></math></h3>"),
        (r"\paragraph{A} b", '<p><strong class="run-in">A</strong>  b</p>'),
    ],
)  # fmt: skip
def test_text_is_written(tex: str, html: str) -> None:
    assert renderer().passage(tex) == html
    parse(html)


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{align}a&=b\\c&=d\nonumber\end{align}", r"\begin{align*}a&=b\end{align*}", r"\begin{gather}a\\b\end{gather}",
        r"\begin{multline}a\\b\end{multline}", r"\begin{equation}\begin{split}a&=b\\&=c\end{split}\end{equation}",
        r"\begin{eqnarray}a&=&b\\c&\le&d\end{eqnarray}", r"\begin{alignat}{2}a&=b&c&=d\end{alignat}",
        r"\begin{flalign*}a&=b\end{flalign*}", r"$\sum_{\substack{i\\j}} \widetilde{X}$", r"$\mbox{a}\ensuremath{b}\mathbbm{1}$",
        r"$\begin{pmatrix}a&b\\c&d\end{pmatrix}$", r"$$ \begin{cases} a & b \\ c & d \end{cases} \tag{$\ast$} $$",
        "$a\\\nb$", r"$\text{see \cite{foo} and \ref{x}}$", r"\[ a \tag{1}\label{x} \]", r"$\operatorname*{arg\,max}_x$",
        r"$\varprojlim_i \varlimsup \nicefrac{a}{b} \accentset{a}{b} \smashoperator{\sum_a} \cupdot \pmb{x} \hdots \defeq$",
    ],
)  # fmt: skip
def test_formulas_are_understood(tex: str) -> None:
    writer = renderer()
    html = writer.passage(tex)
    assert "tex-raw" not in html
    assert "<math" in html
    parse(html)


def test_the_macros_of_the_book_work_in_text_and_formulas() -> None:
    macros = {
        "R": (0, r"\mathbb{R}"), "norm": (2, r"\lVert #2\rVert_{#1}"), "name": (1, r"\textsc{#1}"),
        "both": (0, r"\ensuremath{\R}"), "long": (1, r"Text with \emph{#1} and $\R$."), "loop": (0, r"\loop"),
        "bad": (0, r"\undefinedcommand"), "word": (0, r"\alpha"),
    }  # fmt: skip
    writer = renderer(macros=macros, defaults={"norm": "2"})
    assert writer.inline(r"\name{Euler}") == '<span class="small-caps">Euler</span>'
    assert writer.inline(r"\both") == "<math><mi>ℝ</mi></math>"
    assert writer.inline(r"$\R$") == "<math><mi>ℝ</mi></math>"
    assert "<mn>2</mn>" in writer.inline(r"$\norm{x}$")
    assert "<mi>p</mi>" in writer.inline(r"$\norm[p]{x}$")
    assert writer.inline(r"\long{x}").startswith("Text with <em>x</em> and <math>")
    assert writer.inline(r"$\word x$") == "<math><mi>α</mi><mi>x</mi></math>"
    assert "tex-raw" in writer.inline(r"\loop $\loop$ $\bad$")
    assert writer.unknown["formula"] == 2


def test_references_print_words_and_numbers_and_lead_where_they_should(read: Read) -> None:
    book = read(r"""
\chapter{One}\label{ch}
\begin{lemma}\label{a} \begin{equation}\label{eq} x \end{equation} \end{lemma}
\begin{proof}\begin{align} y \label{row}\nonumber\\ z \end{align}\end{proof}
\begin{remark}\label{r} Of \cref{a}. \end{remark}
""")
    writer = ProseRenderer(book, lambda label: f"page.html#{label}")

    def link(label: str, text: str) -> str:
        return f'<p><a class="reference" href="page.html#{label}">{text}</a></p>'

    assert writer.passage(r"\cref{a}") == link("a", "Lemma 1.1")
    assert writer.passage(r"\ref{a}") == link("a", "1.1")
    assert writer.passage(r"\eqref{eq}") == link("a", "(1.1)")
    assert writer.passage(r"\Cref{eq}") == link("a", "Equation (1.1)")
    assert writer.passage(r"\eqref{row}") == link("a", "(1.2)")
    assert writer.passage(r"\cref{ch}") == link("ch", "Chapter 1")
    assert writer.passage(r"\cref{r}") == '<p><span class="reference">Remark 1.2</span></p>'
    assert writer.passage(r"\cref{no}") == '<p><span class="tex-raw">cref:no</span></p>'
    assert writer.inline(r"\cref{a}") == '<span class="reference">Lemma 1.1</span>'
    remark = next(passage.tex for passage in book.passages if "remark" in passage.tex)
    assert '<p class="statement-heading">Remark 1.2.</p>' in writer.passage(remark)
    assert "<mtext>(1.1)</mtext>" in writer.statement(book.nodes[0])
    assert "<mtext>(1.2)</mtext>" in writer.proof(book.nodes[0])


def test_references_to_several_things_are_one_series(read: Read) -> None:
    book = read(r"""
\chapter{One}
\begin{lemma}\label{a}\end{lemma}\begin{lemma}\label{b}\end{lemma}\begin{corollary}\label{c}\end{corollary}
\begin{lemma}\label{d}\end{lemma}\begin{lemma}\label{e}\end{lemma}\begin{corollary}\label{f}\end{corollary}
\begin{equation}\label{x}1\end{equation}\begin{equation}\label{y}1\end{equation}
""")
    writer = ProseRenderer(book, lambda label: f"#{label}")

    def printed(tex: str) -> str:
        return parse(writer.inline(tex)).text

    assert printed(r"\cref{a}") == "Lemma 1.1"
    assert printed(r"\cref{b,a}") == "Lemmas 1.1 and 1.2"
    assert printed(r"\cref{a,c}") == "Lemma 1.1 and Corollary 1.3"
    assert printed(r"\cref{e, a, b, d, c, f}") == "Lemmas 1.1, 1.2, 1.4 and 1.5 and Corollaries 1.3 and 1.6"
    assert printed(r"\labelcref{a,b,c,d,f}") == "1.1 to 1.4 and 1.6"
    assert printed(r"\crefrange{a}{d}") == "Lemmas 1.1 to 1.4"
    assert printed(r"\cref{x,y}") == "(1.1) and (1.2)"
    assert printed(r"\Cref{x,y}") == "Equations (1.1) and (1.2)"
    assert printed(r"\ref{b,a}") == "1.2, 1.1"
    assert "<mtext>Lemmas 1.1 and 1.2</mtext>" in writer.inline(r"$\text{\cref{a,b}}$").replace("\u00a0", " ")
    assert writer.passage(r"\cref{a,b}") == (
        '<p>Lemmas <a class="reference" href="#a">1.1</a> and <a class="reference" href="#b">1.2</a></p>'
    )
    assert writer.passage(r"\cref{a,no}").count("tex-raw") == 1


def test_equations_without_label_print_their_numbers(read: Read) -> None:
    book = read(r"""
\chapter{One}
Prose \begin{equation} x \end{equation}
\begin{lemma}\label{a} \begin{align} a&=b\\ c&=d\label{cd}\\ \begin{aligned}e\\f\end{aligned}\nonumber\\ g \end{align} \end{lemma}
\begin{proof}\begin{gather} y \\ z \tag{*}\end{gather}\[ w \]\end{proof}
\begin{remark} \begin{multline} u\\ v\end{multline} \end{remark}
""")
    writer = ProseRenderer(book, lambda label: f"#{label}")
    node = book.nodes[0]
    assert node.equations == ("1.2", "1.4")
    assert node.proof is not None
    assert node.proof.equations == ("1.5",)

    def numbers(html: str) -> list[str]:
        assert "tex-raw" not in html
        return re.findall(r"<mtext>\(([^)]*)\)</mtext>", html)

    assert numbers(writer.statement(node)) == ["1.2", "1.3", "1.4"]
    assert numbers(writer.proof(node)) == ["1.5", "*"]
    prose = [passage for passage in book.passages if passage.tex]
    assert [numbers(writer.passage(each.tex, each.equations)) for each in prose] == [["1.1"], ["1.6"]]


def test_lists_within_lists_count_in_letters() -> None:
    html = renderer().passage(
        r"\begin{enumerate}\item a\begin{enumerate}\item b\end{enumerate}\end{enumerate}\begin{enumerate}\item c\end{enumerate}"
    )
    assert '<span class="item-label">(a)</span> b' in html
    assert html.endswith("<ol><li>c</li></ol>")


def test_headings_have_their_numbers(read: Read) -> None:
    book = read(r"\chapter{C} \section{S} text \subsection*{T}")
    writer = ProseRenderer(book, lambda _: "")
    html = "".join(writer.passage(passage.tex) for passage in book.passages)
    assert html == '<h3><span class="number">1.1</span> S</h3><p>text</p><h4>T</h4>'


def test_footnotes_are_collected_and_keep_apart() -> None:
    writer = renderer()
    html = writer.passage(r"a\footnote{b $x$} c\footnote{d}")
    structure = parse(html)
    ids = [value for name, value in structure.attributes if name == "id"]
    targets = {value[1:] for name, value in structure.attributes if name == "href"}
    assert len(ids) == len(set(ids)) == 4
    assert targets == set(ids)
    assert writer.passage(r"a\footnote{b $x$} c\footnote{d}") == html
    other = parse(writer.passage(r"a\footnote{b $x$} c\footnote{d}", place="elsewhere"))
    assert not {value for name, value in other.attributes if name == "id"} & set(ids)
    assert writer.inline(r"a\footnote{b}") == 'a<span class="footnote">(b)</span>'


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://a.b/c", "https://a.b/c"), ("chapter.html#x", "chapter.html#x"), ("#x:y", "#x:y"), ("a/b:c", "a/b:c"),
        ("mailto:a@b", "mailto:a@b"), ("javascript:alert(1)", ""), ("JaVaScRiPt:x", ""), (" java\nscript:x", ""),
        ("\x01javascript:x", ""), ("data:text/html,x", ""), ("vbscript:x", ""), ("//evil.org", ""), ("java&#115;cript:x", ""),
        ("\\\\evil", ""), ("", ""),
    ],
)  # fmt: skip
def test_addresses_cannot_run_script(address: str, safe: str) -> None:
    assert safe_address(address) == safe


# ---- nothing of a book becomes markup

FRAGMENTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '" onclick="x', "javascript:alert(1)",
    "&#x3c;script>", "</p>", "<!--", "]]>", "\\href{", "\\url{", "}{", "}", "{", "$", "$$", "\\(", "\\)", "\\[",
    "\\]", "\\text{", "\\label{", "\\ref{", "\\tag{", "\\color{", "\\begin{align}", "\\end{align}",
    "\\begin{itemize}", "\\item", "\\end{itemize}", "\\begin{tabular}{c}", "\\end{tabular}", "&", "\\\\",
    "\\begin{verbatim}", "\\end{verbatim}", "\\verb|", "|", "\\emph{", "\\bf ", "\\footnote{", "\\cite[", "]",
    "\\section{", "\\m{", "\\n", "\n\n", "%", "\n", "x^2", "_", "\\begin{lemma}", "\\end{lemma}",
    "\\begin{proof}[", "\\frac", "\\sqrt", "\\left(", "\\right)", "\\unknown", "\\begin{enumerate}[",
    "\\begin{figure}", "\\caption{", "\\end{figure}", '\\"o', "\\cref{a,b}", "\\class{", "\\style{",
    "\\htmlClass{",
]  # fmt: skip
ALLOWED = {
    "p", "em", "strong", "code", "i", "b", "u", "s", "sup", "sub", "span", "a", "br", "ul", "ol", "li", "dl",
    "dt", "dd", "table", "tr", "td", "figure", "figcaption", "blockquote", "pre", "div", "h2", "h3", "h4", "h5",
    "math",
}  # fmt: skip


@settings(deadline=None, max_examples=250)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=5), max_size=30).map("".join))
def test_a_hostile_book_cannot_inject_markup(tex: str) -> None:
    macros = {"m": (1, r"\href{#1}{$#1$}<script>"), "n": (0, r"\n\m{\n}")}
    writer = renderer(macros=macros, headings={"lemma": "Lem<script>ma"}, references={"a": '"><script>'})
    for html in (writer.passage(tex), writer.inline(tex)):
        structure = parse(html)
        for element in structure.elements:
            assert element in ALLOWED or element.startswith("m"), element
        for name, value in structure.attributes:
            assert not name.startswith("on")
            if name in {"href", "src"}:
                assert safe_address(value) == value


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60))
def test_text_without_commands_is_kept(text: str) -> None:
    plain = "".join(c for c in text if c not in "\\{}$%&~`'-#^_" and c.isprintable())
    assert "".join(parse(renderer().passage(plain)).text.split()) == "".join(plain.split())
