"""The worked examples of docs/script-source.md: shown as they are, and working as they are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from support.https import HttpsServer, Reply, Request
from support.scripts import PYTHON, Outcome, Scripts

pytestmark = pytest.mark.script

EXAMPLES = Path(__file__).parent / "examples"
DOCUMENT = Path(__file__).parent.parent.parent.parent / "docs" / "script-source.md"

EXPORT = (
    "ada\tAda Lovelace\tada@example.org\tResearch\tC1 C2\n"
    'eva\tEva "Ev\\a" Nováková\t\tOffice\t\n'
    "cy\tCy O'Neil\tcy@example.org\t\tC3\n"
)
TOKEN = "hr-token-4711"
PEOPLE = [
    {
        "number": number,
        "login": login,
        "givenName": "Zoë",
        "familyName": f"N{number}",
        "mail": None,
        "badges": [{"hex": f"A{number}", "valid": True}, {"hex": f"B{number}", "valid": False}],
        "unit": {"division": "Staff", "team": "IT"} if number % 2 else None,
    }
    for number, login in enumerate(("zoe0", "zoe1", None, "zoe3", "zoe4"))
]


def text(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir() if path.is_file()))
def test_the_document_shows_the_example_as_it_is(name: str) -> None:
    assert text(name) in DOCUMENT.read_text(encoding="utf-8")


def personnel(scripts: Scripts, export: str, count: str) -> Callable[..., Outcome]:
    (scripts.folder / "people.tsv").write_bytes(export.encode())
    (scripts.folder / "people.count").write_bytes(count.encode())
    said = {"name": "personnel.sh", "interpreter": ["sh"]}
    command = ["personnel.sh", "people.tsv", "people.count"]

    def read(*attributes: str) -> Outcome:
        return scripts.read(text("personnel.sh"), *attributes, **said, command=command)

    return read


def test_the_shell_script_reads_a_database_export(scripts: Scripts) -> None:
    found = personnel(scripts, EXPORT, "3\n")("userName", "fullName", "email", "department", "cards")
    assert found.records == [
        ("ada", "Ada Lovelace", "ada@example.org", "Research", ("C1", "C2")),
        ("eva", 'Eva "Ev\\a" Nováková', "", "Office", ""),
        ("cy", "Cy O'Neil", "cy@example.org", "", "C3"),
    ]
    assert found.origins[0] == "personnel.sh#ada"


@pytest.mark.parametrize(
    ("export", "count", "message"),
    [
        pytest.param(EXPORT, "4", "3 lines came, and 4 were counted", id="an export still being written"),
        pytest.param(EXPORT + "dan\tDan\n", "4", "line 4 has 2 fields, not 5", id="a line cut short"),
        pytest.param(EXPORT, "", "3 lines came, and were counted", id="no count yet"),
    ],
)
def test_the_shell_script_doubts_what_it_reads(
    scripts: Scripts, export: str, count: str, message: str
) -> None:
    personnel(scripts, export, count)
    error = scripts.fault(
        text("personnel.sh"),
        "userName",
        name="personnel.sh",
        interpreter=["sh"],
        command=["personnel.sh", "people.tsv", "people.count"],
    )
    assert message in error.message


def service(total: int = len(PEOPLE)) -> Callable[[Request], Reply]:
    """Return an HR service that gives two people a page to who has its token."""

    def respond(request: Request) -> Reply:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Reply(403)
        parts = urlsplit(request.target)
        page = int(parse_qs(parts.query).get("page", ["0"])[0])
        people = PEOPLE[2 * page : 2 * page + 2]
        more = f"{parts.path}?page={page + 1}" if 2 * page + 2 < len(PEOPLE) else None
        return Reply(200, json.dumps({"total": total, "next": more, "people": people}).encode())

    return respond


@pytest.fixture
def hr(scripts: Scripts, https_server: Callable[..., HttpsServer]) -> Callable[..., dict[str, object]]:
    """Start an HR service; return what a manifest says to read it."""

    def start(total: int = len(PEOPLE), token: str = TOKEN) -> dict[str, object]:
        server = https_server(service(total), tls=False)
        scripts.secrets["env:HR_TOKEN"] = token
        return {
            "name": "hr_service.py",
            "command": ["hr_service.py", f"{server.url}/api/people"],
            "interpreter": PYTHON,
            "environment": {"pass": ["HR_TOKEN"]},
        }

    return start


def test_the_python_script_reads_a_web_service(
    scripts: Scripts, hr: Callable[..., dict[str, object]]
) -> None:
    found = scripts.read(text("hr_service.py"), "userName", "fullName", "cards", "groups", **hr())
    assert found.records == [
        ("zoe0", "Zoë N0", "A0", ""),
        ("zoe1", "Zoë N1", "A1", "Staff|IT"),
        ("zoe3", "Zoë N3", "A3", "Staff|IT"),
        ("zoe4", "Zoë N4", "A4", ""),
    ]
    assert found.origins[-1] == "hr_service.py#4"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param({"total": 6}, "5 of 6 people came", id="people are missing"),
        pytest.param({"token": "an-old-token"}, "403", id="the token is refused"),
    ],
)
def test_the_python_script_doubts_what_it_reads(
    scripts: Scripts, hr: Callable[..., dict[str, object]], said: dict[str, object], message: str
) -> None:
    error = scripts.fault(text("hr_service.py"), "userName", **hr(**said))
    assert message in error.message
    assert error.exit_code == 6
