"""What to fetch of an archive."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch: all series that match."""

    study: str = ""  # Study Instance UID
    series: str = ""  # Series Instance UID
    accession: str = ""
    patient: str = ""  # Patient ID
    modality: str = ""
