"""Plans in every format, those too that need more than the core: a page, and what CI shows.

A format is one entry in the table.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.plan import Plan
from reconciler.core.render import RENDERERS as CORE
from reconciler.core.render import PlanRenderer
from reconciler.core.render.view import View
from reconciler.report.ci import plan_github, plan_junit, plan_sarif
from reconciler.report.page import page

RENDERERS: Mapping[str, PlanRenderer] = {
    **CORE,
    "html": page,
    "junit": plan_junit,
    "sarif": plan_sarif,
    "github": plan_github,
}


def render_plan(plan: Plan, digest: str, form: str, *, view: View) -> str:
    """Return a plan in one of the formats of `RENDERERS`; *digest* is what its file is named by."""
    return RENDERERS[form](plan, digest, view)
