"""A double of Entra ID's sign-in and of Microsoft Graph, over HTTPS on a real socket.

Sign-in as Microsoft's reference has it (identity-platform, v2-oauth2-client-creds-grant-flow): discovery,
token endpoint, a secret, a certificate's signature (PS256 with x5t#S256), or a federated token. The double
also plays the CI systems that hand out such tokens. Graph itself is in graph_queries.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import jwt
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from support import graph_queries
from support.graph_queries import Record, Tenant, error_reply, numbered
from support.https import Certificates, HttpsServer, Reply, Request

SCOPE = "https://graph.microsoft.com/.default"
ISSUER_KEY = b"the key of a CI system that the double plays" * 2
ALL_ROLES = frozenset({"User.Read.All", "GroupMember.Read.All"})
LARGEST_BATCH = 20
TENANT_ID = "11111111-1111-4111-8111-111111111111"
CLIENT_ID = "22222222-2222-4222-8222-222222222222"


@dataclass
class App:
    """An app registration: how it may sign in, and what an administrator consented to."""

    secret: str = "s3cret"
    certificates: list[x509.Certificate] = field(default_factory=list)
    subjects: set[tuple[str, str]] = field(default_factory=set)
    roles: frozenset[str] = ALL_ROLES


@dataclass
class GraphDouble:
    """Tenants and apps to set up, faults to inject, requests to look at."""

    server: HttpsServer = field(init=False)
    tenants: dict[str, Tenant] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    tokens: dict[str, tuple[Tenant, App, float]] = field(default_factory=dict)
    issued: int = 0
    token_seconds: int = 3599
    assertions: list[str] = field(default_factory=list)
    pages: dict[tuple[str, str], Reply] | None = None
    """With a dictionary here, answers are kept in it and given again, so that only the client is measured."""

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def tenant(self) -> Tenant:
        return self.tenants["contoso.com"]

    @property
    def app(self) -> App:
        return self.apps[CLIENT_ID]

    def add_tenant(self, domain: str, key: str) -> Tenant:
        tenant = self.tenants[domain] = self.tenants[key] = Tenant(domain, key)
        return tenant

    def user(self, name: str, **properties: object) -> str:
        """Add a person of the tenant; the id counts up."""
        (key,) = numbered(1, 1 + len(self.tenant.users))
        self.tenant.users[key] = person(key, name) | properties
        return key

    def group(self, name: str, *members: str, unified: bool = False, **properties: object) -> str:
        """Add a group with these members, people or groups."""
        (key,) = numbered(1, 0x10000 + len(self.tenant.groups))
        self.tenant.groups[key] = {
            "id": key,
            "displayName": name,
            "groupTypes": ["Unified"] if unified else [],
            "securityEnabled": not unified,
            "visibility": None,
            **properties,
        }
        self.tenant.members[key] = list(dict.fromkeys(members))
        return key

    def forget_tokens(self) -> None:
        """Let every token expire at once."""
        self.tokens.clear()

    # Answers

    def respond(self, request: Request) -> Reply:
        path = urlsplit(request.target).path
        if path.startswith("/v1.0/"):
            return self._graph(request)
        issuers = {"/github/token": self._github, "/pipelines/oidctoken": self._pipelines}
        return issuers[path](request) if path in issuers else self._sign_in(path, request)

    def _sign_in(self, path: str, request: Request) -> Reply:
        name, _, rest = path.lstrip("/").partition("/")
        if name not in self.tenants:
            return _oauth_error(400, 90002, "invalid_tenant", f"Tenant '{name}' not found.")
        if rest == "v2.0/.well-known/openid-configuration":
            return _json(200, self._discovery(name))
        if rest == "oauth2/v2.0/token" and request.method == "POST":
            return self._token(self.tenants[name], parse_qs(request.body.decode()))
        return Reply(404)

    def _graph(self, request: Request) -> Reply:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        tenant, app, end = self.tokens.get(bearer, (None, None, 0.0))
        if tenant is None or app is None or end < time.time():
            message = "Lifetime validation failed, the token is expired."
            challenge = {"WWW-Authenticate": f'Bearer realm="", authorization_uri="{self.url}"'}
            return error_reply(401, "InvalidAuthenticationToken", message, challenge)
        if urlsplit(request.target).path == "/v1.0/$batch":
            return self._batch(request)
        if self.pages is None:
            return graph_queries.answer(tenant, self.url, request, app.roles)
        key = (tenant.id, request.target)
        if key not in self.pages:
            self.pages[key] = graph_queries.answer(tenant, self.url, request, app.roles)
        return self.pages[key]

    def _batch(self, request: Request) -> Reply:
        """concepts/json-batching.md: each request by itself, in any order; faults meet them there too."""
        asked = orjson.loads(request.body)["requests"]
        if len(asked) > LARGEST_BATCH:
            return error_reply(400, "BadRequest", "Number of batch requests exceeds the limit of 20.")
        responses = []
        for one in reversed(asked):
            headers = {"Authorization": request.headers["Authorization"], **one["headers"]}
            reply = self.server.answer(Request(one["method"], f"/v1.0{one['url']}", headers, b""))
            status = reply.status if reply.status and reply.cut < 0 else 504
            try:
                body = orjson.loads(reply.body)
            except orjson.JSONDecodeError:
                body = reply.body.decode()
            responses.append({"id": one["id"], "status": status, "headers": reply.headers, "body": body})
        return _json(200, {"responses": responses})

    def _discovery(self, name: str) -> Record:
        base = f"{self.url}/{name}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        }

    def _token(self, tenant: Tenant, form: Mapping[str, list[str]]) -> Reply:
        said = {name: values[0] for name, values in form.items()}
        app = self.apps.get(said.get("client_id", ""))
        if app is None:
            return _oauth_error(400, 700016, "unauthorized_client", "Application was not found.")
        if said.get("grant_type") != "client_credentials" or said.get("scope") != SCOPE:
            return _oauth_error(400, 70011, "invalid_scope", "The scope is not valid.")
        refusal = self._refusal(app, said, f"{self.url}/{tenant.domain}/oauth2/v2.0/token")
        if refusal is not None:
            return refusal
        self.issued += 1
        token = f"token-{self.issued}"
        self.tokens[token] = (tenant, app, time.time() + self.token_seconds)
        answer = {"token_type": "Bearer", "expires_in": self.token_seconds, "access_token": token}
        return _json(200, answer)

    def _refusal(self, app: App, said: Mapping[str, str], audience: str) -> Reply | None:
        if "client_secret" in said:
            if hmac.compare_digest(said["client_secret"], app.secret):
                return None
            return _oauth_error(401, 7000215, "invalid_client", "Invalid client secret provided.")
        assertion = said.get("client_assertion", "")
        self.assertions.append(assertion)
        header = jwt.get_unverified_header(assertion)
        if header["alg"] == "HS256":
            return self._federated_refusal(app, assertion)
        for certificate in app.certificates:
            digest = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode()
            if header.get("x5t#S256") == digest:
                jwt.decode(assertion, certificate.public_key(), ["PS256"], audience=audience)
                return None
        return _oauth_error(401, 700027, "invalid_client", "The certificate is not registered.")

    def _federated_refusal(self, app: App, assertion: str) -> Reply | None:
        try:
            claims = jwt.decode(assertion, ISSUER_KEY, ["HS256"], audience="api://AzureADTokenExchange")
        except jwt.ExpiredSignatureError:
            return _oauth_error(401, 700024, "invalid_client", "Client assertion is not within its time.")
        except jwt.InvalidAudienceError:
            return _oauth_error(401, 700212, "invalid_client", "No matching audience.")
        if (claims["iss"], claims["sub"]) in app.subjects:
            return None
        return _oauth_error(401, 700213, "invalid_client", "No matching federated identity record found.")

    def _github(self, request: Request) -> Reply:
        """GitHub's documentation: *OpenID Connect reference*."""
        if request.headers.get("Authorization") != "bearer runner":
            return _json(401, {"message": "Unauthorized"})
        query = parse_qs(urlsplit(request.target).query)
        return _json(200, {"count": 1, "value": job_token("github", query["audience"][0])})

    def _pipelines(self, request: Request) -> Reply:
        """Azure DevOps release notes, sprint 240: ``System.OidcRequestUri``."""
        query = parse_qs(urlsplit(request.target).query)
        good = request.headers.get("Authorization") == "Bearer runner" and request.method == "POST"
        if not good or query.get("serviceConnectionId") != ["connection-1"]:
            return _json(401, {"message": "TF400813"})
        return _json(200, {"oidcToken": job_token("pipelines", "api://AzureADTokenExchange")})


