"""TAB completion: scripts for three shells, and the answers they ask the program for.

A script passes the words before the cursor as they are, so that nothing is split or quoted twice, and
reads lines of `plain<TAB>value<TAB>help`, `file` or `dir`. The answers come from the static table and, for
options, from the one light module of the command at hand; no command's heavy modules are imported.
"""

from typing import Final

import click
from click.shell_completion import ShellComplete

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import Group, command
from plimsoll_attest.cli.output import Console

_BASH: Final = """\
# plimsoll completion for bash: put into ~/.bashrc
#   eval "$(plimsoll completion bash)"
_plimsoll_complete() {
    local kind value help
    COMPREPLY=()
    while IFS=$'\\t' read -r kind value help; do
        case "$kind" in
            plain) COMPREPLY+=("$value") ;;
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
        esac
    done < <(_PLIMSOLL_COMPLETE=bash "$1" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _plimsoll_complete plimsoll
"""

_ZSH: Final = """\
#compdef plimsoll
# plimsoll completion for zsh: put into ~/.zshrc, after compinit
#   eval "$(plimsoll completion zsh)"
_plimsoll_complete() {
    local -a described
    local kind value help
    while IFS=$'\\t' read -r kind value help; do
        case "$kind" in
            plain) described+=("${value//:/\\\\:}:$help") ;;
            file) _files ;;
            dir) _files -/ ;;
        esac
    done < <(_PLIMSOLL_COMPLETE=zsh "${words[1]}" "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( ${#described} )) && _describe -V 'plimsoll' described
}
compdef _plimsoll_complete plimsoll
"""

_FISH: Final = """\
# plimsoll completion for fish: put into ~/.config/fish/config.fish
#   plimsoll completion fish | source
function __plimsoll_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    for line in (env _PLIMSOLL_COMPLETE=fish $program $words "$current" 2>/dev/null)
        set -l parts (string split \\t -- $line)
        switch $parts[1]
            case plain
                printf '%s\\t%s\\n' $parts[2] "$parts[3]"
            case file
                __fish_complete_path "$current"
            case dir
                __fish_complete_directories "$current"
        end
    end
end
complete --no-files --command plimsoll --arguments '(__plimsoll_complete)'
"""

SCRIPTS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def answer(shell: str, words: list[str], group: Group, console: Console) -> None:
    """Write what may stand at the cursor.

    Args:
        shell: Which shell asks; one that is unknown gets no answer.
        words: The words after the program's name; the last one is being typed and may be empty.
        group: The program.
        console: Where the answer goes.
    """
    if shell not in SCRIPTS or not words:
        return
    completer = ShellComplete(group, {}, "plimsoll", "")
    for item in completer.get_completions(words[:-1], words[-1]):
        if item.type == "plain":
            console.raw(f"plain\t{item.value}\t{item.help or ''}\n")
        else:
            console.raw(f"{item.type}\n")


@command("completion", example='$ eval "$(plimsoll completion bash)"')
@click.argument("shell", type=click.Choice(tuple(SCRIPTS)))
@pass_app
def completion(app: App, shell: str) -> None:
    """Print a completion script for bash, zsh or fish.

    The script asks this program for each answer, so it need not be printed again after an upgrade.
    """
    app.console.json("completion", {"shell": shell, "script": SCRIPTS[shell]})
    if not app.console.as_json:
        app.console.raw(SCRIPTS[shell])
