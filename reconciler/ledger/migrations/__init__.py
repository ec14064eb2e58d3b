"""From an older ledger to the one of today, through Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import SQLAlchemyError

from reconciler.errors import LedgerError
from reconciler.ledger.database import Database
from reconciler.ledger.schema import HEAD


def migrate(database: Database, version: str = HEAD) -> None:
    """Bring a ledger up to a version, all of it or nothing; two programs at once do it once."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["engine"] = engine = database.engine()
    try:
        command.upgrade(config, version)
    except SQLAlchemyError as error:
        raise LedgerError(
            f"the ledger cannot be brought to version {version}: {str(error).splitlines()[0]}",
            hint="it is as it was before; let whoever runs this command change its tables",
            where=database.where,
        ) from None
    finally:
        engine.dispose()
