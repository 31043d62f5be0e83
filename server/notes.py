"""Words for a person on what of a look is not applied as it was asked for. Pure."""

from processing.look import Look


def note_on(look: Look | None, applied: tuple[str, ...]) -> str | None:
    """What the engine leaves out of a look, in a sentence or two; None if it leaves out nothing.

    ``applied`` is what the engine applies (see ``Engine.applies``).
    """
    if look is None or look.is_empty:
        return None
    missing = [part for part in look.parts if part not in applied]
    words = [_on_style(look, applied)] if "style" in missing else []
    others = [part for part in missing if part != "style"]
    if others:
        words.append(f"This engine does not apply: {', '.join(others)}.")
    return " ".join(words) or None


def _on_style(look: Look, applied: tuple[str, ...]) -> str:
    if look.color is not None or look.color_photo is not None:
        return (
            "The style photo is kept but not applied: this engine does not change the hair's "
            "shape, and the look has a colour of its own."
        )
    if "color" in applied:
        return "The colour of the style photo is taken over; the shape of its hair is not."
    return "The style photo is kept, but this engine applies nothing of it."
