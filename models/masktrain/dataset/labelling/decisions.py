"""What a person has decided about photographs, kept between sessions in ``boxes/SOURCE.json``."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from maskservice.modelcard import Label
from masktrain.dataset.labelling.editor import EditedFace
from masktrain.errors import DatasetError

FOLDER = "boxes"


class _Face(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    box: tuple[float, float, float, float]
    label: Label | None
    origin: str

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        x1, y1, x2, y2 = self.box
        if x2 <= x1 or y2 <= y1:
            raise ValueError(f"the box {self.box} is empty")
        return self


class _Photograph(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decided: bool
    faces: list[_Face]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    photographs: dict[str, _Photograph] = {}


class Decisions:
    """The boxes of photographs, and whether they are decided; every change is written at once.

    Parameters
    ----------
    file : Path
        The JSON file; made at the first change.

    Raises
    ------
    DatasetError
        If the file is there and cannot be read.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._content = _File()
        if file.exists():
            try:
                self._content = _File.model_validate_json(file.read_bytes())
            except ValidationError as error:
                first = error.errors()[0]
                raise DatasetError(
                    f"{file} is not as this program wrote it ({first['msg']}). Mend it or move it away."
                ) from error

    def __contains__(self, name: str) -> bool:
        """Say whether anything is known of a photograph."""
        return name in self._content.photographs

    @property
    def names(self) -> list[str]:
        """The photographs of which anything is known."""
        return list(self._content.photographs)

    def is_decided(self, name: str) -> bool:
        """Say whether a photograph's boxes have been confirmed."""
        known = self._content.photographs.get(name)
        return known is not None and known.decided

    def faces(self, name: str) -> tuple[EditedFace, ...]:
        """Return a photograph's boxes as they were left."""
        known = self._content.photographs[name]
        return tuple(EditedFace(face.box, face.label, face.origin) for face in known.faces)

    def put(self, name: str, faces: tuple[EditedFace, ...], *, decided: bool) -> None:
        """Keep a photograph's boxes and write the file, in one step."""
        kept = [
            _Face(
                box=(round(box[0], 2), round(box[1], 2), round(box[2], 2), round(box[3], 2)),
                label=face.label,
                origin=face.origin,
            )
            for face in faces
            for box in (face.box,)
        ]
        changed = _Photograph(decided=decided, faces=kept)
        if self._content.photographs.get(name) == changed:
            return
        self._content.photographs[name] = changed
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(f".{self._file.name}.tmp")
        temporary.write_text(self._content.model_dump_json(indent=1) + "\n", encoding="utf-8")
        temporary.replace(self._file)
