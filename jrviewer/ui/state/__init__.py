"""What is open, shown and known: QObjects without widgets."""