def job_token(issuer: str, audience: str, *, seconds: float = 300.0) -> str:
    """Return a token as a CI system signs it; each is another."""
    claims = {"iss": issuer, "sub": "main", "aud": audience, "exp": time.time() + seconds}
    return jwt.encode(claims | {"jti": str(time.monotonic_ns())}, ISSUER_KEY, "HS256")


def person(key: str, name: str) -> Record:
    """Return a user with what a tenant usually has."""
    return {
        "id": key,
        "accountEnabled": True,
        "assignedLicenses": [{"skuId": "e3"}],
        "businessPhones": [],
        "department": "Sales",
        "displayName": name.title(),
        "employeeId": hashlib.sha256(key.encode()).hexdigest()[:6],
        "mail": f"{name}@contoso.com",
        "onPremisesDomainName": "corp.contoso.com",
        "onPremisesExtensionAttributes": {f"extensionAttribute{n}": None for n in range(1, 16)},
        "onPremisesSamAccountName": name,
        "otherMails": [],
        "userPrincipalName": f"{name}@contoso.com",
        "userType": "Member",
    }


def _json(status: int, body: Record) -> Reply:
    return Reply(status, orjson.dumps(body))


def _oauth_error(status: int, number: int, error: str, message: str) -> Reply:
    words = f"AADSTS{number}: {message} Trace ID: 1 Correlation ID: 2 Timestamp: 2026-11-23 10:00:00Z"
    return _json(status, {"error": error, "error_description": words, "error_codes": [number]})


@contextmanager
def graph_double(certificates: Certificates) -> Iterator[GraphDouble]:
    """Serve a tenant contoso.com with one app registration, and nobody in it."""
    double = GraphDouble()
    double.server = HttpsServer(double.respond, certificates)
    double.add_tenant("contoso.com", TENANT_ID)
    double.apps[CLIENT_ID] = App()
    with double.server:
        yield double


@pytest.fixture
def graph(certificates: Certificates) -> Iterator[GraphDouble]:
    """A tenant contoso.com with one app registration, and nobody in it."""
    with graph_double(certificates) as double:
        yield double
