"""What pillow is given of a picture file, and what decoding it will cost.

A small file can promise a large picture, claim its tags many times over, or unpack comments
into gigabytes. So the headers are walked here first. Of JPEG, PNG and GIF pillow is given what
the pixels need and nothing else: no comments, profiles, thumbnails or animation. Of the tags
of TIFF it is made sure that they claim no more than the file has. All other formats that
pillow knows are refused: hardly anybody has them, and some start programs, or unpack without
limit.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from core.vision.webp_lossless import MOST_PIXELS, tables_bytes

MAX_SIDE = 65_535
"""No side of a picture has more pixels, as in JPEG."""

MAX_SCANS = 100
"""A JPEG picture of more scans is refused: each takes a pass over all of it."""

MAX_STRIPS = 65_536
"""A TIFF picture of more strips or tiles is refused."""

MAX_COMMENTS = 1_000
"""A PNM picture in plain text with more comments is refused: each costs pillow a copy."""

PLAIN_PNM_BYTES = 32 << 20
"""What pillow needs for the words of a block of plain text."""

WEBP_BYTES = 13
"""A WebP pixel's bytes beside pillow's own: two canvases, the decoder's picture and a copy."""

RUN_LENGTH_BYTES = 8
"""A pixel of BMP in run lengths has two copies; the rest is for the time that it takes."""

ORIENTATION = 274
"""The tag of EXIF and TIFF that tells how the camera was held."""

_EXIF_FOLDERS = (34665, 34853, 40965)  # tags that point to more tags, which pillow reads, too
_TIFF_SIZES = dict(zip(range(1, 14), (1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4), strict=True))
_TIFF_RAW, _TIFF_JPEG = 1, 7
_TIFF_PACKINGS = (_TIFF_RAW, 2, 3, 4, 5, _TIFF_JPEG, 8, 32773, 32946)  # fax, LZW, deflate, RLE
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')
_LONGEST_TEXT = 1 << 18


class UnsupportedError(Exception):
    """A format that is not read; in words."""


@dataclass
class Source:
    """A picture file as pillow is to read it.

    Attributes
    ----------
    format : pillow's name of it.
    stream : the bytes that pillow is given.
    orientation : 1 to 8, as EXIF 2.3 numbers them; 1 where pillow turns the picture itself.
    extra : bytes that decoding takes at most beside the pixels, if the sides are known.
    size : width and height where they must be known before pillow opens it, else None.
    """

    format: str
    stream: BinaryIO
    orientation: int = 1
    extra: int = 0
    size: tuple[int, int] | None = None


class _Pieces(io.RawIOBase):
    """A head and a part of a file, one after the other, as one stream for reading."""

    def __init__(self, head: bytes, file: BinaryIO, start: int, stop: int) -> None:
        self._head, self._file, self._start = head, file, start
        self._size = len(head) + max(0, stop - start)
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = max(0, offset + (0, self._place, self._size)[whence])
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._size - self._place)
        if count <= 0:
            return 0
        part = self._head[self._place : self._place + count]
        if not part:
            self._file.seek(self._start + self._place - len(self._head))
            part = self._file.read(count)
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)


def examine(file: BinaryIO, size: int) -> Source:
    """Look through the headers of a picture file of `size` bytes.

    Raises UnsupportedError; ValueError where the file is damaged or claims too much.
    """
    start = file.read(16)
    for signature, look in _FORMATS:
        if start.startswith(signature):
            file.seek(0)
            return look(file, size)
    for signature, words in _REFUSED:
        if start.startswith(signature):
            raise UnsupportedError(words)
    if start[4:8] == b"ftyp":
        raise UnsupportedError("HEIC and AVIF are not read; save it as JPEG or PNG")
    raise UnsupportedError("not a picture that can be opened; JPEG and PNG always can")


def _part(format: str, head: bytes, file: BinaryIO, start: int, stop: int) -> Source:
    return Source(format, io.BufferedReader(_Pieces(head, file, start, stop)))


def _exactly(file: BinaryIO, count: int) -> bytes:
    found = file.read(count)
    if len(found) < count:
        raise ValueError("it ends within its headers")
    return found


