"""``plimsoll demo``: lays out a folder, plays the story, has a separate program judge it and its endings."""

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from plimsoll_attest.data import find_data
from plimsoll_attest.demo.play import DemoBroken, Player
from plimsoll_attest.demo.shell import format_shell_script
from plimsoll_attest.demo.story import LARGE, SMALL, Story, tell
from plimsoll_attest.errors import UsageError
from plimsoll_attest.loadline import chart_from_verdict
from plimsoll_attest.loadline_svg import format_loadline_svg
from plimsoll_attest.loadline_text import format_loadline
from plimsoll_attest.surroundings import PASSPHRASE_VARIABLE
from plimsoll_ledger.tiles import format_bundle, parse_bundle

# Published folder, exit code of the verifier, and what the reader is told before.
ENDINGS = (
    (
        "public",
        0,
        "the auditor: another program, given the published folder and the trust file, nothing else",
    ),
    ("lapsed", 1, "ending 1, on a copy: a safeguard lapses, it is recorded, and the deployment goes on"),
    (
        "hidden",
        1,
        "ending 2, on a copy: the crossing is logged, nobody declares it, the model goes out under ASL-2",
    ),
    ("tampered", 4, "ending 3, on a copy: one bit of the crossing's entry is changed"),
)

_INTRODUCTION = """\
Harbour, a company that does not exist, trains two models. The evaluation logs are real, made by the
evaluation tool itself; the people, the safeguards and THE TIME ARE SIMULATED: each line shows the story's
time, who acts, and what they type. Everything is written to {folder}
"""

_CLOSE = """\
What this demo cannot catch: an evaluation that nobody recorded. Had evaluator-1 never imported the logs of
{large}, the ledger would look like that of a model never found dangerous. It proves what was recorded, not
that everything was; a plan without a result, a gate that denies, inventories by somebody else, and witnesses
make silence harder.

What makes it a demo: one folder holds everybody's keys, under one passphrase; time is simulated; no witness
has signed a checkpoint, so times are the log's own claim; the endings are copies that no real log could
publish beside the first.

Look further:
    plimsoll-verify log {folder}/public --trust {folder}/trust.toml
    plimsoll --home {folder}/home --as rso timeline {large}
    {folder}/loadline.svg   the picture above (lapsed.svg and hidden.svg: those of the endings)
    {folder}/story.sh       the same commands as a shell script
"""


def run_demo(
    directory: str | Path, stdout: TextIO, stderr: TextIO, env: Mapping[str, str], *, as_json: bool = False
) -> int:
    """Play the whole story into ``directory`` and verify it; return 0.

    Leaves home, public, trust.toml, the endings lapsed, hidden and tampered, loadline.svg and story.sh.

    Args:
        directory: A folder that does not exist or is empty.
        stdout: Where the story is told; with ``as_json``, one object.
        stderr: Where the story is told with ``as_json``.
        env: Environment; PLIMSOLL_PASSPHRASE locks the keys if it is set.
        as_json: Print ``plimsoll/demo/v1`` instead of the story.

    Raises:
        UsageError: The folder is in use.
        DemoBroken: A step did not do what it must.
    """
    folder = Path(directory).absolute()
    _refuse_used(folder)
    out = stderr if as_json else stdout
    passphrase = env.get(PASSPHRASE_VARIABLE) or secrets.token_urlsafe(12)
    out.write(_INTRODUCTION.format(folder=folder))
    if PASSPHRASE_VARIABLE not in env:
        out.write(f"The keys of all its people are locked with the passphrase {passphrase}\n")
    _lay_out(folder)
    story = tell()
    player = Player(folder, out, passphrase)
    player.play((*story.main, *story.lapsed, *story.hidden))
    _tamper(folder, story)
    (folder / "story.sh").write_text(format_shell_script(player.played), encoding="utf-8")
    verdicts = {name: _verify(folder, name, code, words, out) for name, code, words in ENDINGS}
    _draw(folder, verdicts, out)
    out.write("\n" + _CLOSE.format(folder=folder, large=LARGE))
    if as_json:
        summary = {name: verdict["verdict"] for name, verdict in verdicts.items()}
        json.dump({"schema": "plimsoll/demo/v1", "directory": str(folder), "verdicts": summary}, stdout)
        stdout.write("\n")
    return 0


def _refuse_used(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty", "name a folder that does not exist yet: plimsoll demo DIR")


def _lay_out(folder: Path) -> None:
    """Copy the policy and the evaluation logs in, and make small files to stand for the models' weights."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(find_data("policies") / "harbour.yaml", folder / "harbour.yaml")
    for model in (SMALL, LARGE):
        shutil.copytree(find_data("examples") / "logs" / model, folder / "logs" / model)
        weights = folder / "weights" / model
        weights.mkdir(parents=True)
        (weights / "config.json").write_text(json.dumps({"model": model}) + "\n", encoding="utf-8")
        (weights / "model.safetensors").write_bytes(f"stands for the weights of {model}\n".encode() * 4096)


def _tamper(folder: Path, story: Story) -> None:
    """Copy the published folder and flip one bit in the middle of the crossing's entry."""
    shutil.copytree(folder / "public", folder / "tampered")
    full, place = divmod(story.crossing, 256)
    bundle = max((folder / "tampered/tile/entries").glob(f"{full:03d}.p/*"), key=lambda path: int(path.name))
    entries = parse_bundle(bundle.read_bytes())
    entry = bytearray(entries[place])
    entry[len(entry) // 2] ^= 0x01
    entries[place] = bytes(entry)
    bundle.write_bytes(format_bundle(entries))


def _verify(folder: Path, name: str, code: int, words: str, out: TextIO) -> dict[str, object]:
    """Run the verifier on a published folder as a separate process and return its verdict.

    Raises:
        DemoBroken: Its exit code is not the one that the story must end with.
    """
    report = folder / f"{name}.verdict.json"
    args = ["log", name, "--trust", "trust.toml"]
    out.write(f"\n# {words}\n$ plimsoll-verify {' '.join(args)}\n")
    out.flush()
    command = [sys.executable, "-m", "plimsoll_verify", *args, "--report", report.name, "--color", "never"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    out.writelines(f"    | {line}\n" for line in done.stdout.splitlines())
    out.write(f"    (exit code {done.returncode})\n")
    if done.returncode != code:
        raise DemoBroken(
            f"the verifier gave exit code {done.returncode} for {name}, expected {code}: {done.stderr}",
            "this is a defect of the demo or of this installation; please report it with the lines above",
        )
    verdict: dict[str, object] = json.loads(report.read_text(encoding="utf-8"))
    return verdict


def _draw(folder: Path, verdicts: Mapping[str, Mapping[str, object]], out: TextIO) -> None:
    for name, file, words in (
        ("public", "loadline.svg", "the load line: level needed and level in force, per model"),
        ("lapsed", "lapsed.svg", "the same of ending 1"),
        ("hidden", "hidden.svg", "the same of ending 2"),
    ):
        chart = chart_from_verdict(verdicts[name])
        (folder / file).write_text(format_loadline_svg(chart), encoding="utf-8")
        out.write(f"\n# {words}\n\n{format_loadline(chart)}")
