"""Signing in with msal itself: secrets, certificates, tokens of CI systems, and what goes wrong with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.entra import CLOUDS
from reconciler.sources.entra.signin import SignIn
from reconciler.sources.web import Http
from support.entra import Source
from support.graph import CLIENT_ID, TENANT_ID, App, GraphDouble, job_token
from support.https import Certificates, Reply, private_pem

pytestmark = pytest.mark.entra


@pytest.fixture(autouse=True)
def somebody(graph: GraphDouble) -> None:
    graph.user("ada")


def signed_in(source: Source, **said: object) -> bool:
    return source.read("upnPrefix", **said).column == ["ada"]


@pytest.mark.parametrize("tenant", ["contoso.com", TENANT_ID])
def test_with_a_secret(source: Source, environment: dict[str, str], tenant: str) -> None:
    environment["ENTRA_SECRET"] = "s3cret\n"  # as it comes out of a file
    assert signed_in(source, tenant=tenant)


def test_a_sign_in_serves_the_whole_read(source: Source, graph: GraphDouble) -> None:
    graph.group("Sales")
    source.paths()
    assert graph.issued == 1
    assert len(graph.server.lines("openid-configuration")) == 1
    (request,) = (request for request in graph.server.requests if "/token" in request.target)
    assert b"grant_type=client_credentials" in request.body
    assert b"scope=https%3A%2F%2Fgraph.microsoft.com%2F.default" in request.body


@pytest.mark.parametrize("bundle", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_has_no_say_in_whom_to_believe(
    source: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bundle: str
) -> None:
    empty = tmp_path / "nobody.pem"
    empty.write_bytes(b"")
    monkeypatch.setenv(bundle, str(empty))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert signed_in(source)


# Certificates


class Credential:
    """A certificate for an app registration, as files and as Entra ID knows it."""

    def __init__(self, folder: Path) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reconciler")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )
        (folder / "app.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "app.key").write_bytes(private_pem(self.key))
        (folder / "sealed.key").write_bytes(private_pem(self.key, b"open sesame"))


@pytest.fixture(scope="module")
def credential(tmp_path_factory: pytest.TempPathFactory) -> tuple[Credential, Path]:
    folder = tmp_path_factory.mktemp("credential")
    return Credential(folder), folder


def certificate_sign_in(folder: Path, key: str = "app.key", **more: str) -> dict[str, object]:
    return {"certificate": {"file": str(folder / "app.pem"), "key": f"file:{folder / key}", **more}}


@pytest.mark.parametrize(
    ("key", "more"),
    [
        pytest.param("app.key", {}, id="with an open key"),
        pytest.param("sealed.key", {"passphrase": "env:PASSPHRASE"}, id="with a sealed key"),
    ],
)
def test_with_a_certificate(
    source: Source,
    graph: GraphDouble,
    environment: dict[str, str],
    credential: tuple[Credential, Path],
    key: str,
    more: dict[str, str],
) -> None:
    made, folder = credential
    environment["PASSPHRASE"] = "open sesame\n"
    graph.app.certificates.append(made.certificate)
    assert signed_in(source, signIn=certificate_sign_in(folder, key, **more))
    header = jwt.get_unverified_header(graph.assertions[-1])
    assert header["alg"] == "PS256"
    assert "x5t#S256" in header


def test_a_certificate_that_is_not_registered_is_refused(
    source: Source, credential: tuple[Credential, Path]
) -> None:
    with pytest.raises(SourceUnavailable, match="AADSTS700027") as info:
        signed_in(source, signIn=certificate_sign_in(credential[1]))
    assert "upload the certificate" in info.value.hint


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param({"file": "absent.pem"}, "cannot be read", id="no certificate file"),
        pytest.param({"file": "binary.pem"}, "cannot be read", id="a certificate that is no text"),
        pytest.param({"file": "empty.pem"}, "cannot be made: ValueError", id="an empty certificate file"),
        pytest.param({"key": "file:{}/empty.pem"}, "cannot be made", id="an empty key"),
        pytest.param({"key": "file:{}/app.pem"}, "cannot be made", id="a certificate for a key"),
        pytest.param({"key": "file:{}/sealed.key"}, "cannot be made", id="a sealed key without passphrase"),
        pytest.param(
            {"key": "file:{}/sealed.key", "passphrase": "env:ENTRA_SECRET"},
            "cannot be made",
            id="a wrong passphrase",
        ),
        pytest.param({"key": "file:{}/absent.key"}, "is not set", id="no key"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_named(
    source: Source, credential: tuple[Credential, Path], said: dict[str, str], words: str
) -> None:
    _, folder = credential
    (folder / "binary.pem").write_bytes(b"\xff\xfe")
    (folder / "empty.pem").write_bytes(b"")
    certificate = {"file": "app.pem", "key": f"file:{folder}/app.key"} | {
        name: value.format(folder) for name, value in said.items()
    }
    certificate["file"] = str(folder / certificate["file"])
    with pytest.raises(SourceError, match=words) as info:
        signed_in(source, signIn={"certificate": certificate})
    assert "PRIVATE" not in str(info.value)
    assert info.value.hint


# Tokens of the CI system


@pytest.fixture
def trusted(graph: GraphDouble) -> GraphDouble:
    graph.app.subjects |= {("github", "main"), ("pipelines", "main"), ("gitlab", "main")}
    return graph


def test_with_a_token_of_github_actions_renewed_for_each_sign_in(
    source: Source, trusted: GraphDouble, environment: dict[str, str]
) -> None:
    environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{trusted.url}/github/token?api-version=2.0"
    environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "runner"
    trusted.token_seconds = 60  # so that every request needs a new sign-in
    trusted.group("Sales")
    read = source.read("@groups0", groups={"import": [{"memberships": {}}]}, signIn=github())
    assert read.reading.records == 1
    assert trusted.issued == len(set(trusted.assertions)) == 3
    assert trusted.server.lines("/github/token")[0].endswith(
        "?api-version=2.0&audience=api://AzureADTokenExchange"
    )


def github(**more: str) -> dict[str, object]:
    return {"federation": "githubActions", **more}


def test_with_a_token_of_azure_pipelines(
    source: Source, trusted: GraphDouble, environment: dict[str, str]
) -> None:
    environment["SYSTEM_OIDCREQUESTURI"] = f"{trusted.url}/pipelines/oidctoken/"
    environment["SYSTEM_ACCESSTOKEN"] = "runner"
    assert signed_in(source, signIn={"federation": {"azurePipelines": "connection-1"}})
    with pytest.raises(SourceUnavailable, match=r"no token for this job \(401\).*TF400813") as info:
        signed_in(source, signIn={"federation": {"azurePipelines": "connection-2"}})
    assert "System.AccessToken" in info.value.hint


def test_with_the_token_file_of_kubernetes_read_anew_each_time(
    source: Source, trusted: GraphDouble, environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "token"
    environment["AZURE_FEDERATED_TOKEN_FILE"] = str(file)
    for _ in range(2):
        file.write_text(job_token("gitlab", "api://AzureADTokenExchange") + "\n", encoding="utf-8")
        assert signed_in(source, signIn={"federation": "workloadIdentity"})
    assert len(set(trusted.assertions)) == 2


def test_with_an_id_token_of_gitlab(
    source: Source, trusted: GraphDouble, environment: dict[str, str]
) -> None:
    environment["ENTRA_ID_TOKEN"] = job_token("gitlab", "api://AzureADTokenExchange")
    assert signed_in(source, signIn={"federation": {"token": "env:ENTRA_ID_TOKEN"}})
    assert trusted.issued == 1


@pytest.mark.parametrize(
    ("token", "number", "hint"),
    [
        pytest.param(("elsewhere", "api://AzureADTokenExchange", 300.0), 700213, "issuer", id="an issuer"),
        pytest.param(("gitlab", "https://gitlab.com", 300.0), 700212, "audience", id="an audience"),
        pytest.param(
            ("gitlab", "api://AzureADTokenExchange", -300.0), 700024, "not valid at this time", id="a time"
        ),
    ],
)
def test_a_token_that_is_not_trusted_is_explained(
    source: Source,
    trusted: GraphDouble,
    environment: dict[str, str],
    token: tuple[str, str, float],
    number: int,
    hint: str,
) -> None:
    assert trusted
    issuer, audience, seconds = token
    environment["ENTRA_ID_TOKEN"] = job_token(issuer, audience, seconds=seconds)
    with pytest.raises(SourceUnavailable, match=f"AADSTS{number}") as info:
        signed_in(source, signIn={"federation": {"token": "env:ENTRA_ID_TOKEN"}})
    assert hint in info.value.hint
    assert environment["ENTRA_ID_TOKEN"] not in str(info.value)


@pytest.mark.parametrize(
    ("federation", "variable", "hint"),
    [
        ("githubActions", "ACTIONS_ID_TOKEN_REQUEST_URL", "id-token: write"),
        ("workloadIdentity", "AZURE_FEDERATED_TOKEN_FILE", "Entra Workload ID"),
        ({"azurePipelines": "x"}, "SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"),
    ],
)
def test_outside_its_ci_system_the_error_says_what_is_missing(
    source: Source, federation: object, variable: str, hint: str
) -> None:
    with pytest.raises(SourceUnavailable, match=variable) as info:
        signed_in(source, signIn={"federation": federation})
    assert hint in info.value.hint


def test_a_github_token_for_another_audience(
    source: Source, trusted: GraphDouble, environment: dict[str, str]
) -> None:
    environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{trusted.url}/github/token"
    environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "runner"
    with pytest.raises(SourceUnavailable, match="AADSTS700212"):
        signed_in(source, signIn=github(audience="api://ours"))
    assert trusted.server.lines("/github/token")[0].endswith("/token?audience=api://ours")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Reply(403, b"no"), r"no token for this job \(403\): no", id="refused"),
        pytest.param(Reply(200, b'{"value": 7}'), r"no token for this job \(200\)", id="no token in it"),
        pytest.param(Reply(200, b"[]"), "no token for this job", id="a list"),
        pytest.param(Reply(200, b"hello"), "no JSON", id="no JSON"),
    ],
)
def test_a_ci_system_that_gives_no_token_is_shown(
    source: Source, trusted: GraphDouble, environment: dict[str, str], answer: Reply, words: str
) -> None:
    environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{trusted.url}/github/token"
    environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "runner"
    trusted.server.fault("/github", answer)
    with pytest.raises(SourceUnavailable, match=words):
        signed_in(source, signIn=github())


def test_a_token_is_not_fetched_over_plain_http(source: Source, environment: dict[str, str]) -> None:
    environment["ACTIONS_ID_TOKEN_REQUEST_URL"] = "http://127.0.0.1:9/?x=1"
    environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "runner"
    with pytest.raises(SourceDataError, match="not https"):
        signed_in(source, signIn=github())


# What goes wrong


@pytest.mark.parametrize(
    ("said", "words", "hint"),
    [
        pytest.param({"clientId": "nobody"}, "AADSTS700016", "clientId", id="an unknown application"),
        pytest.param({"signIn": {"secret": "env:WRONG"}}, "AADSTS7000215", "not the id", id="a wrong secret"),
        pytest.param({"tenant": "fabrikam.com"}, "'fabrikam.com' is not known", "domains", id="no tenant"),
        pytest.param({"signIn": {"secret": "env:UNSET"}}, "UNSET is not set", "set it", id="no secret"),
    ],
)
def test_a_refused_sign_in_says_why_and_never_the_secret(
    source: Source, environment: dict[str, str], said: dict[str, object], words: str, hint: str
) -> None:
    environment["WRONG"] = "hunter2"
    with pytest.raises(SourceError, match=words) as info:
        signed_in(source, **said)
    assert info.value.exit_code == 6
    assert hint in info.value.hint
    assert "hunter2" not in str(info.value)
    assert "Trace ID" not in str(info.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Reply(503, b"busy"), r"answers 503 \(tried 8 times\): busy", id="unavailable"),
        pytest.param(Reply(200, b"<html>"), "no JSON", id="no JSON"),
        pytest.param(Reply(501, b"{}"), r"the sign-in service answers 501: {}", id="not made for this"),
        pytest.param(Reply(200, b"{}"), r"refuses the sign-in \(None\)", id="an empty answer"),
        pytest.param(
            Reply(400, b'{"error": "odd", "error_description": "AADSTS1: new"}'),
            r"\(odd\): AADSTS1: new",
            id="an error of no known number",
        ),
    ],
)
def test_a_sign_in_that_fails_is_an_incomplete_read(
    source: Source, graph: GraphDouble, answer: Reply, words: str
) -> None:
    graph.server.fault("POST .*/token", answer, times=100)
    with pytest.raises(SourceUnavailable, match=words):
        signed_in(source)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Reply(500), "answers 500", id="down"),
        pytest.param(Reply(302, b"{}"), "the sign-in service answers 302", id="elsewhere"),
        pytest.param(
            Reply(200, b"{}"), "does not say what its 'authorization_endpoint' is", id="something else"
        ),
    ],
)
def test_a_sign_in_service_that_is_none_is_an_incomplete_read(
    source: Source, graph: GraphDouble, answer: Reply, words: str
) -> None:
    graph.server.fault("openid-configuration", answer, times=100)
    with pytest.raises(SourceError, match=words):
        signed_in(source)


def test_trouble_at_sign_in_is_waited_out(source: Source, graph: GraphDouble) -> None:
    graph.server.fault("POST .*/token", Reply(429, b"", {"Retry-After": "3"}))
    graph.server.fault("openid-configuration", Reply(503, b"", {"Retry-After": "2"}))
    assert signed_in(source)
    assert source.slept == [2.0, 3.0]


def test_a_token_is_renewed_once_however_many_were_refused(
    source: Source, graph: GraphDouble, certificates: Certificates
) -> None:
    with Http(ca_file=certificates.ca) as http:
        sign_in = SignIn(http, source.spec(), source.surroundings)
        first = sign_in.token()
        second = sign_in.renew(first)
        assert second != first
        assert sign_in.renew(first) == second == sign_in.token()
    assert graph.issued == 2


def test_a_missing_permission_is_named(source: Source, graph: GraphDouble) -> None:
    graph.app.roles = frozenset()
    with pytest.raises(SourceUnavailable, match=r"the users \(403\): Authorization_RequestDenied") as info:
        signed_in(source)
    assert "the application permission User.Read.All" in info.value.hint
    assert "consent" in info.value.hint


# Tenants and clouds


def test_each_tenant_is_a_source_of_its_own(source: Source, graph: GraphDouble) -> None:
    other = graph.add_tenant("fabrikam.com", "33333333-3333-4333-8333-333333333333")
    other.users["x"] = {"id": "x", "userPrincipalName": "zoe@fabrikam.com"}
    graph.apps["other"] = App(secret="s3cret")
    assert source.read("upnPrefix", tenant="fabrikam.com", clientId="other").column == ["zoe"]
    assert signed_in(source)


@pytest.mark.parametrize(("name", "cloud"), CLOUDS.items())
def test_national_clouds_have_their_own_addresses(source: Source, name: str, cloud: tuple[str, ...]) -> None:
    spec = source.spec(cloud=name, authority=None, graphUrl=None)
    with Http() as http:
        sign_in = SignIn(http, spec, source.surroundings)
    assert sign_in._authority == f"{cloud[0]}/contoso.com"
    assert sign_in._scope == f"{cloud[1]}/.default"
    assert all(address.startswith("https://") for address in cloud[:2])
    assert cloud[2].startswith("api://AzureADTokenExchange")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"signIn": {"secret": "hunter2"}}, id="a literal secret"),
        pytest.param({"signIn": {}}, id="no sign-in"),
        pytest.param({"signIn": {"secret": "env:A", "federation": "githubActions"}}, id="two sign-ins"),
        pytest.param({"authority": "http://login.example"}, id="a sign-in without TLS"),
        pytest.param({"graphUrl": "https://graph.example?x=1"}, id="an address with a query"),
        pytest.param({"graphUrl": "https://u:p@graph.example"}, id="an address with a password"),
        pytest.param({"tenant": "a/b"}, id="a tenant that is a path"),
        pytest.param({"proxy": "http://u:p@proxy.example"}, id="a proxy with a password"),
        pytest.param({"cloud": "mars"}, id="an unknown cloud"),
        pytest.param(
            {"groups": {"import": [{"memberships": {}, "makeDefault": True}]}},
            id="a default group by no choice",
        ),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_refused(source: Source, said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        source.spec(**said)


def test_the_default_group_can_be_chosen(source: Source) -> None:
    ways = [{"memberships": {"onlyGroups": ["Sales"]}, "makeDefault": True}, {"attribute": "department"}]
    spec = source.spec(groups={"import": ways})
    assert [way.ready_attribute(n) for n, way in enumerate(spec.groups.import_)] == ["@groups0", None]
    assert json.loads(spec.model_dump_json())["client_id"] == CLIENT_ID