def _jpeg(file: BinaryIO, size: int) -> Source:
    """Segments up to the first scan, without comments and most of APPn, and all after them."""
    head = bytearray(_exactly(file, 2))
    orientation, exif, frame = 0, b"", b""
    progressive = False
    while True:
        # Pillow, too, passes over what is between segments.
        while _exactly(file, 1) != b"\xff":
            pass
        while (marker := _exactly(file, 1)[0]) == 0xFF:
            pass
        if marker in (0, 1) or 0xD0 <= marker <= 0xD9:
            continue
        place = file.tell()
        length = _exactly(file, 2)
        content = _exactly(file, max(0, int.from_bytes(length, "big") - 2))
        if marker == 0xDA:
            break
        if marker == 0xE1 and content.startswith(b"Exif\0\0"):
            exif = exif or content
        elif marker == 0xE1 and not orientation and (found := _XMP.search(content)):
            orientation = int(found[1])
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            frame, progressive = content, marker & 3 == 2
        if marker in (0xE0, 0xEE) or not 0xE1 <= marker <= 0xFE:
            head += b"\xff" + bytes([marker]) + length + content
    source = _part("JPEG", bytes(head), file, place - 2, size)
    source.orientation = exif_orientation(exif) or orientation or 1
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        raise ValueError("no size before its first scan")
    # What comes in several scans is kept as coefficients, 2 bytes each, until the last one.
    if progressive or content[:1] != frame[5:6]:
        _check_scans(file)
        height, width = struct.unpack_from(">HH", frame, 1)
        factors = [(each >> 4) * (each & 15) for each in frame[7::3][: frame[5]]]
        share = sum(factors) / max(1, max(factors, default=1))
        source.extra = int(2 * (width + 32) * (height + 32) * share)
    return source


def _check_scans(file: BinaryIO) -> None:
    count, last = 1, b""
    while block := file.read(1 << 16):
        count += (last + block).count(b"\xff\xda")
        last = block[-1:]
    if count > MAX_SCANS:
        raise ValueError(f"more than {MAX_SCANS} scans")


def _png(file: BinaryIO, size: int) -> Source:
    """Header, palette, transparency and pixels; how it was held, from wherever that is said."""
    head = bytearray(_exactly(file, 8))
    texts: list[bytes] = []
    exif = b""
    start = stop = 0
    while True:
        place = file.tell()
        chunk = file.read(8)
        name, length = chunk[4:], int.from_bytes(chunk[:4], "big")
        if len(chunk) < 8 or name == b"IEND":
            break
        if name == b"IDAT" and (not start or place == stop):
            start, stop = start or place, min(size, place + 12 + length)
        elif name in (b"IHDR", b"PLTE", b"tRNS") and not start:
            if length > 1024:
                raise ValueError(f"a {name.decode()} of {length} bytes")
            head += chunk + _exactly(file, length + 4)
        elif name == b"eXIf" and length <= _LONGEST_TEXT:
            exif = file.read(length)
        elif name in (b"tEXt", b"zTXt", b"iTXt") and length <= _LONGEST_TEXT and len(texts) < 9:
            texts.append(file.read(length))
        file.seek(place + 12 + length)
    if not start:
        raise ValueError("no pixels in it")
    source = _part("PNG", bytes(head), file, start, stop)
    source.orientation = exif_orientation(exif) or _orientation_in_texts(texts) or 1
    return source


def _orientation_in_texts(texts: list[bytes]) -> int:
    """As ImageMagick writes it, EXIF in hexadecimal, or as XMP; 0 if neither is there."""
    for text in texts:
        name, _, rest = text.partition(b"\0")
        if name == b"XML:com.adobe.xmp" and (found := _XMP.search(rest)):
            return int(found[1])
        if name == b"Raw profile type exif":
            try:
                if rest[:1] == b"\0":  # zTXt, packed by deflate
                    rest = zlib.decompressobj().decompress(rest[1:], _LONGEST_TEXT)
                exif = bytes.fromhex("".join(rest.decode("latin-1").split("\n")[3:]))
            except (ValueError, zlib.error):
                continue
            return exif_orientation(exif)
    return 0


