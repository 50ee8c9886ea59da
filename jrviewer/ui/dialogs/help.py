"""Guide, model card, and versions, each in a window of its own."""

import json
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt, QUrl, Slot, qVersion
from PySide6.QtGui import QAction, QImage, QKeySequence, QTextDocument
from PySide6.QtWidgets import QDialog, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from jrviewer import NOTICE, __version__
from jrviewer.core.resources import resource

KEYS_MARK = "<!-- keys -->"  # where the guide's table of keys is inserted
LIBRARIES = (
    *("PySide6-Essentials", "torch", "numpy", "scipy", "pyvista", "cvista-rendering"),
    *("pydicom", "pillow"),
)
PICTURE_WIDTH_PX = 760


class Page(QTextBrowser):
    """A Markdown page with images from its folder. Follows no external links."""

    def __init__(self, markdown: str, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._go)
        self.document().setDocumentMargin(18)
        self.setMarkdown(markdown)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: ANN401 - as Qt has it
        """Load an image from the page's folder, scaled to the page's width."""
        file = QUrl(name).fileName()
        if kind != QTextDocument.ResourceType.ImageResource.value or self._folder is None:
            return None
        picture = QImage(str(self._folder / file))
        if picture.width() > PICTURE_WIDTH_PX:
            mode = Qt.TransformationMode.SmoothTransformation
            picture = picture.scaledToWidth(PICTURE_WIDTH_PX, mode)
        return picture

    def _go(self, link: QUrl) -> None:
        """Scroll to a heading, named as on GitHub, e.g. "the-3d-pane"."""
        block = self.document().begin()
        while block.isValid():
            words = "".join(one for one in block.text().lower() if one.isalnum() or one in " -")
            if block.blockFormat().headingLevel() and words.replace(" ", "-") == link.fragment():
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(round(top))
                return
            block = block.next()


class PageWindow(QDialog):
    """A page in a window of its own; not modal."""

    def __init__(self, title: str, page: Page, size: QSize, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.page = page
        page.setAccessibleName(title)
        self.rows = rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(page)
        self.resize(size)


def guide(actions: Sequence[QAction], parent: QWidget) -> PageWindow:
    """The user guide, with the keys of the actions."""
    path = resource("help/guide.md")
    text = path.read_text(encoding="utf-8").replace(KEYS_MARK, keys_table(actions))
    title = _tr("JRViewer – guide and keys")
    return PageWindow(title, Page(text, path.parent), QSize(860, 780), parent)


class ModelWindow(PageWindow):
    """The model's card as a page, its limits first; a button shows every field instead."""

    def __init__(self, parent: QWidget) -> None:
        path = resource("model/card.md")
        card = path.read_text(encoding="utf-8")
        fields = json.loads(resource("model/card.json").read_text(encoding="utf-8"))
        heading = _tr("# About the model\n\n**{}**\n").format(NOTICE)
        self._card, self._fields = card, "\n".join([heading, *card_lines(fields)])
        super().__init__(_tr("About the model"), Page(card, path.parent), QSize(860, 780), parent)
        self.switch = QPushButton()
        self.switch.setCheckable(True)
        self.switch.toggled.connect(self._show)
        self.rows.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignRight)
        self._show(is_all=False)

    @Slot(bool)
    def _show(self, is_all: bool) -> None:
        self.page.setMarkdown(self._fields if is_all else self._card)
        self.switch.setText(_tr("Back to the card") if is_all else _tr("All fields"))


def about_model(parent: QWidget) -> PageWindow:
    """The card of the bundled model."""
    return ModelWindow(parent)


def about(runs_on: str, parent: QWidget) -> PageWindow:
    """Versions and licence, and where the model runs, "" if it is not loaded yet."""
    kept = _tr("The model runs on **{}**: chosen once for this computer, and kept.\n")
    lines = [
        f"# JRViewer {__version__}\n",
        f"**{NOTICE}**\n",
        _tr(
            "Denoises one CT or MR slice and infers the anatomy around it as a point cloud. Runs "
            "entirely on this computer; this window never uses the network.\n"
        ),
        _tr("Apache License 2.0. The libraries below keep their own licences.\n"),
        kept.format(runs_on or _tr("(not loaded yet)")),
        f"- Python {platform.python_version()} · Qt {qVersion()} · {platform.system()}",
        *(f"- {name} {_version_of(name)}" for name in LIBRARIES),
    ]
    return PageWindow(_tr("About JRViewer"), Page("\n".join(lines)), QSize(520, 480), parent)


def keys_table(actions: Sequence[QAction]) -> str:
    """A Markdown table of every action that has a key."""
    rows = [f"| {_tr('Key')} | {_tr('What it does')} |", "| --- | --- |"]
    for action in actions:
        keys = [_key_text(key) for key in action.shortcuts()]
        if keys:
            meaning = action.toolTip().split("  (")[0]
            rows.append(f"| {', '.join(keys)} | {meaning} |")
    return "\n".join(rows)


def card_lines(value: Any, depth: int = 0, name: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """The content of a card as nested Markdown lists; underscores in names become spaces."""
    words = f"**{name.replace('_', ' ')}**" if name else ""
    indent = "    " * max(depth - 1, 0)
    if isinstance(value, dict):
        if words:
            yield f"{indent}- {words}"
        for key, one in value.items():
            yield from card_lines(one, depth + 1, key)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        yield f"{indent}- {words}"
        for number, one in enumerate(value, start=1):
            yield from card_lines(one, depth + 1, str(number))
    else:
        text = ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)
        yield f"{indent}- {words}: {text}"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def _key_text(key: QKeySequence) -> str:
    return key.toString(QKeySequence.SequenceFormat.NativeText)


def _version_of(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # start-up need not wait for it

    try:
        return version(name)
    except PackageNotFoundError:  # not recorded in a frozen program
        return _tr("(version not recorded)")


def _tr(text: str) -> str:
    return QCoreApplication.translate("help", text)
