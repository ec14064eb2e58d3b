"""Signing in to Entra ID: a secret, a certificate or a federated token for an access token, by msal.

msal goes through this project's own HTTP, so that certificates, proxies and patience are those of the
manifest and nothing of the environment (``REQUESTS_CA_BUNDLE`` and its kind) has a say.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import msal
from jwt.exceptions import PyJWTError  # msal signs by PyJWT and lets its errors through

from reconciler.errors import SourceDataError, SourceUnavailable
from reconciler.sources.answer import Answer, plain, site
from reconciler.sources.base import Surroundings
from reconciler.sources.entra import CLOUDS, CertificateSignIn, EntraSpec, SecretSignIn
from reconciler.sources.entra.federation import federated_token
from reconciler.sources.web import Http

_REMEDIES: Final = (
    (7000215, "the secret must be the value of a client secret, not the id that stands beside it"),
    (7000222, "the client secret has expired: make a new one in the app registration"),
    (700016, "clientId is the application id of an app registration in this tenant"),
    (700027, "upload the certificate to the app registration, and see that `key` is its private key"),
    (700024, "the token is not valid at this time; does the CI system make a new one for each job?"),
    (70021, "a federated credential of the app registration must name this issuer, subject and audience"),
    (7002, "a federated credential of the app registration must name this issuer, subject and audience"),
    (90002, "tenant is the id of the tenant, or one of its domains"),
)
"""The beginnings of Entra ID's error numbers, and what helps. They may change, so they only advise."""


class SignIn:
    """Access tokens for Graph, renewed before they expire and when refused; threads may share it."""

    def __init__(self, http: Http, spec: EntraSpec, surroundings: Surroundings) -> None:
        cloud = CLOUDS[spec.cloud]
        self._http = http
        self._spec = spec
        self._surroundings = surroundings
        self._authority = f"{(spec.authority or cloud.authority).rstrip('/')}/{spec.tenant}"
        self._scope = f"{cloud.graph}/.default"
        self._lock = threading.Lock()
        self._application: Any = None
        self._last = ""

    def token(self) -> str:
        """Return a token that is valid now, or raise SourceError."""
        with self._lock:
            return self._acquire()

    def renew(self, refused: str) -> str:
        """Return another token than the one that Graph refused."""
        with self._lock:
            if self._last == refused:
                self._application = None  # a new one remembers no token
            return self._acquire()

    def _acquire(self) -> str:
        try:
            if self._application is None:
                self._application = self._connect()
            answer = self._application.acquire_token_for_client([self._scope])
        except (ValueError, TypeError, KeyError, PyJWTError) as error:
            raise self._unusable(error) from None
        token = answer.get("access_token")
        if not isinstance(token, str):
            raise self._refused(answer)
        self._last = token
        return token

    def _connect(self) -> msal.ConfidentialClientApplication:
        return msal.ConfidentialClientApplication(
            self._spec.client_id,
            authority=self._authority,
            client_credential=_credential(self._spec, self._surroundings, self._http),
            instance_discovery=False,  # the authority is the manifest's, not what the network says
            http_client=_Transport(self._http),
        )

    def _refused(self, answer: Mapping[str, Any]) -> SourceUnavailable:
        words = str(answer.get("error_description", "")).partition("Trace ID")[0]
        numbers = [str(number) for number in answer.get("error_codes", ())]
        hints = [hint for start, hint in _REMEDIES if any(code.startswith(str(start)) for code in numbers)]
        return SourceUnavailable(
            f"Entra ID refuses the sign-in ({plain(str(answer.get('error')))}): {plain(words)}",
            hint=hints[0] if hints else "look at tenant, clientId and signIn, and at the app registration",
            where=self._authority,
        )

    def _unusable(self, error: Exception) -> SourceDataError:
        if isinstance(error, KeyError):
            return SourceDataError(
                f"the sign-in service does not say what its {plain(str(error))} is",
                hint="is authority the address of Entra ID?",
                where=self._authority,
            )
        if self._application is None and "authority configuration" in str(error):
            return SourceDataError(
                f"the tenant {self._spec.tenant!r} is not known there",
                hint="tenant is the id of the tenant, or one of its domains",
                where=self._authority,
            )
        return SourceDataError(
            f"the sign-in cannot be made: {type(error).__name__}",
            hint="certificate.file and certificate.key are in PEM form, and passphrase opens the key",
            where=self._authority,
        )


def _credential(spec: EntraSpec, surroundings: Surroundings, http: Http) -> str | dict[str, Any]:
    """Return what msal takes as `client_credential`: a secret, a certificate, or what makes an assertion."""
    sign_in = spec.sign_in
    if isinstance(sign_in, SecretSignIn):
        return surroundings.secret(sign_in.secret).strip()
    if isinstance(sign_in, CertificateSignIn):
        return _certificate(sign_in, surroundings)
    audience = sign_in.audience or CLOUDS[spec.cloud].audience
    return {"client_assertion": lambda: federated_token(sign_in.federation, audience, surroundings, http)}


def _certificate(sign_in: CertificateSignIn, surroundings: Surroundings) -> dict[str, str]:
    said = sign_in.certificate
    file = surroundings.folder / said.file
    try:
        certificate = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceDataError(
            f"the certificate cannot be read: {error}",
            hint="certificate.file names a file in PEM form, from the project folder",
            where=str(file),
        ) from None
    credential = {"private_key": surroundings.secret(said.key), "public_certificate": certificate}
    if said.passphrase is not None:
        credential["passphrase"] = surroundings.secret(said.passphrase).rstrip("\r\n")
    return credential


_Said: TypeAlias = Mapping[str, str] | None


class _Transport:
    """This project's HTTP in the shape that msal asks of a client."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def get(self, url: str, params: _Said = None, headers: _Said = None, **_: object) -> _Response:
        return _Response(self._http.get(_with(url, params), headers), url)

    def post(
        self, url: str, params: _Said = None, data: _Said = None, headers: _Said = None, **_: object
    ) -> _Response:
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        body = urlencode(data or {}).encode()
        return _Response(self._http.post(_with(url, params), body, sent, safe=True), url)


def _with(url: str, params: _Said) -> str:
    return f"{url}?{urlencode(params)}" if params else url


class _Response:
    """An answer in the shape that msal reads; what OAuth 2.0 has no word for, msal does not get to see."""

    def __init__(self, answer: Answer, url: str) -> None:
        answer.json()
        refused = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        if answer.status != HTTPStatus.OK and not refused:
            raise SourceUnavailable(
                f"the sign-in service answers {answer.status}: {answer.excerpt()}",
                hint="run again later; is authority the address of Entra ID?",
                where=site(url),
            )
        self.status_code = answer.status
        self.text = answer.body.decode("utf-8")
        self.headers = dict(answer.headers)
