"""Which published model serves: aliases are moved forward by figures, and back by their history."""

from collections.abc import Iterable
from dataclasses import dataclass

from masktrain.errors import PromotionRefused, RegistryError
from masktrain.release.manifest import Figures, utc_now
from masktrain.release.registry import DEFAULT_ALIAS, Alias, AliasRecord, Position, Registry

TOLERANCE = 0.002
"""How far a figure may fall, as a share: two of a thousand faces. The standard error of 0.99 on a
thousand faces is 0.003, so a smaller fall is no sign of a worse model."""

HISTORY_LENGTH = 50

_COMPARED = (("test_strict_accuracy", "test_set"), ("val_macro_f1", "val_set"))


@dataclass(frozen=True)
class Comparison:
    """One figure of a candidate beside that of the promoted model.

    Attributes
    ----------
    figure : str
        A field of `masktrain.release.manifest.Figures`.
    promoted, candidate : float or None
        0 to 1; None where it is not known.
    objection : str or None
        Why the candidate should not be promoted, if it should not.
    """

    figure: str
    promoted: float | None
    candidate: float | None
    objection: str | None

    def __str__(self) -> str:
        return f"{self.figure}: promoted {_told(self.promoted)}, candidate {_told(self.candidate)}"


@dataclass(frozen=True)
class Promotion:
    """What a promotion did.

    Attributes
    ----------
    alias : Alias
        As it stands now.
    comparisons : tuple of Comparison
        Empty where nothing was promoted before.
    moved : bool
        False if the alias meant this version already.
    """

    alias: Alias
    comparisons: tuple[Comparison, ...]
    moved: bool


def compare(candidate: Figures, promoted: Figures) -> tuple[Comparison, ...]:
    """Compare two models' figures: strict accuracy on test, and macro-F1 on val.

    A figure speaks against the candidate if it is lower by more than `TOLERANCE`, if either model
    lacks it, or if the two were not taken from the same pictures.
    """
    return tuple(_compare(candidate, promoted, figure, pictures) for figure, pictures in _COMPARED)


def promote(
    registry: Registry, version: str, alias: str = DEFAULT_ALIAS, *, force: bool = False
) -> Promotion:
    """Let an alias mean a version, if that is no worse than the one it means now.

    Parameters
    ----------
    registry : Registry
        Where the models lie.
    version : str
        A published one.
    alias : str
        Which alias; made where there is none.
    force : bool
        Promote in spite of objections, which are then kept in the alias.

    Raises
    ------
    PromotionRefused
        If `compare` objects and nobody forces it.
    ConcurrentChange
        If somebody else moved the alias in the meantime.
    RegistryError
        If the version is not published whole, or S3 refuses.
    """
    manifest = registry.published(version)
    before = registry.alias(alias)
    if before and before.alias.version == version:
        return Promotion(before.alias, (), moved=False)
    comparisons: tuple[Comparison, ...] = ()
    if before:
        promoted = registry.manifest(before.alias.version)
        comparisons = compare(manifest.figures, promoted.figures if promoted else Figures())
    objections = tuple(f"{entry}; {entry.objection}" for entry in comparisons if entry.objection)
    if before and objections and not force:
        raise PromotionRefused(
            f"{version} was not promoted over {before.alias.version}:\n"
            + "".join(f"  {objection}\n" for objection in objections)
            + f"{alias} still means {before.alias.version}. --force promotes all the same."
        )
    position = Position(
        version=manifest.version,
        sha256=manifest.sha256,
        path=manifest.path,
        moved=utc_now(),
        action="promote",
        overridden=objections,
    )
    return Promotion(_move(registry, alias, position, before), comparisons, moved=True)


def rollback(registry: Registry, alias: str = DEFAULT_ALIAS, version: str | None = None) -> Alias:
    """Let an alias mean an earlier version again; figures are not asked.

    Parameters
    ----------
    registry : Registry
        Where the models lie.
    alias : str
        Which alias.
    version : str, optional
        One that the alias meant before. Without it the one promoted before the present one, so
        that a second rollback goes one further back.

    Raises
    ------
    ConcurrentChange
        If somebody else moved the alias in the meantime.
    RegistryError
        If there is nothing to go back to, that version is no longer there whole, or S3 refuses.
    """
    before = registry.alias(alias)
    if before is None:
        raise RegistryError(f"There is no alias {alias} yet. The command promote makes it.")
    target = _target(before.alias, alias, version)
    manifest = registry.published(target.version)
    if manifest.sha256 != target.sha256:
        raise RegistryError(
            f"Version {target.version} is no longer the model that {alias} meant: its manifest was replaced. "
            "Name another version with --to."
        )
    position = target.model_copy(update={"moved": utc_now(), "action": "rollback", "overridden": ()})
    return _move(registry, alias, position, before)


def _target(current: Alias, name: str, version: str | None) -> Position:
    if version is None:
        trail = _trail([*reversed(current.history), current.position()])
        if len(trail) < 2:
            raise RegistryError(f"{name} means {current.version}, and nothing was promoted before it.")
        return trail[-2]
    if version == current.version:
        raise RegistryError(f"{name} means {version} already.")
    for position in current.history:
        if position.version == version:
            return position
    raise RegistryError(f"{name} never meant {version}. The command promote can make it do so.")


def _trail(positions: Iterable[Position]) -> list[Position]:
    """Follow an alias from its oldest position on; what it was rolled back from is left out."""
    trail: list[Position] = []
    for position in positions:
        if position.action == "rollback" and any(step.version == position.version for step in trail):
            while trail.pop().version != position.version:
                pass
        trail.append(position)
    return trail


def _move(registry: Registry, name: str, position: Position, before: AliasRecord | None) -> Alias:
    history = (before.alias.position(), *before.alias.history)[:HISTORY_LENGTH] if before else ()
    alias = Alias(**dict(position), history=history)
    registry.move(name, alias, before)
    return alias


def _compare(candidate: Figures, promoted: Figures, figure: str, pictures: str) -> Comparison:
    new, old = getattr(candidate, figure), getattr(promoted, figure)
    split = pictures.removesuffix("_set")
    if new is None or old is None:
        objection = (
            f"the {'candidate' if new is None else 'promoted model'} was published without this figure"
        )
    elif None in (digests := (getattr(candidate, pictures), getattr(promoted, pictures))):
        owner = "candidate" if digests[0] is None else "promoted model"
        objection = f"the {owner} was published without the {split} pictures' digest"
    elif digests[0] != digests[1]:
        objection = f"taken from different {split} pictures, so they cannot be compared"
    elif (fall := round(old - new, 6)) > TOLERANCE:  # rounded: 0.99 - 0.988 is a little more than 0.002
        objection = f"lower by {fall:.4f}; {TOLERANCE} is allowed"
    else:
        objection = None
    return Comparison(figure, old, new, objection)


def _told(figure: float | None) -> str:
    return "unknown" if figure is None else f"{figure:.4f}"
