"""What people wrote of each kind of source, and what MyQ's own forms call our keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CSV = r"""
### type: csv

A CSV file, of MyQ's own format or any other. The attributes are the names of the columns. In MyQ's format
`USERNAME_ALIASES` also gives two attributes that the file does not name: `USERNAME`, its first value, and
`ALIASES`, the others. `CARDS` and `PIN` are split at commas, `GROUPS` is a list of branches.

The encoding is never guessed. A file that contradicts it, a row with too many or too few fields, and a last
line that was cut short stop the source, with the row and the column.
"""

_LDAP = r"""
### type: ldap

An LDAP directory: Active Directory, OpenLDAP, Novell eDirectory, Lotus Domino, the LDAP service of Google
Workspace.

```yaml
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: staff
spec:
  type: ldap
  directory: activeDirectory
  servers: [ldaps://dc1.example.org:636, ldaps://dc2.example.org:636]
  bind:
    user: reader@example.org
    password: env:LDAP_PASSWORD
  baseDns: ["OU=Staff,DC=example,DC=org"]
  mapping:
    userName: sAMAccountName
    fullName: cn
    email: mail
    personalNumber: employeeID
  groups:
    import:
      - attribute: "%company%|%department%"
        makeDefault: true
      - memberOf:
          baseDn: "OU=Print,OU=Groups,DC=example,DC=org"
```

The connection is encrypted and the server's certificate is checked, unless a manifest says otherwise. A
base DN that is not there, a limit of the server that cut the answer short, and an answer without anybody
stop the source.
"""

_ENTRA = r"""
### type: entra

A Microsoft Entra ID tenant, read through Microsoft Graph. Write one source for each tenant. The app
registration needs the application permission `User.Read.All`, and `GroupMember.Read.All` where groups are
selected or imported, both with an administrator's consent. The permissions that MyQ asks for
(`User.Read.All`, `Group.Read.All`) suffice.

```yaml
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: tenant
spec:
  type: entra
  tenant: example.org
  clientId: 11111111-2222-3333-4444-555555555555
  signIn:
    secret: env:ENTRA_SECRET
  users:
    fromGroups: [Print Users]
  mapping:
    userName: userPrincipalName
    fullName: displayName
    email: mail
    aliases: upnPrefix
    objectId: id
  options:
    pairBy: [objectId, userName]
  groups:
    import:
      - memberships:
          ignoreGroupsContaining: [Teams]
```

The attributes are the properties of a Graph user. `upnPrefix` and
`onPremisesSamAccountName@onPremisesDomainName` are there as in MyQ's form.
"""

_SCRIPT = r"""
### type: script

A program of your own that prints one person a line, as JSON. [script-source.md](script-source.md) tells what
it must print, and how it is kept from running where it should not. `sha256` names the very script that was
reviewed: when somebody changes it, it does not run.

```yaml
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: campus
spec:
  type: script
  command: [scripts/campus.py]
  interpreter: [python3, -I]
  sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  environment:
    set: {CAMPUS_TOKEN: "env:CAMPUS_TOKEN"}
  mapping:
    userName: login
    fullName: name
```
"""

_CENTRAL = r"""
### type: central

A MyQ Central server, whose users a site server shall have. Central's documented list of users is the one
that it exports as CSV; with `url` instead of `export`, a listing through REST is assumed.

```yaml
apiVersion: myq.reconciler/v1
kind: Source
metadata:
  name: head-office
spec:
  type: central
  export:
    file: import/central-users.csv
  mapping:
    userName: username
    fullName: fullname
    personalNumber: code
```

Attributes are spelled as in MyQ's API (`username`, `fullname`, `code`, `email`), with an export too.
"""

TYPES: Mapping[str, str] = MappingProxyType(
    {"csv": _CSV, "ldap": _LDAP, "entra": _ENTRA, "central": _CENTRAL, "script": _SCRIPT},
)
"""The introduction of each kind of source."""

IN_MYQ: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Target": {
            "rest.clientId": "Client ID",
            "rest.clientSecret": "Secret",
            "rest.scope": "Scopes",
        },
        "Source": {
            "synchronizationSource": "Synchronization source",
            "options.addNewUsers": "Add new users",
            "options.deactivateMissingUsers": "Deactivate missing users",
            "options.convertUserNameToLowercase": "Convert user name to lowercase",
            "options.appendDomainName": "Append the domain name to the username",
            "options.pairBy": "Pair by the personal number, Pair by Object ID",
            "options.useAuthenticationServer": "Use authentication server",
            "options.importGroupsUnder": "Import groups under this group",
            "options.doNotChangeDefaultGroup": "Do not change default group",
            "options.ignoreSynchronizationSource": "Ignore synchronization source",
            "groups.import[].attribute": "Attribute",
            "groups.import[].makeDefault": "Make default",
        },
        "csv": {
            "file": "CSV file",
            "delimiter": "Column delimiter in CSV",
            "encoding": "Encoding",
            "header": "No header line; to 10.1: Skip header line",
        },
        "ldap": {
            "servers": "LDAP Server",
            "domain": "LDAP domain",
            "directory": "Type",
            "startTls": "Security",
            "bind.user": "User",
            "bind.password": "Password",
            "baseDns": "Base DN",
            "filters": "Filter",
            "groups.import[].ouIndex": "OU component index",
            "groups.import[].memberOf.baseDn": "Group base DN",
            "groups.import[].memberOf.emptyGroups": "Import empty groups",
            "groups.import[].memberOf.tree": "Import tree of groups",
        },
        "entra": {
            "tenant": "Tenant ID",
            "clientId": "Client ID",
            "signIn.secret": "Security key",
            "users.fromGroups": "Users from selected groups",
            "groups.import[].memberships.ignoreGroups": "Ignore groups",
            "groups.import[].memberships.ignoreGroupsContaining": "Ignore groups containing string",
        },
        "Mapping": {
            "userName": "User name",
            "fullName": "Full name",
            "aliases": "Alias",
            "email": "Email",
            "cards": "Card",
            "pins": "PIN",
            "personalNumber": "Personal number",
            "scanStorage": "User's storage",
            "phone": "Phone",
            "language": "Language",
            "notes": "Notes",
            "department": "Department",
        },
    }
)
"""What MyQ's forms call a key (myq.md sections 2, 3 and 4), by the section of the reference."""
