# ruff: noqa: RUF001 - Lean's letters are meant
"""Texts as agents might draft them over the checker's small book, right and wrong, from a seed."""

from __future__ import annotations

from random import Random

HEADS = (
    "module\nprelude\npublic import Book.Nodes.Add\nimport Book.Helpers.Shared\n\nnamespace Book\n",
    (
        "module\nprelude\npublic import Book.Nodes.Add\npublic import Book.Helpers.Shared\n\n"
        "/-! Ein Übungsheft. 𝔸 -/\n\nnamespace Book\n"
    ),
)
PIECES = (
    "public theorem zero_add{n} (a : Num) : Eq (add .zero a) a :=\n  a.rec rfl (fun _ h => congr_succ h)\n",
    "public theorem add_zero{n} (a : Num) : Eq (add a .zero) a := rfl\n",
    "theorem add_succ{n} (a b : Num) : Eq (add a (.succ b)) (.succ (add a b)) := rfl\n",
    "/-- ∀ α 𝕏: backwards. -/\npublic theorem back{n} {{α : Type}} {{a b : α}} (h : Eq a b) : Eq b a :=\n  h.symm\n",
    "public theorem both{n} (p q : Prop) (hp : p) (hq : q) : And p q := ⟨hp, hq⟩\n",
    "noncomputable def twice{n} (a : Num) : Num := add a a\n",
    "noncomputable def pred{n} : Num → Num\n  | .zero => .zero\n  | .succ a => a\n",
    "structure Pair{n} (α : Type) where\n  𝑙 : α\n  𝑟 : α\n",
    "public theorem step{n} {{a b : Num}} (h : Eq a b) : Eq (Num.succ a) (Num.succ b) := by\n  exact congr_succ h\n",
    "section\nvariable (a : Num)\ntheorem self{n} : Eq a a := rfl\nend\n",
    "#check add\n",
    "theorem held{n} : Eq Num.zero Num.zero := sorry\n",
    "#print axioms Book.add\n",
)
"""Mostly right ones; a few depend on what the book happens to lack, and Lean says so."""
SPOILED = (
    "theorem wrong{n} (a : Num) : Eq (add .zero a) a := rfl\n",
    "theorem wrong{n} (a b : Num) : Eq (add a b) (add b a) :=\n  a.rec rfl (fun _ h => h)\n",
    "theorem 𝔸wrong{n} (𝔸 : Num) : Eq 𝔸 (.succ 𝔸) := (fun (𝔹 : Num) => 𝔹) 𝕏\n",
    "theorem wrong{n} (p q : Prop) (hp : p) : And p q := ⟨hp, hp⟩\n",
    "theorem wrong{n} : Eq Num.zero (missing Num.zero) := rfl\n",
    "theorem wrong{n} (a : Num : Eq a a := rfl\n",
    "noncomputable def loop{n} (a : Num) : Num := loop{n} (.succ a)\n",
    "noncomputable def half{n} : Num → Num\n  | .succ a => a\n",
    "theorem twiceover : Eq Num.zero Num.zero := rfl\ntheorem twiceover : Eq Num.zero Num.zero := rfl\n",
    "#check ∀ 𝔸, nothing\n",
    "end Elsewhere\n",
    "theorem wrong{n} (a : Num) : Eq a a := by\n  skip\n",
    "theorem open{n} (a : Num) : Eq a (\n",
)


def draft(random: Random) -> str:
    """A header, a few declarations, of which in half of the texts one is spoiled, and now and then no end."""
    pieces = [random.choice(PIECES).format(n=n) for n in range(random.randint(1, 4))]
    if random.random() < 0.5:
        pieces.insert(random.randint(0, len(pieces)), random.choice(SPOILED).format(n=random.randint(10, 99)))
    ending = "\nend Book\n" if random.random() < 0.9 else ""
    return random.choice(HEADS) + "\n" + "\n".join(pieces) + ending


def drafts(seed: int, count: int) -> list[str]:
    """As many drafts, the same for the same seed."""
    random = Random(seed)
    return [draft(random) for _ in range(count)]
