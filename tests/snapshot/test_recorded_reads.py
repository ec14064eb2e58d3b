"""What is read from a snapshot is what was read from the world; whatever else is in it is refused."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.model import (
    INDEX,
    Account,
    ActualState,
    Batch,
    Cell,
    Fact,
    Property,
    Read,
    Reading,
    User,
)
from reconciler.errors import PlanFileError, SnapshotError, SourceDataError, UsageError
from reconciler.snapshot import Recording, Snapshot, lines, new_folder, open_snapshot
from reconciler.sources.definition import Definition
from support.golden import Golden
from support.world import rules

STAMP = {"tool": "0.1.0", "taken": "2026-01-05T06:00:00Z", "commit": "", "manifests": "sha256:" + "0" * 64}
DEFINITION = Definition({"type": "aa", "file": "bb"}, (("@groups0", "cc"),), "Company")
HR = rules("hr", groups=None)
GOLDEN = Path(__file__).parent / "golden"
NOBODY = ActualState((), frozenset(), frozenset(INDEX))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
cells = st.one_of(st.just(""), texts, st.lists(texts, min_size=2, max_size=3).map(tuple))


class Reader:
    """Gives what it was made with, whatever is asked for."""

    def __init__(self, batches: Sequence[Batch], reading: Reading) -> None:
        self.batches = batches
        self.reading = reading
        self.asked: tuple[str, ...] = ()

    def read(self, attributes: tuple[str, ...]) -> Read:
        self.asked = attributes
        yield from self.batches
        return self.reading


def batch(*people: str) -> Batch:
    """Return one batch of people who have their name in every attribute of `HR`."""
    return Batch([f"hr.csv:{name}" for name in people], [list(people) for _ in HR.attributes])


def reading_of(records: int) -> Reading:
    """Return a reading with everything that one can have."""
    doubts = (Fact("left-out", "it lies elsewhere: ldap://far"),)
    return Reading(records, (Fact("end", "reached"),), ("Company|Empty",), records, doubts)


def written(
    folder: Path, batches: Sequence[Batch] = (batch("ada", "bob"),), state: ActualState = NOBODY
) -> Path:
    """Write a snapshot of one source and a server, and return its folder."""
    where = folder / "snap"
    reading = reading_of(sum(len(one.origins) for one in batches))
    with new_folder(where) as part:
        recording = Recording(part)
        recording.source(HR, DEFINITION, Reader(batches, reading), ())
        recording.state("printing", "the server", {"read": "dd"}, state)
        recording.seal(STAMP)
    return where


def read_back(folder: Path) -> tuple[list[Batch], Reading, ActualState]:
    """Return all that a snapshot holds."""
    snapshot = open_snapshot(folder)
    mapped, reader = snapshot.source(HR, DEFINITION)
    read = reader.read(mapped.attributes)
    batches = []
    while True:
        try:
            batches.append(next(read))
        except StopIteration as end:
            return batches, end.value, snapshot.state("the server", {"read": "dd"})


# What goes in comes out


@given(
    st.lists(st.lists(st.tuples(texts, *(cells for _ in HR.attributes)), min_size=1, max_size=3), max_size=3)
)
def test_whatever_a_source_says_comes_back(people: list[list[tuple[Cell, ...]]]) -> None:
    batches = [
        Batch(
            [str(one[0]) for one in some], [[one[at + 1] for one in some] for at in range(len(HR.attributes))]
        )
        for some in people
    ]
    with TemporaryDirectory() as folder:
        found, reading, _ = read_back(written(Path(folder), batches))
    assert [(list(one.origins), [list(column) for column in one.columns]) for one in found] == [
        (list(one.origins), [list(column) for column in one.columns]) for one in batches
    ]
    assert reading == reading_of(sum(map(len, people)))


_values = st.lists(texts, max_size=3).map(tuple)
_users = st.builds(
    User,
    *(_values if isinstance(default, tuple) else texts for default in ("", *User._field_defaults.values())),
)
_states = st.builds(
    ActualState,
    accounts=st.lists(st.builds(Account, _users, texts, st.booleans(), _values), max_size=4).map(tuple),
    groups=st.frozensets(texts, max_size=3),
    readable=st.frozensets(st.sampled_from([*INDEX]), max_size=4),
    knows_source=st.booleans(),
    knows_deleted=st.booleans(),
    knows_rights=st.booleans(),
)


@given(_states)
def test_whatever_the_server_holds_comes_back(state: ActualState) -> None:
    with TemporaryDirectory() as folder:
        assert read_back(written(Path(folder), state=state))[2] == state


def test_no_field_of_the_state_is_unknown_to_the_law_above() -> None:
    known = ("knows_source", "knows_deleted", "knows_rights")
    assert ActualState._fields == ("accounts", "groups", "readable", *known)
    assert Account._fields == ("user", "id", "active", "rights")


def test_more_accounts_than_go_into_one_line_come_back_in_their_order(tmp_path: Path) -> None:
    accounts = tuple(Account(User(f"user{at:05}"), str(at)) for at in range(5_001))
    assert read_back(written(tmp_path, state=NOBODY._replace(accounts=accounts)))[2].accounts == accounts


def test_an_older_snapshot_lacks_a_field_that_is_new_and_the_field_is_empty(tmp_path: Path) -> None:
    state = NOBODY._replace(accounts=(Account(User("ada", phone="1", aliases=("a",))),))
    folder = written(tmp_path, state=state)
    reforge(folder, lambda index: index["target"]["fields"].__setitem__(User._fields.index("phone"), "fax"))
    (account,) = read_back(folder)[2].accounts
    assert account == Account(User("ada", aliases=("a",)))


def test_equal_reads_make_equal_files(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_the_files_look_like_this(tmp_path: Path, golden: Golden) -> None:
    state = NOBODY._replace(
        accounts=(Account(User("ada", cards=("1", "2")), "7"),), groups=frozenset({"Staff"})
    )
    folder = written(tmp_path, state=state)
    index = json.loads((folder / "snapshot.json").read_bytes())
    for part in (index, index["target"]["file"], index["sources"][0]["file"]):
        for key in {"digest", "bytes", "sha256"} & part.keys():
            part[key] = "..."  # compressed bytes are not the same with every zlib
    shown = [json.dumps(index, indent=2, sort_keys=True)]
    for name in ("source-hr.jsonl.gz", "target.jsonl.gz"):
        shown += [f"\n# {name}", gzip.decompress((folder / name).read_bytes()).decode()]
    golden(GOLDEN / "snapshot.txt", "\n".join(shown))


# Only the owner, all or nothing


def test_only_its_owner_may_look_into_it(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_a_read_that_breaks_off_leaves_no_folder_behind(tmp_path: Path) -> None:
    class Broken:
        def read(self, attributes: tuple[str, ...]) -> Read:
            yield Batch(["1"], [["a"] for _ in attributes])
            raise SourceDataError("it broke off", hint="try again")

    with pytest.raises(SourceDataError, match="it broke off"), new_folder(tmp_path / "snap") as part:
        Recording(part).source(HR, DEFINITION, Broken(), ())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = written(tmp_path)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(UsageError, match="is there already"):
        written(tmp_path)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(PlanFileError, match="the snapshot cannot be written"):
        written(tmp_path / "file" / "below")


def test_half_a_character_is_named_with_its_source(tmp_path: Path) -> None:
    with pytest.raises(SourceDataError, match="cannot be written as JSON") as error:
        written(tmp_path, [batch("\ud800")])
    assert error.value.where == "source-hr.jsonl.gz"
    assert list(tmp_path.iterdir()) == []


# Nothing that was cut off, edited or put together


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot that is only read."""
    state = NOBODY._replace(accounts=(Account(User("ada")),))
    return written(tmp_path_factory.mktemp("whole"), state=state)


