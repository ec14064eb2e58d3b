"""Whether what was recorded is what the manifests now ask for, and in which columns it stands."""

from __future__ import annotations

from reconciler.errors import SnapshotError
from reconciler.snapshot.models import SourcePart
from reconciler.sources.definition import Definition

_AGAIN = "take a new snapshot with these manifests: `reconciler snapshot DIR`"


def columns_of(
    part: SourcePart, asked: Definition, attributes: tuple[str, ...], where: str
) -> tuple[int, ...]:
    """Return where each attribute stands in the recorded batches.

    Raises SnapshotError, in words, for a source that is not the recorded one and for an attribute that was
    not recorded: an empty column would clear the property of everybody.
    """
    recorded = Definition(part.settings, tuple((way.attribute, way.how) for way in part.ways), part.under)
    differing = recorded.differing(asked)
    if differing:
        raise SnapshotError(
            f"the source was read by another definition: {', '.join(differing)} "
            f"{'are' if len(differing) > 1 else 'is'} not what it was then",
            hint=_AGAIN,
            where=where,
        )
    # Groups without members come from all ways together, and stand under the group that holds them.
    if part.groups and not (recorded.same_ways(asked) and recorded.under == asked.under):
        raise SnapshotError(
            "the groups that exist without members were recorded for other imports of groups",
            hint=_AGAIN,
            where=where,
        )
    called = _called(recorded, asked)
    missing = [name for name in attributes if called.get(name, name) not in part.attributes]
    worked_out = {name for name, _ in (*recorded.ways, *asked.ways)}
    misread = [name for name in attributes if name in worked_out and name not in called]
    if missing or misread:
        raise SnapshotError(
            f"the snapshot has no {', '.join(dict.fromkeys((*missing, *misread)))}",
            hint=f"the mapping needs it: {_AGAIN}, or record more beforehand with `--also SOURCE:ATTRIBUTE`",
            where=where,
        )
    return tuple(part.attributes.index(called.get(name, name)) for name in attributes)


def _called(recorded: Definition, asked: Definition) -> dict[str, str]:
    """Return the recorded names of what the reader works out: they are numbered by where a way stands.

    Ways depend on each other, as when two of them tell groups of one name apart: all are the same, or none.
    """
    if not recorded.same_ways(asked):
        return {}
    return {name: then for (name, _), (then, _) in zip(asked.ways, recorded.ways, strict=True)}
