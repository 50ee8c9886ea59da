"""Dialogs: files, export, settings, help."""
