"""Environments that LaTeX and its usual packages provide: anything else is worth a question."""

from __future__ import annotations

from blueprint.latex.names import name_set

KNOWN = name_set("""
    document abstract titlepage center flushleft flushright quote quotation verse minipage tabular
    tabular* tabularx tabulary longtable array tabbing table table* figure figure* wrapfigure subfigure
    itemize enumerate description compactenum compactitem enumerate* itemize* list trivlist math
    displaymath equation equation* align align* aligned alignat alignat* alignedat gather gather*
    gathered multline multline* multlined split flalign flalign* eqnarray eqnarray* cases dcases rcases
    cases* dcases* matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix psmallmatrix bsmallmatrix
    pmatrix* bmatrix* matrix* subarray subequations proof tikzpicture tikzcd tikzcd* scope pgfonlayer
    axis picture CD xy displayquote thebibliography bibliography appendices appendix landscape multicols
    spacing doublespace singlespace small footnotesize large sloppypar samepage verbatim comment
    lstlisting minted alltt Verbatim algorithm algorithmic algorithm2e prooftree mathpar forest framed
    mdframed tcolorbox leftbar shaded tblr booktabs threeparttable adjustbox restatable dmath dmath*
    dgroup empheq equationarray tableofcontents savenotes NoHyper otherlanguage otherlanguage* english
    french hyphenrules refsection filecontents filecontents* rawhtml html latexonly center* inparaenum
    asparaenum asy diagram
""")
"""Names of environments that are no surprise in a book of mathematics."""
