"""Writes the steps that were played as a shell script, to be replayed under Debian's ``faketime``."""

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime

from plimsoll_attest.demo.script import CopyHome, Step

_HEAD = """\
#!/bin/sh
# The story that `plimsoll demo` played, as the commands that people type. Run it in a folder with copies of
# logs/, weights/ and harbour.yaml, with PLIMSOLL_PASSPHRASE set and faketime installed. Each line gives the
# exit code that is expected, the story's time, the person, the home, and the command.
set -u
export TZ=UTC
at() {
    expected=$1 when=$2 person=$3 home=$4
    shift 4
    PLIMSOLL_HOME=$home faketime "$when" plimsoll --as "$person" "$@"
    code=$?
    if [ "$code" -ne "$expected" ]; then
        echo "exit code $code where $expected was expected: plimsoll $*" >&2
        exit 1
    fi
}
"""


def format_shell_script(steps: Iterable[Step | CopyHome]) -> str:
    """Return a POSIX shell script that gives the same commands at the same (simulated) times."""
    lines = [_HEAD]
    for step in steps:
        if isinstance(step, CopyHome):
            lines.append(f"cp -R {shlex.quote(step.source)} {shlex.quote(step.target)}")
            continue
        if step.note:
            lines.append(f"\n# {step.note}")
        when = datetime.fromtimestamp(step.time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        words = [str(step.expect), when, step.person, step.home, *step.args]
        lines.append(f"at {shlex.join(words)}")
    return "\n".join(lines) + "\n"
