from __future__ import annotations

from dataclasses import fields

import pytest

from reconciler.core.assumptions import Assumptions
from reconciler.errors import Problem
from reconciler.manifest.models import AssumptionsSpec
from reconciler.manifest.target import Target, normal_url
from support.manifests import CHECKER, File, build, document, project


def target(spec: str) -> tuple[Target | None, list[Problem]]:
    problems: list[Problem] = []
    made = build((File("a.yaml", document("Target", spec).encode()),), CHECKER, problems)
    return (made[0].target if made else None), problems


def rest(url: str, more: str = "") -> tuple[Target | None, list[Problem]]:
    return target(f"rest: {{url: '{url}', clientId: a, clientSecret: 'env:A'{more}}}")


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        pytest.param("https://myq.example.org:8090", "https://myq.example.org:8090", id="as-it-is"),
        pytest.param("HTTPS://MyQ.Example.ORG/", "https://myq.example.org", id="letters-and-slash"),
        pytest.param("https://myq.example.org:443/x/", "https://myq.example.org/x", id="usual-port"),
        pytest.param("http://localhost:80", "http://localhost", id="usual-port-of-http"),
        pytest.param("http://[::1]:8090", "http://[::1]:8090", id="ipv6"),
    ],
)
def test_an_address_is_written_in_one_way(url: str, normal: str) -> None:
    assert normal_url(url) == normal
    assert normal_url(normal) == normal


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "myq.localhost"], ids=str)
def test_plain_http_is_for_this_machine(host: str) -> None:
    made, problems = rest(f"http://{host}:8090")
    assert problems == []
    assert made is not None
    assert made.identity == f"http://{host}:8090"


@pytest.mark.parametrize("host", ["myq.example.org", "10.0.0.1", "localhost.example.org", "[fe80::1]"])
def test_plain_http_over_a_network_is_refused(host: str) -> None:
    assert "in clear" in rest(f"http://{host}:8090")[1][0].message
    assert rest(f"http://{host}:8090", ", insecureTls: true")[1] == []


@pytest.mark.parametrize("url", ["ftp://a", "https://", "//a", "https:///x", "https://[::1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    assert "no address" in rest(url)[1][0].message


def test_a_password_in_an_address_is_not_repeated() -> None:
    (problem,) = rest("https://eva:S3cr3t@myq.example.org")[1]
    assert "S3cr3t" not in str(problem)


@pytest.mark.parametrize(
    ("spec", "identity"),
    [
        pytest.param("identity: Prague\ncsv: {export: a.csv}\nread: csv", "Prague", id="as-written"),
        pytest.param("identity: ' '\ncsv: {export: a.csv}\nread: csv", "it", id="not-blank"),
        pytest.param("csv: {export: a.csv}\nread: csv", "it", id="the-name-of-the-document"),
    ],
)
def test_a_server_has_an_identity(spec: str, identity: str) -> None:
    made, problems = target(spec)
    assert problems == []
    assert made is not None
    assert made.identity == identity
    assert not made.can_write


def test_a_server_read_from_an_export_may_be_written_by_rest() -> None:
    made, problems = target(
        "rest: {url: 'https://a', clientId: a, clientSecret: 'env:A'}\n"
        "csv: {export: a.csv}\nread: csv\nwrite: rest"
    )
    assert problems == []
    assert made is not None
    assert made.can_write
    assert made.spec.csv is not None
    assert made.spec.csv.header


def test_settings_have_their_defaults() -> None:
    spec = project().target.spec
    assert (spec.release, spec.read, spec.write) == ("10.2", "rest", None)
    assert spec.rest is not None
    assert (spec.rest.scope, spec.rest.timeout_seconds, spec.rest.page_size, spec.rest.concurrency) == (
        "users",
        30,
        500,
        8,
    )


def test_assumptions_can_be_switched() -> None:
    made, _ = target("csv: {export: a.csv}\nread: csv\nassumptions: {userNameCaseSensitive: false}")
    assert made is not None
    assert made.assumptions == Assumptions(user_name_case_sensitive=False)
    assert project().target.assumptions == Assumptions()


def test_manifests_and_core_know_the_same_assumptions() -> None:
    core = {each.name: each.default for each in fields(Assumptions)}
    assert core == {name: each.default for name, each in AssumptionsSpec.model_fields.items()}


def test_every_assumption_says_which_section_leaves_it_open() -> None:
    described = [each.description for each in AssumptionsSpec.model_fields.values()]
    assert all(described)


@pytest.mark.parametrize("release", ["10.1", "'10.1'"])
def test_a_release_needs_no_quotes(release: str) -> None:
    made, problems = target(f"release: {release}\ncsv: {{export: a.csv}}\nread: csv")
    assert problems == []
    assert made is not None
    assert made.spec.release == "10.1"


def test_a_release_is_one_word() -> None:
    (problem,) = target("release: [10.1]\ncsv: {export: a.csv}\nread: csv")[1][:1]
    assert "spec.release: this" in problem.message


REST = "rest: {url: 'https://a', clientId: a, clientSecret: 'env:A'}\n"


@pytest.mark.parametrize(
    ("spec", "import_file"),
    [
        pytest.param(f"{REST}csv: {{import: in.csv}}\nwrite: csv", "in.csv", id="read-by-rest"),
        pytest.param("csv: {export: a.csv, import: in.csv}\nread: csv\nwrite: csv", "in.csv", id="csv-alone"),
        pytest.param(f"{REST}csv: {{export: a.csv}}\nread: csv\nwrite: rest", "", id="written-by-rest"),
        pytest.param(REST, "", id="rest-alone"),
    ],
)
def test_reading_and_writing_combine(spec: str, import_file: str) -> None:
    made, problems = target(spec)
    assert problems == []
    assert made is not None
    assert made.can_write
    assert made.import_file == import_file


@pytest.mark.parametrize(
    ("spec", "fact"),
    [
        pytest.param("csv: {export: a.csv}\nread: csv\nwrite: csv", "spec.csv.import is not", id="no-import"),
        pytest.param(f"{REST}write: csv", "written by csv, and spec.csv is not there", id="no-csv"),
        pytest.param("csv: {import: a.csv}\nread: csv\nwrite: csv", "spec.csv.export is not", id="no-export"),
        pytest.param(f"{REST}csv: {{import: a.csv}}", "is not written by csv", id="an-import-for-nothing"),
        pytest.param(
            "csv: {export: a.csv, import: ./x/../a.csv}\nread: csv\nwrite: csv",
            "the file to import is the exported one",
            id="one-file-for-both",
        ),
    ],
)
def test_what_does_not_combine_is_refused(spec: str, fact: str) -> None:
    (problem,) = target(spec)[1]
    assert fact in problem.message
    assert problem.hint
