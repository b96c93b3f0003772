"""Image files of every kind as grey frames, and refusals in one line."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError
from core.vision import imagefile
from core.vision.imagefile import load_frame

# A picture that no two orientations show alike.
UPRIGHT = np.array([[0, 80, 160], [240, 40, 120]], np.uint8)


def enlarged(picture, times=16):
    """Blocks of equal pixels, which JPEG keeps."""
    return np.kron(picture, np.ones((times, times), np.uint8))


def blocks(frame, times=16):
    """The middles of the blocks."""
    return frame[times // 2 :: times, times // 2 :: times]


def png_of_16_bits(values, extra=b""):
    """A 16-bit PNG, grey or of 2 to 4 channels, written by hand: pillow's own writer differs
    between versions."""

    def chunk(name, content):
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    colours = {1: 0, 2: 4, 3: 2, 4: 6}[values[0, 0].size]
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colours, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def refusal(path):
    """The message of the ImageError, which must be one line that names the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError) as caught:
            load_frame(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "tif", "webp"])
def test_a_grey_picture_is_what_it_was(tmp_path, suffix):
    path = tmp_path / f"grey.{suffix}"
    Image.fromarray(enlarged(UPRIGHT)).save(path)
    frame = load_frame(path)
    assert frame.dtype == np.uint8
    assert frame.shape == (32, 48)
    np.testing.assert_allclose(blocks(frame).astype(int), UPRIGHT, atol=2)


def test_the_frame_belongs_to_the_caller(tmp_path):
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png")
    frame = load_frame(tmp_path / "a.png")
    frame[0, 0] = 7
    assert load_frame(str(tmp_path / "a.png"))[0, 0] == 0


def test_colours_become_luma(tmp_path):
    # ITU-R 601: 0.299 R + 0.587 G + 0.114 B.
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    Image.fromarray(colours).save(tmp_path / "a.png")
    np.testing.assert_array_equal(load_frame(tmp_path / "a.png"), [[76, 150, 29]])


