"""Every command of the window: its words, keys, icon and place in the menus, as one table.

Toolbars and buttons on the view only mirror these. A key without Ctrl or Alt works only while the view has the
focus (WCAG 2.1.4); such keys belong to :mod:`twin.ui.navigator` and are listed in :data:`VIEW_KEYS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from twin.text import N_, tr
from twin.ui import icons
from twin.ui.settings import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from PySide6.QtWidgets import QMainWindow

    from twin.ui.keymap import KeyMap

Needs = Literal[
    "", "project", "writable", "modified", "undo", "redo", "selection", "back", "forward", "road", "street",
    "building", "removable", "scenarios", "timed",
]  # fmt: skip


@dataclass(frozen=True)
class Command:
    """A command: id, menu text with its mnemonic, one line of what it does, keys, icon, when it can be used."""

    id: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: Needs = ""
    checkable: bool = False
    role: QAction.MenuRole = QAction.MenuRole.NoRole


_FILE = (
    Command("new", N_("&New from file…"), N_("Make a project from city files"), ("Ctrl+N",), "new"),
    Command("open", N_("&Open…"), N_("Open a project folder"), ("Ctrl+O",), "open"),
    Command("demo", N_("Open the &demo"), N_("Open the synthetic demo district")),
    Command("save", N_("&Save"), N_("Save the project"), ("Ctrl+S",), "save", "modified"),
    Command("save_as", N_("Save &as…"), N_("Save as a new project and go on there"), ("Ctrl+Shift+S",), "", "project"),
    Command("import", N_("Add da&ta…"), N_("Read city files into this project"), ("Ctrl+L",), "import", "project"),
    Command(
        "people", N_("Add areas or &people…"),
        N_("Read a map of areas, or a table of people by group, and join it by code"), (), "", "writable",
    ),
    Command(
        "counts", N_("Add t&raffic counts…"), N_("Read traffic counts and put them on the streets they were made on"),
        (), "", "writable",
    ),
    Command(
        "sources", N_("So&urces…"), N_("Owner, licence and class of all data in the project"), (), "", "project",
    ),
    Command(
        "ethics", N_("Note on eth&ics…"), N_("Say whose data these are, by which right, and what must not be done"),
        (), "", "project",
    ),
    Command(
        "export", N_("&Export picture…"), N_("Save the view as a picture with legend and sources"),
        ("Ctrl+Shift+E",), "picture", "project",
    ),
    Command(
        "close", N_("&Close project"), N_("Close the project and go to the start page"), ("Ctrl+W",), "", "project"
    ),
    Command("quit", N_("&Quit"), N_("Leave the program"), ("Ctrl+Q",), role=QAction.MenuRole.QuitRole),
)  # fmt: skip

_EDIT = (
    Command(
        "palette", N_("&Find anything…"), N_("Commands, layers, views, scenarios, streets and addresses by name"),
        ("Ctrl+K",), "search",
    ),
    Command("undo", N_("&Undo"), N_("Take back the last change"), ("Ctrl+Z",), "undo", "undo"),
    Command("redo", N_("&Redo"), N_("Do again what was taken back"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "redo"),
    Command(
        "deselect", N_("&Deselect"), N_("Let go of what is selected (Esc in the view)"), ("Ctrl+Shift+A",), "",
        "selection",
    ),
    Command(
        "copy_place", N_("Copy the &coordinates of the view's middle"),
        N_("Put east, north and height on the clipboard"), ("Ctrl+Alt+C",), "copy", "project",
    ),
)  # fmt: skip

_VIEW = (
    Command(
        "whole", N_("&Whole city"), N_("Show the whole city (Home in the view)"), ("Ctrl+Shift+F",), "home", "project"
    ),
    Command(
        "to_selection", N_("Zoom to &selection"), N_("Fly to what is selected"), ("Ctrl+J",), "target", "selection"
    ),
    Command("zoom_in", N_("Zoom &in"), N_("Closer (+ in the view)"), ("Ctrl+Alt++", "Ctrl++"), "plus", "project"),
    Command("zoom_out", N_("Zoom &out"), N_("Farther (− in the view)"), ("Ctrl+Alt+-", "Ctrl+-"), "minus", "project"),
    Command(
        "top", N_("&Top view"), N_("Look straight down at a true scale (T in the view)"), ("Ctrl+M",), "top", "project",
        checkable=True,
    ),
    Command(
        "north", N_("&North up"), N_("Turn the view north up (N in the view)"), ("Ctrl+Shift+N",), "north", "project"
    ),
    Command(
        "halves", N_("Si&de by side"), N_("The scenario and its reference in two halves, with one camera"),
        ("Ctrl+Alt+S",), "halves", "project", checkable=True,
    ),
    Command(
        "curtain", N_("C&urtain"), N_("The reference behind a curtain that is drawn aside"), ("Ctrl+Alt+T",), "",
        "project", checkable=True,
    ),
    Command(
        "sunlight", N_("Sun o&f the time"), N_("Light and shadows as the sun stands at the time shown, else now"),
        ("Ctrl+Alt+L",), "", "project", checkable=True,
    ),
    Command(
        "section", N_("Se&ction"), N_("Cut the city open across the middle of the view, where it is looked at now"),
        ("Ctrl+Alt+X",), "", "project", checkable=True,
    ),
    Command("back", N_("&Previous view"), N_("Go back to where the camera was"), ("Alt+Left",), "back", "back"),
    Command("forward", N_("Ne&xt view"), N_("Go forward again"), ("Alt+Right",), "forward", "forward"),
    Command(
        "bookmark", N_("New &bookmark"), N_("Keep this view under a name"), ("Ctrl+B",), "bookmark-add", "project"
    ),
)  # fmt: skip

_WINDOW = (
    Command("layers", N_("&Layers"), N_("Show or hide the layer tree"), ("Ctrl+1",), "layers", "project", True),
    Command(
        "questions", N_("Wh&at if…?"), N_("Show or hide the guided questions"), ("Ctrl+8",), "help", "project", True
    ),
    Command("inspector", N_("&Inspector"), N_("Show or hide the inspector"), ("Ctrl+2",), "info", "project", True),
    Command(
        "bookmarks", N_("Book&marks"), N_("Show or hide the bookmarks"), ("Ctrl+3", "Ctrl+Shift+B"), "bookmark",
        "project", True,
    ),
    Command("jobs", N_("Background &work"), N_("Show or hide what works in the background"), ("Ctrl+4",), "clock",
            "project", True),
    Command(
        "scenarios", N_("&Scenarios"), N_("Show or hide the scenarios and their edits"), ("Ctrl+5",), "branch",
        "project", True,
    ),
    Command(
        "indicators", N_("In&dicators"), N_("Show or hide the table of indicators"), ("Ctrl+6",), "table", "project",
        True,
    ),
    Command(
        "streets", N_("Street ta&ble"), N_("Show or hide all streets as a table, to change several at once"),
        ("Ctrl+Shift+6",), "", "project", True,
    ),
    Command("sensors", N_("Se&nsors"), N_("Show or hide what sensors measure"), ("Ctrl+Shift+M",), "live",
            "project", True),
    Command(
        "traffic", N_("Traffi&c"), N_("Show or hide the traffic of the street selected and the fit to counts"),
        ("Ctrl+Shift+7",), "", "project", True,
    ),
    Command(
        "parameters", N_("&Parameters"), N_("Show or hide what the models assume"), ("Ctrl+7",), "", "project", True
    ),
    Command(
        "identify", N_("&Go to the inspector"), N_("Put the focus into the inspector"), ("Ctrl+Shift+I",), "", "project"
    ),
    Command("focus_view", N_("Go to the &view"), N_("Put the focus into the view"), ("Ctrl+0",), "", "project"),
    Command("panels", N_("&Hide all panels"), N_("More room for the view"), ("Ctrl+Alt+P",), "", "project", True),
    Command(
        "map_only", N_("View &only"), N_("The view and nothing else; the same keys bring all back"), ("Ctrl+Alt+F",),
        "", "project", True,
    ),
    Command("settings", N_("S&ettings…"), N_("Colours, text size and keys"), ("Ctrl+Shift+P",), "",
            role=QAction.MenuRole.PreferencesRole),
    Command("reset", N_("&Reset layout"), N_("Put all panels back where they were at first")),
    Command("refresh", N_("Re&fresh"), N_("Draw the view again"), ("F5",), "", "project"),
    Command("fullscreen", N_("F&ull screen"), N_("Use the whole screen"), ("F11",), "fullscreen", "", True),
)  # fmt: skip

_SCENARIO = (
    Command(
        "what_if", N_("What &if…?"), N_("Ask a guided question and get the answer in one sentence"), ("Ctrl+E",),
        "help", "project",
    ),
    Command(
        "new_scenario", N_("&New scenario from this"), N_("Copy the scenario worked on, with its edits"),
        ("Ctrl+Alt+N",), "branch", "project",
    ),
    Command(
        "draw_path", N_("Draw a &footbridge or path"), N_("Draw a link of the walk network from a start to an end"),
        ("Ctrl+D",), "bridge", "project", checkable=True,
    ),
    Command(
        "draw_building", N_("Draw a &building"), N_("Draw a footprint and say how high it is built"),
        ("Ctrl+Shift+D",), "building", "project", checkable=True,
    ),
    Command(
        "next_scenario", N_("Ne&xt scenario"), N_("Work on the next scenario of the list"), ("Ctrl+PgDown",), "",
        "scenarios",
    ),
    Command(
        "previous_scenario", N_("&Previous scenario"), N_("Work on the scenario before in the list"), ("Ctrl+PgUp",),
        "", "scenarios",
    ),
    Command(
        "close_link", N_("&Close street here"), N_("Close the selected piece of the street to all traffic"),
        ("Ctrl+Alt+K",), "", "road",
    ),
    Command(
        "close_street", N_("Close the &whole street"), N_("Close all of the street of this name to all traffic"), (),
        "", "street",
    ),
    Command(
        "change_height", N_("Change &height…"), N_("Try another height for the selected building"), ("Ctrl+Alt+H",),
        "", "building",
    ),
    Command(
        "remove_thing", N_("&Remove from the scenario"), N_("Take the selected building or walk link away"),
        ("Ctrl+Del",), "trash", "removable",
    ),
)  # fmt: skip

_TIME = (
    Command(
        "play", N_("&Play"), N_("Play time, or stop it (Space in the view)"), ("Ctrl+Shift+Space",), "play",
        "timed", True,
    ),
    Command("time_on", N_("Step &on"), N_("Go a step on in time"), ("Ctrl+.",), "step-on", "timed"),
    Command("time_back", N_("Step &back"), N_("Go a step back in time"), ("Ctrl+,",), "step-back", "timed"),
    Command("time_start", N_("To the be&ginning"), N_("Go to the beginning of the stretch"), (), "to-start", "timed"),
    Command("time_end", N_("To the &end"), N_("Go to the end of the stretch"), (), "to-end", "timed"),
    Command("live", N_("&Live"), N_("Show what is measured now"), ("Ctrl+Shift+L",), "live", "project", True),
    Command("loop", N_("&Repeat"), N_("Begin again at the end"), (), "loop", "project", True),
    Command("time_bar", N_("&Time bar"), N_("Show or hide the time bar"), ("Ctrl+9",), "clock", "project", True),
)  # fmt: skip

_LAYER = (
    Command("show_all", N_("&Show all layers"), N_("Show every layer"), ("Ctrl+Shift+U",), "eye", "project"),
    Command("hide_all", N_("&Hide all layers"), N_("Hide every layer"), ("Ctrl+Shift+H",), "eye-off", "project"),
    Command(
        "reload_dropins",
        N_("&Load drop-ins anew"),
        N_("Take changes in layer files without a restart"),
        ("Ctrl+Shift+F5",),
        "refresh",
        "project",
    ),
)

_HELP = (
    Command("keys", N_("&Keys and mouse"), N_("What the keys and the mouse do"), ("Ctrl+?", "F1"), "keyboard"),
    Command("glossary", N_("&Glossary"), N_("Terms of segregation and exposure, in Swedish and English")),
    Command("report", N_("&Copy technical details"), N_("Versions and the graphics card, to report a problem")),
    Command("about", N_("&About Stockholm twin"), N_("Version, licence and what it is built on"),
            role=QAction.MenuRole.AboutRole),
)  # fmt: skip

LAYER_MENU = N_("&Layer")
"""Besides its own commands it has those of the layer panel, which knows which layer is current."""

MENUS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    (N_("&File"), _FILE),
    (N_("&Edit"), _EDIT),
    (N_("&View"), _VIEW),
    (LAYER_MENU, _LAYER),
    (N_("&Scenario"), _SCENARIO),
    (N_("&Time"), _TIME),
    (N_("&Window"), _WINDOW),
    (N_("&Help"), _HELP),
)

SEPARATE_BEFORE = {"save", "import", "close", "quit", "deselect", "top", "halves", "sunlight", "back", "bookmark",
                   "identify", "panels", "settings", "report", "about", "close_link", "next_scenario", "draw_path",
                   "new_scenario", "live", "time_bar"}  # fmt: skip

TOOLBAR = ("open", "save", "", "undo", "redo", "", "what_if", "draw_path", "draw_building", "", "import", "export")

WITH_TEXT = {"import", "export", "what_if"}
"""Buttons of the toolbar that also say their name."""

ON_VIEW = ("top", "zoom_in", "zoom_out", "whole", "halves")

THEME_TEXTS = {
    "system": N_("As the &system"),
    "light": N_("&Light"),
    "dark": N_("&Dark"),
    "contrast": N_("&High contrast"),
}

LANGUAGE_TEXTS = {"sv": "&Svenska", "en": "&English"}

VIEW_KEYS: tuple[tuple[str, str], ...] = (
    (N_("Drag with the left button"), N_("Move over the map")),
    (N_("Drag with the right button, or Ctrl or Shift with the left"), N_("Turn and tilt")),
    (N_("Wheel, pinch"), N_("Zoom to the pointer")),
    (N_("Click"), N_("Select")),
    (N_("Double-click"), N_("Fly there")),
    (N_("Arrow keys"), N_("Move over the map")),
    (N_("Shift with arrow keys"), N_("Turn and tilt")),
    (N_("+ and −"), N_("Zoom")),
    (N_("Home, 0"), N_("Whole city")),
    (N_("N"), N_("North up")),
    (N_("T, 7"), N_("Top view and back")),
    (N_("Enter"), N_("Select, or draw to, what is in the middle")),
    (N_("Esc"), N_("Deselect, or put a drawing tool down")),
    (N_("Space"), N_("Play time, or stop it")),
    (N_("Right click"), N_("What can be done there")),
    (N_("Backspace"), N_("Take back the last point drawn")),
)
"""What mouse and keys do while the view has the focus."""


class Actions(QObject):
    """The commands as Qt actions of one window, in its language and theme."""

    def __init__(self, window: QMainWindow, lang: str) -> None:
        super().__init__(window)
        self._commands = {command.id: command for _, commands in MENUS for command in commands}
        self._actions: dict[str, QAction] = {}
        self._lang = lang
        for name, command in self._commands.items():
            action = QAction(window)
            action.setObjectName(f"action.{name}")
            action.setCheckable(command.checkable)
            action.setShortcuts([QKeySequence(key) for key in command.keys])
            action.setMenuRole(command.role)
            self._actions[name] = action
            window.addAction(action)
        self.themes = self._group(window, "theme", THEMES)
        self.languages = self._group(window, "language", LANGUAGE_TEXTS)
        self.retranslate(lang)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def connect_all(self, handlers: Mapping[str, Callable[[], object]]) -> None:
        """Connect each command to what it does; every command must have its handler.

        Raises
        ------
        KeyError
            When a command has no handler, or a handler no command.
        """
        if set(handlers) != set(self._actions):
            raise KeyError(f"commands and handlers differ: {sorted(set(handlers) ^ set(self._actions))}")
        for name, handler in handlers.items():
            self._actions[name].triggered.connect(lambda _checked=False, call=handler: call())

    def retranslate(self, lang: str) -> None:
        """Say all commands in a language."""
        self._lang = lang
        for name, command in self._commands.items():
            action = self._actions[name]
            text, tip = tr(command.text, lang), tr(command.tip, lang)
            action.setText(text)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            plain = text.replace("&", "").rstrip("…")
            action.setToolTip(f"{plain} ({keys})\n{tip}" if keys else f"{plain}\n{tip}")
            action.setStatusTip(tip)
            action.setIconText(plain)
        for action in self.themes.actions():
            action.setText(tr(THEME_TEXTS[str(action.data())], lang))
        for action in self.languages.actions():
            action.setText(LANGUAGE_TEXTS[str(action.data())])
        self.recolour()

    def take_keys(self, keys: KeyMap) -> None:
        """Give the commands their keys."""
        for name, action in self._actions.items():
            action.setShortcuts([QKeySequence(key) for key in keys.keys(name)])
        self.retranslate(self._lang)

    def recolour(self) -> None:
        """Paint the icons in the theme's colours."""
        for name, command in self._commands.items():
            if command.icon:
                self._actions[name].setIcon(icons.icon(command.icon))

    def enable(self, can: Mapping[Needs, bool]) -> None:
        """Enable what can be used now; ``can`` says for each need whether it is met."""
        for name, command in self._commands.items():
            self._actions[name].setEnabled(not command.needs or can[command.needs])

    def label_undo(self, undo: str, redo: str) -> None:
        """Say what undo and redo would do; texts are English of the catalogue, "" for nothing."""
        for name, what, pattern in (("undo", undo, N_("&Undo: {what}")), ("redo", redo, N_("&Redo: {what}"))):
            text = (
                tr(pattern, self._lang, what=tr(what, self._lang))
                if what
                else tr(self._commands[name].text, self._lang)
            )
            self._actions[name].setText(text)

    def _group(self, window: QMainWindow, kind: str, choices: Iterable[str]) -> QActionGroup:
        group = QActionGroup(window)
        for choice in choices:
            action = group.addAction("")
            action.setObjectName(f"action.{kind}.{choice}")
            action.setCheckable(True)
            action.setData(choice)
        return group
