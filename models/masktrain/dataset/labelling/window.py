"""The window in which a person corrects and labels the faces of photographs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

from maskservice.modelcard import LABELS, Label
from masktrain.dataset.labelling.session import LabellingSession
from masktrain.dataset.labelling.viewport import Viewport, around
from masktrain.errors import WindowError
from masktrain.geometry import Box

try:
    import tkinter as tk
    from tkinter import ttk

    from PIL import ImageTk
except ModuleNotFoundError as _missing:  # some Linux distributions ship Python without it
    raise WindowError(
        "This Python has no tkinter, which the window needs. Install it (on Debian: python3-tk), or say "
        "--no-window with --label or --suggest to take every face that is found."
    ) from _missing

if TYPE_CHECKING:
    Event = tk.Event[tk.Misc]

Act = Callable[[], object]

# Colours that colour-blind people tell apart: Okabe and Ito, "Color Universal Design", 2008.
COLOURS: dict[Label | None, str] = {
    "with_mask": "#009e73",
    "incorrect_mask": "#e69f00",
    "without_mask": "#d55e00",
    "not_face": "#bbbbbb",
    None: "#f0e442",
}
NAMES: dict[Label | None, str] = {
    "with_mask": "mask",
    "incorrect_mask": "mask worn badly",
    "without_mask": "no mask",
    "not_face": "not a face",
    None: "no label yet",
}
HELP = (
    "1-4: label · drag: draw, move, resize · Del: take away · Tab: next box · Ctrl+Z: undo · "
    "Z: zoom · Enter: confirm, next · S: skip · ←: back · Esc: save and close"
)

_REACH = 8
"""How far from a side the mouse may be to take hold of it, in canvas pixels."""
_GROUND = "#222222"


def label_in_window(session: LabellingSession) -> None:
    """Open the window and return when it is closed; every photograph left is kept at once.

    Raises
    ------
    WindowError
        If no window can be opened here.
    """
    try:
        root = tk.Tk()
    except tk.TclError as error:
        raise WindowError(
            f"No window can be opened here ({error}). On a computer without a display, say --no-window with "
            "--label or --suggest to take every face that is found."
        ) from error
    LabelWindow(root, session)
    root.mainloop()


class LabelWindow:
    """A thin view: it shows what the session and its editor hold, and passes on what a person does.

    Parameters
    ----------
    root : tkinter.Tk
        The window, empty.
    session : LabellingSession
        Its photographs.
    """

    def __init__(self, root: tk.Tk, session: LabellingSession) -> None:
        self._root, self._session = root, session
        self._zoomed = False
        self._zoomed_to: Box | None = None
        self._notice = ""
        self._image: ImageTk.PhotoImage | None = None
        self._drawn: tuple[object, ...] = ()
        self._viewport = Viewport.fit((0.0, 0.0, 1.0, 1.0), (1, 1))
        root.title("Faces")
        root.geometry("1100x760")
        self._status = tk.StringVar(root)
        self._canvas = tk.Canvas(root, background=_GROUND, highlightthickness=0, cursor="crosshair")
        self._build()
        self._bind()
        root.update_idletasks()  # from here on it is known how wide the buttons are
        root.minsize(root.winfo_reqwidth(), 480)
        root.protocol("WM_DELETE_WINDOW", self._close)
        self._show()

    def _build(self) -> None:
        """Lay out status line, photograph and buttons, from top to bottom."""
        ttk.Label(self._root, textvariable=self._status, padding=6).pack(side="top", fill="x")
        ttk.Label(self._root, text=HELP, padding=(6, 2)).pack(side="bottom", fill="x")
        bar = ttk.Frame(self._root, padding=4)
        bar.pack(side="bottom", fill="x")
        for number, label in enumerate(LABELS, 1):
            tk.Button(
                bar,
                text=f"{number} {NAMES[label]}",
                background=COLOURS[label],
                activebackground=COLOURS[label],
                foreground="black",
                takefocus=False,
                command=self._on_button(self._labelling(label)),
            ).pack(side="left", padx=2)
        actions: tuple[tuple[str, Act], ...] = (
            ("Confirm, next", self._confirm),
            ("Skip", self._session.skip),
            ("Back", self._session.back),
            ("Undo", lambda: self._session.editor.undo()),
            ("Take away", lambda: self._session.editor.delete()),
            ("Zoom", self._zoom),
        )
        for text, action in actions:
            button = ttk.Button(bar, text=text, takefocus=False, command=self._on_button(action))
            button.pack(side="right", padx=2)
        self._canvas.pack(side="top", fill="both", expand=True)

    def _bind(self) -> None:
        """Connect keys and mouse."""
        keys: dict[str, Act] = {
            "<Return>": self._confirm,
            "<KP_Enter>": self._confirm,
            "<Right>": self._confirm,
            "<Left>": self._session.back,
            "s": self._session.skip,
            "z": self._zoom,
            "<Control-z>": lambda: self._session.editor.undo(),
            "<Delete>": lambda: self._session.editor.delete(),
            "<BackSpace>": lambda: self._session.editor.delete(),
            "<Tab>": lambda: self._session.editor.select_next(),
        }
        for number, label in enumerate(LABELS, 1):
            keys[f"<Key-{number}>"] = keys[f"<KP_{number}>"] = self._labelling(label)
        for key, action in keys.items():
            self._root.bind(key, self._on_key(action))
        self._root.bind("<Escape>", lambda _: self._close())
        self._canvas.bind("<Configure>", lambda _: self._show())
        self._canvas.bind("<ButtonPress-1>", self._press)
        self._canvas.bind("<B1-Motion>", self._drag)
        self._canvas.bind("<ButtonRelease-1>", self._release)

    def _labelling(self, label: Label) -> Act:
        return lambda: self._session.editor.set_label(label)

    def _on_button(self, action: Act) -> Callable[[], None]:
        """Return what a button does: its action, and to show what has become of it."""

        def act() -> None:
            self._notice = ""
            action()
            # Not while the mouse drags: what it holds would move away under it.
            current = self._session.editor.current if self._zoomed else None
            self._zoomed_to = current.box if current else None
            self._show()

        return act

    def _on_key(self, action: Act) -> "Callable[[Event], str]":
        """Return what a key does; nothing else handles it then, such as Tab going from button to button."""
        act = self._on_button(action)

        def handle(_: "Event") -> str:
            act()
            return "break"

        return handle

    def _confirm(self) -> None:
        name = self._session.name
        if not self._session.confirm():
            self._notice = "This box has no label: press 1-4, or Del to take it away."
        elif self._session.name == name:
            decided, shown = self._session.decided, self._session.place[1]
            self._notice = (
                "That was the last one: Esc closes the window."
                if decided == shown
                else f"That was the last one, but {shown - decided} are not decided: go back, or Esc closes."
            )

    def _zoom(self) -> None:
        self._zoomed = not self._zoomed

    def _press(self, event: "Event") -> None:
        self._notice = ""
        x, y = self._viewport.to_photograph(event.x, event.y)
        self._session.editor.press(x, y, _REACH / self._viewport.scale)
        self._show()

    def _drag(self, event: "Event") -> None:
        x, y = self._viewport.to_photograph(event.x, event.y)
        self._session.editor.drag(x, y)
        self._show()

    def _release(self, _: "Event") -> None:
        self._session.editor.release()
        self._show()

    def _close(self) -> None:
        self._session.keep()
        self._root.destroy()

    def _show(self) -> None:
        """Draw photograph, boxes and status anew."""
        canvas = (self._canvas.winfo_width(), self._canvas.winfo_height())
        if min(canvas) < 2:  # not laid out yet
            return
        picture, editor = self._session.picture, self._session.editor
        region = (0.0, 0.0, float(picture.width), float(picture.height))
        if self._zoomed_to is not None:
            region = around(self._zoomed_to, picture.size, canvas)
        self._viewport = Viewport.fit(region, canvas)
        drawn = (self._session.name, self._viewport)
        if drawn != self._drawn:
            shown = picture.resize(
                self._viewport.size, Image.Resampling.BILINEAR, box=region, reducing_gap=2.0
            )
            self._image, self._drawn = ImageTk.PhotoImage(shown, master=self._root), drawn
        self._canvas.delete("all")
        self._canvas.create_image(self._viewport.left, self._viewport.top, image=self._image, anchor="nw")
        for number, face in enumerate(editor.faces):
            self._show_box(self._viewport.to_canvas(face.box), face.label, selected=number == editor.selected)
        self._status.set(self._notice or self._told())

    def _show_box(
        self, box: tuple[float, float, float, float], label: Label | None, *, selected: bool
    ) -> None:
        colour, (x1, y1, x2, y2) = COLOURS[label], box
        self._canvas.create_rectangle(*box, outline="black", width=5 if selected else 4)
        dash = (6, 4) if label is None else ()
        self._canvas.create_rectangle(*box, outline=colour, width=3 if selected else 2, dash=dash)
        text = self._canvas.create_text(x1 + 3, max(y1 - 2, 16), text=NAMES[label], anchor="sw", fill="black")
        self._canvas.tag_lower(
            self._canvas.create_rectangle(self._canvas.bbox(text), fill=colour, width=0), text
        )
        if selected:
            for x in (x1, (x1 + x2) / 2, x2):
                for y in (y1, (y1 + y2) / 2, y2):
                    if (x, y) != ((x1 + x2) / 2, (y1 + y2) / 2):
                        self._canvas.create_rectangle(
                            x - 4, y - 4, x + 4, y + 4, fill=colour, outline="black"
                        )

    def _told(self) -> str:
        """Put into words where the person is."""
        place, shown = self._session.place
        faces, bare = len(self._session.editor.faces), self._session.editor.unlabelled
        boxes = "1 box" if faces == 1 else f"{faces} boxes"
        width, height = self._session.picture.size
        return (
            f"Photograph {place} of {shown} · {self._session.decided} decided · {boxes}"
            f"{f', {bare} without a label' if bare else ''} · {self._session.name} ({width} x {height})"
        )
