"""Makes the bombs beside this file: zeros, far more than fit, in forms the tests do not make themselves.

    python3 -m venv env
    env/bin/pip install py7zr==1.1.4 zstandard==0.25.0
    env/bin/python make.py
"""

import bz2
import gzip
import lzma
import pathlib
import struct
import zlib

import py7zr
import zstandard

HERE = pathlib.Path(__file__).parent
MIB = bytes(1024 * 1024)


def stream(name, packer, count):
    with open(HERE / name, "wb") as out:
        for _ in range(count):
            out.write(packer.compress(MIB))
        out.write(packer.flush())


# 4 GiB in 3 kB, and less in what packs less well.
stream("zeros.bz2", bz2.BZ2Compressor(9), 4096)
stream("zeros.xz", lzma.LZMACompressor(preset=9), 512)
stream("zeros.zst", zstandard.ZstdCompressor(level=19).compressobj(), 1024)
with open("/tmp/zeros", "wb") as out:
    for _ in range(300):
        out.write(MIB)
with py7zr.SevenZipFile(HERE / "zeros.7z", "w") as archive:
    archive.write("/tmp/zeros", "zeros")


def bits(*fields):
    """Packs (value, count) pairs as deflate does; a negative count is a Huffman code, highest bit first."""
    line = []
    for value, count in fields:
        if count < 0:
            line += [(value >> place) & 1 for place in reversed(range(-count))]
        else:
            line += [(value >> place) & 1 for place in range(count)]
    line += [0] * (-len(line) % 8)
    return bytes(sum(bit << place for place, bit in enumerate(line[at : at + 8])) for at in range(0, len(line), 8))


def itself():
    """A gzip file that unpacks to itself, of twenty-two units of ten bytes each.

    L(n) is a stored block: the n units after it are output as they are. R(n) repeats the last n units of the output. P and
    S are what a gzip file begins and ends with. That this order of units outputs itself was found by a search.
    """
    empty = bytes.fromhex("000000ffff")
    fixed, end = (2, 3), (0, -7)

    def stored(units):
        return empty + b"\0" + struct.pack("<HH", units * 10, units * 10 ^ 0xFFFF)

    # 40 bytes from 40 back: length code 273 with 3 more bits, distance code 10 with 4; then an empty block for its length.
    four = bits(fixed, (17, -7), (5, 3), (10, -5), (7, 4), end, fixed, end, (0, 3)) + empty[1:]
    # 20 bytes from 20 back, as two times 10.
    two = bits(fixed, (8, -7), (8, -5), (3, 3), (8, -7), (8, -5), (3, 3), end, (0, 3)) + empty[1:]
    order = "P L0 L0 L4 P L0 L0 L4 R4 L4 R4 L4 R4 L4 R4 L4 S S R2 S R2 S".split()

    def whole(time, check):
        units = {
            "P": b"\x1f\x8b\x08\0" + struct.pack("<I", time) + b"\0\xff",
            "S": b"\x03\0" + struct.pack("<II", check, 220),
            "L0": stored(0),
            "L4": stored(4),
            "R4": four,
            "R2": two,
        }
        assert all(len(unit) == 10 for unit in units.values())
        return b"".join(units[unit] for unit in order)

    # The checksum is in what it is the checksum of. It is linear over bits: 32 equations, solvable for some times.
    for time in range(1000):
        base = zlib.crc32(whole(time, 0))
        rows = []
        for place in range(32):
            # Bit `place` of the result, for each bit of the checksum; and what is needed.
            rows.append(0)
        for bit in range(32):
            effect = zlib.crc32(whole(time, 1 << bit)) ^ base ^ (1 << bit)
            for place in range(32):
                rows[place] |= ((effect >> place) & 1) << bit
        rows = [row | ((base >> place) & 1) << 32 for place, row in enumerate(rows)]
        solution, used = 0, []
        for bit in range(32):
            pivot = next((at for at, row in enumerate(rows) if at not in used and row >> bit & 1), None)
            if pivot is None:
                break
            used.append(pivot)
            rows = [row ^ rows[pivot] if at != pivot and row >> bit & 1 else row for at, row in enumerate(rows)]
        else:
            for bit, pivot in enumerate(used):
                solution |= (rows[pivot] >> 32) << bit
            data = whole(time, solution)
            assert gzip.decompress(data) == data
            return data
    raise SystemExit("no solution")


(HERE / "itself.gz").write_bytes(itself())
