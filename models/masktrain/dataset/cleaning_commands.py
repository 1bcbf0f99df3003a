"""The commands that clean and divide a data set. Each imports what it needs when it runs."""

import argparse
from pathlib import Path

from masktrain.options import BUILD, Commands, add_data, add_weights


def add_cleaning_commands(commands: Commands) -> None:
    """Add the commands ``dedupe``, ``split``, ``sheet`` and ``audit`` to the program's."""
    _add_dedupe(commands)
    _add_split(commands)
    _add_sheet(commands)
    _add_audit(commands)


def _add_dedupe(commands: Commands) -> None:
    dedupe = commands.add_parser("dedupe", help="group near-duplicates, across all sources")
    add_data(dedupe)
    dedupe.add_argument("--distance", type=int, default=6, help="most bits of 64 in which copies differ")
    dedupe.add_argument(
        "--drop", action="store_true", help="keep one row of each set of copies; the files stay"
    )
    dedupe.add_argument("--sheet", type=Path, metavar="FILE", help="a contact sheet of the copies, JPEG")
    dedupe.add_argument("--anew", action="store_true", help="forget the groups that the table has")
    dedupe.set_defaults(run=_dedupe)


def _add_split(commands: Commands) -> None:
    split = commands.add_parser("split", help="share a data set out into train, val and test")
    add_data(split)
    split.add_argument(
        "--shares",
        type=shares,
        default=(70.0, 15.0, 15.0),
        metavar="TRAIN,VAL,TEST",
        help="of the rows (70,15,15)",
    )
    split.add_argument("--seed", type=int, default=7)
    split.add_argument(
        "--test-source",
        action="append",
        default=[],
        metavar="NAME",
        dest="test_sources",
        help="becomes test as a whole; may be given several times",
    )
    existing = split.add_mutually_exclusive_group()
    existing.add_argument(
        "--again", action="store_const", const="again", dest="existing", help="share out anew"
    )
    existing.add_argument(
        "--extend",
        action="store_const",
        const="extend",
        dest="existing",
        help="share out what has no split yet",
    )
    split.set_defaults(run=_split, existing="refuse")


def _add_sheet(commands: Commands) -> None:
    sheet = commands.add_parser("sheet", help="draw contact sheets, class by class")
    add_data(sheet)
    sheet.add_argument("--out", type=Path, required=True, help="folder for the pages, LABEL-01.jpg and so on")
    for name in ("label", "split", "source"):
        sheet.add_argument(f"--{name}", help=f"only the rows of this {name}; '' for those without one")
    sheet.add_argument("--per-page", type=int, default=100)
    sheet.add_argument(
        "--whole", action="store_true", help="whole crops with the box, not what the model sees"
    )
    sheet.set_defaults(run=_sheet)


def _add_audit(commands: Commands) -> None:
    audit = commands.add_parser("audit", help="find likely label errors: hours without a GPU")
    add_data(audit)
    add_weights(audit)
    audit.add_argument("--out", type=Path, default=BUILD / "audit", help="folder for audit.csv and sheets")
    audit.add_argument("--folds", type=int, default=3)
    audit.add_argument("--epochs", type=int, default=3, help="passes of fine-tuning for each fold")
    audit.add_argument("--size", type=int, default=96, help="side of the input in pixels")
    audit.add_argument("--with-val", action="store_true", help="check val, too, and not train alone")
    audit.set_defaults(run=_audit)


def shares(text: str) -> tuple[float, ...]:
    """Read shares such as ``70,15,15``; argparse names this function when it cannot."""
    return tuple(float(share) for share in text.split(","))


def _dedupe(options: argparse.Namespace) -> None:
    from masktrain.dataset.duplicates import dedupe

    report = dedupe(options.data, options.distance, drop=options.drop, sheet=options.sheet, anew=options.anew)
    print(report.summary())
    for file in report.sheets:
        print(file)


def _split(options: argparse.Namespace) -> None:
    from masktrain.dataset.split import counts_by_split, split_table

    rows = split_table(options.data, options.shares, options.seed, options.test_sources, options.existing)
    print(counts_by_split(rows))


def _sheet(options: argparse.Namespace) -> None:
    from masktrain.dataset.sheet import draw_sheets

    for file in draw_sheets(
        options.data,
        options.out,
        options.label,
        options.split,
        options.source,
        options.per_page,
        whole=options.whole,
    ):
        print(file)


def _audit(options: argparse.Namespace) -> None:
    from masktrain.dataset.audit import AUDIT, audit
    from masktrain.dataset.foldtraining import fold_settings, fold_trainer
    from masktrain.dataset.samples import read_samples

    settings = fold_settings(options.epochs, options.size)
    samples = read_samples(options.data, ("train", "val") if options.with_val else ("train",))
    train = fold_trainer(settings, options.weights)
    recipe = f"{settings} {options.weights}"
    errors = audit(options.data, samples, train, options.out, options.folds, recipe)
    confident = sum(error.confident for error in errors)
    print(f"{confident} of {len(samples)} labels are likely wrong, {len(errors) - confident} are doubted:")
    print(options.out / AUDIT)
