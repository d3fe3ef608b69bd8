"""Short questions to the graphics of this computer, asked in a child process because drivers crash."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from twin.errors import JobFailed

if TYPE_CHECKING:
    from twin.jobs import Job


def opengl(job: Job) -> str:
    """Draw an empty picture off-screen and return renderer and version.

    Raises
    ------
    JobFailed
        When there is no OpenGL 3.2, which the shaders need.
    """
    from vtkmodules.vtkRenderingCore import vtkRenderWindow
    from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLRenderWindow

    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(32, 32)
    window.Render()
    if not isinstance(window, vtkOpenGLRenderWindow) or not window.SupportsOpenGL():
        raise JobFailed("There is no OpenGL 3.2 here. Install a graphics driver, or Mesa for drawing without one.")
    lines = dict(line.split(":", 1) for line in window.ReportCapabilities().splitlines() if ":" in line)
    words = [lines.get(f"OpenGL {what} string", "").strip() for what in ("renderer", "version")]
    return ", ".join(word for word in words if word)


def window_system(job: Job) -> str:
    """Start Qt without opening a window and return its platform and version.

    Raises
    ------
    JobFailed
        When there is no display to open a window on.
    """
    from PySide6.QtCore import qVersion
    from PySide6.QtGui import QGuiApplication

    if sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
        if not os.environ.get("DISPLAY") and os.environ["QT_QPA_PLATFORM"] == "xcb":
            return f"Qt {qVersion()}, no display (pictures can be made, a window cannot be opened)"
    application = QGuiApplication(["twin"])
    name = application.platformName()
    application.quit()
    return f"Qt {qVersion()}, {name}"
