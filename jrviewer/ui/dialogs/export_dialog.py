"""Export dialog: what, how, which slices, where to."""

from pathlib import Path
from typing import cast, get_args

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from jrviewer.core.records import Structure
from jrviewer.export.cloud_table import Points
from jrviewer.export.writer import ExportRequest
from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.dialogs.export_choices import FORMATS, MESHES, SHEETS, SKIN, Subject
from jrviewer.ui.state.preferences import Preferences

INDENT_PX = 26  # of what belongs to a check box


class ExportDialog(QDialog):
    """Emits an ExportRequest, and whether it is for the whole series."""

    requested = Signal(object, bool)
    folder_wanted = Signal(str)  # to be shown once the files are written

    def __init__(
        self, subject: Subject, preferences: Preferences, folder: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._subject, self._preferences = subject, preferences
        self.setWindowTitle(self.tr("Export"))
        self.cloud = QCheckBox(self.tr("Point cloud"))
        self.picture = QCheckBox(self.tr("Image of both slices with the notice (PNG)"))
        self.derived = QCheckBox(self.tr("Denoised slice as derived DICOM"))
        self.points = QComboBox()
        self.points.addItems([str(count) for count in get_args(Points)])
        self.format = QComboBox()
        self.format.addItems(
            [
                self.tr("PLY, binary"),
                self.tr("PLY, ASCII"),
                self.tr("VTP (ParaView, 3D Slicer)"),
                self.tr("CSV (a table)"),
            ]
        )
        self.sheet = QCheckBox(self.tr("Evidence sheet: one page with everything"))
        self.sheet_kind = QComboBox()
        self.sheet_kind.addItems(["PDF", "PNG"])
        self.surface = QCheckBox(self.tr("Measured surface of the series"))
        self.mesh_kind = QComboBox()
        self.mesh_kind.addItems(
            [self.tr("STL (printing; without words)"), "OBJ", self.tr("PLY (with labels)")]
        )
        self.opens = QCheckBox(self.tr("Show the folder afterwards"))
        self.skin = QComboBox()
        self.skin.addItems(
            [
                self.tr("automatic: not on heads (face)"),
                self.tr("with skin"),
                self.tr("without skin"),
            ]
        )
        if Structure.SKIN in subject.hidden:  # the file holds what the 3D view shows
            self.skin.setCurrentIndex(SKIN.index(False))
        self.difference = _note("")
        self.identity = QComboBox()
        self.identity.addItems(
            [
                self.tr("as in the source (stays in its study)"),
                self.tr("removed (PS3.15 Basic Profile)"),
            ]
        )
        self.this_slice = QRadioButton(self.tr("this slice"))
        if subject.slices > 1:
            self.this_slice.setText(self.tr("this one: {}").format(subject.place))
        self.series = QRadioButton(self.tr("whole series ({} slices)").format(subject.slices))
        self._scope = QButtonGroup(self)
        for button in (self.this_slice, self.series):
            self._scope.addButton(button)
        self.folder = QLineEdit(folder)
        self._browse = QPushButton(self.tr("Choose…"))
        self._browse.clicked.connect(self._ask_folder)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._recall()
        self._lay_out()
        for box in self._boxes:
            box.toggled.connect(self._allow)
        self.folder.textChanged.connect(self._allow)
        self.skin.currentIndexChanged.connect(self._allow)
        self._allow()

    def accept(self) -> None:
        """Remember the choices and emit the request."""
        self._remember()
        cloud, is_binary = FORMATS[self.format.currentIndex()]
        sheet = SHEETS[self.sheet_kind.currentIndex()]
        boxes = {cloud: self.cloud, "png": self.picture, "dcm": self.derived, sheet: self.sheet}
        has_surface = self.surface.isChecked()
        request = ExportRequest(
            folder=Path(self.folder.text()),
            points=cast(Points, int(self.points.currentText())),
            kinds=frozenset(kind for kind, box in boxes.items() if box.isChecked()),
            with_skin=SKIN[self.skin.currentIndex()],
            binary=is_binary,
            has_places=True,
            surface=MESHES[self.mesh_kind.currentIndex()] if has_surface else None,
            window=self._subject.window,
            blend=self._subject.blend,
            deidentify=self.identity.currentIndex() == 1,
        )
        super().accept()
        if self.opens.isChecked():
            self.folder_wanted.emit(self.folder.text())
        self.requested.emit(request, self.series.isChecked())

    def _lay_out(self) -> None:
        self._name_controls()
        rows = QVBoxLayout(self)
        rows.setSpacing(7)
        rows.addWidget(self.cloud)
        if self._subject.no_cloud_reason:
            rows.addWidget(_note(self._subject.no_cloud_reason))
        cloud = QFormLayout()
        cloud.setContentsMargins(INDENT_PX, 0, 0, 8)
        cloud.addRow(self.tr("Points"), self.points)
        cloud.addRow(self.tr("Format"), self.format)
        cloud.addRow(self.tr("Skin"), self.skin)
        rows.addLayout(cloud)
        rows.addWidget(self.difference)
        rows.addLayout(_beside(self.surface, self.mesh_kind))
        rows.addLayout(_beside(self.sheet, self.sheet_kind))
        rows.addWidget(self.picture)
        self._lay_out_derived(rows)
        self._lay_out_place(rows)
        rows.addWidget(self.opens)
        rows.addWidget(self.buttons)
        self.setMinimumWidth(540)

    def _name_controls(self) -> None:
        for widget, name in (
            (self.points, self.tr("Points of the cloud")),
            (self.format, self.tr("Format of the cloud")),
            (self.skin, self.tr("Skin in the cloud")),
            (self.identity, self.tr("Patient's identity in the derived DICOM")),
            (self.folder, self.tr("Folder to write to")),
            (self.sheet_kind, self.tr("Format of the evidence sheet")),
            (self.mesh_kind, self.tr("Format of the measured surface")),
        ):
            widget.setAccessibleName(name)

    def _lay_out_derived(self, rows: QVBoxLayout) -> None:
        """The derived DICOM, and what it holds of the patient."""
        rows.addWidget(self.derived)
        words = self.tr("Denoising strength, as shown: {}").format(self._subject.strength)
        rows.addWidget(_note(words))
        derived = QFormLayout()
        derived.setContentsMargins(INDENT_PX, 0, 0, 0)
        derived.addRow(self.tr("Identity"), self.identity)
        rows.addLayout(derived)
        face = self.tr(
            "▲ This may be a head: its slices together show a face, even if the identity is "
            "removed."
        )
        if self._subject.face:
            rows.addWidget(_note(face))
        kept = self.tr(
            "▲ The derived DICOM keeps the patient's identity unless it is removed here. The other "
            "files contain no patient identity."
        )
        rows.addWidget(_note(kept))

    def _lay_out_place(self, rows: QVBoxLayout) -> None:
        """Of which slices, and where to."""
        scope = QHBoxLayout()
        scope.addWidget(self.this_slice)
        scope.addWidget(self.series)
        scope.addStretch()
        rows.addLayout(scope)
        where = QHBoxLayout()
        where.addWidget(QLabel(self.tr("Folder")))
        where.addWidget(self.folder, 1)
        where.addWidget(self._browse)
        rows.addLayout(where)
        rows.addWidget(_note(self.tr("Existing files are kept: new files get new names.")))

    def _recall(self) -> None:
        preferences, has_cloud = self._preferences, not self._subject.no_cloud_reason
        self.cloud.setChecked(preferences.get("export/ply", True) and has_cloud)
        self.cloud.setEnabled(has_cloud)
        self.picture.setChecked(preferences.get("export/png", True))
        self.derived.setChecked(preferences.get("export/dcm", False))
        self.sheet.setChecked(preferences.get("export/sheet", False))
        _choose(self.sheet_kind, preferences.get("export/sheet kind", 0))
        self.surface.setEnabled(self._subject.has_surface)
        self.surface.setToolTip(
            ""
            if self._subject.has_surface
            else self.tr("Not measured yet, or the series is no volume: see the 3D view.")
        )
        _choose(self.mesh_kind, preferences.get("export/mesh kind", 0))
        self.opens.setChecked(preferences.get("export/show folder", False))
        self.points.setCurrentText(preferences.get("export/points", "4096"))
        _choose(self.format, preferences.get("export/format", 0))
        is_series = preferences.get("export/series", False) and self._subject.slices > 1
        self.series.setEnabled(self._subject.slices > 1)
        (self.series if is_series else self.this_slice).setChecked(True)

    def _remember(self) -> None:
        """Remember everything except skin, a choice per patient, and the folder, a path."""
        preferences = self._preferences
        if self.cloud.isEnabled():
            preferences.put("export/ply", self.cloud.isChecked())
        preferences.put("export/png", self.picture.isChecked())
        preferences.put("export/dcm", self.derived.isChecked())
        preferences.put("export/sheet", self.sheet.isChecked())
        preferences.put("export/sheet kind", self.sheet_kind.currentIndex())
        preferences.put("export/mesh kind", self.mesh_kind.currentIndex())
        preferences.put("export/show folder", self.opens.isChecked())
        preferences.put("export/points", self.points.currentText())
        preferences.put("export/format", self.format.currentIndex())
        preferences.put("export/series", self.series.isChecked())

    @property
    def _boxes(self) -> tuple[QCheckBox, ...]:
        return self.cloud, self.surface, self.sheet, self.picture, self.derived

    @Slot()
    def _allow(self) -> None:
        has_cloud = self.cloud.isChecked()
        for widget in (self.points, self.format):
            widget.setEnabled(has_cloud)
        self.skin.setEnabled(has_cloud or self.surface.isChecked())
        self.mesh_kind.setEnabled(self.surface.isChecked())
        self.sheet_kind.setEnabled(self.sheet.isChecked())
        self.difference.setText(words := self._difference())
        self.difference.setVisible(has_cloud and bool(words))
        self.identity.setEnabled(self.derived.isChecked())
        is_requested = any(box.isChecked() for box in self._boxes)
        self.go.setEnabled(is_requested and bool(self.folder.text().strip()))

    def _difference(self) -> str:
        """In what the cloud's file and the 3D view differ, "" if they agree."""
        hidden, chosen = self._subject.hidden, SKIN[self.skin.currentIndex()]
        has_skin = not self._subject.no_skin_by_default if chosen is None else chosen
        lines = []
        if Structure.SKIN not in hidden and not has_skin:
            lines.append(self.tr("▲ The 3D view shows the skin; the file leaves it out."))
        names = {
            Structure.SKIN: self.tr("the skin"),
            Structure.BONE: self.tr("bone"),
            Structure.AIR: self.tr("air in the body"),
        }
        written = [one for one in names if one in hidden and (one != Structure.SKIN or has_skin)]
        lines += [
            self.tr("▲ The 3D view hides {}; the file holds it.").format(names[one])
            for one in written
        ]
        return "\n".join(lines)

    @Slot()
    def _ask_folder(self) -> None:
        if chosen := file_dialogs.ask_export_folder(self, self.folder.text()):
            self.folder.setText(str(chosen))


def _choose(choice: QComboBox, index: int) -> None:
    """Choose what was remembered, unless there is no such entry: it may be edited by hand."""
    if 0 <= index < choice.count():
        choice.setCurrentIndex(index)


def _beside(box: QCheckBox, choice: QComboBox) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(box, 1)
    row.addWidget(choice)
    return row


def _note(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("note")
    label.setWordWrap(True)
    label.setIndent(26)
    return label
