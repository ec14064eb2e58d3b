"""Tokens that vouch for this job: GitHub Actions, Azure Pipelines, Kubernetes, GitLab.

Entra ID takes one instead of a secret (workload identity federation). It is asked for anew at each sign-in,
since such a token lives for minutes and a read of a large tenant may last longer.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.answer import Answer, site
from reconciler.sources.base import Surroundings
from reconciler.sources.entra import Federation, PipelinesFederation, TokenFederation
from reconciler.sources.web import Http


def federated_token(federation: Federation, audience: str, surroundings: Surroundings, http: Http) -> str:
    """Return a fresh token of whoever vouches for this job, or raise SourceError."""
    if isinstance(federation, TokenFederation):
        return surroundings.secret(federation.token).strip()
    if isinstance(federation, PipelinesFederation):
        return _from_pipelines(federation.azure_pipelines, surroundings, http)
    if federation == "githubActions":
        return _from_github(audience, surroundings, http)
    hint = "run where AZURE_FEDERATED_TOKEN_FILE is set: a pod with Entra Workload ID"
    file = _variable("AZURE_FEDERATED_TOKEN_FILE", surroundings, hint)
    return surroundings.secret(f"file:{file}").strip()


def _from_github(audience: str, surroundings: Surroundings, http: Http) -> str:
    """Ask GitHub for a token (its documentation, *OpenID Connect reference*, "Methods for requesting")."""
    hint = "the job needs `permissions: id-token: write`, and runs on GitHub Actions"
    url = _variable("ACTIONS_ID_TOKEN_REQUEST_URL", surroundings, hint)
    bearer = _variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", surroundings, hint)
    joint = "&" if "?" in url else "?"
    headers = {"Authorization": f"bearer {bearer}"}
    answer = http.get(f"{_secure(url)}{joint}audience={quote(audience, safe='')}", headers)
    return _token_in(answer, "value", url, hint)


def _from_pipelines(connection: str, surroundings: Surroundings, http: Http) -> str:
    """Ask Azure Pipelines for a token, as azure-identity's AzurePipelinesCredential does."""
    hint = "hand the step SYSTEM_ACCESSTOKEN: $(System.AccessToken), and see that it may use the connection"
    url = _variable("SYSTEM_OIDCREQUESTURI", surroundings, hint).rstrip("/")
    bearer = _variable("SYSTEM_ACCESSTOKEN", surroundings, hint)
    asked = f"{_secure(url)}?api-version=7.1&serviceConnectionId={quote(connection, safe='')}"
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    return _token_in(http.post(asked, b"", headers, safe=True), "oidcToken", url, hint)


def _variable(name: str, surroundings: Surroundings, hint: str) -> str:
    try:
        return surroundings.secret(f"env:{name}").strip()
    except SourceError as error:
        raise SourceUnavailable(
            f"{name} is not to be had: {error.message}", hint=hint, where=error.where
        ) from None


def _secure(url: str) -> str:
    if not url.startswith("https://"):
        raise SourceDataError(
            "the address that makes tokens is not https", hint="a token goes there", where=site(url)
        )
    return url


def _token_in(answer: Answer, key: str, url: str, hint: str) -> str:
    said = answer.json() if answer.status == HTTPStatus.OK else {}
    token = said.get(key) if isinstance(said, dict) else None
    if not isinstance(token, str):
        raise SourceUnavailable(
            f"no token for this job ({answer.status}): {answer.excerpt()}", hint=hint, where=site(url)
        )
    return token