def _gif(file: BinaryIO, size: int) -> Source:
    """Header, palette, the first picture's transparency, and all from that picture on."""
    head = _exactly(file, 13)
    if head[10] & 0x80:
        head += _exactly(file, 3 << ((head[10] & 7) + 1))
    control = b""
    while (kind := _exactly(file, 1)) != b",":
        if kind == b";":
            raise ValueError("no picture in it")
        if kind != b"!":
            continue
        label = _exactly(file, 1)
        extension = b"!" + label
        while length := _exactly(file, 1)[0]:
            block = _exactly(file, length)
            if len(extension) == 2:
                extension += bytes([length]) + block
        if label == b"\xf9":
            control = extension + b"\0"
    return _part("GIF", head + control, file, file.tell() - 1, size)


def _webp(file: BinaryIO, size: int) -> Source:
    """All of it. The canvas is as large as the header says."""
    start = _exactly(file, 30)
    if start[8:12] != b"WEBP":
        raise UnsupportedError("not a picture that can be opened; JPEG and PNG always can")
    kind = start[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(start[24:27], "little") + 1
        height = int.from_bytes(start[27:30], "little") + 1
    elif kind == b"VP8L":
        bits = int.from_bytes(start[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (each & 0x3FFF for each in struct.unpack_from("<HH", start, 26))
    orientation, tables, place = 0, 0, 12
    frame = None
    while place < size:
        file.seek(place)
        chunk = file.read(8)
        name, length = chunk[:4], int.from_bytes(chunk[4:], "little")
        if name == b"ANMF":
            if frame is not None:
                break  # no second picture is decoded
            sides = file.read(16)
            frame = tuple(int.from_bytes(sides[at : at + 3], "little") + 1 for at in (6, 9))
            place += 24
            continue
        if name == b"VP8L" and width * height <= MOST_PIXELS:
            tables += tables_bytes(file.read(length))
        elif name == b"ALPH" and width * height <= MOST_PIXELS:
            packed = file.read(length)
            if packed[:1] and packed[0] & 3 == 1:
                across, down = frame or (width, height)
                tables += tables_bytes(packed[1:], (min(across, width), min(down, height)))
        elif name == b"EXIF" and length <= _LONGEST_TEXT:
            orientation = exif_orientation(file.read(length)) or orientation
        elif name == b"XMP " and length <= _LONGEST_TEXT and not orientation:
            found = _XMP.search(file.read(length))
            orientation = int(found[1]) if found else 0
        place += 8 + length + (length & 1)
    extra = width * height * WEBP_BYTES + 2 * size + tables
    return Source("WEBP", file, orientation or 1, extra, (width, height))


def _bmp(file: BinaryIO, size: int) -> Source:
    """All of it. Pillow unpacks run lengths in Python, pixel by pixel, so few are enough."""
    start = file.read(34)
    if len(start) == 34 and start[30] in (1, 2):
        width, height = (abs(each) for each in struct.unpack_from("<ii", start, 18))
        return Source("BMP", file, 1, RUN_LENGTH_BYTES * width * height, (width, height))
    return Source("BMP", file)


def _pnm(file: BinaryIO, size: int) -> Source:
    """All of it; of plain text, if it is not full of comments."""
    if file.read(2) not in (b"P1", b"P2", b"P3"):
        return Source("PPM", file)
    count = 0
    while block := file.read(1 << 16):
        count += block.count(b"#")
    if count > MAX_COMMENTS:
        raise ValueError(f"more than {MAX_COMMENTS} comments")
    return Source("PPM", file, extra=PLAIN_PNM_BYTES)


def _tiff(file: BinaryIO, size: int) -> Source:
    """All of it, if its tags claim no more bytes than there are."""
    tags = _tags(file, size)
    offsets = [_numbers(file, tags, tag)[0] for tag in _EXIF_FOLDERS if tag in tags]
    claimed = _claimed(tags)
    for offset in offsets:  # Exif has one folder in it, Interop
        more = _tags(file, size, offset)
        claimed += _claimed(more)
        offsets += (
            [_numbers(file, more, 40965)[0]] if 40965 in more and len(offsets) < 9 else []
        )
    if claimed > size:
        raise ValueError("its tags claim more bytes than it has")
    if max(tags[tag][1] for tag in (273, 324) if tag in tags) > MAX_STRIPS:
        raise ValueError(f"more than {MAX_STRIPS} strips or tiles")
    width, height = (_numbers(file, tags, tag)[0] for tag in (256, 257))
    packing = _numbers(file, tags, 259, 1)[0]
    if packing not in _TIFF_PACKINGS:
        raise UnsupportedError("TIFF packed in an unusual way; save it as PNG or JPEG")
    samples = 1 if _numbers(file, tags, 284, 1)[0] == 2 else _numbers(file, tags, 277, 1)[0]
    bits = max(_numbers(file, tags, 258, 1)) * samples
    if 322 in tags:
        piece = _numbers(file, tags, 322)[0] * _numbers(file, tags, 323)[0]
    else:
        piece = width * min(height, _numbers(file, tags, 278, height)[0])
    # A packed strip or tile is unpacked whole; of JPEG, with all coefficients and as RGBA.
    extra = 0 if packing == _TIFF_RAW else piece * (bits + 7) // 8
    if packing == _TIFF_JPEG:
        extra += piece * 12
    if _numbers(file, tags, ORIENTATION, 1)[0] != 1:
        extra += width * height * (1 if bits <= 8 else 2 if bits == 16 else 4)
    return Source("TIFF", file, 1, extra, (width, height))


_Tags = dict[int, tuple[int, int, int, str]]
"""Tags of TIFF: type, count, where the value is, and the byte order for struct."""


def _tags(file: BinaryIO, size: int, offset: int | None = None) -> _Tags:
    """The tags at `offset`, or the first ones of the file. Raises ValueError."""
    file.seek(0)
    start = file.read(8)
    if start[:4] not in (b"II*\0", b"MM\0*"):
        raise ValueError("no header of TIFF")
    order = "<" if start[:1] == b"I" else ">"
    place = (
        struct.unpack(order + "I", start[4:8].ljust(4, b"\0"))[0] if offset is None else offset
    )
    if not 8 <= place < size:
        raise ValueError("tags outside of it")
    file.seek(place)
    count: int = struct.unpack(order + "H", _exactly(file, 2))[0]
    content = file.read(12 * count)
    tags: _Tags = {}
    for number in range(len(content) // 12):
        tag, kind, length, value = struct.unpack_from(order + "HHII", content, 12 * number)
        inline = length * _TIFF_SIZES.get(kind, 1) <= 4
        tags[tag] = kind, length, place + 10 + 12 * number if inline else value, order
    return tags


def _claimed(tags: _Tags) -> int:
    """How many bytes the values take, each counted as often as it is claimed."""
    return sum(count * _TIFF_SIZES.get(kind, 0) for kind, count, *_ in tags.values())


def _numbers(file: BinaryIO, tags: _Tags, tag: int, default: int | None = None) -> list[int]:
    """The first whole numbers of a tag, up to 16. Raises ValueError."""
    if tag not in tags and default is not None:
        return [default]
    kind, count, place, order = tags.get(tag, (0, 0, 0, "<"))
    letter = {1: "B", 3: "H", 4: "I"}.get(kind)
    if letter is None or count == 0:
        raise ValueError(f"tag {tag} is no number")
    file.seek(place)
    letters = f"{order}{min(count, 16)}{letter}"
    return list(struct.unpack(letters, _exactly(file, struct.calcsize(letters))))


def exif_orientation(exif: bytes) -> int:
    """The orientation that an EXIF block tells, 1 to 8; 0 if it is damaged or tells none."""
    block = exif.removeprefix(b"Exif\0\0")
    file = io.BytesIO(block)
    try:
        found = _numbers(file, _tags(file, len(block)), ORIENTATION)[0]
    except ValueError:
        return 0
    return found if 1 <= found <= 8 else 0


_FORMATS: tuple[tuple[bytes | tuple[bytes, ...], Callable[[BinaryIO, int], Source]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    ((b"GIF87a", b"GIF89a"), _gif),
    (b"RIFF", _webp),
    (b"BM", _bmp),
    ((b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"Pf"), _pnm),
    ((b"II*\0", b"MM\0*"), _tiff),
)

_REFUSED: tuple[tuple[bytes | tuple[bytes, ...], str], ...] = (
    ((b"%!PS", b"\xc5\xd0\xd3\xc6"), "EPS is a drawing; save it as PNG or JPEG"),
    (b"\xd7\xcd\xc6\x9a\0\0", "WMF is a drawing; save it as PNG or JPEG"),
    (b"%PDF", "PDF is not read; save the page as PNG or JPEG"),
)