# What a camera held so has stored of UPRIGHT (EXIF 2.3, tag 274: where row 0 and column 0 are).
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.T,
    6: np.rot90(UPRIGHT, 1),
    7: UPRIGHT[::-1, ::-1].T,
    8: np.rot90(UPRIGHT, -1),
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"turned.{suffix}"
    stored = Image.fromarray(enlarged(np.ascontiguousarray(STORED[orientation])))
    # (Pillow 13 itself loses the orientation of a grey TIFF that is not compressed.)
    options = {"compression": "tiff_lzw"} if suffix == "tif" else {"quality": 95}
    stored.save(path, exif=exif, **options)
    for max_side in (1024, 24):  # as it is, and halved
        frame = load_frame(path, max_side=max_side)
        assert frame.shape == ((32, 48) if max_side == 1024 else (16, 24))
        seen = blocks(frame, frame.shape[0] // 2).astype(int)
        np.testing.assert_allclose(seen, UPRIGHT, atol=6)


def test_a_damaged_exif_block_is_passed_over(tmp_path):
    path = tmp_path / "a.jpg"
    Image.fromarray(enlarged(UPRIGHT)).save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    np.testing.assert_allclose(blocks(load_frame(path)).astype(int), UPRIGHT, atol=2)


def drawing(ink, paper_alpha=0):
    """One row of ink across a transparent picture; what is under the transparency is grey."""
    pixels = np.full((9, 12, 4), (128, 128, 128, paper_alpha), np.uint8)
    pixels[4] = (ink, ink, ink, 255)
    return pixels


def test_transparent_paper_is_white(tmp_path):
    Image.fromarray(drawing(ink=0)).save(tmp_path / "a.png")
    frame = load_frame(tmp_path / "a.png")
    assert set(frame[4]) == {0}
    assert set(np.delete(frame, 4, axis=0).ravel()) == {255}


def test_light_drawing_on_transparent_paper_is_laid_on_black(tmp_path):
    Image.fromarray(drawing(ink=250)).save(tmp_path / "a.png")
    frame = load_frame(tmp_path / "a.png")
    assert set(frame[4]) == {250}
    assert set(np.delete(frame, 4, axis=0).ravel()) == {0}


def test_half_transparent_ink_is_half_as_dark(tmp_path):
    pixels = drawing(ink=0)
    pixels[4, :, 3] = 128
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert load_frame(tmp_path / "a.png")[4, 0] == pytest.approx(255 - 128, abs=1)


def test_an_opaque_picture_with_alpha_keeps_its_own_paper(tmp_path):
    # Light everywhere, and all of it is there: nothing must turn black.
    Image.fromarray(drawing(ink=200, paper_alpha=255)).save(tmp_path / "a.png")
    frame = load_frame(tmp_path / "a.png")
    assert set(np.delete(frame, 4, axis=0).ravel()) == {128}


def test_a_light_page_with_transparent_margins_is_no_light_drawing(tmp_path):
    pixels = drawing(ink=230, paper_alpha=255)
    pixels[..., :3] = 230
    pixels[:2, :, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert set(load_frame(tmp_path / "a.png")[0]) == {255}


def test_grey_with_alpha(tmp_path):
    Image.fromarray(drawing(ink=0)).convert("LA").save(tmp_path / "a.png")
    assert load_frame(tmp_path / "a.png")[0, 0] == 255


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_palette_with_a_transparent_colour(tmp_path, suffix):
    picture = Image.new("P", (12, 9), 1)
    picture.putpalette([0, 0, 0, 90, 90, 90])
    picture.paste(0, (0, 4, 12, 5))
    picture.save(tmp_path / f"a.{suffix}", transparency=1)
    frame = load_frame(tmp_path / f"a.{suffix}")
    assert set(frame[4]) == {0}
    assert set(frame[0]) == {255}


def test_palette_without_transparency(tmp_path):
    picture = Image.new("P", (12, 9), 1)
    picture.putpalette([0, 0, 0, 200, 200, 200])
    picture.save(tmp_path / "a.png")
    assert set(load_frame(tmp_path / "a.png").ravel()) == {200}


def test_sixteen_bits_keep_their_whole_range(tmp_path):
    values = np.array([[0, 255, 256], [32768, 65279, 65535]])
    (tmp_path / "a.png").write_bytes(png_of_16_bits(values))
    np.testing.assert_array_equal(load_frame(tmp_path / "a.png"), [[0, 0, 1], [128, 254, 255]])


def test_sixteen_bits_with_a_transparent_value(tmp_path):
    extra = struct.pack(">I", 2) + b"tRNS" + struct.pack(">H", 5)
    extra += struct.pack(">I", zlib.crc32(extra[4:]))
    (tmp_path / "a.png").write_bytes(png_of_16_bits(np.array([[0, 65535]]), extra))
    np.testing.assert_array_equal(load_frame(tmp_path / "a.png"), [[0, 255]])


def test_sixteen_bits_are_reduced(tmp_path):
    values = enlarged(UPRIGHT, 20).astype(np.uint16) * 257
    (tmp_path / "a.png").write_bytes(png_of_16_bits(values))
    frame = load_frame(tmp_path / "a.png", max_side=30)
    np.testing.assert_array_equal(frame, enlarged(UPRIGHT, 10))


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("max_side", [1024, 30])
def test_fewer_bits_in_sixteen(tmp_path, bits, max_side):
    """What is there counts: the largest value has all bits, as paper nearly has."""
    grey = enlarged(UPRIGHT, 20)
    values = grey.astype(np.uint16) << (bits - 8)
    (tmp_path / "a.png").write_bytes(png_of_16_bits(values))
    frame = load_frame(tmp_path / "a.png", max_side=max_side)
    np.testing.assert_array_equal(frame, grey if max_side > 60 else enlarged(UPRIGHT, 10))


@pytest.mark.parametrize("bits", [8, 16, 24, 31])
def test_whole_numbers_of_thirty_two_bits(tmp_path, bits):
    values = enlarged(UPRIGHT, 20).astype(np.int32) << (bits - 8)
    values[0, 0] = -5
    Image.fromarray(values).save(tmp_path / "a.tif")
    expected = enlarged(UPRIGHT, 20)
    expected[0, 0] = 0
    np.testing.assert_array_equal(load_frame(tmp_path / "a.tif"), expected)


def test_a_mask_of_noughts_and_ones(tmp_path):
    mask = enlarged(UPRIGHT, 20) > 100
    (tmp_path / "a.png").write_bytes(png_of_16_bits(mask.astype(np.uint16)))
    np.testing.assert_array_equal(load_frame(tmp_path / "a.png"), mask * 255)
    for kind in (np.int32, np.uint8):
        Image.fromarray(mask.astype(kind)).save(tmp_path / "a.tif")
        np.testing.assert_array_equal(load_frame(tmp_path / "a.tif"), mask * 255)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("max_side", [1024, 30])
@pytest.mark.parametrize("channels", [3, 4])
def test_fewer_bits_in_sixteen_of_colours(tmp_path, bits, max_side, channels):
    grey = enlarged(UPRIGHT, 20)
    values = np.repeat(grey.astype(np.uint16)[..., None] << (bits - 8), channels, 2)
    values[..., 3:] = (1 << bits) - 1
    (tmp_path / "a.png").write_bytes(png_of_16_bits(values))
    frame = load_frame(tmp_path / "a.png", max_side=max_side).astype(int)
    expected = grey if max_side > 60 else enlarged(UPRIGHT, 10)
    np.testing.assert_allclose(frame, expected, atol=1)


def test_twelve_bits_in_sixteen_of_grey_with_alpha(tmp_path):
    grey = enlarged(UPRIGHT, 20)
    values = np.stack([grey.astype(np.uint16) << 4, np.full(grey.shape, 4095, np.uint16)], 2)
    (tmp_path / "a.png").write_bytes(png_of_16_bits(values))
    frame = load_frame(tmp_path / "a.png").astype(int)
    np.testing.assert_allclose(frame, grey, atol=16)


def tiff_of_16_bits(values, order):
    """A TIFF of 16-bit colours in strips of one row, written by hand: pillow writes none."""
    height, width = values.shape[:2]
    rows = [row.astype(f"{order}u2").tobytes() for row in values]
    fields = {256: width, 257: height, 259: 1, 262: 2, 277: 3, 278: 1}
    after = 8 + 2 + 12 * (len(fields) + 3) + 4
    pixels = after + 6 + 8 * height
    entries = [(tag, 3, 1, value) for tag, value in fields.items()]
    entries += [(258, 3, 3, after), (273, 4, height, after + 6)]
    entries += [(279, 4, height, after + 6 + 4 * height)]
    out = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, len(entries))
    for tag, kind, count, value in sorted(entries):
        form = "HH" if (kind, count) == (3, 1) else "I"
        content = struct.pack(order + form, *[value, 0][: len(form)])
        out += struct.pack(f"{order}HHI", tag, kind, count) + content
    out += bytes(4) + struct.pack(f"{order}3H", 16, 16, 16)
    out += struct.pack(f"{order}{height}I", *(pixels + 6 * width * n for n in range(height)))
    out += struct.pack(f"{order}{height}I", *[6 * width] * height)
    return out + b"".join(rows)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_fewer_bits_in_a_tiff_of_colours(tmp_path, bits, order):
    grey = enlarged(UPRIGHT, 20)
    values = np.repeat(grey.astype(np.uint16)[..., None] << (bits - 8), 3, 2)
    (tmp_path / "a.tif").write_bytes(tiff_of_16_bits(values, order))
    frame = load_frame(tmp_path / "a.tif").astype(int)
    np.testing.assert_allclose(frame, grey, atol=1)


@pytest.mark.parametrize("kind", ["float", "grey", "colours"])
def test_a_hot_pixel_does_not_darken_the_others(tmp_path, kind):
    grey = enlarged(UPRIGHT, 20)
    values = grey.astype(np.uint16) << 4
    values[30, 30] = 65535
    path = tmp_path / "a.png"
    if kind == "float":
        path = tmp_path / "a.tif"
        values = values.astype(np.float32)
        values[30, 30], values[30, 31] = 1e30, -1e30
        Image.fromarray(values).save(path)
    else:
        values = np.repeat(values[..., None], 3 if kind == "colours" else 1, 2)
        path.write_bytes(png_of_16_bits(values))
    frame = load_frame(path).astype(int)
    expected = grey / 240 * 255 if kind == "float" else grey.astype(float)
    expected[30, 30] = 255
    expected[30, 31] = 0 if kind == "float" else expected[30, 31]
    np.testing.assert_allclose(frame, expected, atol=1)


@pytest.mark.parametrize("ones", [1, 9, 300])
def test_a_few_ones_in_a_mask_of_floats_are_no_hot_pixels(tmp_path, ones):
    mask = np.zeros((60, 80), np.float32)
    mask.ravel()[100 : 100 + ones] = 1
    Image.fromarray(mask).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(load_frame(tmp_path / "a.tif"), mask * 255)


def test_lightness_of_lab(tmp_path):
    grey = Image.fromarray(enlarged(UPRIGHT, 20))
    Image.merge("LAB", [grey, *[Image.new("L", grey.size, 128)] * 2]).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(load_frame(tmp_path / "a.tif"), np.asarray(grey))


def test_floats_are_stretched(tmp_path):
    values = np.array([[-1.0, 0.0, 1.0]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(load_frame(tmp_path / "a.tif"), [[0, 127, 255]])


@pytest.mark.parametrize("max_side", [1024, 60])
def test_one_bit(tmp_path, max_side):
    Image.fromarray(enlarged(UPRIGHT, 40) > 100).save(tmp_path / "a.png")
    frame = load_frame(tmp_path / "a.png", max_side=max_side)
    seen = blocks(frame, frame.shape[0] // 2)
    np.testing.assert_array_equal(seen, [[0, 0, 255], [255, 0, 255]])


def test_cmyk_jpeg_is_not_inverted(tmp_path):
    inks = np.zeros((16, 48, 4), np.uint8)
    inks[:, 16:32, 3] = 255  # black ink only
    inks[:, 32:, :3] = 255  # the three colours on top of each other
    picture = Image.merge("CMYK", [Image.fromarray(inks[..., band]) for band in range(4)])
    picture.save(tmp_path / "a.jpg", quality=95)
    seen = load_frame(tmp_path / "a.jpg")[8, 8::16].astype(int)
    np.testing.assert_allclose(seen, [255, 0, 0], atol=4)


def test_the_longer_side_is_reduced_by_a_whole_factor(tmp_path):
    Image.new("L", (2050, 700), 9).save(tmp_path / "a.png")
    # 2050 / 1024 is just over 2, so 3; the last block of either side is a part of one.
    assert load_frame(tmp_path / "a.png").shape == (234, 684)
    assert load_frame(tmp_path / "a.png", max_side=2050).shape == (700, 2050)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "1"])
def test_reducing_in_bands_is_reducing_the_whole(tmp_path, mode, rng):
    # Several bands high, and neither side a multiple of the factor of 3.
    height = 3 * imagefile.BAND * 2 + 50
    pixels = rng.integers(0, 256, (height, 200, 4)).astype(np.uint8)
    pixels[..., 3] |= 1  # colours under full transparency are nobody's
    picture = Image.fromarray(pixels).convert(mode)
    picture.save(tmp_path / "a.png")
    whole = (picture.convert("L") if mode == "1" else picture).reduce(3)
    if mode == "RGBA":
        ground = Image.new("LA", whole.size, (255, 255))
        whole = Image.alpha_composite(ground.convert("RGBA"), whole)
    frame = load_frame(tmp_path / "a.png", max_side=-(-height // 3))
    difference = frame.astype(int) - np.asarray(whole.convert("L"))
    assert np.abs(difference).max() <= (1 if mode == "RGBA" else 0)


# The peak of a fresh process, before and after: ru_maxrss would inherit the peak of pytest.
MEASURE = """
import re, sys
from core.vision.imagefile import load_frame
def peak_kib():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
load_frame(sys.argv[1])
before = peak_kib()
print(*load_frame(sys.argv[2]).shape, (peak_kib() - before) / 1024)
"""


def twelve_megapixels(folder, suffix, mode, **options):
    """Paths of a small picture and of one of 4000x3000, of the same kind."""
    rng = np.random.default_rng(12)
    small = Image.fromarray(rng.integers(0, 256, (150, 200, 4)).astype(np.uint8)).convert(mode)
    large = small.resize((4000, 3000), Image.Resampling.NEAREST)
    for name, picture in (("small", small), ("large", large)):
        picture.save(folder / f"{name}.{suffix}", **options)
    return folder / f"small.{suffix}", folder / f"large.{suffix}"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(
    ("suffix", "mode", "options", "limit_mib"),
    [
        ("jpg", "RGB", {"quality": 60}, 16),
        # All of its coefficients have to be kept until the last scan.
        ("jpg", "RGB", {"quality": 60, "progressive": True}, 64),
        ("png", "RGB", {"compress_level": 1}, 64),
        ("png", "RGBA", {"compress_level": 1}, 64),
        ("png", "P", {"compress_level": 1}, 64),
    ],
)
def test_twelve_megapixels_in_64_mib(tmp_path, suffix, mode, options, limit_mib):
    paths = twelve_megapixels(tmp_path, suffix, mode, **options)
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(imagefile.__file__).parents[2])},
    )
    height, width, peak_mib = result.stdout.split()
    assert (int(height), int(width)) == (750, 1000)
    assert float(peak_mib) < limit_mib


def test_missing(tmp_path):
    assert refusal(tmp_path / "no.png") == "cannot be read: No such file or directory"


def test_below_a_file_and_a_name_too_long(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    assert refusal(tmp_path / "a.png" / "b.png") == "cannot be read: Not a directory"
    assert refusal(tmp_path / ("a" * 300)) == "cannot be read: File name too long"


def test_forbidden(tmp_path, monkeypatch):
    # Tests may run as root, whom no permission stops.
    path = tmp_path / "a.png"
    Image.fromarray(UPRIGHT).save(path)

    def forbid(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", forbid)
    assert refusal(path) == "cannot be read: Permission denied"


def test_empty(tmp_path):
    (tmp_path / "a.png").touch()
    assert refusal(tmp_path / "a.png") == "the file is empty; take the picture again"


def test_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_nothing_but_a_regular_file_is_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "fifo_by_link.png").symlink_to("fifo.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.png"))
        for name in ("fifo.png", "fifo_by_link.png", "socket.png", "/dev/zero"):
            assert refusal(tmp_path / name) == "cannot be read: is not a regular file"
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png")
    (tmp_path / "link.png").symlink_to("a.png")
    assert load_frame(tmp_path / "link.png").shape == (2, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"\0\0\0\x18ftypheic",
            "a HEIC picture, which cannot be opened; JPEG and PNG always can",
        ),
        (b"<!DOCTYPE html>", "a web page, which cannot be opened; JPEG and PNG always can"),
        (b"\x89PNG", "a PNG picture that is damaged or cut short"),
        (b"digit 7", "not a picture that can be opened; JPEG and PNG always can"),
    ],
)
def test_what_it_is_instead(tmp_path, content, said):
    (tmp_path / "a.jpg").write_bytes(content)
    assert refusal(tmp_path / "a.jpg") == said


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_picture_by_a_pipe(tmp_path, suffix):
    Image.new("L", (64, 40), 90).save(tmp_path / f"a.{suffix}")
    out, into = os.pipe()
    os.write(into, (tmp_path / f"a.{suffix}").read_bytes())
    os.close(into)
    assert load_frame(f"/dev/fd/{out}", 32, piped=True).shape == (20, 32)
    with pytest.raises(ImageError, match=rf"^/dev/fd/{out}: cannot be read: nothing came out"):
        load_frame(f"/dev/fd/{out}", piped=True)
    with pytest.raises(ImageError, match=r"^standard input: cannot be read: "):
        load_frame("-", piped=True)
    os.close(out)


