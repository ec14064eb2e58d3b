"""Recorded reads: a folder from which plans can be made without network, secrets and scripts.

    snapshot.json          what was read, when, and the digest of each other file
    source-NAME.jsonl.gz   the records of a source, in batches of columns, and what closed the read
    target.jsonl.gz        the accounts of MyQ, and what closed the read

A snapshot is complete or it is none. Its folder appears in one step, and whatever is cut off, edited or
put together from several snapshots is refused. PINs are not in it, only how many each record has.
"""

from __future__ import annotations

from reconciler.snapshot.recording import Recording, new_folder, offered
from reconciler.snapshot.replay import Snapshot, open_snapshot

__all__ = ["Recording", "Snapshot", "new_folder", "offered", "open_snapshot"]
