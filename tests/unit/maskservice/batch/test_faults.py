import re

from maskservice.batch import faults
from maskservice.batch.faults import ArchiveFault, BatchFault, PermanentFault
from maskservice.batch.messages import BadMessage
from maskservice.errors import ImageTooLarge, MaskServiceError, UndecodableImage


def below(base: type[BatchFault]) -> list[type[BatchFault]]:
    return [fault for child in base.__subclasses__() for fault in (child, *below(child))]


def test_the_docstring_names_every_fault() -> None:
    assert faults.__doc__ is not None
    every: list[type[BatchFault]] = [BatchFault, *below(BatchFault)]
    for fault in every:
        assert f"``{fault.__name__}``" in faults.__doc__


def test_failures_have_types_of_their_own() -> None:
    told: list[type[MaskServiceError]] = [
        *below(PermanentFault),
        *below(ArchiveFault),
        BadMessage,
        ImageTooLarge,
        UndecodableImage,
    ]
    types = {fault.problem_type for fault in told}
    assert len(types) == len(told)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", name) for name in types)
