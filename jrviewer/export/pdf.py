"""A picture as a PDF of one page (ISO 32000-1), with words of its own as comments.

No library: a page that holds one lossless picture needs six objects.
"""

import zlib

from jrviewer.core.records import UInt8Array

_A4_WIDTH_PT = 595.276


def pdf_of(picture: UInt8Array, title: str, lines: tuple[str, ...]) -> bytes:
    """A page as wide as A4 that is filled by a picture (height, width, RGB).

    `lines` stand as comments between the trailer and where the table of objects is named, where no
    offset depends on them. `title` and `lines` are ASCII.
    """
    return _file_of(_page(picture, title), lines)


def _page(picture: UInt8Array, title: str) -> list[bytes]:
    """The objects of the file, the first of which is numbered 1."""
    height, width = picture.shape[:2]
    tall = _A4_WIDTH_PT * height / width
    packed = zlib.compress(picture.tobytes(), 6)
    content = f"q {_A4_WIDTH_PT:.3f} 0 0 {tall:.3f} 0 0 cm /Page Do Q".encode()
    escaped = title.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_A4_WIDTH_PT:.3f} {tall:.3f}] "
        "/Contents 4 0 R /Resources << /XObject << /Page 5 0 R >> >> >>".encode(),
        _stream(b"", content),
        _stream(
            f"/Type /XObject /Subtype /Image /Width {width} /Height {height} "
            "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode ".encode(),
            packed,
        ),
        f"<< /Title ({escaped}) /Producer (JRViewer) >>".encode(),
    ]


def _file_of(objects: list[bytes], lines: tuple[str, ...]) -> bytes:
    """Header, objects, the table of where they lie, and the trailer with the lines."""
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, one in enumerate(objects, start=1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    table = len(file)
    file += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    file += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    file += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 6 0 R >>\n".encode()
    file += "".join(f"% {line}\n" for line in lines).encode("ascii")
    file += f"startxref\n{table}\n%%EOF\n".encode()
    return bytes(file)


def _stream(entries: bytes, content: bytes) -> bytes:
    head = b"<< " + entries + f"/Length {len(content)} >>\nstream\n".encode()
    return head + content + b"\nendstream"
