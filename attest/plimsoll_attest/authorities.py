"""The time-stamping authorities of a home: where each is asked, and by which root its answers are checked.

    [authorities.freetsa]
    url = "https://freetsa.org/tsr"
    roots = "freetsa.pem"            certificates in PEM, relative to the home

The name is that of its files, `anchors/<size>/<name>.tsr`. The roots are handed on to auditors in the trust
file; whom they trust is for them to say.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plimsoll_attest.durable import could_not
from plimsoll_attest.errors import NotAHome, UsageError
from plimsoll_attest.ids import check_id

MAX_ROOTS_BYTES: Final = 256 * 1024
_MEMBERS: Final = ("url", "roots")


@dataclass(frozen=True, slots=True)
class AuthoritySetting:
    """What plimsoll.toml says of an authority.

    Attributes:
        name: An id, which its files are called by.
        url: Where it answers POST requests, http or https: what it answers is signed.
        roots: The file of its root certificates, relative to the home.
    """

    name: str
    url: str
    roots: str


def read_authorities(file: Path, table: object) -> tuple[AuthoritySetting, ...]:
    """Read the tables of authorities in plimsoll.toml.

    Raises:
        NotAHome: If one is not as it must be.
    """
    if not isinstance(table, Mapping):
        raise NotAHome(f"{file}: authorities is no table", "write [authorities.NAME] with url and roots")
    found = []
    for name, members in table.items():
        if not isinstance(members, Mapping) or sorted(members) != sorted(_MEMBERS):
            raise NotAHome(f"{file}: authority {name!r} has not exactly url and roots", "name both, as text")
        url, roots = members["url"], members["roots"]
        if not isinstance(url, str) or not isinstance(roots, str):
            raise NotAHome(f"{file}: url and roots of authority {name!r} are not text")
        if not url.startswith(("http://", "https://")) or "@" in url.split("/")[2]:
            raise NotAHome(
                f"{file}: authority {name!r} has the url {url!r}",
                "write http:// or https://, and no password",
            )
        try:
            check_id(name, "authority")
        except UsageError as error:
            raise NotAHome(f"{file}: {error.message}", error.hint) from None
        found.append(AuthoritySetting(name, url, roots))
    return tuple(found)


def format_authorities(authorities: Iterable[AuthoritySetting], quote: Callable[[str], str]) -> list[str]:
    """Write the tables of authorities, to stand after all else in plimsoll.toml."""
    lines = []
    for each in authorities:
        lines += [
            "",
            f"[authorities.{each.name}]",
            f"url = {quote(each.url)}",
            f"roots = {quote(each.roots)}",
        ]
    return lines


def read_roots(home: Path, setting: AuthoritySetting) -> str:
    """Return an authority's root certificates, which nobody has looked at yet.

    Raises:
        UsageError: If the file is not there, too long, or no text.
        CouldNotRun: If it cannot be read.
    """
    path = home / setting.roots
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ROOTS_BYTES + 1)
    except FileNotFoundError:
        hint = "save the authority's root certificates there, in PEM"
        raise UsageError(f"there is no {path}, the roots of authority {setting.name}", hint) from None
    except OSError as error:
        raise could_not(f"read {path}", error) from None
    if len(data) > MAX_ROOTS_BYTES or not data.isascii():
        raise UsageError(f"{path}, the roots of authority {setting.name}, is no PEM file")
    return data.decode("ascii")


def format_tsa_roots(roots: Iterable[str]) -> str:
    """Return the line of a trust file that trusts authorities, "" for none.

    Source: SPEC 10.10.
    """
    text = "".join(f"{one.strip()}\n" for one in roots).replace("\\", "\\\\").replace('"', '\\"')
    return f'tsa_roots = """\n{text}"""\n' if text else ""
