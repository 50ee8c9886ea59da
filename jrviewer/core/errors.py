"""What can go wrong for a user, each as a sentence that says what, why and what to do next.

Messages never hold patient data: no names, numbers, dates, UIDs or file paths. Whoever shows one
adds the file's name on screen. Anything that is not a JRViewerError is a bug and must be seen as
one.
"""

from collections.abc import Sequence


class JRViewerError(Exception):
    """Something the user can understand and act on."""


class NotDicomError(JRViewerError):
    """The file is no DICOM object at all."""


class MissingFileError(NotDicomError):
    """There is no file where one was listed or asked for: it may have been an image."""


class EmptyFileError(NotDicomError):
    """The file holds no bytes."""


class NoImageError(JRViewerError):
    """A valid DICOM object without pixels, such as a structured report."""


class UnsupportedImageError(JRViewerError):
    """An image of a kind that this version does not decode or show."""


class CorruptFileError(JRViewerError):
    """A DICOM object whose content contradicts itself or ends too early."""


class ModelError(JRViewerError):
    """The bundled weights are missing, changed or unfit for this version."""


class DeviceError(ModelError):
    """The graphics processor that was asked for is not there, or cannot run the model."""


class DeviceMemoryError(JRViewerError):
    """The graphics processor has too little free memory for this slice; the CPU still can."""


class InputRefusedError(JRViewerError):
    """The input check is red: the model was not run, as it was not asked to run anyway.

    `reasons` are the sentences of all findings, those that are only amber too.
    """

    def __init__(self, message: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)


class ExportError(JRViewerError):
    """An export could not be written; the target is as it was before."""


class NameTakenError(ExportError):
    """There is a file of that name already; it was left as it is."""


class Cancelled(Exception):  # noqa: N818 - not an error: the user has moved on
    """Raised by a report when the user has asked for something else."""
