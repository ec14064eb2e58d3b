#!/usr/bin/env python3
"""Prints the people of an HR web service, as docs/script-source.md asks for it.

    hr_service.py https://hr.example.org/api/people

The service answers in pages: {"total": 3, "next": "/api/people?page=2", "people": [...]}, the last one with
"next": null. Its token comes in the variable HR_TOKEN. Whatever goes wrong ends the program with a message
and without the closing line, so nothing of what it printed is used.
"""

import json
import os
import sys
from urllib.parse import urljoin
from urllib.request import Request, urlopen

TIMEOUT = 30


def pages(url, token):
    """Yield one page after the other."""
    while url:
        if not url.startswith(("https://", "http://127.0.0.1:")):
            sys.exit(f"the token goes nowhere but to https: {url}")
        request = Request(url, headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=TIMEOUT) as answer:
            page = json.load(answer)
        yield page
        url = page["next"] and urljoin(url, page["next"])


def record(person):
    """Return what the mapping needs of a person; a person without a login is no user of MyQ."""
    unit = person["unit"]
    return {
        "id": str(person["number"]),
        "userName": person["login"],
        "fullName": f"{person['givenName']} {person['familyName']}",
        "email": person.get("mail") or "",
        "cards": [badge["hex"] for badge in person["badges"] if badge["valid"]],
        "groups": [f"{unit['division']}|{unit['team']}"] if unit else [],
    }


def main():
    """Print everybody, then the closing line."""
    sys.stdout.reconfigure(encoding="utf-8")
    came, printed, total = 0, 0, None
    for page in pages(sys.argv[1], os.environ["HR_TOKEN"]):
        total = page["total"]
        for person in page["people"]:
            came += 1
            if person["login"]:
                printed += 1
                print(json.dumps(record(person)))
    if came != total:
        sys.exit(f"{came} of {total} people came")
    print(json.dumps({"end": True, "count": printed}))


main()
