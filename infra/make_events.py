"""Writes infra/events anew from the pictures in client/examples: `make events`."""

from collections.abc import Mapping
from pathlib import Path

from maskinfra import layout
from maskinfra.batchevents import make_batch_events, write_inputs
from maskinfra.events import Event, dump, make_events


def main() -> None:
    """Write one file per event, and what the bucket must hold for those of the batch."""
    write(layout.EVENTS, make_events())
    write(layout.BATCH_EVENTS, make_batch_events())
    for file in write_inputs(layout.BATCH_INPUTS):
        print(f"{file.relative_to(layout.ROOT)}  {file.stat().st_size} bytes")


def write(folder: Path, events: Mapping[str, Event]) -> None:
    """Write events into a folder; remove those that are no more."""
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.json"):
        if file.stem not in events:
            file.unlink()
    for name, event in events.items():
        file = folder / f"{name}.json"
        file.write_text(dump(event), encoding="utf-8")
        print(f"{file.relative_to(layout.ROOT)}  {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
