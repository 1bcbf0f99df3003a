"""Writes infra/events anew from the pictures in client/examples: `make events`."""

from maskinfra import layout
from maskinfra.events import dump, make_events


def main() -> None:
    """Write one file per event; remove those that are no more."""
    layout.EVENTS.mkdir(exist_ok=True)
    events = make_events()
    for file in layout.EVENTS.glob("*.json"):
        if file.stem not in events:
            file.unlink()
    for name, event in events.items():
        file = layout.EVENTS / f"{name}.json"
        file.write_text(dump(event), encoding="utf-8")
        print(f"{file.relative_to(layout.ROOT)}  {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
