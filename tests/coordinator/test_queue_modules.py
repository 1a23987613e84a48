"""The modules of main in memory, changed one at a time, are those made anew from all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coordinator.queue import ModuleRecord, Modules

NAMES = "abcd"
DIGESTS = ("i0", "i1")


@st.composite
def records(draw: st.DrawFn) -> ModuleRecord:
    imports = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(DIGESTS), max_size=3))
    return ModuleRecord(draw(st.sampled_from(("s0", "s1"))), draw(st.sampled_from(DIGESTS)), imports)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.none() | records()), max_size=20))
def test_changes_one_by_one_lead_where_all_at_once_does(changes: list[tuple[str, ModuleRecord | None]]) -> None:
    kept = Modules()
    plain: dict[str, ModuleRecord] = {}
    for name, record in changes:
        kept.put(name, record)
        plain.pop(name, None)
        if record is not None:
            plain[name] = record
        fresh = Modules(plain)
        assert dict(kept) == dict(fresh) == plain
        for each in NAMES:
            assert kept.importers(each) == fresh.importers(each) == {n for n, r in plain.items() if each in r.imports}
            opened = each in plain and any(
                r.imports.get(each, plain[each].interface_digest) != plain[each].interface_digest
                for r in plain.values()
            )
            assert kept.is_opened(each) == fresh.is_opened(each) == opened
