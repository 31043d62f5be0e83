"""What the dye did where there is no hair. Pure."""

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from media.frame import Picture
from tests.bench.quality.arrays import Alpha, Mask
from tests.bench.quality.paint import ciede2000, lab_of

FAR_SHARE = 0.03
"""Of the picture's height: what is farther than this from the true hair is surely none."""
VISIBLE = 2.0
"""CIEDE2000 from which on a change counts; about what one sees side by side."""
WINDOW_PX = 5
"""How far SSIM's windows of 11 px reach: nearer to the hair they see its change, however right."""


def far_from(hair: Mask) -> Mask:
    """The pixels farther than 3 % of the picture's height from the hair; all, if there is none."""
    if not hair.any():
        return np.ones(hair.shape, np.bool_)
    distance = cv2.distanceTransform((~hair).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance > FAR_SHARE * hair.shape[0], np.bool_)


def leaked(before: Picture, after: Picture, far: Mask) -> Mask:
    """Which pixels of ``far`` changed by more than 2 CIEDE2000."""
    changed = np.asarray((before != after).any(axis=2) & far, np.bool_)
    if changed.any():
        colors = [lab_of(picture[changed][None]) for picture in (before, after)]
        changed[changed] = (ciede2000(*colors) > VISIBLE)[0]
    return changed


def face_similarity(before: Picture, after: Picture, face: Mask) -> float:
    """Mean over the face's pixels of SSIM (Wang et al. 2004: Gaussian windows of 1.5 px).

    Of the luma, as usual; 1.0 for an untouched face, nan for an empty region.
    """
    if not face.any():
        return float("nan")
    grey = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in (before, after)]
    _, similarity = structural_similarity(  # type: ignore[no-untyped-call]
        *grey,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    return float(similarity[face].mean())


def assert_untouched(before: Picture, after: Picture, alpha: Alpha) -> None:
    """Outside the matte not a bit may differ. Raises AssertionError, saying how many pixels do."""
    touched = int(np.count_nonzero((before != after).any(axis=2) & (alpha == 0)))
    assert touched == 0, f"{touched} pixels outside the matte were changed"
