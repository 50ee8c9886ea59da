"""What a file is that is no DICOM, as far as its first bytes tell."""

from jrviewer.core.errors import NotDicomError

_KINDS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"%PDF", "a PDF"),
    (b"ply", "a PLY surface or point cloud"),
    (b"NRRD", "an NRRD volume"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
)
_OPENED = "JRViewer opens DICOM files, folders, ZIPs and DICOMDIRs."


def not_dicom(head: bytes = b"") -> NotDicomError:
    """The error for a file that begins so."""
    kind = next((kind for first, kind in _KINDS if head.startswith(first)), "")
    said = f"This is not a DICOM file but {kind}." if kind else "This is not a DICOM file."
    return NotDicomError(f"{said} {_OPENED}")
