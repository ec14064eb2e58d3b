"""What MyQ's API calls the properties of a user (myq.md section 6.3)."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.model import Property

FIELDS: Mapping[Property, str] = {
    Property.USER_NAME: "username",
    Property.FULL_NAME: "fullname",
    Property.ALIASES: "aliases",
    Property.EMAIL: "email",
    Property.CARDS: "cards",
    Property.PERSONAL_NUMBER: "code",
    Property.SCAN_STORAGE: "scanStorage",
    Property.PHONE: "phone",
    Property.LANGUAGE: "lang",
    Property.NOTES: "notes",
    Property.GROUPS: "groups",
    Property.DEFAULT_GROUP: "defaultGroup",
    Property.DEPARTMENT: "department",
    Property.AUTHENTICATION_SERVER: "ldapDomain",
    Property.OBJECT_ID: "objectId",
    Property.SYNCHRONIZATION_SOURCE: "syncSource",
}
"""MyQ's key of each property. Documented: username, fullname, email, scanStorage, code, syncSource,
lang, phone, ldapDomain, notes; seen in client code: aliases; the others are assumed."""
