from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coordinator.queue import ModuleRecord, broken_certificates, certificate_key


def record(source: str, interface: str, **imports: str) -> ModuleRecord:
    return ModuleRecord(source, interface, imports)


MAIN = {"Base": record("s0", "i0"), "A": record("s1", "i1", Base="i0"), "B": record("s2", "i2", A="i1")}


def test_a_proof_that_keeps_its_interface_breaks_nobody() -> None:
    assert broken_certificates({"A": record("new", "i1", Base="i0")}, MAIN) == ()


def test_a_new_interface_breaks_those_who_import_it() -> None:
    assert broken_certificates({"A": record("new", "other", Base="i0")}, MAIN) == ("B",)


def test_a_branch_certified_against_an_older_interface_is_broken_itself() -> None:
    assert broken_certificates({"C": record("s3", "i3", A="before")}, MAIN) == ("C",)


def test_an_import_that_is_not_there_breaks() -> None:
    assert broken_certificates({"C": record("s3", "i3", Gone="i9")}, MAIN) == ("C",)


@st.composite
def consistent(draw: st.DrawFn) -> dict[str, ModuleRecord]:
    """A main branch where every certificate holds."""
    records: dict[str, ModuleRecord] = {}
    for number in range(draw(st.integers(1, 12))):
        below = draw(st.sets(st.sampled_from(sorted(records)), max_size=3)) if records else set()
        imports = {name: records[name].interface_digest for name in below}
        records[f"M{number}"] = ModuleRecord(f"s{number}", f"i{number}", imports)
    return records


@given(consistent(), st.data())
def test_exactly_the_importers_of_a_moved_interface_break(main: dict[str, ModuleRecord], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(main)))
    moved = {name: ModuleRecord("new", "moved", main[name].imports)}
    importers = tuple(sorted(each for each, its in main.items() if name in its.imports))
    assert broken_certificates(moved, main) == importers
    same = {name: ModuleRecord("new", main[name].interface_digest, main[name].imports)}
    assert broken_certificates(same, main) == ()


@given(
    st.text(max_size=4),
    st.text(max_size=4),
    st.dictionaries(st.sampled_from("ABC"), st.text("ab", max_size=2)),
    st.data(),
)
def test_a_key_names_the_module_its_source_and_what_it_sees_and_nothing_else(
    module: str, source: str, imports: dict[str, str], data: st.DataObject
) -> None:
    key = certificate_key(module, source, imports)
    assert key == certificate_key(module, source, dict(reversed(imports.items())))
    other = data.draw(st.dictionaries(st.sampled_from("ABC"), st.text("ab", max_size=2)))
    assert (key == certificate_key(module, source, other)) == (imports == other)
    assert key != certificate_key(module, source + "x", imports)
