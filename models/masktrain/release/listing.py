"""A registry's versions and aliases, as a table for people or JSON for programs."""

import json

from rich.console import Console
from rich.table import Table

from masktrain.release.manifest import Manifest
from masktrain.release.registry import Alias, Registry

_DIGEST_DIGITS = 12
_PAGE_WIDTH = 140
"""Columns of a file or pipe, which has no width of its own."""


def to_json(registry: Registry) -> str:
    """Return all manifests, the newest first, and all aliases as one JSON object."""
    return json.dumps(
        {
            "versions": [manifest.model_dump(mode="json") for manifest in registry.manifests()],
            "aliases": {name: alias.model_dump(mode="json") for name, alias in registry.aliases().items()},
        },
        indent=1,
    )


def print_models(registry: Registry, console: Console | None = None) -> None:
    """Print one line for each version, the newest first, with the aliases that mean it."""
    manifests, aliases = registry.manifests(), registry.aliases()
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_PAGE_WIDTH)
    if not manifests:
        console.print(f"No version is published under s3://{registry.bucket.name}/{registry.prefix}.")
    else:
        console.print(_table(manifests, aliases))
    known = {manifest.version for manifest in manifests}
    for name, alias in aliases.items():
        if alias.version not in known:
            console.print(f"{name} means {alias.version}, which is not published here.")


def _table(manifests: list[Manifest], aliases: dict[str, Alias]) -> Table:
    table = Table(
        "version", "aliases", "published (UTC)", "sha256", box=None, pad_edge=False, header_style="bold"
    )
    for heading in ("MB", "test strict accuracy", "val macro-F1"):
        table.add_column(heading, justify="right")
    table.add_column("test set")
    for manifest in manifests:
        figures = manifest.figures
        table.add_row(
            manifest.version,
            ", ".join(name for name, alias in aliases.items() if alias.version == manifest.version),
            f"{manifest.created:%Y-%m-%d %H:%M}",
            manifest.sha256[:_DIGEST_DIGITS],
            f"{manifest.bytes / 1e6:.1f}",
            _share(figures.test_strict_accuracy),
            _share(figures.val_macro_f1),
            (figures.test_set or "-")[:_DIGEST_DIGITS],
        )
    return table


def _share(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.4f}"
