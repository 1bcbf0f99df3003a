"""Published models in a bucket: where each object lies, and how it is read and written.

``<prefix>versions/<version>/manifest.json``
    claims the version; written once
``<prefix>versions/<version>/<sha256>/model.onnx``
    the model, written before its manifest, so that whoever reads a manifest finds the model
``<prefix>aliases/<alias>.json``
    which version an alias means; moved by compare-and-swap

models/PUBLISHING.md tells this layout to those who read it.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from masktrain.errors import ConcurrentChange, RegistryError
from masktrain.release.bucket import Bucket
from masktrain.release.manifest import SHA256, VERSION, Manifest, check_version, first_fault

DEFAULT_PREFIX = "mask-classifier/"
DEFAULT_ALIAS = "production"

_JSON = "application/json"
_Document = TypeVar("_Document", bound=BaseModel)
_ALIAS_NAME = r"[a-z0-9][a-z0-9-]{0,62}"


class Position(BaseModel):
    """Where an alias stands, or once stood.

    Attributes
    ----------
    version, sha256, path : str
        As in the version's manifest.
    moved : datetime
        When the alias came here, UTC.
    action : str
        ``promote`` or ``rollback``.
    overridden : tuple of str
        The objections that ``--force`` passed over.
    """

    model_config = ConfigDict(frozen=True)

    version: Annotated[str, Field(pattern=rf"^{VERSION}$")]
    sha256: Annotated[str, Field(pattern=SHA256)]
    path: str
    moved: AwareDatetime
    action: Literal["promote", "rollback"]
    overridden: tuple[str, ...] = ()


class Alias(Position):
    """Where an alias stands, with where it stood before, newest first."""

    layout: Literal[1] = 1
    history: tuple[Position, ...] = ()

    def position(self) -> Position:
        """Return where it stands, without its history."""
        return Position.model_validate(self.model_dump(exclude={"layout", "history"}))


@dataclass(frozen=True)
class AliasRecord:
    """An alias as read, and the tag by which a later write knows that nobody moved it since."""

    alias: Alias
    etag: str


@dataclass(frozen=True)
class Registry:
    """The published models under one prefix of a bucket.

    Attributes
    ----------
    bucket : Bucket
        Where they lie.
    prefix : str
        Empty, or ends with a slash; see `clean_prefix`.
    """

    bucket: Bucket
    prefix: str = DEFAULT_PREFIX

    def manifest(self, version: str) -> Manifest | None:
        """Return a version's manifest; None if the version was never published."""
        key = f"{self.prefix}versions/{check_version(version)}/manifest.json"
        stored = self.bucket.read(key)
        return None if stored is None else _parse(Manifest, stored.data, key)

    def published(self, version: str) -> Manifest:
        """Return the manifest of a version whose model lies in the bucket, whole.

        Raises
        ------
        RegistryError
            If the version was never published, or its model is missing or was changed.
        """
        manifest = self.manifest(version)
        if manifest is None:
            raise RegistryError(
                f"Version {version} is not published here. The command models lists the versions."
            )
        self._check_model(manifest)
        return manifest

    def add(self, manifest: Manifest, model: bytes) -> bool:
        """Put a model under its version, which is the version's for good.

        Returns
        -------
        bool
            False if this very model was published before; then nothing is written.

        Raises
        ------
        RegistryError
            If the version belongs to another model.
        ConcurrentChange
            If another upload was under way.
        """
        if self._holds(manifest):
            return False
        metadata = {"name": manifest.name, "version": manifest.version, "sha256": manifest.sha256}
        written = self.bucket.write(self.prefix + manifest.path, model, "application/octet-stream", metadata)
        if not written:  # an upload that was cut off before its manifest, or runs at the same time
            self._check_model(manifest)
        key = f"{self.prefix}versions/{manifest.version}/manifest.json"
        if self.bucket.write(key, _to_json(manifest), _JSON):
            return True
        if self._holds(manifest):
            return False
        raise ConcurrentChange(f"Version {manifest.version} is being published right now. Try again.")

    def alias(self, name: str) -> AliasRecord | None:
        """Return where an alias stands; None if there is no such alias."""
        key = self._alias_key(name)
        stored = self.bucket.read(key)
        return None if stored is None else AliasRecord(_parse(Alias, stored.data, key), stored.etag)

    def move(self, name: str, alias: Alias, before: AliasRecord | None) -> None:
        """Move an alias, if it still stands where it was read.

        Parameters
        ----------
        name : str
            Of the alias.
        alias : Alias
            What to write.
        before : AliasRecord or None
            As read by `alias`.

        Raises
        ------
        ConcurrentChange
            If somebody else has moved it since.
        """
        etag = before.etag if before else None
        if self.bucket.write(self._alias_key(name), _to_json(alias), _JSON, replaces=etag):
            return
        now = self.alias(name)
        # Where the answer to a write was lost, the client sends it again and meets its own.
        if now is None or now.alias != alias:
            where = f"to {now.alias.version} " if now else ""
            raise ConcurrentChange(
                f"Somebody moved {name} {where}in the meantime; it was left there. "
                "Look with the command models, and try again if it is still right."
            )

    def manifests(self) -> list[Manifest]:
        """Return the manifests of all versions, the newest first."""
        versions = self.bucket.children(f"{self.prefix}versions/")
        # What is no version was put there by others; a version without manifest was never finished.
        known = [self.manifest(version) for version in versions if re.fullmatch(VERSION, version)]
        return sorted((m for m in known if m is not None), key=lambda m: (m.created, m.version), reverse=True)

    def aliases(self) -> dict[str, Alias]:
        """Return all aliases by name."""
        files = self.bucket.children(f"{self.prefix}aliases/")
        records = {file.removesuffix(".json"): self.alias(file.removesuffix(".json")) for file in files}
        return {name: record.alias for name, record in records.items() if record is not None}

    def _holds(self, manifest: Manifest) -> bool:
        """Tell whether this very model is published; refuse if the version is another's."""
        there = self.manifest(manifest.version)
        if there is not None and there.sha256 != manifest.sha256:
            raise RegistryError(
                f"Version {manifest.version} was published on {there.created:%Y-%m-%d} with other bytes "
                f"(sha256 {there.sha256[:12]}…, yours {manifest.sha256[:12]}…). A version never changes: "
                "give your model a new one."
            )
        return there is not None

    def _check_model(self, manifest: Manifest) -> None:
        key = self.prefix + manifest.path
        stored = self.bucket.measure(key)
        if stored is None:
            raise RegistryError(
                f"The model of version {manifest.version} is missing: s3://{self.bucket.name}/{key}."
            )
        if stored.size != manifest.bytes or stored.sha256 not in (None, manifest.sha256):
            raise RegistryError(
                f"s3://{self.bucket.name}/{key} is not the model that was published as {manifest.version}. "
                "Do not use it; publish the model under a new version."
            )

    def _alias_key(self, name: str) -> str:
        if not re.fullmatch(_ALIAS_NAME, name):
            raise RegistryError(f"{name!r} is no name for an alias: use small letters, digits and hyphens.")
        return f"{self.prefix}aliases/{name}.json"


def clean_prefix(prefix: str) -> str:
    """Return a prefix with one slash at its end and none before it; empty for the bucket's root."""
    bare = prefix.strip("/")
    return f"{bare}/" if bare else ""


def _to_json(document: BaseModel) -> bytes:
    return (document.model_dump_json(indent=1) + "\n").encode()


def _parse(kind: type[_Document], data: bytes, key: str) -> _Document:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise RegistryError(
            f"{key} is not what this version of masktrain writes or reads: {first_fault(error)}."
        ) from error
