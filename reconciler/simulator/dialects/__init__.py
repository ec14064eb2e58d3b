"""The REST interfaces that the simulated MyQ can speak: the built-in one, and two that are made up.

What an installed MyQ speaks is not known (myq.md section 6.3). So the same users and groups are to be had
by other paths, other names and other paging, each with the specification that an installation would bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.simulator.dialects import built_in, paged, people
from reconciler.simulator.dialects.spoken import Spoken
from reconciler.simulator.switches import Dialect

DIALECTS: Mapping[Dialect, Spoken] = MappingProxyType(
    {
        Dialect.BUILT_IN: built_in.SPOKEN,
        Dialect.PAGED: paged.SPOKEN,
        Dialect.PEOPLE: people.SPOKEN,
    }
)

ROUTES = tuple(route for spoken in DIALECTS.values() for route in spoken.routes)
