"""Reading and writing DICOM.

`read` turns files, folders, ZIP archives and DICOMDIRs into series of slices, or into a sentence
for each file that is not shown; `write_derived` writes derived objects of predictions. This is the
only package that imports pydicom and the decoders; each function is imported on first use, so that
importing the package is cheap. It imports no window, model or export.
"""

import importlib
from typing import TYPE_CHECKING, Any

from jrviewer.dicom.results import Looked, Opened, Refused, Row, Status
from jrviewer.dicom.writing.uid_map import UidMap, new_key

if TYPE_CHECKING:
    from jrviewer.dicom.common.find_files import files_below
    from jrviewer.dicom.common.sop_classes import is_image as is_image_class
    from jrviewer.dicom.decoding.codec_samples import failing_codecs
    from jrviewer.dicom.decoding.process import close, decoders
    from jrviewer.dicom.reading.inspect import inspect
    from jrviewer.dicom.reading.look import look
    from jrviewer.dicom.reading.read import read
    from jrviewer.dicom.writing.write import write_derived, write_phantom

__all__ = [
    "Looked",
    "Opened",
    "Refused",
    "Row",
    "Status",
    "UidMap",
    "close",
    "decoders",
    "failing_codecs",
    "files_below",
    "inspect",
    "is_image_class",
    "look",
    "new_key",
    "read",
    "write_derived",
    "write_phantom",
]

_MODULES = {
    "close": "decoding.process",
    "decoders": "decoding.process",
    "failing_codecs": "decoding.codec_samples",
    "files_below": "common.find_files",
    "inspect": "reading.inspect",
    "is_image_class": "common.sop_classes",
    "look": "reading.look",
    "read": "reading.read",
    "write_derived": "writing.write",
    "write_phantom": "writing.write",
}


_OTHER_NAMES = {"is_image_class": "is_image"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as the type checker sees it above
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    return getattr(module, _OTHER_NAMES.get(name, name))
