"""stub"""


class ProseRenderer:
    pass
