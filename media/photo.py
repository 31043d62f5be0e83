"""Pictures by way of Pillow: photos from phones, and frames that are no JPEG."""

from collections.abc import Callable
from io import BytesIO
from math import ceil

import cv2
import numpy as np
import simplejpeg
from PIL import Image, ImageCms
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from media.frame import Picture
from media.header import BrokenPicture, PictureFormat, PictureHeader, read_header

# The three classes are called directly: Image.open would look through every plugin, and would
# make a multi-picture object of many a phone's JPEG.
_READERS: dict[PictureFormat, type[ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "webp": WebPImageFile,
}

# Transparent pixels become mid grey: mixed into a frame it makes the frame neither lighter nor
# darker, where white would wash it out.
_BACKDROP = (128, 128, 128, 255)

PNG_LEVEL = 1
"""Of zlib, 0 to 9: what takes more saves an eighth of the bytes for five times the time."""

_PROFILED = ("RGB", "RGBA", "CMYK")
_SRGB = ImageCms.createProfile("sRGB")

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_photo(data: bytes, max_px: int, max_side_px: int | None = None) -> Picture:
    """Decode a photo (JPEG, PNG or WebP) upright, as its EXIF orientation says.

    Grey, CMYK, palette and 16-bit pictures become 8-bit BGR; transparent parts are laid over mid
    grey. It is scaled down so that its longer side is at most ``max_side_px``, if that is given;
    never up.

    Raises EmptyPicture, UnknownPicture, BrokenPicture, and PictureTooLarge if the header
    announces more than ``max_px`` pixels.
    """
    return _decode(data, read_header(data, max_px), lambda image: _photo_of(image, max_side_px))


def encode_photo(picture: Picture, wanted: PictureFormat, quality: int) -> bytes:
    """Encode with nothing but the pixels: no metadata, colours in sRGB.

    ``quality`` is from 1 to 100, and without meaning for PNG, which loses nothing. In a JPEG
    colour is as fine as lightness (4:4:4): a strand before skin differs in colour most of all.
    """
    if wanted == "jpeg":
        jpeg: bytes = simplejpeg.encode_jpeg(
            picture, quality, colorspace="BGR", colorsubsampling="444"
        )
        return jpeg
    options = {"compress_level": PNG_LEVEL} if wanted == "png" else {"quality": quality}
    image = Image.fromarray(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8))
    coded = BytesIO()
    image.save(coded, wanted, **options)
    return coded.getvalue()


def decode_as_it_is(data: bytes, header: PictureHeader) -> Picture:
    """Decode a picture whose header was read: neither scaled nor turned.

    Raises BrokenPicture.
    """
    return _decode(data, header, _flatten)


def _decode(
    data: bytes, header: PictureHeader, develop: Callable[[ImageFile], Image.Image]
) -> Picture:
    try:
        return _to_bgr(develop(_open(data, header)))
    except Exception as error:
        # Pillow's parsers raise whatever they trip over, from struct.error to SyntaxError, and
        # quote the bytes in question in their messages.
        raise BrokenPicture(f"{header.format}: truncated or corrupt") from error


def _open(data: bytes, header: PictureHeader) -> ImageFile:
    image = _READERS[header.format](BytesIO(data))
    if image.size != (header.width_px, header.height_px):
        # A second header further on must not get past the limit that the first one obeyed.
        raise ValueError("two headers that differ")
    return image


def _photo_of(image: ImageFile, max_side_px: int | None) -> Image.Image:
    return _upright(image, _flatten(image) if max_side_px is None else _shrink(image, max_side_px))


def _shrink(image: ImageFile, max_side_px: int) -> Image.Image:
    """The picture in RGB and no larger than asked; a JPEG is not even decoded in full size."""
    scale = max_side_px / max(image.size)
    if scale < 1:
        image.draft(image.mode, (ceil(image.width * scale), ceil(image.height * scale)))
    flat = _flatten(image)
    flat.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS)
    return flat


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow's own conversion clips 16-bit grey at 255 instead of scaling it.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    image = _in_srgb(image)
    if image.has_transparency_data:
        top = image.convert("RGBA")
        image = Image.new("RGBA", top.size, _BACKDROP)
        image.alpha_composite(top)
    return image.convert("RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """Colours as the picture's own profile means them: phones save Display P3, which would look
    dull. Where the profile is none that can be used the numbers are taken as they are."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in _PROFILED:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        turned = ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image
    return image if turned is None else turned


def _upright(original: ImageFile, flat: Image.Image) -> Image.Image:
    turn = _UPRIGHT.get(original.getexif().get(_ORIENTATION_TAG, 1))
    return flat if turn is None else flat.transpose(turn)


def _to_bgr(image: Image.Image) -> Picture:
    return np.asarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR), np.uint8)
