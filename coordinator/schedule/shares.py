"""Fair shares: whose turn it is, chapter by chapter, and when to try what has been tried least.

Each chapter runs up an account of what was sent for it. The account grows the slower, the larger the chapter's share,
and the chapter with the lowest one is next: deficit round-robin, with the deficits measured from a common level.
"""

from __future__ import annotations

import heapq

EQUAL = 0.5
"""Part of all sending that chapters share equally; the rest goes by the value of what is ready in each."""


class Shares:
    """Turns of chapters that have something ready.

    Every chapter with something ready has a share of at least `EQUAL` divided by how many they are, so that none
    starves, however valuable the others. A chapter that had nothing ready saves nothing up for later.

    Attributes:
        level: account of the chapter that was sent for last.
    """

    def __init__(self) -> None:
        self.level = 0.0
        self._values: dict[str, float] = {}
        self._value = 0.0
        self._accounts: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def copy(self) -> Shares:
        """The same shares and accounts, to be charged in thought."""
        other = Shares()
        other.level, other._value = self.level, self._value
        other._values, other._accounts = self._values.copy(), self._accounts.copy()
        other._heap = self._heap.copy()
        return other

    def set_value(self, chapter: str, value: float) -> None:
        """Says what is ready in a chapter is worth so much; nothing is ready in it where that is 0."""
        known = self._values.pop(chapter, 0.0)
        self._value += value - known
        if value <= 0:
            self._value = self._value if self._values else 0.0
            return
        self._values[chapter] = value
        if not known:
            self._accounts[chapter] = max(self._accounts.get(chapter, 0.0), self.level)
            heapq.heappush(self._heap, (self._accounts[chapter], chapter))

    def share(self, chapter: str) -> float:
        """The part of all sending that is for a chapter now; all parts together make 1."""
        if chapter not in self._values:
            return 0.0
        by_value = self._values[chapter] / max(self._value, self._values[chapter])
        return EQUAL / len(self._values) + (1 - EQUAL) * by_value

    def turn(self) -> str | None:
        """The chapter whose turn it is; ``None`` where nothing is ready."""
        while self._heap:
            account, chapter = self._heap[0]
            if chapter in self._values and self._accounts[chapter] == account:
                return chapter
            heapq.heappop(self._heap)
        return None

    def charge(self, chapter: str, amount: float) -> None:
        """Puts what was sent for a chapter on its account: `amount` in whatever is shared, such as dollars."""
        share = self.share(chapter)
        if share <= 0:
            return
        account = self._accounts[chapter]
        self.level = max(self.level, account)
        self._accounts[chapter] = account + amount / share
        heapq.heappush(self._heap, (self._accounts[chapter], chapter))


class Exploration:
    """Says which of the attempts go to what has been tried least: a fixed part of them, evenly spread.

    Without it an item that looks hopeless would wait behind all others, and what is believed of it never be put right.

    Args:
        part: of all attempts, from 0 to 1.
    """

    def __init__(self, part: float, due: float = 0.0) -> None:
        self._part = part
        self._due = due

    def copy(self) -> Exploration:
        """The same, to be asked in thought."""
        return Exploration(self._part, self._due)

    def is_due(self) -> bool:
        """Whether the attempt about to be sent is one of them; to be asked once for each."""
        self._due += self._part
        if self._due < 1:
            return False
        self._due -= 1
        return True
