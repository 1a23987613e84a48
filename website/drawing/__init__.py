"""The dependency graph as a drawing: levels, places, curves."""

from website.drawing.drawing import Drawing, DrawnEdge, DrawnNode, Shape, draw

__all__ = ["Drawing", "DrawnEdge", "DrawnNode", "Shape", "draw"]
