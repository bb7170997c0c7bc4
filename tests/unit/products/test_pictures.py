import io
import random
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from shared.kernel.errors import TooLarge, UnsupportedMediaType
from shared.products.pictures import PillowPictures


def sent(form: str, mode: str = "RGB", size: tuple[int, int] = (64, 48), **more) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 120).save(out, form, **more)
    return out.getvalue()


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "I;16"),
        ("WEBP", "RGB"),
    ],
)
def test_jpeg_png_and_webp_become_webp(form, mode):
    prepared = PillowPictures().prepare(sent(form, mode))
    picture = opened(prepared.body)
    assert (picture.format, picture.size) == ("WEBP", (64, 48))
    assert (prepared.width, prepared.height) == (64, 48)
    assert opened(prepared.thumbnail).size == (64, 48)


def test_large_pictures_and_thumbnails_are_scaled_down():
    prepared = PillowPictures().prepare(sent("JPEG", size=(4096, 1024)))
    assert (prepared.width, prepared.height) == (2048, 512)
    assert opened(prepared.body).size == (2048, 512)
    assert opened(prepared.thumbnail).size == (400, 100)


def test_transparency_stays():
    assert opened(PillowPictures().prepare(sent("PNG", "RGBA")).body).mode == "RGBA"


def test_metadata_is_gone_and_the_picture_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "secret place"
    body = sent("JPEG", exif=exif, comment=b"secret comment", icc_profile=b"secret profile" * 20)
    prepared = PillowPictures().prepare(body)
    assert (prepared.width, prepared.height) == (48, 64)
    for stored in (prepared.body, prepared.thumbnail):
        assert b"secret" not in stored
        assert not opened(stored).getexif()
        assert "icc_profile" not in opened(stored).info


def test_text_in_a_png_is_gone():
    info = PngImagePlugin.PngInfo()
    info.add_text("note", "secret")
    assert b"secret" not in PillowPictures().prepare(sent("PNG", pnginfo=info)).body


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_huge_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8000, 5001), (60_000, 60_000)])
def test_more_than_forty_megapixels_are_refused_before_decoding(size):
    with pytest.raises(TooLarge, match="at most 40"):
        PillowPictures().prepare(a_huge_png(*size))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        sent("GIF", "P"),
        sent("BMP"),
        sent("PNG")[:60],
        sent("JPEG")[:200],
        a_huge_png(100, 100),
    ],
    ids=["nothing", "svg", "magic", "gif", "bmp", "cut png", "cut jpeg", "png without pixels"],
)
def test_anything_else_is_refused(body):
    with pytest.raises(UnsupportedMediaType):
        PillowPictures().prepare(body)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of damaged notes, which are dropped
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_damaged_pictures_are_shown_or_refused_and_never_crash(form):
    chance = random.Random(7)
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = sent(form, exif=exif)
    for _ in range(150):
        body = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        try:
            PillowPictures().prepare(bytes(body))
        except (UnsupportedMediaType, TooLarge):
            continue
