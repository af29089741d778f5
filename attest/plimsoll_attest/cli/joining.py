"""What `join` does: folders, the trust file, and a first verified copy; or nothing at all."""

import shutil
from pathlib import Path

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.durable import could_not, write_file
from plimsoll_attest.errors import UsageError
from plimsoll_attest.home import LEDGER_VARIABLE, Home, Settings
from plimsoll_attest.ids import check_id


def make_client(app: App, path: str, trust_file: str) -> None:
    """Make a client's home.

    Raises:
        UsageError: If nothing says where the ledger is, or the trust file cannot be used.
        VerificationError: If what is served is not authentic.
        OSError: If it cannot be read.
    """
    from plimsoll_attest.remote import open_copy
    from plimsoll_verify.trust import parse_trust

    url = app.options.ledger or app.env.get(LEDGER_VARIABLE)
    if not url:
        raise UsageError("nothing says where the ledger is", "give --ledger URL")
    source = app.cwd / trust_file
    try:
        data = source.read_bytes()
    except OSError as error:
        raise could_not(f"read {source}", error) from None
    trust = parse_trust(data)
    person = app.options.person or ""
    if person:
        check_id(person, "person")
    target = app.cwd / path
    was_there = target.exists()
    home = Home.prepare(target, Settings(trust.origin, default_person=person, ledger=url))
    try:
        write_file(home.trust_path, data)
        store = open_copy(home, timeout_s=app.options.lock_timeout_s)
        size = store.size
        store.close()
        home.write_settings()
    except BaseException:
        _take_back(target, keep=was_there)
        raise
    app.console.line(f"home for {escape(trust.origin)}, {size} entries verified: {escape(path)}")
    app.console.line(f"trust file's fingerprint: {trust.fingerprint}")
    fields = {"origin": trust.origin, "size": size, "home": str(target), "fingerprint": trust.fingerprint}
    app.console.json("join", fields)


def _take_back(target: Path, *, keep: bool) -> None:
    for item in target.iterdir():
        if item.name == "keys":
            continue  # It may have been there before, with keys in it.
        if item.is_dir():
            shutil.rmtree(item)
        else:
            item.unlink()
    if not keep:
        shutil.rmtree(target)
