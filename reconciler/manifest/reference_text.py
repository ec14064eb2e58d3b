"""What people wrote of the reference of manifests: an introduction to each kind, with an example."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HEAD = r"""
<!-- Generated: RECONCILER_REWRITE_GOLDENS=1 python -m pytest tests/manifest/test_reference.py -->

# Manifests: every kind and every key

A project is a folder with `sources.d/`. All its files that end in `.yaml` or `.yml` belong to it. They are
read in the order of their names. One file may hold several documents, with a line `---` between them. A
project has one `Target` or several (see [targets.md](targets.md)), at most one `Policy` for each of them,
and any number of the other kinds.

- [Target](#target): the MyQ server
- [Source](#source): one synchronization source; of [csv](#type-csv), [entra](#type-entra) and other types
- [Mapping](#mapping): which attribute becomes which property
- [GroupTree](#grouptree): groups that shall exist
- [Policy](#policy): guards, protection, patience

How mappings and groups work is told in [mapping.md](mapping.md), what protects your users in
[safety.md](safety.md).

**Reading the tables.** `a.b` is the key `b` below `a`, and `a[].b` the key `b` in each item of the list
`a`. Under *unwritten* stands what counts when you leave the key out. **required** means that the key must
be there when the keys around it are. *one of these* means that exactly one of those keys is written. *in
MyQ* is what MyQ's own forms call it.

**Writing.** Every value is taken as you write it: `00123` stays `00123`. A key that is not in these tables
is an error, with a hint at what you may have meant. Paths of files count from the project folder. A secret
is never written into a manifest, only where it is found: `env:NAME` (an environment variable), `file:/path`
(a file that holds nothing else) or `keyring:service/name` (the system's keyring).

With this first line an editor with a YAML language server completes keys and underlines mistakes:

```yaml
# yaml-language-server: $schema=../schemas/manifest.schema.json
```

## Every document
"""

_TARGET = r"""
## Target

One MyQ print server: how it is read, and how it is written. This one is read from a user list that you
export in MyQ. Nothing can be written to it, which makes it a good first target:

```yaml
apiVersion: myq.reconciler/v1
kind: Target
metadata:
  name: printing
spec:
  release: "10.2"
  identity: myq.example.org
  read: csv
  csv:
    export: export/users.csv
```

With `write: csv` and `csv.import` it is written through MyQ's CSV import: [csv-target.md](csv-target.md).
With `rest:` the server is read and written through MyQ's REST API. It needs a REST API application in
*Settings > Connections* (before 10.1: *External Systems*) with the scope `users`. Most of what it takes is
not in MyQ's public documentation: see [what is not promised yet](safety.md#what-is-not-promised-yet). The
keys below `assumptions` say how your MyQ behaves where its documentation is silent; set one when you have
seen that your server does otherwise.
"""

_SOURCE = r"""
## Source

One synchronization source, as one row of *Users > Synchronization* in MyQ. `type` says what it is. This one
reads a CSV file in MyQ's own format, adds nobody and removes nobody, and pairs people by their personal
number:

```yaml
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: people
spec:
  type: csv
  file: import/people.csv
  synchronizationSource: Personnel
  mapping:
    userName: USERNAME
    fullName: FULLNAME
    personalNumber: CODE
    email: {from: EMAIL, filters: [lower]}
  groups:
    import:
      - branches: GROUPS
        makeDefault: true
  options:
    pairBy: [personalNumber, userName]
    convertUserNameToLowercase: true
  expect:
    minimumRecords: 500
    sentinels: [reception]
```

`synchronizationSource` is the text that MyQ stores with each user as its source. It decides whose accounts
these are. Write exactly what your MyQ shows today: accounts with another text count as somebody else's, and
are left alone. See [whose account it is](mapping.md#whose-account-it-is).
"""

SHARED_KEYS = r"""
### Keys of every source
"""

_MAPPING = r"""
## Mapping

Which attributes of a source become which properties of a MyQ user. Write it in place, below `mapping` of a
source, or as a document of its own that several sources name (`mapping: directory`):

```yaml
apiVersion: myq.reconciler/v1
kind: Mapping
metadata:
  name: directory
spec:
  userName: sAMAccountName
  fullName: "%givenName% %sn%"
  aliases: mail;otherMailbox
  cards:
    from: badgeNumber
    mode: add
    filters:
      - {card: {from: decimal, to: hex, length: 8}}
  language:
    from: preferredLanguage
    filters:
      - map: {table: {cs-CZ: cs, en-GB: en, en-US: en}}
```

A text is an attribute name or a template, as in MyQ's forms. A property that is not listed is neither
compared nor written. [mapping.md](mapping.md) has templates, modes and filters with examples.
"""

PROPERTY = r"""
### One property in full

Instead of a text, a property may have settings. Each item of `filters` is a word, or one of the keys below:
"""

_GROUP_TREE = r"""
## GroupTree

Groups that shall exist whoever is in them. `previously` renames or moves a group that is there, and the
group keeps its members and rights. Groups that stand in no tree and in no source are left alone: this
program never removes a group.

```yaml
apiVersion: myq.reconciler/v1
kind: GroupTree
metadata:
  name: organization
spec:
  groups:
    - name: Staff
      groups:
        - name: Administration
        - name: Research
          previously: Staff|Reserach
    - name: Students
```
"""

_POLICY = r"""
## Policy

How much a plan may change, what it may never touch, how long a missing user waits, and what needs no
approval. Without a Policy the defaults of the table count. [safety.md](safety.md) tells what each guard
asks.

```yaml
apiVersion: myq.reconciler/v1
kind: Policy
metadata:
  name: default
spec:
  guards:
    removals: {count: 20, percent: 2}
    updates: {percent: 50}
  protected:
    users: [reception]
    groups: [Staff|Administration]
  grace: {reads: 0, days: 0}
  approve: [create, update]
```
"""

LIMIT = r"""
### One limit

With both keys a guard trips when both are exceeded. A key that you leave out keeps its default, so write
both to change both. A percentage counts from 20 accounts up; below that only the count does.
"""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "Target": _TARGET,
        "Source": _SOURCE,
        "Mapping": _MAPPING,
        "GroupTree": _GROUP_TREE,
        "Policy": _POLICY,
    }
)
"""The introduction of each kind, with its worked example."""
