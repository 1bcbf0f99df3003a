"""What can go wrong with an input of a batch; pictures have their own errors in `maskservice.errors`.

``BatchFault``
    every error this package raises on purpose

    ``PermanentFault``
        this input will never have a result, however often it is tried

        ``ObjectTooLarge``
            more bytes than are read
        ``Gone``
            deleted or replaced before it was read
        ``UnreadableMember``
            a member of an archive is encrypted, damaged or packed in a way that is not read
        ``NestedArchive``
            a member of an archive is an archive
        ``GaveUp``
            every attempt failed, or ended the process

    ``ArchiveFault``
        the rest of an archive cannot be read; the members before that count

        ``BadArchive``
            damaged, cut short or no archive at all
        ``ArchiveTooLarge``
            more members, or more bytes unpacked, than are read

    ``TransientFault``
        may pass: try again later

        ``Unsettled``
            it was met at a member of an archive, which is not to blame
"""

from maskservice.errors import MaskServiceError


class BatchFault(MaskServiceError):
    """Base of what goes wrong with an input."""


class PermanentFault(BatchFault):
    """The input will never have a result."""


class ObjectTooLarge(PermanentFault):
    """The input, or a member of an archive, has more bytes than are read."""

    problem_type = "object-too-large"


class Gone(PermanentFault):
    """The input was deleted or replaced before it was read."""

    problem_type = "gone"


class UnreadableMember(PermanentFault):
    """A member of an archive is encrypted, damaged or packed in a way that is not read."""

    problem_type = "unreadable-member"


class NestedArchive(PermanentFault):
    """A member of an archive is an archive itself."""

    problem_type = "nested-archive"


class GaveUp(PermanentFault):
    """Every attempt failed, or ended the process that made it."""

    problem_type = "gave-up"


class ArchiveFault(BatchFault):
    """The rest of an archive cannot be read."""


class BadArchive(ArchiveFault):
    """The archive is damaged, cut short or none at all."""

    problem_type = "bad-archive"


class ArchiveTooLarge(ArchiveFault):
    """The archive has more members, or more bytes unpacked, than are read."""

    problem_type = "archive-too-large"


class TransientFault(BatchFault):
    """Something that may pass, such as a store that is too busy."""

    problem_type = "transient-fault"


class Unsettled(TransientFault):
    """A member of an archive could be given neither a result nor a failure; the archive is not to blame."""
