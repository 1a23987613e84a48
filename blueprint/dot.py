"""The dependency graph in graphviz's language, as leanblueprint writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blueprint.compat import Paint
    from blueprint.graph import DependencyGraph
    from blueprint.node import Node


def dot(graph: DependencyGraph, paints: Mapping[str, Paint]) -> str:
    """Return a graph as a DOT file.

    As with leanblueprint, definitions are boxes and the rest ellipses, what the statement uses is dashed, and edges
    that a longer way implies are left out. Unlike there, nodes and edges stand in the order of the book, and a label
    with a quote or a backslash in it is no danger. An edge that is not the author's has its origin as its class.

    Args:
        graph: the graph.
        paints: by label, the colours of each node.
    """
    return "\n".join(_lines(graph, paints)) + "\n"


def _lines(graph: DependencyGraph, paints: Mapping[str, Paint]) -> Iterator[str]:
    yield "strict digraph {"
    yield "\tgraph [bgcolor=transparent];"
    yield "\tnode [penwidth=1.8];"
    yield "\tedge [arrowhead=vee];"
    for node in graph.blueprint.nodes:
        yield f"\t{_quoted(node.label)} [{_attributes(node, paints[node.label])}];"
    for edge in graph.reduced_edges():
        styles = ["style=dashed"] if edge.in_statement else []
        joined = graph.joined.get((edge.source, edge.target))
        if joined is not None:
            styles.append(f"class={joined.origin}")
        attributes = f" [{', '.join(styles)}]" if styles else ""
        yield f"\t{_quoted(edge.source)} -> {_quoted(edge.target)}{attributes};"
    yield "}"


def _attributes(node: Node, paint: Paint) -> str:
    shape = "box" if node.is_definition else "ellipse"
    attributes = [f"label={_quoted(node.label.rsplit(':', 1)[-1])}", f"shape={shape}"]
    if paint.border:
        attributes.append(f"color={_quoted(paint.border)}")
    if paint.fill:
        attributes += ["style=filled", f"fillcolor={_quoted(paint.fill)}"]
    return ", ".join(attributes)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
