"""The paper's intended data, LIDC-IDRI as TCIA ships it: `python -m training lidc`."""
