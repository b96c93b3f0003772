"""What the Huffman tables of lossless WebP take, found in its head without decoding pixels.

A lossless picture may have Huffman codes of its own for each block of 4x4 pixels. A decoder
makes tables of some 6 to 20 kB for each set of them, and a file of 300 kB can ask for 65,536
sets. Encoders make at most 2,600.

The format is that of RFC 9649, section 3; the names are, too.
"""

from __future__ import annotations

MOST_PIXELS = 16_000_000
"""A larger picture is refused."""

_ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
_LONGEST = 15  # bits of a code
_LENGTHS = 24  # prefixes of the lengths of copies, after the 256 values of green

Table = tuple[list[int], list[int], int]
"""Symbol and length in bits by the next bits, and a mask for so many of these."""


class _Bits:
    """A stream of bits, the lowest of each byte first. Raises ValueError at its end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0
        self._value = self._count = 0

    def _fill(self) -> None:
        part = self._data[self._place : self._place + 8]
        # Tables look further ahead than the last code goes, so zeros follow; not many.
        if not part and self._place > len(self._data) + 16:
            raise ValueError("it ends within its head")
        self._value |= int.from_bytes(part, "little") << self._count
        self._place += 8
        self._count += 64

    def read(self, count: int) -> int:
        """A number of so many bits."""
        if self._count < count:
            self._fill()
        found = self._value & ((1 << count) - 1)
        self._value >>= count
        self._count -= count
        return found

    def symbol(self, table: Table) -> int:
        """The symbol whose code comes next."""
        if self._count < _LONGEST:
            self._fill()
        at = self._value & table[2]
        length = table[1][at]
        self._value >>= length
        self._count -= length
        return table[0][at]


def tables_bytes(data: bytes, size: tuple[int, int] | None = None) -> int:
    """Bytes that the Huffman tables of a picture take at most. Raises ValueError.

    data : content of a chunk VP8L, or, with the `size` of the picture, what follows the first
        byte of a packed ALPH.
    """
    bits = _Bits(data)
    if size is None:
        if bits.read(8) != 0x2F:
            raise ValueError("no lossless WebP")
        size = bits.read(14) + 1, bits.read(14) + 1
        bits.read(4)
    width, height = size
    if width * height > MOST_PIXELS:
        raise ValueError("a lossless picture larger than its canvas may be")
    for _ in range(4):  # each transform at most once
        if not bits.read(1):
            break
        kind = bits.read(2)
        if kind < 2:  # predictors, or colours
            block = bits.read(3) + 2
            _values(bits, _blocks(width, block) * _blocks(height, block))
        elif kind == 3:  # a palette: several pixels in one
            colours = bits.read(8) + 1
            _values(bits, colours)
            width = _blocks(width, 3 if colours <= 2 else 2 if colours <= 4 else colours <= 16)
    else:
        if bits.read(1):
            raise ValueError("too many transforms")
    cache = bits.read(4) if bits.read(1) else 0
    if cache > 11:
        raise ValueError("a colour cache too large")
    groups = 1
    if bits.read(1):
        block = bits.read(3) + 2
        numbers = _values(bits, _blocks(width, block) * _blocks(height, block))
        # Up to a thousand, decoders make tables for the numbers that are left out, too.
        groups = max(len(numbers), min(max(numbers, default=0) + 1, 1000))
    return groups * 4 * (2954 + (1 << cache))


def _blocks(side: int, bits: int) -> int:
    return -(-side >> bits)


def _values(bits: _Bits, count: int) -> set[int]:
    """Red and green of a small picture's pixels, as one number; each that is there."""
    cache = bits.read(4) if bits.read(1) else 0
    if cache > 11:
        raise ValueError("a colour cache too large")
    green, red, blue, alpha, distance = (
        _table(bits, size)
        for size in (256 + _LENGTHS + (1 << cache if cache else 0), 256, 256, 256, 40)
    )
    found = set()
    done = 0
    while done < count:
        symbol = bits.symbol(green)
        if symbol < 256:
            found.add(bits.symbol(red) << 8 | symbol)
            bits.symbol(blue)
            bits.symbol(alpha)
            done += 1
        elif symbol < 256 + _LENGTHS:  # a copy of what was before
            done += _prefixed(bits, symbol - 256)
            _prefixed(bits, bits.symbol(distance))
        else:  # a colour that was before
            done += 1
    return found


def _prefixed(bits: _Bits, prefix: int) -> int:
    if prefix < 4:
        return prefix + 1
    extra = (prefix - 2) >> 1
    return ((2 + (prefix & 1)) << extra) + bits.read(extra) + 1


def _table(bits: _Bits, size: int) -> Table:
    """The code for an alphabet of `size` symbols."""
    lengths = [0] * size
    if bits.read(1):  # of one or two symbols
        two, wide = bits.read(1), bits.read(1)
        symbols = [bits.read(8 if wide else 1)] + ([bits.read(8)] if two else [])
        for each in symbols:
            if each >= size:
                raise ValueError("a symbol outside of its alphabet")
            lengths[each] = 1
        return _of_lengths(lengths)
    first = [0] * len(_ORDER)
    for place in _ORDER[: 4 + bits.read(4)]:
        first[place] = bits.read(3)
    of_lengths = _of_lengths(first)
    left = size
    if bits.read(1):
        left = 2 + bits.read(2 + 2 * bits.read(3))
    at, before = 0, 8
    while at < size and left > 0:
        left -= 1
        symbol = bits.symbol(of_lengths)
        if symbol < 16:
            lengths[at] = symbol
            at += 1
            before = symbol or before
            continue
        more, least = ((2, 3), (3, 3), (7, 11))[symbol - 16]
        repeated = least + bits.read(more)
        if at + repeated > size:
            raise ValueError("more symbols than its alphabet has")
        lengths[at : at + repeated] = [before if symbol == 16 else 0] * repeated
        at += repeated
    return _of_lengths(lengths)


def _of_lengths(lengths: list[int]) -> Table:
    """The canonical code; one symbol alone takes no bits. Raises ValueError."""
    used = [symbol for symbol, length in enumerate(lengths) if length]
    if len(used) == 1:
        return used, [0], 0
    longest = max(lengths)
    if sum(1 << (longest - lengths[symbol]) for symbol in used) != 1 << longest or not used:
        raise ValueError("no Huffman code")
    symbols, counts = [0] * (1 << longest), [0] * (1 << longest)
    code = 0
    for length in range(1, longest + 1):
        for symbol in used:
            if lengths[symbol] == length:
                reversed_ = int(f"{code:0{length}b}"[::-1], 2)
                step = 1 << length
                every = len(range(reversed_, 1 << longest, step))
                symbols[reversed_::step] = [symbol] * every
                counts[reversed_::step] = [length] * every
                code += 1
        code <<= 1
    return symbols, counts, (1 << longest) - 1
