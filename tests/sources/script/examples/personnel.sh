#!/bin/sh
# Prints the people of a nightly database export, as docs/script-source.md asks for it.
#
#   personnel.sh EXPORT COUNT
#
# EXPORT has one person a line, with tabs between user name, full name, e-mail, department and
# cards (spaces between cards). COUNT has the number of lines: the database writes it at the end,
# so an export that is still being written is found out.
set -eu
LC_ALL=C
export LC_ALL

awk -F '\t' -v counted="$(cat "$2")" '
function json(text,   out, at, char) {
    out = ""
    for (at = 1; at <= length(text); at++) {
        char = substr(text, at, 1)
        out = out (char == "\\" || char == "\"" ? "\\" char : char)
    }
    return "\"" out "\""
}
function fail(why) {
    print FILENAME ": " why > "/dev/stderr"
    failed = 1
    exit 1
}
NF != 5 { fail("line " NR " has " NF " fields, not 5") }
{
    cards = ""
    held = split($5, numbers, " ")
    for (at = 1; at <= held; at++)
        cards = cards (at > 1 ? ", " : "") json(numbers[at])
    printf "{\"id\": %s, \"userName\": %s, \"fullName\": %s, ", json($1), json($1), json($2)
    printf "\"email\": %s, \"department\": %s, \"cards\": [%s]}\n", json($3), json($4), cards
}
END {
    if (failed) exit 1
    if (NR != counted + 0) fail(NR " lines came, and " counted " were counted")
    printf "{\"end\": true, \"count\": %d}\n", NR
}
' "$1"
