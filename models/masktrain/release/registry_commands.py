"""The commands of the model registry: publish, promote, rollback, models."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from masktrain.options import MODEL, Commands

if TYPE_CHECKING:
    from masktrain.release.registry import Registry

_PREFIX = "mask-classifier/"
_ALIAS = "production"


def add_registry_commands(commands: Commands) -> None:
    """Add the commands of the model registry to the program's."""
    publish = commands.add_parser("publish", help="put a model under its version into an S3 bucket")
    publish.add_argument("model", type=Path, nargs="?", default=MODEL, help="the ONNX file (%(default)s)")
    publish.add_argument(
        "--figures", type=Path, help="figures.json of evaluating it; else the card's figures"
    )
    publish.add_argument("--data", type=Path, help="what it was evaluated on, if the figures do not say")
    publish.set_defaults(run=_publish)

    promote = commands.add_parser("promote", help="let an alias mean a published version, if it is no worse")
    promote.add_argument("version", help="as in 1.2.0")
    promote.add_argument("--force", action="store_true", help="even if it is worse or cannot be compared")
    _add_alias(promote)
    promote.set_defaults(run=_promote)

    rollback = commands.add_parser("rollback", help="let an alias mean an earlier version again")
    rollback.add_argument("--to", metavar="VERSION", help="which one (the one promoted before)")
    _add_alias(rollback)
    rollback.set_defaults(run=_rollback)

    models = commands.add_parser("models", help="list the published versions, their figures and the aliases")
    models.add_argument("--json", action="store_true", help="for programs")
    models.set_defaults(run=_models)

    for command in (publish, promote, rollback, models):
        command.add_argument("--bucket", required=True, help="the S3 bucket")
        command.add_argument("--prefix", default=_PREFIX, help="where in the bucket (%(default)s)")
        command.add_argument("--endpoint-url", metavar="URL", help="of another store that speaks S3")


def _add_alias(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--alias", default=_ALIAS, help="which alias (%(default)s)")


def _open(options: argparse.Namespace) -> "Registry":
    from masktrain.release.bucket import open_bucket
    from masktrain.release.registry import Registry, clean_prefix

    return Registry(open_bucket(options.bucket, options.endpoint_url), clean_prefix(options.prefix))


def _publish(options: argparse.Namespace) -> None:
    from masktrain.release.publish import publish

    registry = _open(options)
    manifest, created = publish(registry, options.model, options.figures, options.data)
    where = f"s3://{registry.bucket.name}/{registry.prefix}{manifest.path}"
    print(f"{'Published' if created else 'Already published:'} {manifest.name} {manifest.version}: {where}")
    if not created and (options.figures or options.data):
        print("Its manifest was left as it is, figures included.")
    if not manifest.figures.comparable:
        missing = ", ".join(name for name, value in manifest.figures if value is None)
        print(
            f"Its manifest lacks {missing}, so no model can be compared with it; promote will want --force."
        )


def _promote(options: argparse.Namespace) -> None:
    from masktrain.release.promotion import promote

    promotion = promote(_open(options), options.version, options.alias, force=options.force)
    if not promotion.moved:
        print(f"{options.alias} means {options.version} already.")
        return
    for comparison in promotion.comparisons:
        print(comparison)
    for objection in promotion.alias.overridden:
        print(f"Forced in spite of: {objection}")
    print(f"{options.alias} means {promotion.alias.version} now.")


def _rollback(options: argparse.Namespace) -> None:
    from masktrain.release.promotion import rollback

    alias = rollback(_open(options), options.alias, options.to)
    print(f"{options.alias} means {alias.version} now, and no longer {alias.history[0].version}.")


def _models(options: argparse.Namespace) -> None:
    from masktrain.release.listing import print_models, to_json

    registry = _open(options)
    if options.json:
        print(to_json(registry))
    else:
        print_models(registry)
