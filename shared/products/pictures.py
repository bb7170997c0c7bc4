"""Pictures made safe to show: decoded, turned upright, stripped, re-encoded (Pillow)."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from shared.kernel.errors import TooLarge, UnsupportedMediaType

MAX_MEGAPIXELS = 40
_FORMATS = ("JPEG", "PNG", "WEBP")
_LARGEST_SIDE, _THUMBNAIL_SIDE = 2048, 400
_QUALITY = 85
# Our own limit, checked before decoding, is stricter than Pillow's warning.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPicture:
    """A picture and a small one in WebP, without metadata; sizes in pixels."""

    body: bytes
    thumbnail: bytes
    width: int
    height: int


class PillowPictures:
    """Decodes JPEG, PNG and WebP; nothing of the sent bytes is kept but the pixels."""

    def prepare(self, body: bytes) -> PreparedPicture:
        """The picture re-encoded, at most 2048 pixels wide or high, and a small one."""
        try:
            with Image.open(io.BytesIO(body), formats=_FORMATS) as sent:
                _check_size(sent.width, sent.height)
                picture = _upright(sent)
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise UnsupportedMediaType("Send a JPEG, PNG or WebP picture; this is none.") from error
        picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
        small = picture.copy()
        small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
        return PreparedPicture(
            body=_encoded(picture),
            thumbnail=_encoded(small),
            width=picture.width,
            height=picture.height,
        )


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        megapixels = width * height / 1_000_000
        raise TooLarge(
            f"The picture has {megapixels:.1f} megapixels; at most {MAX_MEGAPIXELS} are taken."
        )


def _upright(sent: Image.Image) -> Image.Image:
    """The decoded pixels, turned as the camera's note says, in a mode that WebP knows."""
    sent.draft("RGB", (_LARGEST_SIDE, _LARGEST_SIDE))
    picture = ImageOps.exif_transpose(sent)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _encoded(picture: Image.Image) -> bytes:
    """Drawn anew, so that no profile or comment comes along."""
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=_QUALITY)
    return out.getvalue()
