"""What the headings of statements mean, in the languages that mathematics is written in."""

from __future__ import annotations

DEFINITION_WORDS = frozenset(
    {"definition", "definitions", "définition", "definición", "definizione", "definição", "definitie", "definicja"}
    | {"definice", "definíció", "определение", "означення", "ορισμός", "定義", "定义", "정의"}
)
"""Headings of definitions, in lower case."""

COROLLARY_WORDS = frozenset(
    {"corollary", "corollaries", "korollar", "folgerung", "corollaire", "corolario", "corollario", "corolário"}
    | {"gevolg", "wniosek", "důsledek", "következmény", "sonuç", "следствие", "наслідок", "πόρισμα", "系", "推论"}
)
"""Headings of statements that follow from the one before them, in lower case."""

ASIDE_WORDS = frozenset(
    {"bemerkung", "bemerkungen", "anmerkung", "beispiel", "beispiele", "notiz", "frage", "aufgabe", "übung", "warnung"}
    | {"remarque", "remarques", "exemple", "exemples", "exercice", "question", "avertissement", "observación", "nota"}
    | {"ejemplo", "ejercicio", "osservazione", "esempio", "esercizio", "observação", "exemplo", "exercício"}
    | {"opmerking", "voorbeeld", "oefening", "uwaga", "przykład", "poznámka", "příklad", "megjegyzés", "példa"}
    | {"замечание", "пример", "упражнение", "注意", "例", "例题", "备注"}
)
"""Headings of remarks, examples and the like outside English, in lower case."""

NO_STATEMENTS = frozenset(
    {"algorithm", "acknowledgement", "acknowledgements", "acknowledgment", "case", "discussion", "figure", "problem"}
    | {"references", "scholium", "setting", "setup", "situation", "solution", "step", "summary", "terminology"}
    | {"schritt", "fall", "lösung", "étape", "cas", "solution", "problème"}
)
"""Other headings of theorem-like environments that state nothing to be proved, in lower case."""

ABBREVIATIONS = {
    "thm": "Theorem", "theo": "Theorem", "lem": "Lemma", "lma": "Lemma", "prop": "Proposition", "prp": "Proposition",
    "cor": "Corollary", "coro": "Corollary", "crl": "Corollary", "defn": "Definition", "dfn": "Definition",
    "defi": "Definition", "satz": "Satz", "korollar": "Korollar", "théorème": "Théorème", "theoreme": "Théorème",
    "lemme": "Lemme", "corollaire": "Corollaire", "conj": "Conjecture",
}  # fmt: skip
"""Names of environments that need no declaration to be understood, to what they print."""
