"""Boxes of whole pixels, and where the hair is if the face is known."""

from dataclasses import dataclass

from media.frame import Picture


@dataclass(frozen=True, slots=True)
class Box:
    """Columns ``x_px`` to ``x_px + width_px`` and rows likewise, the ends not included."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int

    @property
    def area_px(self) -> int:
        """How many pixels it holds."""
        return self.width_px * self.height_px

    def cut(self, picture: Picture) -> Picture:
        """The view of a picture inside the box; writing to it changes the picture."""
        rows = slice(self.y_px, self.y_px + self.height_px)
        return picture[rows, self.x_px : self.x_px + self.width_px]

    def grown(self, share: float, inside: "Box") -> "Box":
        """The box with ``share`` of its size added on each of its sides, clipped to ``inside``."""
        more_x, more_y = int(self.width_px * share), int(self.height_px * share)
        return clip(
            self.x_px - more_x,
            self.y_px - more_y,
            self.x_px + self.width_px + more_x,
            self.y_px + self.height_px + more_y,
            inside,
        )

    def scaled(self, factor: float) -> "Box":
        """The box in a picture that is ``factor`` times as large."""
        return Box(
            round(self.x_px * factor),
            round(self.y_px * factor),
            round(self.width_px * factor),
            round(self.height_px * factor),
        )

    def moved(self, x_px: int, y_px: int) -> "Box":
        """The box that much further to the right and down."""
        return Box(self.x_px + x_px, self.y_px + y_px, self.width_px, self.height_px)

    def toward(self, other: "Box", share: float) -> "Box":
        """The box ``share`` of the way to another."""
        return Box(
            round(self.x_px + (other.x_px - self.x_px) * share),
            round(self.y_px + (other.y_px - self.y_px) * share),
            round(self.width_px + (other.width_px - self.width_px) * share),
            round(self.height_px + (other.height_px - self.height_px) * share),
        )

    def holds_centre_of(self, other: "Box") -> bool:
        """Whether the middle of another box is inside this one."""
        x_px = other.x_px + other.width_px // 2 - self.x_px
        y_px = other.y_px + other.height_px // 2 - self.y_px
        return 0 <= x_px < self.width_px and 0 <= y_px < self.height_px


def clip(left_px: int, top_px: int, right_px: int, bottom_px: int, inside: Box) -> Box:
    """The box between four edges, as far as it lies inside another; empty if none of it does."""
    left_px, top_px = max(inside.x_px, left_px), max(inside.y_px, top_px)
    right_px = min(inside.x_px + inside.width_px, right_px)
    bottom_px = min(inside.y_px + inside.height_px, bottom_px)
    return Box(left_px, top_px, max(0, right_px - left_px), max(0, bottom_px - top_px))


def whole_of(picture: Picture) -> Box:
    """The box that holds all of a picture."""
    height_px, width_px = picture.shape[:2]
    return Box(0, 0, width_px, height_px)


def hair_box(face: Box, picture: Picture) -> Box:
    """Where the hair is: half a face above the face, a fifth beside it, a fifth down into it.

    Clipped to the picture; without any pixels if the face is tiny and at the upper edge.
    """
    return clip(
        face.x_px - int(face.width_px * 0.2),
        face.y_px - int(face.height_px * 0.5),
        face.x_px + face.width_px + int(face.width_px * 0.2),
        face.y_px + int(face.height_px * 0.2),
        whole_of(picture),
    )
