"""How many threads one OpenCV call may use."""

import cv2


def use_one_thread_per_call() -> None:
    """Make every OpenCV call stay on its caller's thread; to be called once, at the start.

    OpenCV would else split each call over all cores, and its threads would compete with the
    service's own workers, of which there is one for each core already.
    """
    cv2.setNumThreads(1)
