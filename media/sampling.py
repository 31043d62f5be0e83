"""Which frames of a film are processed fully (report section 3.1)."""

from collections.abc import Iterator


def sample_count(total: int, rate: float) -> int:
    """How many of ``total`` frames are sampled at a rate above 0 and up to 1: at least one, if
    there is any. Raises ValueError for another rate."""
    if not 0 < rate <= 1:
        raise ValueError("a sampling rate is above 0 and up to 1")
    return min(total, max(1, int(total * rate)))


def sampled_indices(total: int, rate: float) -> Iterator[int]:
    """The sampled frames, in order, the first one first; evenly over the film. Raises ValueError
    as ``sample_count`` does."""
    count = sample_count(total, rate)
    # Whole numbers: the report's floating step falls one short now and then.
    return (number * total // count for number in range(count))


class Sampler:
    """Tells of one frame after the other whether it is sampled."""

    def __init__(self, total: int, rate: float) -> None:
        self._indices = sampled_indices(total, rate)
        self._next = next(self._indices, None)
        self._at = 0

    def take(self) -> bool:
        """Whether the next frame is sampled; none is beyond the total."""
        is_sampled = self._at == self._next
        if is_sampled:
            self._next = next(self._indices, None)
        self._at += 1
        return is_sampled
