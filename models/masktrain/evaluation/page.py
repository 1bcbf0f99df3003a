"""The report: one HTML file with figures, plots and the worst mistakes, to be looked at here.

It shows pictures of the data set, so it belongs into a build folder and not into a repository.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from maskservice.modelcard import LABELS, ModelCard
from masktrain.dataset.samples import Split
from masktrain.evaluation import wording
from masktrain.evaluation.mistakes import Mistake
from masktrain.evaluation.modelfile import ModelFile
from masktrain.evaluation.plots import draw_plots
from masktrain.evaluation.report import FRAMINGS, TITLES_OF_SPLITS
from masktrain.evaluation.robustness import TITLES
from masktrain.evaluation.splits import SplitFigures
from masktrain.evaluation.summary import summarise
from masktrain.evaluation.targets import release_targets

PAGE = "index.html"
FIGURES = "figures.json"


def write_page(
    folder: Path,
    file: ModelFile,
    card: ModelCard,
    splits: Mapping[Split, SplitFigures],
    mistakes: Mapping[Split, Sequence[Mistake]],
) -> Path:
    """Write ``index.html``, ``figures.json`` and the plots as SVG files into a folder.

    The page needs nothing else: plots and pictures are inside it.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    file : ModelFile
        The model.
    card : ModelCard
        Its card.
    splits : mapping of str to SplitFigures
        Figures by the name of the split.
    mistakes : mapping of str to sequence of Mistake
        The worst ones, by the name of the split.

    Returns
    -------
    Path
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plots = draw_plots(splits)
    for name, text in plots.items():
        (folder / f"{name}.svg").write_text(text, encoding="utf-8")
    targets = release_targets(splits)
    document = summarise(file, card, splits, targets)
    (folder / FIGURES).write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    page = _template().render(
        file=file,
        card=card,
        splits=splits,
        targets=targets,
        plots={name: _data_address(text.encode(), "image/svg+xml") for name, text in plots.items()},
        mistakes={
            split: [(mistake, _data_address(mistake.jpeg, "image/jpeg")) for mistake in worst]
            for split, worst in mistakes.items()
        },
        labels=LABELS,
        titles=TITLES_OF_SPLITS,
        framings=FRAMINGS,
        kinds=TITLES,
    )
    (folder / PAGE).write_text(page, encoding="utf-8")
    return folder / PAGE


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("masktrain.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for write in (
        wording.number,
        wording.interval,
        wording.with_interval,
        wording.estimate,
        wording.points,
        wording.reached,
        wording.bound,
    ):
        environment.filters[write.__name__] = write
    return environment.get_template("page.html.j2")


def _data_address(data: bytes, media_type: str) -> str:
    """Return a ``data:`` address, so that the page needs no other file."""
    return f"data:{media_type};base64,{b64encode(data).decode()}"
