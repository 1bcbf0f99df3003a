"""The window: all cameras side by side, drawn from what their threads last published."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PIL import Image

from maskclient.camera.views import CameraView
from maskclient.copies import write_copy
from maskclient.errors import MaskClientError, WindowUnavailable
from maskclient.show.panel import draw_view
from maskclient.show.status import Status

try:
    import tkinter as tk

    from PIL import ImageTk
except ModuleNotFoundError as _missing:  # some Linux distributions ship Python without it
    raise WindowUnavailable(
        "This Python has no tkinter, which the window needs. Install it (on Debian: python3-tk), "
        "or say --headless."
    ) from _missing

if TYPE_CHECKING:
    Event = tk.Event[tk.Misc]

HELP = "q quit · s snapshot · p pause · l labels · f full screen"
_TICK_MS = 10
_SIZE = (1280, 720)
_GROUND = "#181818"
_MESSAGE_MS = 3000

Views = Callable[[], Mapping[str, CameraView]]


class CameraWindow:
    """Shows the newest view of each camera.

    Nothing here waits: the cameras' threads go on whatever the window does, and the window shows
    what it finds. Tk, which comes with Python, is used rather than OpenCV's window: it needs no
    second build of OpenCV, and tells when it is closed.

    Parameters
    ----------
    views : callable
        Returns the newest view by name of the camera.
    status : callable
        Returns the state of the service.
    running : callable
        Whether there is anything left to show; the window closes when there is not.
    snapshots : Path
        Folder for pictures that the person takes with ``s``.
    waiting : callable
        Returns what to say while no camera has shown anything.
    """

    def __init__(
        self,
        views: Views,
        status: Callable[[], Status],
        running: Callable[[], bool],
        snapshots: Path,
        waiting: Callable[[], str],
    ) -> None:
        try:
            self._root = tk.Tk()
        except tk.TclError as error:
            raise WindowUnavailable(
                f"No window can be opened here ({error}). On a computer without a display, say --headless."
            ) from error
        self._views = views
        self._status = status
        self._running = running
        self._snapshots = snapshots
        self._waiting = waiting
        self._failure: BaseException | None = None
        self._paused: Mapping[str, CameraView] | None = None
        self._labels = True
        self._full = False
        self._drawn: object = None
        self._photo: ImageTk.PhotoImage | None = None
        self._root.title(f"MaskCheck · {HELP}")
        self._root.configure(background=_GROUND)
        self._root.geometry(f"{_SIZE[0]}x{_SIZE[1]}")
        self._label = tk.Label(self._root, background=_GROUND, foreground="white", borderwidth=0)
        self._label.place(relwidth=1, relheight=1)
        self._message = tk.Label(self._root, background="#f0e442", foreground="black", padx=8, pady=4)
        for key, act in (
            ("q", self._quit),
            ("s", self._snapshot),
            ("p", self._pause),
            ("l", self._toggle_labels),
            ("f", self._toggle_full_screen),
            ("<Escape>", self._leave_full_screen),
        ):
            self._root.bind(key, self._acting(act))
        self._root.protocol("WM_DELETE_WINDOW", self._quit)
        self._root.report_callback_exception = self._fail

    def run(self) -> None:
        """Show until the person closes the window or nothing is left to show."""
        self._root.after(0, self._tick)  # inside the loop, which a first tick may be meant to end
        try:
            self._root.mainloop()
        finally:
            self.close()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Close it; does nothing to one that is closed."""
        self._photo = None
        try:
            self._root.destroy()
        except tk.TclError:  # closed already
            return

    def _acting(self, act: Callable[[], None]) -> Callable[["Event"], None]:
        return lambda _: act()

    def _tick(self) -> None:
        if not self._running():
            self._quit()
            return
        self._draw()
        self._root.after(_TICK_MS, self._tick)

    def _draw(self) -> None:
        views = self._paused if self._paused is not None else self._views()
        size = (max(1, self._root.winfo_width()), max(1, self._root.winfo_height()))
        status = self._status()
        state = ([(view.number, view.state) for view in views.values()], size, self._labels, status.problem)
        if not views:
            self._label.configure(text=self._waiting(), wraplength=size[0])
            return
        if state == self._drawn:
            return
        self._drawn = state
        picture = mosaic(views, status, size, labels=self._labels)
        if self._photo is None or (self._photo.width(), self._photo.height()) != picture.size:
            self._photo = ImageTk.PhotoImage(picture, master=self._root)
            self._label.configure(image=self._photo)
        else:
            self._photo.paste(picture)

    def _fail(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        """End with what was raised, Ctrl-C too; Tk would print it and go on."""
        self._failure = error
        self._root.quit()

    def _quit(self) -> None:
        self._root.quit()

    def _pause(self) -> None:
        self._paused = dict(self._views()) if self._paused is None else None
        self._tell("Paused: the picture stands still, the cameras go on" if self._paused else "Going on")

    def _toggle_labels(self) -> None:
        self._labels = not self._labels

    def _toggle_full_screen(self) -> None:
        self._full = not self._full
        self._root.attributes("-fullscreen", self._full)

    def _leave_full_screen(self) -> None:
        self._full = False
        self._root.attributes("-fullscreen", False)  # noqa: FBT003 - Tk's own call

    def _snapshot(self) -> None:
        views = self._paused if self._paused is not None else self._views()
        if not views:
            return
        name = datetime.now().astimezone().strftime("maskclient-%Y%m%d-%H%M%S-%f.png")
        try:
            write_copy(mosaic(views, self._status(), None, labels=self._labels), self._snapshots / name)
        except MaskClientError as error:
            self._tell(str(error))
        else:
            self._tell(f"Saved {self._snapshots / name}")

    def _tell(self, message: str) -> None:
        self._message.configure(text=message)
        self._message.place(relx=0.5, rely=0.5, anchor="center")
        self._root.after(_MESSAGE_MS, self._message.place_forget)


def mosaic(
    views: Mapping[str, CameraView], status: Status, size: tuple[int, int] | None, *, labels: bool
) -> Image.Image:
    """Draw all cameras side by side.

    Parameters
    ----------
    views : mapping of str to CameraView
        At least one.
    status : Status
        Of the service.
    size : tuple of int, optional
        Width and height of the whole in pixels; each camera's own size by default.
    labels : bool
        Whether words stand beside the boxes.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``.
    """
    columns = math.ceil(math.sqrt(len(views)))
    rows = math.ceil(len(views) / columns)
    if size is None:
        shapes = [view.rgb.shape for view in views.values()]
        size = (columns * max(shape[1] for shape in shapes), rows * max(shape[0] for shape in shapes))
    cell = (max(1, size[0] // columns), max(1, size[1] // rows))
    whole = Image.new("RGB", size, _GROUND)
    for number, view in enumerate(views.values()):
        panel = draw_view(view, status, cell, labels=labels)
        left = number % columns * cell[0] + (cell[0] - panel.width) // 2
        top = number // columns * cell[1] + (cell[1] - panel.height) // 2
        whole.paste(panel, (left, top))
    return whole
