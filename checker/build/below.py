"""What all that is below a name adds up to, from the bottom up."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def gathered_below(
    root: str, uses: Callable[[str], Iterable[str]], known: Callable[[str], frozenset[str] | None]
) -> Iterator[tuple[list[str], frozenset[str]]]:
    """Names at or below a root that are not known yet, those that lead to one another together.

    Tarjan's algorithm without recursion; it holds only what is not settled yet.

    Args:
        root: where to begin; not known.
        uses: what a name leads to.
        known: what was found of a name, itself included; None before it was. Whoever takes an answer makes its names
            known before taking the next one.

    Yields:
        The names, and the union of what is known of all they lead to besides.
    """
    numbers = count()
    index = {root: next(numbers)}
    low = dict(index)
    path = [root]
    work: list[tuple[str, Iterator[str], set[str]]] = [(root, iter(uses(root)), set())]
    while work:
        name, rest, gathered = work[-1]
        following = _next_unknown(name, rest, gathered, index, low, known)
        if following is not None:
            index[following] = low[following] = next(numbers)
            path.append(following)
            work.append((following, iter(uses(following)), set()))
            continue
        work.pop()
        lowest = low[name]
        if lowest == index[name]:
            members = path[path.index(name) :] if path[-1] != name else [name]
            del path[-len(members) :]
            for each in members:
                del index[each], low[each]
            yield members, frozenset(gathered)
            gathered |= known(name) or frozenset()
        if work:
            above, _, more = work[-1]
            more |= gathered
            low[above] = min(low[above], lowest)


def _next_unknown(
    name: str,
    rest: Iterator[str],
    gathered: set[str],
    index: dict[str, int],
    low: dict[str, int],
    known: Callable[[str], frozenset[str] | None],
) -> str | None:
    """The next name to enter; what is known, or entered and not settled, is taken in on the way."""
    for following in rest:
        if following in index:
            low[name] = min(low[name], index[following])
            continue
        found = known(following)
        if found is None:
            return following
        gathered |= found
    return None
