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
         '<tr><td class="center" colspan="2">d</td><td class="right">e</td></tr></table>'),
        (r"\begin{tabular}{l*{2}{c}}\hline \multirow[t]{2}{*}{\emph{x}} & 1 & 2\tabularnewline \cmidrule(lr){2-3} & 3 & 4\\ \multirow{9}{2cm}{y} & 5\end{tabular}",
         '<table><tr><td rowspan="2"><em>x</em></td><td class="center">1</td><td class="center">2</td></tr>'
         '<tr><td class="center">3</td><td class="center">4</td></tr><tr><td>y</td><td class="center">5</td></tr></table>'),
        (r"\begin{tabular}{ccc}\multicolumn{2}{r}{\multirow{2}{*}{x}} & 1\\ \multicolumn{2}{c}{} & 2\end{tabular}",
         '<table><tr><td class="right" colspan="2" rowspan="2">x</td><td class="center">1</td></tr>'
         '<tr><td class="center">2</td></tr></table>'),
        (r"\begin{tabular}{ll}\multirow{2}{*}{x} & 1\\ y & 2\end{tabular}",
         "<table><tr><td>x</td><td>1</td></tr><tr><td>y</td><td>2</td></tr></table>"),
        (r"\begin{tabular}{l}\begin{itemize}\item a\end{itemize}\\ \begin{tabular}{l}b\end{tabular}\end{tabular}",
         "<table><tr><td><ul><li>a</li></ul></td></tr><tr><td><table><tr><td>b</td></tr></table></td></tr></table>"),
        (r"\begin{longtable}{l}\caption{A}\\ b \endhead c\end{longtable}",
         "<table><caption>A</caption><tr><td>b</td></tr><tr><td>c</td></tr></table>"),
        (r"\citep[see][p.~5]{a} \Citet*{b} \cites{c}{d}", '<p><span class="citation">[see a, p.\u00a05]</span> <span class="citation">[b]</span> <span class="citation">[c, d]</span></p>'),
        (r"\parbox[t]{2cm}{a}\raisebox{1ex}{b}\scalebox{2}{c}\makebox[1cm][l]{d}\rule{1cm}{2pt}\linebreak[3]e", "<p>abcde</p>"),
        (r"\lstinline[language=C]|x<y| \mintinline{lean}|z|", "<p><code>x&lt;y</code> <code>z</code></p>"),
        (r"na\"\i ve \^{}\~{} \'\ae x", "<p>naïve ^~ ǽx</p>"),
        (r"\begin{inparaenum}[(i)]\item a\end{inparaenum}", '<ol class="labelled"><li class="labelled"><span class="item-label">(i)</span> a</li></ol>'),
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
        r"\begin{align} a &= b \tag{$*$} \label{s} \\ c &= d \tag{1'} \end{align}", r"\begin{IEEEeqnarray}{rCl} a &=& b\end{IEEEeqnarray}",
        r"$\begin{pmatrix*}[r] a \end{pmatrix*} \begin{array}[t]{@{}l|p{2cm}@{}} a & b\end{array}$", r"$\operatorname{\mathbf{E}}_x \vspace{1mm} \scalebox{2}{x} \hspace*{1cm} \Large x$",
        r"$\text{\normalfont a \bf b} \text{a $b$ \textbf{c} $d_{\text{e $f$}}$}$", r"\[ \begin{cases} 1 & \text{if $x>0$}\\0\end{cases} \]",
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
    "\\htmlClass{", "\\multirow{2}{*}{", "\\multicolumn{2}{c}{", "\\footnotemark ", "\\footnotetext{", "\\tabularnewline",
]  # fmt: skip
ALLOWED = {
    "p", "em", "strong", "code", "i", "b", "u", "s", "sup", "sub", "span", "a", "br", "ul", "ol", "li", "dl",
    "dt", "dd", "table", "tr", "td", "caption", "figure", "figcaption", "blockquote", "pre", "div", "h2", "h3", "h4", "h5",
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


def test_a_primed_tag_is_printed_and_no_column_is() -> None:
    assert "<mtext>(1\u2032)</mtext>" in renderer().passage(r"\begin{align} a \tag{1'} \end{align}")
    assert parse(renderer().passage(r"\begin{IEEEeqnarray}{rCl} a &=& b\end{IEEEeqnarray}")).text == "a=b"


def test_notes_captions_and_headings_of_proofs_have_links_and_titles_have_none(read: Read) -> None:
    book = read(r"\chapter{One} \begin{lemma}\label{a}\end{lemma}")
    writer = ProseRenderer(book, lambda label: f"#{label}")
    link = '<a class="reference" href="#a">Lemma 1.1</a>'
    assert f'<p class="proof-heading">Proof of {link}.</p>' in writer.passage(
        r"\begin{proof}[Proof of \cref{a}] x\end{proof}"
    )
    assert f"<figcaption>See {link}</figcaption>" in writer.passage(r"\begin{figure}\caption{See \cref{a}}\end{figure}")
    assert f">See {link} <a" in writer.passage(r"x\footnote{See \cref{a}}")
    assert link in writer.passage(r"\begin{tabular}{l}\cref{a}\end{tabular}")
    assert link not in writer.passage(r"\section{Of \cref{a}} \href{https://a.b}{\cref{a}}")


def test_footnotes_may_come_behind_their_marks() -> None:
    html = renderer().passage(
        r"a\footnotemark{} b\footnotemark{} $x$\footnotetext{c}\footnotetext{d} e\footnotetext{f}"
    )
    assert re.findall(r"<li id=[^>]*>(\w) ", html) == ["c", "d", "f"]
    ids = [value for name, value in parse(html).attributes if name == "id"]
    assert {value[1:] for name, value in parse(html).attributes if name == "href"} == set(ids)
    assert parse(renderer().passage(r"a\footnotemark[7]")).text == "a7"


@pytest.mark.parametrize(
    "tex",
    [
        r"\cref{no}",
        r"\crefrange{a}{b}",
        r"\'$x$",
        r"\footnote",
        r"\verb",
        r"\section",
        r"\cite",
        r"\href{javascript:x}{y}",
        "\\",
    ],
)
def test_all_source_that_is_shown_is_counted(tex: str) -> None:
    writer = renderer()
    shown = writer.passage(tex).count("tex-raw")
    assert shown > 0
    assert sum(writer.unknown.values()) == shown


def test_lists_that_resume_count_on_and_references_agree(read: Read) -> None:
    book = read(
        r"\chapter{One} \begin{lemma}\label{a} \begin{enumerate}[label=(\roman*)]\item x \begin{enumerate}\item y\end{enumerate}"
        r"\item\label{two} z\end{enumerate} so \begin{enumerate}[resume, label=(\roman*)]\item\label{three} w\end{enumerate}"
        r"\begin{enumerate}[resume]\item\label{four} v\end{enumerate}\end{lemma}"
        r"\begin{proof}\begin{enumerate}[resume]\item\label{one} u\end{enumerate}\end{proof}"
    )
    writer = ProseRenderer(book, lambda _: "")
    html = writer.statement(book.nodes[0])
    assert re.findall(r"item-label.>([^<]*)<", html) == ["(i)", "(a)", "(ii)", "(iii)"]
    assert '<ol start="4">' in html
    assert writer.proof(book.nodes[0]) == "<ol><li>u</li></ol>"
    assert [book.references[name] for name in ("two", "three", "four", "one")] == ["(ii)", "(iii)", "4", "1"]
