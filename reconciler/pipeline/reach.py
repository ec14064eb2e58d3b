"""What the target at hand cannot do, by the way in which it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.core.change import Change
from reconciler.core.desired import DesiredState
from reconciler.core.model import ActualState
from reconciler.core.reach import unreachable
from reconciler.manifest.load import Project
from reconciler.manifest.models import CsvAccess
from reconciler.myq.csv_import.dialect import dialect_of
from reconciler.myq.csv_import.people import CsvTarget
from reconciler.myq.csv_import.reach import lacking
from reconciler.pipeline.connect import lacks
from reconciler.sources.base import Surroundings


def unreachable_changes(
    around: Surroundings,
    project: Project,
    desired: DesiredState,
    actual: ActualState,
    changes: Sequence[Change],
) -> Mapping[str, str]:
    """Return the ids of the changes that cannot be applied through the target, each with why."""
    spec = project.target.spec
    if spec.write == "csv":
        return unreachable(changes, lacking(csv_target(project, actual, desired), changes))
    why = lacks(spec, around)
    if why is None:
        return {}
    return unreachable(changes, {change.id: told for change in changes if (told := why(change))})


def csv_target(project: Project, actual: ActualState, desired: DesiredState) -> CsvTarget:
    """Return the server of a project as one that is written by import files."""
    spec = project.target.spec
    csv = spec.csv or CsvAccess()
    return CsvTarget(
        dialect=dialect_of(
            spec.release,
            csv.delimiter,
            csv.encoding,
            actual.readable,
            project.target.assumptions,
        ),
        actual=actual,
        assumptions=project.target.assumptions,
        sources={rules.name: rules.synchronization_source for rules, _ in project.sources},
        pins=desired.pins,
    )
