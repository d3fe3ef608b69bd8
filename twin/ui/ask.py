"""The few questions the program asks; each names what happens, and the safe answer is the default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from babel import dates
from PySide6.QtWidgets import QMessageBox, QPushButton

from twin.text import tr

if TYPE_CHECKING:
    from datetime import datetime

    from PySide6.QtWidgets import QWidget

    from twin.disk.versions import Recovery
    from twin.project import Project

_Role = QMessageBox.ButtonRole
_LOCALES = {"sv": "sv_SE", "en": "en_GB"}


def _box(parent: QWidget, title: str, text: str, more: str = "") -> QMessageBox:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(more)
    return box


def _button(box: QMessageBox, text: str, role: QMessageBox.ButtonRole, *, first: bool = False) -> QPushButton:
    button = box.addButton(text, role)
    button.setAccessibleName(text)
    if first:
        box.setDefaultButton(button)
    return button


def _answer(box: QMessageBox) -> QPushButton | None:
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return clicked if isinstance(clicked, QPushButton) else None


def unsaved(parent: QWidget, name: str, lang: str) -> Literal["save", "discard", "cancel"]:
    """Ask about unsaved work before it would be lost."""
    box = _box(
        parent, tr("Unsaved changes", lang), tr("Save the changes in {name}?", lang, name=name),
        tr("What is not saved will be lost.", lang),
    )  # fmt: skip
    save = _button(box, tr("Save", lang), _Role.AcceptRole, first=True)
    discard = _button(box, tr("Do not save", lang), _Role.DestructiveRole)
    box.setEscapeButton(_button(box, tr("Cancel", lang), _Role.RejectRole))
    clicked = _answer(box)
    return "save" if clicked is save else "discard" if clicked is discard else "cancel"


def read_only(parent: QWidget, reason: str, lang: str) -> bool:
    """Ask whether a project that another window holds should be opened for reading."""
    box = _box(parent, tr("The project is in use", lang), reason)
    yes = _button(box, tr("Open for reading", lang), _Role.AcceptRole, first=True)
    box.setEscapeButton(_button(box, tr("Cancel", lang), _Role.RejectRole))
    return _answer(box) is yes


def recovery(parent: QWidget, project: Project, found: Recovery, lang: str) -> bool:
    """Ask whether to go on from an automatic save that is later than the project's own; nothing is lost by either."""

    def said(moment: datetime) -> str:
        locale = _LOCALES.get(lang, "en_GB")
        return str(dates.format_datetime(moment.astimezone(), "yyyy-MM-dd HH:mm:ss", locale=locale))

    changes = ", ".join(tr(title, lang) for title in found.what)
    box = _box(
        parent,
        tr("Unsaved work was found", lang),
        tr("The program ended unexpectedly while {name} was open.", lang, name=project.name),
        tr(
            "An automatic save from {automatic} differs from what you saved at {saved} in: {changes}.", lang,
            automatic=said(found.when), saved=said(project.saved), changes=changes,
        ),
    )  # fmt: skip
    restore = _button(box, tr("Restore", lang), _Role.AcceptRole, first=True)
    saved = _button(box, tr("Open what was saved", lang), _Role.RejectRole)
    box.setEscapeButton(restore)
    return _answer(box) is not saved


def where_to(parent: QWidget, lang: str) -> Literal["new", "copy", "cancel"]:
    """Ask where files should go when the open project is read-only."""
    box = _box(
        parent, tr("The project is read-only", lang),
        tr("Files cannot be added to a project that is open for reading only.", lang),
        tr("Make a new project from the files, or save this one under another name and add them there.", lang),
    )  # fmt: skip
    new = _button(box, tr("New project…", lang), _Role.AcceptRole, first=True)
    copy = _button(box, tr("Save as…", lang), _Role.ActionRole)
    box.setEscapeButton(_button(box, tr("Cancel", lang), _Role.RejectRole))
    clicked = _answer(box)
    return "new" if clicked is new else "copy" if clicked is copy else "cancel"


def grid_as_layer(parent: QWidget, name: str, lang: str) -> bool:
    """Ask whether a grid is a layer of its own; else it is the ground of the city."""
    box = _box(
        parent,
        tr("What is {name}?", lang, name=name),
        tr("A grid can be the ground of the city, or data shown on it.", lang),
        tr("Heights of the ground carry streets and houses; all else (noise, land cover, a picture) is a layer.", lang),
    )  # fmt: skip
    layer = _button(box, tr("Show as a layer", lang), _Role.AcceptRole, first=True)
    box.setEscapeButton(_button(box, tr("Ground of the city", lang), _Role.RejectRole))
    return _answer(box) is layer


def trust(parent: QWidget, name: str, files: list[str], digest: str, lang: str) -> bool:
    """Ask whether code that a project brings may run."""
    box = _box(
        parent,
        tr("The project brings program code", lang),
        tr("{name} wants to run code of its own: {files}.", lang, name=name, files=", ".join(files[:8])),
        tr(
            "Code can do whatever you can do on this computer. Let it run only if you know who wrote it. If it is "
            "changed you are asked again. SHA-256: {digest}", lang, digest=digest,
        ),
    )  # fmt: skip
    run = _button(box, tr("Let it run", lang), _Role.AcceptRole)
    box.setEscapeButton(_button(box, tr("Open without its code", lang), _Role.RejectRole, first=True))
    return _answer(box) is run
