"""What the keys of one source may not say together, or not without each other."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.groups import GroupError, check_path
from reconciler.core.model import SYSTEM_USER_MARK, Property
from reconciler.core.rules import SourceRules
from reconciler.errors import Problem
from reconciler.manifest.check import Manifest
from reconciler.manifest.mapping import CompiledMapping
from reconciler.manifest.words import quoted


def contradictions(manifest: Manifest, rules: SourceRules, mapping: CompiledMapping) -> Iterator[Problem]:
    """Give everything in a source that contradicts itself; the rest of it is right."""
    yield from _removals(manifest, rules)
    yield from _needed(manifest, rules, mapping)
    yield from _pairing(manifest, rules, mapping)
    yield from _names(manifest, rules)
    yield from _sentinels(manifest, rules)
    yield from _blank(manifest, rules)
    yield from _default_group(rules, mapping)


def _removals(manifest: Manifest, rules: SourceRules) -> Iterator[Problem]:
    if not rules.options.deactivate_missing_users:
        return
    if rules.options.ignore_synchronization_source:
        yield Problem(
            manifest.place("options", "ignoreSynchronizationSource"),
            "ignoreSynchronizationSource stands together with deactivateMissingUsers: MyQ then deletes "
            "every user who came from another source and is not in this one",
            "remove one of the two; `adopt` takes over named accounts of other sources",
        )
    if rules.expect.minimum_records == 0:
        yield Problem(
            manifest.place("expect", "minimumRecords"),
            "minimumRecords is 0 and deactivateMissingUsers is on: an empty read would deactivate everybody",
            "write the least number of users that this source can have",
        )


def _needed(manifest: Manifest, rules: SourceRules, mapping: CompiledMapping) -> Iterator[Problem]:
    if Property.USER_NAME not in mapping.given:
        hint = "map it, in any mode but `ignore`: `userName: <attribute>`"
        yield Problem(
            manifest.place("mapping"), "spec.mapping gives no userName, and every user needs one", hint
        )
    if rules.options.add_new_users and Property.FULL_NAME not in mapping.given:
        yield Problem(
            manifest.place("options", "addNewUsers"),
            "addNewUsers is on, and spec.mapping gives no fullName, without which MyQ creates no user",
            "map fullName, such as `fullName: '%givenName% %sn%'`",
        )


def _pairing(manifest: Manifest, rules: SourceRules, mapping: CompiledMapping) -> Iterator[Problem]:
    keys = rules.options.pair_by
    for position, key in enumerate(keys):
        place = manifest.places.value(("spec", "options", "pairBy", position))
        if key in keys[:position]:
            yield Problem(place, f"spec.options.pairBy names {key} twice", "remove one of them")
        elif key is not Property.USER_NAME and key not in mapping.given:
            message = f"spec.options.pairBy names {key}, and spec.mapping does not give it"
            yield Problem(place, message, f"map {key}, or leave it out of pairBy")


def _names(manifest: Manifest, rules: SourceRules) -> Iterator[Problem]:
    if rules.options.append_domain_name.startswith("@"):
        place = manifest.place("options", "appendDomainName")
        message = f"spec.options.appendDomainName: {quoted(rules.options.append_domain_name)} begins with '@'"
        yield Problem(
            place, message, "write the domain alone, such as `example.org`; the '@' is put before it"
        )
    parent = rules.options.import_groups_under
    if parent:
        try:
            check_path(parent, rules.max_depth)
        except GroupError as error:
            message = f"spec.options.importGroupsUnder: {error}"
            yield Problem(manifest.place("options", "importGroupsUnder"), message, "choose another group")
    if rules.synchronization_source in rules.adopt.sources:
        message = (
            f"spec.adopt.sources names {quoted(rules.synchronization_source)}, which is this source itself"
        )
        yield Problem(manifest.place("adopt", "sources"), message, "leave it out: its accounts are its own")
    for name in sorted(rules.adopt.users):
        if name.startswith(SYSTEM_USER_MARK):
            message = f"spec.adopt.users names {quoted(name)}, an account of MyQ itself"
            yield Problem(manifest.place("adopt", "users"), message, "leave it out: no source can have it")


def _sentinels(manifest: Manifest, rules: SourceRules) -> Iterator[Problem]:
    for position, name in enumerate(rules.expect.sentinels):
        place = manifest.places.value(("spec", "expect", "sentinels", position))
        reason, hint = _never_read(name, rules)
        if reason:
            yield Problem(place, f"the sentinel {quoted(name)} can never be among the users: {reason}", hint)


def _never_read(name: str, rules: SourceRules) -> tuple[str, str]:
    """Return why no user of the source can have a name, and what to write instead."""
    options = rules.options
    if not name:
        return "", ""
    if name.startswith(SYSTEM_USER_MARK):
        return "it is an account of MyQ itself", "name somebody who is always in the source"
    local = name.removesuffix(f"@{options.append_domain_name}")
    if options.append_domain_name and local == name:
        return "appendDomainName is on", f"write {quoted(f'{name}@{options.append_domain_name}')}"
    if options.convert_user_name_to_lowercase and local != local.lower():
        return "convertUserNameToLowercase is on", "write it in lower case"
    return "", ""


def _blank(manifest: Manifest, rules: SourceRules) -> Iterator[Problem]:
    """Give what is nothing but white space, which would mean something else once it is stripped."""
    if not rules.synchronization_source:
        hint = "write a name, or leave the key out: the source's own name is taken then"
        yield Problem(manifest.place("synchronizationSource"), "spec.synchronizationSource is blank", hint)
    for path, values in (
        (("adopt", "users"), rules.adopt.users),
        (("expect", "sentinels"), rules.expect.sentinels),
    ):
        if "" in values:
            message = f"spec.{'.'.join(path)} holds a blank name"
            yield Problem(manifest.place(*path), message, "write a user name, or remove it")


def _default_group(rules: SourceRules, mapping: CompiledMapping) -> Iterator[Problem]:
    if Property.DEFAULT_GROUP not in mapping.given:
        return
    mapped = mapping.default_group.place if mapping.default_group else None
    for way in rules.ways:
        if way.make_default and way.place != mapped:
            yield Problem(
                way.place,
                "makeDefault is on, and spec.mapping gives defaultGroup as well",
                "keep one of them: a user has one default group",
            )