def test_too_small(tmp_path):
    Image.new("L", (9, 7)).save(tmp_path / "a.png")
    assert load_frame(tmp_path / "a.png", min_side=7).shape == (7, 9)
    with pytest.raises(ImageError, match=r"a\.png: too small, 9x7 pixels; a digit takes 8x8"):
        load_frame(tmp_path / "a.png", min_side=8)


@pytest.mark.parametrize("error", [KeyError(1), struct.error("x\x1b[2J"), RecursionError()])
def test_whatever_pillow_raises_is_an_error_of_the_picture(tmp_path, monkeypatch, error):
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png")

    def fail(*args):
        raise error

    monkeypatch.setattr(Image.Image, "convert", fail)
    assert refusal(tmp_path / "a.png").startswith("damaged or cut short (")


def test_floats_of_every_kind(tmp_path):
    values = np.array([[-np.inf, np.nan, np.inf]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert load_frame(tmp_path / "a.tif").shape == (1, 3)
    values = np.array([[-np.inf, 0, np.nan, 1, np.inf]], np.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(load_frame(tmp_path / "a.tif"), [[0, 0, 0, 255, 255]])
    values = np.repeat(np.linspace(-1, 1, 2000, dtype=np.float32)[None], 600, 0)
    Image.fromarray(values).save(tmp_path / "b.tif")
    frame = load_frame(tmp_path / "b.tif")
    assert frame.shape == (300, 1000)
    assert (int(frame.min()), int(frame.max())) == (0, 255)


@pytest.mark.parametrize("content", [b"\0", b"not a picture at all", b"P", b"\xff\xd8"])
def test_not_an_image(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    assert "JPEG and PNG always can" in refusal(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "webp"])
def test_cut_short_anywhere(tmp_path, suffix, rng):
    whole = tmp_path / f"whole.{suffix}"
    Image.fromarray(rng.integers(0, 256, (40, 50)).astype(np.uint8)).save(whole)
    content = whole.read_bytes()
    # What follows the last pixel: two checksums and an empty chunk; two bytes of padding.
    trailer = {"png": 4 + 4 + 12, "bmp": 2}.get(suffix, 0)
    cut = tmp_path / f"cut.{suffix}"
    for length in np.linspace(1, len(content) - trailer - 1, 60).astype(int):
        cut.write_bytes(content[:length])
        refusal(cut)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp"])
def test_altered_bytes_give_a_frame_or_a_refusal(tmp_path, suffix, rng):
    whole = tmp_path / f"whole.{suffix}"
    Image.fromarray(enlarged(UPRIGHT)).save(whole)
    altered = tmp_path / f"altered.{suffix}"
    content = whole.read_bytes()
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(0, len(damaged), 3):
            damaged[place] = rng.integers(256)
        altered.write_bytes(damaged)
        try:
            frame = load_frame(altered)
        except ImageError as error:
            assert str(error).startswith(f"{altered}: ")  # noqa: PT017
            assert len(str(error).splitlines()) == 1  # noqa: PT017
        else:
            assert frame.ndim == 2
            assert frame.dtype == np.uint8


def header_only(width, height):
    """A PNG that promises so many pixels of nothing, and is a few hundred bytes long."""
    content = bytearray(png_of_16_bits(np.zeros((1, 1), np.uint16)))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(bytes(content[12:29])))
    return bytes(content)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((7000, 7200), "more than 50 megapixels; reduce it first"),  # pillow says nothing
        ((10000, 10000), "more than 50 megapixels; reduce it first"),  # it would warn
        ((60000, 60000), "too large to open safely; reduce it first"),  # it refuses itself
        ((2**31 - 1, 2**31 - 1), "too large to open safely; reduce it first"),
    ],
)
def test_giant_pictures_are_refused_before_they_are_decoded(tmp_path, size, message):
    (tmp_path / "a.png").write_bytes(header_only(*size))
    assert message in refusal(tmp_path / "a.png")


