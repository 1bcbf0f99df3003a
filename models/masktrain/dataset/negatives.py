"""Finds what a face detector takes for a face in labelled photographs: the hard not_face crops.

A classifier behind a detector sees that detector's mistakes, not pieces of background drawn at
random. This makes training crops of them (hard negative mining; Sung and Poggio, 1998).
"""

from dataclasses import replace
from pathlib import Path, PurePath

from rich.progress import track

from masktrain.dataset.crops import LabelledFace, SourceWriter
from masktrain.dataset.detectors import HaarDetector, YuNetDetector
from masktrain.dataset.samples import load_picture
from masktrain.dataset.scenes import read_scenes
from masktrain.dataset.table import read_table, write_table
from masktrain.geometry import shared_part

SOURCE = "haar-negatives"
_TEACHER_SCORE = 0.3
_LARGEST_SHARE = 0.1
"""Of the smaller of find and face that may lie in the other."""


def mine_negatives(data: Path, out: Path, teacher: Path | None = None) -> int:
    """Write the false finds in the photographs of train as a data folder of its own.

    Parameters
    ----------
    data : Path
        Folder with ``scenes.csv`` and the photographs.
    out : Path
        The data folder to write, with rows of source ``haar-negatives``, label ``not_face`` and
        split ``train``; an older one gives way.
    teacher : Path, optional
        YuNet as ONNX with an input of fixed size. Finds that it too takes for a face are
        left out, for they may be faces that nobody labelled.

    Returns
    -------
    int
        How many crops were written.

    Raises
    ------
    DatasetError
        If the table or a photograph cannot be read, or nothing was found wrongly.
    """
    detector = HaarDetector()
    veto = YuNetDetector(teacher, _TEACHER_SCORE) if teacher is not None else None
    with SourceWriter(out, SOURCE, replace=True) as writer:
        for path, boxes in track(read_scenes(data, ("train",)).items(), description="Hard negatives"):
            photograph = load_picture(data / path)
            faces = [known.box for known in boxes] + (veto.detect(photograph) if veto else [])
            false = [
                LabelledFace("not_face", find, "false find")
                for find in detector.detect(photograph)
                if all(shared_part(find, face) <= _LARGEST_SHARE for face in faces)
            ]
            if false:
                writer.add(photograph, PurePath(path), false)
        count = len(writer.commit())
    write_table(out, [replace(row, split="train") for row in read_table(out)])
    return count
