"""What `plimsoll init` does: a home, the log's key, the founders' cards, the genesis."""

from pathlib import Path

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.errors import UsageError
from plimsoll_attest.times import format_time


def found(
    app: App, home: str, origin: str, founders: tuple[str, ...], quorum: int | None, database: str
) -> None:
    """Create a ledger and say what comes next.

    Raises:
        UsageError: If nothing says who founds it, or the quorum is no positive number.
    """
    from plimsoll_attest.enrol import Founding, create_ledger

    person = app.options.person or app.env.get("PLIMSOLL_AS", "")
    if not person:
        raise UsageError("nothing says who founds this ledger", "name yourself: --as PERSON")
    if quorum is not None and quorum < 1:
        raise UsageError(
            f"--quorum {quorum}: at least one founder must be needed", "leave it out for more than half"
        )
    path = app.cwd / home
    cards = [_card_path(app, path, text) for text in founders]
    founding = Founding(origin, person, cards, quorum or 0, database)
    receipt = create_ledger(path, founding, app.surroundings)
    console = app.console
    console.line(f"ledger of {escape(origin)} in {escape(str(path))}")
    console.line(f"entry 0: genesis, by {escape(person)} as root, at {format_time(receipt.time_ms)}")
    if cards:
        console.note("each other founder now signs it off: plimsoll sign-off 0 approve --as FOUNDER")
    console.note("back up plimsoll.toml and keys/: who loses the log's key cannot continue the log")
    console.json(
        "init",
        {
            "home": str(path),
            "origin": origin,
            "person": person,
            "entries": [
                {
                    "index": receipt.index,
                    "time": format_time(receipt.time_ms),
                    "statement_id": receipt.statement_id,
                    "kind": receipt.kind,
                }
            ],
        },
    )


def _card_path(app: App, home: Path, text: str) -> str:
    """Return what names a founder's card: a person's id means the card of theirs in HOME/keys."""
    kept = home / "keys" / f"{text}.card"
    if "/" not in text and "+" not in text and kept.is_file():
        return str(kept)
    return text if "+" in text else str(app.cwd / text)
