"""What stands in the four corners of a slice."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Corners:
    """Lines of text for the four corners."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    keeps_top_left: bool = False  # its lines are never cut: others give way, or they are wrapped

    def under(self, heading: str) -> "Corners":
        """The same below a line that is never cut; "" changes nothing."""
        if not heading:
            return self
        others = (line for line in self.top_left if line != heading)
        return replace(self, top_left=(heading, *others), keeps_top_left=True)