def test_fifty_megapixels_are_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(imagefile, "MAX_PIXELS", 6)
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png")
    assert load_frame(tmp_path / "a.png").shape == (2, 3)
    Image.new("L", (7, 1)).save(tmp_path / "b.png")
    assert "7x1 is more than" in refusal(tmp_path / "b.png")


def test_too_little_memory(tmp_path, monkeypatch):
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png")

    def fail(*args):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", fail)
    assert "too much memory" in refusal(tmp_path / "a.png")


def test_no_program_is_started_for_a_drawing(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise AssertionError(f"started {args}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    path = tmp_path / "a.eps"
    path.write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\nshowpage\n"
    )
    assert refusal(path).startswith("a PostScript file, which cannot be opened")


def test_no_warning_leaks_from_a_large_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4)
    Image.fromarray(UPRIGHT).save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_frame(tmp_path / "a.png").shape == (2, 3)


def test_an_error_that_pillow_logs_is_told_once(tmp_path):
    """A TIFF that claims 32516 samples a pixel, read by a program without a log."""
    path = tmp_path / "a.tif"
    Image.new("RGB", (9, 9)).save(path)
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<HHI", 277, 3, 1))
    data[at + 8 : at + 10] = struct.pack("<H", 32516)
    path.write_bytes(data)
    code = (
        "import sys\nfrom core.errors import ImageError\n"
        "from core.vision.imagefile import load_frame\n"
        "try: load_frame(sys.argv[1])\nexcept ImageError: pass"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, cwd=root)
    assert (done.returncode, done.stderr) == (0, b"")