@pytest.mark.parametrize("name", ["snapshot.json", "source-hr.jsonl.gz", "target.jsonl.gz"])
def test_a_file_cut_off_at_any_byte_is_refused(whole: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "cut"))
    content = (whole / name).read_bytes()
    end = len(content) - (1 if name == "snapshot.json" else 0)  # the last byte of the index ends its line
    for size in range(end):
        (folder / name).write_bytes(content[:size])
        with pytest.raises(SnapshotError):
            read_back(folder)


@given(st.data())
@settings(max_examples=60)
def test_a_bit_that_flipped_anywhere_is_found(whole: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["source-hr.jsonl.gz", "target.jsonl.gz", "snapshot.json"]))
    content = bytearray((whole / name).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    if name == "snapshot.json" and _same_meaning(bytes(content), (whole / name).read_bytes()):
        return
    with TemporaryDirectory() as place:
        folder = Path(shutil.copytree(whole, Path(place) / "flipped"))
        (folder / name).write_bytes(content)
        with pytest.raises(SnapshotError):
            read_back(folder)


def _same_meaning(one: bytes, other: bytes) -> bool:
    """Say whether only white space became other white space."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def test_a_file_of_another_snapshot_is_refused(whole: Path, tmp_path: Path) -> None:
    other = written(tmp_path, [batch("eve")])
    shutil.copy(whole / "source-hr.jsonl.gz", other)
    with pytest.raises(SnapshotError, match="belongs to another snapshot"):
        read_back(other)


@pytest.mark.parametrize("name", ["snapshot.json", "source-hr.jsonl.gz", "target.jsonl.gz"])
def test_a_file_that_is_missing_is_named(whole: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "lacking"))
    (folder / name).unlink()
    with pytest.raises(SnapshotError, match="cannot be read"):
        read_back(folder)


def reforge(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the index, and seal it again as somebody would who knows how."""
    from reconciler.snapshot.index import sealed  # noqa: PLC0415  only here

    path = folder / "snapshot.json"
    body = json.loads(path.read_bytes())
    del body["digest"]
    change(body)
    path.write_bytes(sealed(body))


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Put another content into a file, and seal it into the index."""
    import hashlib  # noqa: PLC0415  only here

    (folder / name).write_bytes(content)

    def seal(index: dict[str, Any]) -> None:
        for part in (index["target"], *index["sources"]):
            if part["file"]["name"] == name:
                digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
                part["file"].update(bytes=len(content), sha256=digest)

    reforge(folder, seal)


SOURCE_LINES: dict[str, tuple[str, str]] = {
    "no-json": ("{", "closing line"),
    "no-batch": ("[1, 2]", "no batch of records"),
    "too-few-columns": ('[["a"], [["a"]]]', "other columns"),
    "columns-of-other-lengths": ('[["a"], [["a"], ["a"], ["a", "b"], ["a"], ["a"], ["a"]]]', "other columns"),
    "too-few-records": ('{"records": 0, "facts": [], "groups": []}', "holds 0 records, and the index says 2"),
    "no-closing-line": ("", "nothing closes it"),
}


@pytest.mark.parametrize(("line", "said"), SOURCE_LINES.values(), ids=[*SOURCE_LINES])
def test_a_sealed_file_of_other_lines_is_refused_with_words(
    whole: Path, tmp_path: Path, line: str, said: str
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "odd"))
    rewrite(folder, "source-hr.jsonl.gz", gzip.compress(f"{line}\n".encode() if line else b""))
    if line == "{":
        reforge(folder, lambda index: index["sources"][0].update(records=0))
    with pytest.raises(SnapshotError, match=said):
        read_back(folder)


TARGET_LINES: dict[str, tuple[str, str]] = {
    "no-columns": ("[1]", "not as it is written"),
    "other-columns": ('[["a"]]', "not as it is written"),
    "no-state": ('{"groups": []}', "not as it is written"),
    "too-few-accounts": ("{}", "holds 0 accounts, and the index says 1"),
    "an-unknown-property": ('{"groups": [], "readable": ["shoeSize"]}', "not as it is written"),
    "no-closing-line": ("", "nothing closes it"),
}


@pytest.mark.parametrize(("line", "said"), TARGET_LINES.values(), ids=[*TARGET_LINES])
def test_a_sealed_file_of_other_accounts_is_refused_with_words(
    whole: Path, tmp_path: Path, line: str, said: str
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "odd"))
    rewrite(folder, "target.jsonl.gz", gzip.compress(f"{line}\n".encode() if line else b""))
    if line.startswith('{"'):
        reforge(folder, lambda index: index["target"].update(accounts=0))
    with pytest.raises(SnapshotError, match=said):
        open_snapshot(folder).state("the server", {"read": "dd"})


def test_what_is_not_compressed_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "plain"))
    rewrite(folder, "source-hr.jsonl.gz", b"plain text")
    with pytest.raises(SnapshotError, match="this is no file of a snapshot"):
        read_back(folder)


def test_a_line_without_an_end_is_not_read_to_its_end(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 20)
    with pytest.raises(SnapshotError, match="more than 20 bytes"):
        read_back(whole)


INDEXES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no file of a snapshot"),
    "a-list": (b"[]", "does not say that it is one"),
    "a-plan": (b'{"kind": "plan"}', "does not say that it is one"),
    "of-the-future": (b'{"kind": "snapshot", "format_version": "2.0"}', "version 2.0"),
    "half": (b'{"kind": "snapshot", "format_version": "1.0"}', "Field required"),
}


@pytest.mark.parametrize(("content", "said"), INDEXES.values(), ids=[*INDEXES])
def test_an_index_that_is_none_is_refused_with_words(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "snapshot.json").write_bytes(content)
    with pytest.raises(SnapshotError, match=said):
        open_snapshot(tmp_path)


def test_an_index_without_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.snapshot.index._LARGEST", 10)
    (tmp_path / "snapshot.json").write_bytes(b" " * 11)
    with pytest.raises(SnapshotError, match="more than 10 bytes"):
        open_snapshot(tmp_path)


def test_an_edited_index_is_refused(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "edited"))
    path = folder / "snapshot.json"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-01-05", "2026-01-06"), encoding="utf-8")
    with pytest.raises(SnapshotError, match="edited by hand"):
        open_snapshot(folder)


def test_an_index_may_say_more_than_we_know(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "newer"))
    reforge(folder, lambda index: index.update(format_version="1.7", later="news"))
    assert open_snapshot(folder).index.taken == STAMP["taken"]


# Only what the manifests ask for


def test_a_source_that_was_not_recorded_is_named(whole: Path) -> None:
    with pytest.raises(SnapshotError, match="no reads of the source lab"):
        open_snapshot(whole).source(rules("lab", groups=None), DEFINITION)


def test_another_server_is_refused(whole: Path) -> None:
    with pytest.raises(
        SnapshotError, match="is of the MyQ server the server, and the manifests name another"
    ):
        open_snapshot(whole).state("another", {"read": "dd"})


def test_a_server_read_in_another_way_is_refused_and_the_settings_are_named(whole: Path) -> None:
    with pytest.raises(SnapshotError, match=r"than the Target now says: csv\.export, read\n"):
        open_snapshot(whole).state("the server", {"read": "ee", "csv.export": "ff"})


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        pytest.param(
            DEFINITION._replace(settings={"type": "aa", "file": "xx"}),
            "another definition: file is not what it was",
            id="a-setting",
        ),
        pytest.param(
            DEFINITION._replace(settings={"type": "aa", "filter": "xx"}),
            "another definition: file, filter are not what",
            id="a-setting-more-and-one-less",
        ),
        pytest.param(
            DEFINITION._replace(under="Other"), "groups that exist without members", id="the-parent"
        ),
        pytest.param(DEFINITION._replace(ways=()), "groups that exist without members", id="a-way-less"),
    ],
)
def test_another_definition_is_refused_in_words(whole: Path, definition: Definition, said: str) -> None:
    with pytest.raises(SnapshotError, match=said) as error:
        open_snapshot(whole).source(HR, definition)
    assert "reconciler snapshot DIR" in error.value.hint


def test_the_kind_of_reader_is_no_matter_but_its_columns_are(whole: Path) -> None:
    snapshot: Snapshot = open_snapshot(whole)
    more = rules("hr", modes={Property.NOTES: HR.rules[0].mode}, groups=None)
    with pytest.raises(SnapshotError, match="the snapshot has no notes") as error:
        snapshot.source(more, DEFINITION)
    assert "--also" in error.value.hint


def test_a_moment_is_kept_to_the_second(whole: Path) -> None:
    assert datetime.fromisoformat(open_snapshot(whole).index.taken) == datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
