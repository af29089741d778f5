"""Every command's name, place and one line of help: all that `--help` of a group and TAB need to know.

A family's module is imported only when one of its commands runs or prints its own help. The table is
compared with the commands themselves by a test, so the two cannot drift apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command.

    Attributes:
        target: `module:name` below this package.
        help: One line, without a full stop.
        section: The heading under which `plimsoll --help` lists it.
    """

    target: str
    help: str
    section: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A group of commands, with the same attributes as a leaf but for its children."""

    children: Mapping[str, Leaf]
    help: str
    section: str = ""


SET_UP: Final = "Set up"
RECORD: Final = "Record"
DECIDE: Final = "Decide"
LOOK: Final = "Look"
PUBLISH: Final = "Publish and check"
PROGRAM: Final = "This program"
SECTIONS: Final = (SET_UP, RECORD, DECIDE, LOOK, PUBLISH, PROGRAM)

COMMANDS: Final[Mapping[str, Leaf | Branch]] = {
    "init": Leaf("init:init", "Create a ledger home with its genesis entry", SET_UP),
    "join": Leaf("join:join", "Create a home for a ledger that is served elsewhere", SET_UP),
    "key": Branch(
        {
            "new": Leaf("key:new", "Make a person's signing key, locked with a passphrase"),
            "list": Leaf("key:list_keys", "List the keys in this home and those in the log"),
            "enrol": Leaf("key:enrol", "Record that a key speaks for a person"),
            "rotate": Leaf("key:rotate", "Replace a person's key by a new one"),
            "rotate-log": Leaf("key:rotate_log", "Replace the log's own key by a new one"),
            "revoke": Leaf("key:revoke", "Retire a key, or declare it compromised"),
        },
        "Make, enrol and end signing keys",
        SET_UP,
    ),
    "person": Branch(
        {
            "add": Leaf("person:add", "Record a person, with a key if they have one"),
            "list": Leaf("person:list_persons", "List the persons, their roles and their keys"),
        },
        "Enrol and list people",
        SET_UP,
    ),
    "role": Branch(
        {
            "grant": Leaf("person:grant", "Record that a person holds a role"),
            "end": Leaf("person:end", "Record that a person holds a role no more"),
            "list": Leaf("person:list_roles", "List who holds which role"),
        },
        "Grant, end and list roles",
        SET_UP,
    ),
    "whoami": Leaf("person:whoami", "Say who speaks, with which key and in which roles", SET_UP),
    "policy": Branch(
        {
            "init": Leaf("policy:init", "Ask a few questions, and write a first policy"),
            "check": Leaf("policy:check", "Say whether a policy file is understood, line by line"),
            "show": Leaf("policy:show", "Show the policy in force"),
            "render": Leaf("policy:render", "Write a policy as a page to publish"),
            "diff": Leaf("policy:diff", "Say where one policy is stronger or weaker than another"),
            "adopt": Leaf("policy:adopt", "Record a policy; its adoption quorum then signs it off"),
            "amend": Leaf("policy:amend", "Record a new version, under the policy's own rules"),
        },
        "Write, check, compare, show, adopt and amend policies",
        SET_UP,
    ),
    "model": Branch(
        {
            "register": Leaf("model:register", "Record that a model exists, and what it descends from"),
            "snapshot": Leaf("model:snapshot", "Record a snapshot of a model's weights by their digest"),
            "list": Leaf("model:list_models", "List the models and their newest snapshots"),
        },
        "Register models and their weights",
        RECORD,
    ),
    "import": Branch(
        {
            "inspect": Leaf("imports:inspect", "Record Inspect evaluation logs (.eval, .json)"),
            "lm-eval": Leaf("imports:lm_eval", "Record lm-evaluation-harness results (.json)"),
        },
        "Record evaluation logs",
        RECORD,
    ),
    "record": Leaf("record:record", "Record a statement of any kind", RECORD),
    "submit": Leaf("record:submit", "Submit what a crash left in the outbox", RECORD),
    "erase": Leaf("erase:erase", "Erase what entries name, and record that", RECORD),
    "sign-off": Leaf("signoff:sign_off", "Approve an entry, dissent, recuse, or say you were told", DECIDE),
    "pending": Leaf("signoff:pending", "List what waits for signatures, and whose", DECIDE),
    "due": Leaf("due:due", "List what falls due when, and what is overdue", DECIDE),
    "reconcile": Leaf(
        "due:reconcile", "Record what is running, and say what the log does not explain", DECIDE
    ),
    "pause": Leaf("activity:pause", "Halt activities of models, or of all", DECIDE),
    "restrict": Leaf("activity:restrict", "Halt activities in some scopes only", DECIDE),
    "resume": Leaf("activity:resume", "End a pause or a restriction", DECIDE),
    "gate": Branch(
        {
            "deploy": Leaf("gate:deploy", "Ask whether deploying a model now would break the policy"),
            "train": Leaf("gate:train", "Ask whether training a model now would break the policy"),
        },
        "Ask before deploying or training",
        DECIDE,
    ),
    "status": Leaf("read:status", "Show where each model stands", LOOK),
    "timeline": Leaf("read:timeline", "Show a model's entries and states in order of time", LOOK),
    "log": Leaf("read:log", "List the entries of the log", LOOK),
    "show": Leaf("read:show", "Show one entry", LOOK),
    "publish": Leaf("publish:publish", "Write the ledger to a directory for auditors", PUBLISH),
    "prove": Leaf("publish:prove", "Write a proof that an entry is in the log", PUBLISH),
    "trust": Branch(
        {"export": Leaf("publish:export", "Write the trust file that auditors start from")},
        "Export what auditors trust",
        PUBLISH,
    ),
    "mirror": Leaf("mirror:mirror_log", "Copy a published ledger, verified as it goes", PUBLISH),
    "witness": Branch(
        {
            "run": Leaf("witness:run", "Cosign the checkpoints of logs, over HTTP, until stopped"),
            "init": Leaf("witness:init", "Make a witness: a new key and an empty memory"),
            "add-key": Leaf("witness:add_key", "Give a witness a second key, of another kind"),
            "add-log": Leaf("witness:add_log", "Follow a log by its trust file or vkey"),
            "end-key": Leaf("witness:end_key", "Let a stolen key of a log sign no more"),
            "list": Leaf("witness:list_logs", "List the logs that a witness follows, and proofs of forks"),
        },
        "Witness the logs of others",
        PUBLISH,
    ),
    "serve": Leaf("serve:serve", "Serve the ledger over HTTP, and take submissions", PUBLISH),
    "fsck": Leaf("upkeep:fsck", "Recompute the log from its entries and compare", PUBLISH),
    "migrate": Leaf("upkeep:migrate", "Bring the database to this program's schema", PUBLISH),
    "demo": Leaf("demo:demo", "Play a whole story on real evaluation logs, then verify it", PROGRAM),
    "completion": Leaf("completion:completion", "Print a completion script for a shell", PROGRAM),
}
