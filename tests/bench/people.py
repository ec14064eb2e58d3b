"""Made-up people of a university, as many as asked for, always the same ones; a million fit in no memory."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

FIRST = (
    "Ada",
    "Zoë",
    "José",
    "Łukasz",
    "Žofie",
    "Ondřej",
    "Søren",
    "Åsa",
    "Jürgen",
    "Renée",
    "Siân",
    "Đặng",
    "İpek",
    "Ñandú",
    "Ólöf",
    "Chloé",
    "Noël",
    "Márta",
    "Jiří",
    "Anna",
    "Peter",
    "Maria",
    "John",
    "Eva",
    "Tom",
    "Emma",
    "Paul",
    "Lucie",
    "Martin",
    "Petra",
)
LAST = (
    "Lovelace",
    "Nováková",
    "Müller",
    "O'Neill",
    "García",
    "Łukasiewicz",
    "Šťastný",
    "Øvergård",
    "Ångström",
    "Brontë",
    "Nguyễn",
    "Yıldız",  # noqa: RUF001 - that is how it is spelled
    "Peña",
    "Þórsdóttir",
    "D'Angelo",
    "Smith",
    "Dvořák",
    "Kowalski",
    "Weiß",
    "Lefèvre",
    "Horváth",
    "Popović",
    "Jónsson",
    "Eriksson",
    "Rossi",
    "Novák",
    "Svoboda",
    "Černý",
    "Procházka",
    "van-der-Berg",
)
FACULTIES = ("Arts", "Law", "Medicine", "Sciences", "Engineering", "Économie", "Theology", "Přírodní vědy")
UNITS = ("Office", "Library", "Research", "Teaching", "Students", "Doctoral school", "Laboratories", "Guests")
HEADER = ("FULLNAME", "USERNAME_ALIASES", "EMAIL", "CARDS", "GROUPS", "CODE", "SCANSTORAGE", "PIN")

_SPREAD = 2_654_435_761
"""Odd, so that multiplying by it modulo 2**32 gives every card number once."""


class Person(NamedTuple):
    """One row of a CSV file in MyQ's documented columns (myq.md section 4.2)."""

    full_name: str
    names: str
    email: str
    cards: str
    groups: str
    code: str
    scan_storage: str
    pin: str


def people(count: int) -> Iterator[Person]:
    """Yield so many people; the first of many are the same as the first of few."""
    letters = [_plain(name) for name in LAST]
    for number in range(count):
        spread = number * _SPREAD % 2**32
        first, last = FIRST[spread % len(FIRST)], (spread >> 8) % len(LAST)
        user_name = f"{letters[last]}{number:06}"
        yield Person(
            full_name=f"{first} {LAST[last]}",
            names=user_name if number % 3 else f"{user_name},{_plain(first)}.{user_name}",
            email=f"{user_name}@example.edu",
            cards=f"{spread:08X}" if number % 20 else f"{spread:08X},04{spread:010X}80",
            groups=_groups(spread, number),
            code=f"{number:08}",
            scan_storage=rf"\\files\scan\{user_name}",
            pin="",
        )


def a_while_ago(present: Iterable[Person]) -> Iterator[Person]:
    """Yield the same people as MyQ still has them: one in a hundred differs, in one of five ways."""
    for number, person in enumerate(present):
        if number % 100:
            yield person
            continue
        match number // 100 % 5:
            case 0:
                yield person._replace(email=person.email.replace("@", ".old@"))
            case 1:
                yield person._replace(groups="University|Newcomers")
            case 2:
                yield person._replace(cards=f"F0{person.code}")
            case 3:
                yield person._replace(full_name=f"{person.full_name} (temporary)")
            case _:
                continue


def write(path: Path, rows: Iterable[Person]) -> None:
    """Write a CSV file as MyQ's own exports are: a header, commas, quotes where they are needed."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)


def _groups(spread: int, number: int) -> str:
    faculty, unit = FACULTIES[spread % len(FACULTIES)], UNITS[(spread >> 4) % len(UNITS)]
    branch = f"University|{faculty}|{unit}"
    return branch if number % 4 else f"{branch},Print|Colour allowed"


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalpha())
