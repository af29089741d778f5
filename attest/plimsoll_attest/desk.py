"""The desk: one open ledger home at which statements are drafted, submitted, read and judged."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from plimsoll_attest.admission import ledger_digest
from plimsoll_attest.anchoring import Anchored, anchor, publish_anchors
from plimsoll_attest.authorities import format_tsa_roots, read_roots
from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.catalogue import read_models
from plimsoll_attest.clocks import OtherClocks
from plimsoll_attest.drafting import Writing, write_draft
from plimsoll_attest.entries import read_entry, read_subjects
from plimsoll_attest.errors import AttestError, CouldNotRun, NotAuthentic, UnknownName, UsageError
from plimsoll_attest.home import Home
from plimsoll_attest.ids import check_id
from plimsoll_attest.keyring import unlock_log, unlock_person
from plimsoll_attest.outbox import Outbox
from plimsoll_attest.remembering import open_memory
from plimsoll_attest.roles import choose_role, wanted_roles
from plimsoll_attest.seen import hold_newest
from plimsoll_attest.source import StoreSource, published_bodies
from plimsoll_attest.stamping import open_authorities
from plimsoll_attest.standing import Standing
from plimsoll_attest.statements.kinds import find_kind
from plimsoll_attest.statements.statement import Subject
from plimsoll_attest.submitting import Appender, Submitter
from plimsoll_attest.surroundings import Surroundings
from plimsoll_attest.views import Draft, EntryView, EvidenceFile, ModelView, PersonView, Receipt, SnapshotView
from plimsoll_attest.witnesses import format_trust, leave_out, read_witness_policy, witnessed_note, witnessing
from plimsoll_ledger.checkpoint import verify_checkpoint
from plimsoll_ledger.directory import Directory
from plimsoll_ledger.errors import NotFound
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S, hold_lock
from plimsoll_ledger.logpolicy import NONE
from plimsoll_ledger.publish import CHECKPOINT, Published, publish
from plimsoll_ledger.sequencer import Sequencer
from plimsoll_ledger.store import Store, open_store
from plimsoll_ledger.target import Target
from plimsoll_ledger.tlogproof import format_tlog_proof
from plimsoll_ledger.witnessed import Witnessing

if TYPE_CHECKING:
    from plimsoll_verify.policy.grammar import Period
    from plimsoll_verify.policy.model import Policy
    from plimsoll_verify.start import Start
    from plimsoll_verify.verdict import Verdict


class Desk:
    """An open ledger home. Use `Desk.open`, as a context manager.

    Attributes:
        home: The ledger home.
        surroundings: Clock, randomness, passphrases.
        bodies: Detached bodies and written texts, by digest.
        evidence: Evidence files, by digest.
        store: The log's database.
        lock_timeout_s: How long to wait for another writer, in seconds.
    """

    lock_timeout_s = DEFAULT_TIMEOUT_S

    def __init__(
        self,
        home: Home,
        surroundings: Surroundings,
        store: Store,
        exits: contextlib.ExitStack,
        *,
        writing: bool,
    ) -> None:
        """Take what `open` has opened."""
        self.home = home
        self.surroundings = surroundings
        self.store = store
        self.bodies = ContentStore(home.body_dir)
        self.evidence = ContentStore(home.evidence_dir)
        self._outbox = Outbox(home.outbox_dir)
        self._exits = exits
        exits.callback(self.bodies.close)
        self._writing = writing
        self._submitter = Submitter(store, self.bodies, self.evidence, self._outbox, surroundings)
        self._admission = self._submitter.admission
        self._sequencer: Appender | None = None
        self._models: tuple[int, list[ModelView]] = (-1, [])
        self._verdict: tuple[int, Verdict] | None = None
        with store.reading() as reader:
            self._ledger = ledger_digest(reader.entry(0).leaf)

    @classmethod
    def open(
        cls, home: Home, surroundings: Surroundings, *, lock_timeout_s: float = 10.0, writing: bool = True
    ) -> "Desk":
        """Open a home: take its lock (if writing) and open the store.

        Args:
            home: The ledger home.
            surroundings: Clock, randomness, passphrases.
            lock_timeout_s: How long to queue behind another writer, in seconds.
            writing: False for commands that only read; then no lock is taken, no key unlocked, and
                `submit` raises.

        Raises:
            LedgerError: Busy naming the holder, NotALedger, SchemaMismatch.
            NotAuthentic: If the database is another log's than the home says.
        """
        with contextlib.ExitStack() as exits:
            if writing:
                command = " ".join(["plimsoll", *sys.argv[1:3]])
                exits.enter_context(hold_lock(home.lock_path, command=command, timeout_s=lock_timeout_s))
            if home.settings.ledger:
                from plimsoll_attest.remote import open_copy  # noqa: PLC0415 - loads an HTTP client.

                store = open_copy(home, timeout_s=lock_timeout_s)
            else:
                store = open_store(home.database_url, timeout_s=lock_timeout_s, lock_path=home.lock_path)
            exits.callback(store.close)
            if store.origin != home.settings.origin:
                raise NotAuthentic(
                    f"the database is of the log {store.origin}, and the home of {home.settings.origin}",
                    "see which of the two was moved here",
                )
            desk = cls(home, surroundings, store, exits, writing=writing)
            desk.lock_timeout_s = lock_timeout_s
            desk._exits = exits.pop_all()
            return desk

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and let go of the lock. Closing twice is harmless."""
        if self._sequencer is not None:
            self._sequencer.close()
            self._sequencer = None
        self._exits.close()

    # ------------------------------------------------------------------------------------------ writing

    def draft(
        self,
        kind: str,
        subjects: Sequence[str],
        body: Mapping[str, Any],
        *,
        person: str,
        role: str | None = None,
        event_ms: int | None = None,
        texts: Mapping[str, str] | None = None,
        evidence: Sequence[EvidenceFile] = (),
    ) -> Draft:
        """Check, salt and sign a statement; nothing is appended and nothing stored.

        Args:
            kind: A kind that `statements.kinds` registers.
            subjects: Subject names, in any order; `org` is short for this ledger's organisation. Of a kind
                that is about another statement (sign-off, resumed, reversal) they may be left out.
            body: The kind's fields, without `salt`; for a policy the whole document.
            person: Who speaks; the home holds their key.
            role: In which capacity; without it the one of theirs that the policy asks for, else their only
                one.
            event_ms: When it happened; without it now.
            texts: Written text for `<name>_sha256` members of structural kinds, such as
                `{"reasons": "..."}`; in other kinds it becomes the member itself.
            evidence: Files that the body names and the home shall keep.

        Raises:
            BadStatement: If fields or subjects are not those of the kind.
            UsageError: If the role cannot be chosen, naming the choices; if the person has no key here.
            NotAuthentic: If the log does not continue what this client has held before.
        """
        find_kind(kind)
        target = self._target(body)
        if role is None:
            role = self.choose_role(kind, body, person, target)
        names, known = self._subjects(kind, subjects, target)
        signer = unlock_person(self.home, check_id(person, "person"), self.surroundings)
        with self.store.reading() as reader:
            seen = hold_newest(
                self.home.seen_path(person), reader, self.store.vkeys, with_cosignatures=event_ms is None
            )
        now_ms = self.surroundings.clock.now_ms()
        writing = Writing(
            kind=kind,
            subjects=names,
            body=body,
            role=check_id(role, "role"),
            event_ms=now_ms if event_ms is None else event_ms,
            ledger=self._ledger,
            seen=seen,
            texts=texts or {},
            evidence=evidence,
            known=known,
        )
        return write_draft(writing, signer, self.origin, self.surroundings)

    def choose_role(
        self, kind: str, body: Mapping[str, Any], person: str, target: EntryView | None = None
    ) -> str:
        """Return the role in which a person speaks if they do not say.

        Raises:
            UsageError: If they hold none, or several between which nothing decides; names the choices.
        """
        held = self.person_roles(person)
        if len(held) == 1:
            return held[0]
        return choose_role(person, held, wanted_roles(kind, body, self.newest_policy(), target))

    def submit(self, drafts: Sequence[Draft], *, atomic: bool = True) -> list[Receipt]:
        """Append drafts in order, and return when they are durable.

        Bodies and evidence are stored first, the drafts kept in the outbox until the log acknowledges them. A
        refusal takes them out again; a crash leaves them for `submit_outbox`.

        Raises:
            NotAdmitted: If one is refused; with `atomic` nothing was appended, else the others were.
            LedgerError: If it could not be done now; nothing was appended.
        """
        return self._submitter.submit(drafts, self._sequence, atomic=atomic)

    def check(self, drafts: Sequence[Draft]) -> None:
        """Ask whether `submit` would take them, and change nothing (`--dry-run`).

        Raises:
            NotAdmitted: If one would be refused.
        """
        self._submitter.check(drafts)

    def outbox(self) -> list[str]:
        """Return the names of what a crash left in the outbox, oldest first."""
        return self._outbox.names()

    def submit_outbox(self) -> list[Receipt]:
        """Submit what a crash left in the outbox; what the log holds already is only acknowledged.

        Raises:
            NotAdmitted: If the log refuses one; its file is removed, and those after it wait.
        """
        return self._submitter.submit_outbox(self._sequence)

    # ------------------------------------------------------------------------------------------ reading

    @property
    def origin(self) -> str:
        """The log's origin."""
        return self.store.origin

    @property
    def genesis_digest(self) -> str:
        """Hex SHA-256 of the genesis payload: the `ledger` of each statement."""
        return self._ledger

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.store.size

    def read(self, index: int) -> EntryView:
        """Return an entry.

        Raises:
            UnknownName: If the log has no such entry.
        """
        try:
            return read_entry(self.store.entry(index), self.bodies)
        except NotFound as error:
            raise UnknownName(str(error), error.hint) from None

    def entries(
        self, kind: str | None = None, model: str | None = None, person: str | None = None
    ) -> Iterator[EntryView]:
        """Yield entries in order.

        Args:
            kind: Only of this kind.
            model: Only about this model (its name or id).
            person: Only by or about this person.
        """
        wanted = self.model_id(model) if model is not None else None
        if kind is not None:
            find_kind(kind)
        for entry in self.store.by_topic(kind) if kind is not None else self.store.entries():
            view = read_entry(entry, self.bodies)
            if wanted is not None and wanted not in view.subjects:
                continue
            if person is not None and person != view.actor and f"person:{person}" not in view.subjects:
                continue
            yield view

    def models(self) -> list[ModelView]:
        """Return the registered models in the order of their registration."""
        size = self.size
        if self._models[0] != size:
            self._models = (size, read_models(self.entries))
        return list(self._models[1])

    def model_id(self, name: str) -> str:
        """Return the subject name of a model by its name, or of `model:<hex>` itself.

        Raises:
            UnknownName: If no model is registered so, naming the nearest ones.
        """
        models = self.models()
        found = [model for model in models if name in {model.name, model.id}]
        if len(found) == 1:
            return found[0].id
        if found:
            raise UnknownName(f"{len(found)} models are called {name!r}", "name one by its id, model:<hex>")
        near = get_close_matches(name, [model.name for model in models], 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`plimsoll model list` shows all"
        raise UnknownName(f"no model is registered as {name[:80]!r}", hint)

    def newest_snapshot(self, model: str) -> SnapshotView | None:
        """Return a model's newest recorded snapshot, by the model's name or id.

        Raises:
            UnknownName: If there is no such model.
        """
        wanted = self.model_id(model)
        snapshots = next(item.snapshots for item in self.models() if item.id == wanted)
        return snapshots[-1] if snapshots else None

    def persons(self) -> list[PersonView]:
        """Return all persons that the ledger names, in the order in which they came."""
        standing = self.standing()
        now_ms = self.surroundings.clock.now_ms()
        found = []
        for person in standing.persons:
            digest = standing.details_of(person)
            details = self.bodies.get_tree(digest) if digest else None
            roles = tuple(standing.roles_of(person, now_ms))
            found.append(
                PersonView(
                    person=person,
                    keyids=tuple(standing.keys_of(person)),
                    roles=roles,
                    is_root="root" in roles,
                    in_effect=standing.is_in_effect(person),
                    name=str((details or {}).get("text", "")),
                )
            )
        return found

    def person_roles(self, person: str) -> list[str]:
        """Return the roles a person holds now, sorted (`root` included).

        Raises:
            UnknownName: If the ledger has no such person.
        """
        standing = self.standing()
        if person not in standing.persons:
            near = get_close_matches(person, standing.persons, 1)
            hint = f"did you mean {near[0]}?" if near else "`plimsoll person list` shows all"
            raise UnknownName(f"there is no person {person[:80]!r} in this ledger", hint)
        roles = standing.roles_of(person, self.surroundings.clock.now_ms())
        # A founder may always sign off the genesis, which is what makes them hold `root`.
        return roles or (["root"] if person in standing.founders else [])

    def standing(self) -> Standing:
        """Return who may speak now: persons, keys, roles, and what waits for the root quorum."""
        with self.store.reading() as reader:
            self._admission.begin(reader)
        return self._admission.standing

    def newest_policy(self) -> dict[str, Any] | None:
        """Return the document of the newest policy or amendment, in force or not; None if there is none."""
        newest: EntryView | None = None
        for kind in ("policy", "policy-amendment"):
            for view in self.entries(kind):
                newest = view if newest is None or view.index > newest.index else newest
        return newest.body if newest else None

    def policy(self) -> "Policy | None":
        """Return the policy in force now, or None. Of several the latest to come into force.

        Raises:
            CouldNotRun: If the home does not hold its document.
        """
        from plimsoll_verify.policy.parse import parse_policy  # noqa: PLC0415

        found = self.verdict().policies
        if not found:
            return None
        digest = max(found, key=lambda item: item.from_index).digest
        data = self.bodies.get(digest)
        if data is None:
            raise CouldNotRun(f"the home does not hold the policy {digest}", "restore it from a backup")
        return parse_policy(data)

    # ------------------------------------------------------------------------------- judging, publishing

    def source(self) -> StoreSource:
        """Return the log as the verifier reads it, straight from the store."""
        return StoreSource(self.home.database_url, self.home.body_dir, self.store, self.home.path)

    def verdict(
        self,
        hypothetical: "Start | None" = None,
        now_ms: int | None = None,
        due_within: "Period | None" = None,
    ) -> "Verdict":
        """Judge the log as it stands with the auditor's verifier.

        Args:
            hypothetical: A start to judge as if it were recorded after the last entry.
            now_ms: The time that `max_age` is measured by; the desk's own trust has none.
            due_within: How far ahead of now to look for what time alone will bring.
        """
        from plimsoll_verify.audit import audit  # noqa: PLC0415
        from plimsoll_verify.trust import parse_trust  # noqa: PLC0415

        size = self.size
        is_plain = hypothetical is None and now_ms is None and due_within is None
        if is_plain and self._verdict is not None and self._verdict[0] == size:
            return self._verdict[1]
        trust = parse_trust(self._trust(before_publication=True).encode())
        verdict = audit(self.source(), trust, now_ms=now_ms, hypothetical=hypothetical, due_within=due_within)
        if is_plain:
            self._verdict = (size, verdict)
        return verdict

    def trust(self, *, without: Sequence[str] = ()) -> str:
        """Return the trust file for auditors, with the witnesses of this home's policy.

        Args:
            without: Keys of the log that it is not to name; see `leave_out`.

        Raises:
            UsageError, BadPolicy: If the home's witness policy cannot be used, or a key cannot be left out.

        Source: SPEC 10.10.
        """
        if without:
            self.home.refuse_remote("leaving a key out of the trust file")
        if self.home.settings.ledger:
            return self.home.trust_path.read_text(encoding="utf-8")
        return self._trust(before_publication=False, without=without)

    def publish(self, directory: Path | Target, *, allow_unwitnessed: bool = False) -> Published:
        """Write the ledger into a static directory, cosigned as the home's witness policy asks.

        Args:
            directory: Where to, or another target.
            allow_unwitnessed: Whether to publish although too few witnesses cosign.

        Raises:
            Unwitnessed: If too few do; what is published stays as it was.
            WentBack: If the database is older than what is known outside of it.
            LedgerError: If the directory is another log's, or it cannot be written.
        """
        self.home.refuse_remote("publishing")
        with contextlib.closing(open_memory(self.home, self.store)) as memory, self.store.reading() as reader:
            memory.verify(reader, self.store.vkeys)
        return publish(
            self.store,
            directory,
            lambda start, end: published_bodies(self.store, self.bodies, start, end),
            witnessing=self._witnessing(allow_unwitnessed=allow_unwitnessed),
        )

    def anchor(self, target: Path | Target) -> Anchored | None:
        """Have the published checkpoint time-stamped by the home's authorities, and publish the tokens.

        Args:
            target: Where the ledger is published.

        Returns:
            Who stamped it and who did not; None where the home names no authority.

        Raises:
            LedgerError, CouldNotRun: If a token cannot be written.
        """
        out: Target = Directory(target) if isinstance(target, Path) else target
        found = None
        if self.home.settings.authorities:
            note = out.read(CHECKPOINT) or b""
            last_ms = self.store.entry(verify_checkpoint(note, self.store.vkeys).size - 1).time_ms
            clients, failures = open_authorities(self.home)
            found = anchor(self.home.path, note, last_ms, clients)
            found.failures |= failures
        publish_anchors(self.home.path, out)
        return found

    def other_clocks(self) -> OtherClocks | None:
        """Return whom the sequencer may ask for the time; None if the home names nobody.

        Raises:
            UsageError, BadPolicy: If the home's witness policy cannot be used.
        """
        return OtherClocks.of(self.home, self._witnessing())

    def prove(self, index: int) -> bytes:
        """Return the tlog-proof of an entry, under the newest checkpoint that auditors accept.

        Raises:
            UnknownName: If the log has no such entry.
            UsageError: If the home has a witness policy, and no checkpoint over the entry meets it.

        Source: SPEC 2.4.
        """
        try:
            self.store.entry(index)
            rule = self._witnessing()
            note = None if rule is None else witnessed_note(rule, self.store, index)
            return format_tlog_proof(self.store.prove_entry(index, note))
        except NotFound as error:
            raise UnknownName(str(error), error.hint) from None

    # ------------------------------------------------------------------------------------------ helpers

    def _trust(self, *, before_publication: bool, without: Sequence[str] = ()) -> str:
        policy = read_witness_policy(self.home, self.store)
        if policy is not None and before_publication:
            # The head is cosigned when it is published, and the desk judges it before.
            policy = replace(policy, quorum=NONE)
        log_keys = leave_out(self.store.vkeys, without)
        text = format_trust(self._ledger, log_keys, policy)
        return text + self._tsa_roots(needs_all=not before_publication)

    def _tsa_roots(self, *, needs_all: bool) -> str:
        found = []
        for each in self.home.settings.authorities:
            try:
                found.append(read_roots(self.home.path, each))
            except AttestError:
                # Its time stamps are not checked then, which stops nobody from asking where a model stands.
                if needs_all:
                    raise
        return format_tsa_roots(found)

    def _witnessing(self, *, allow_unwitnessed: bool = False) -> Witnessing | None:
        policy = read_witness_policy(self.home, self.store)
        if policy is None:
            return None
        clock = self.surroundings.clock
        return witnessing(policy, self.store, clock, allow_unwitnessed=allow_unwitnessed)

    def _sequence(self) -> Appender:
        if not self._writing:
            raise UsageError("this ledger was opened for reading only")
        if self._sequencer is None and self.home.settings.ledger:
            from plimsoll_attest.remote import RemoteSequencer  # noqa: PLC0415 - loads an HTTP client.

            self._sequencer = RemoteSequencer(self.home, self.store, self.bodies)
        if self._sequencer is None:
            signer = unlock_log(self.home, self.surroundings)
            self._sequencer = Sequencer(
                self.store,
                signer,
                self._admission,
                self.surroundings.clock,
                clock_proof=self.other_clocks(),
                memory=open_memory(self.home, self.store),
                stand_by_s=self.lock_timeout_s,
            )
        return self._sequencer

    def _target(self, body: Mapping[str, Any]) -> EntryView | None:
        of = body.get("of")
        if not isinstance(of, Mapping) or not str(of.get("index", "")).isdecimal():
            return None
        return self.read(int(of["index"]))

    def _subjects(
        self, kind: str, names: Sequence[str], target: EntryView | None
    ) -> tuple[list[str], list[Subject]]:
        """Spell subjects out; return those whose digest only an earlier entry knows, too."""
        spelled = [f"org:{self.origin}" if name == "org" else name for name in names]
        known = list(read_subjects(target.leaf)) if target is not None else []
        if not find_kind(kind).subjects and not spelled:
            spelled = [item.name for item in known]
        if kind == "interpretation":
            policies = [*self.entries("policy"), *self.entries("policy-amendment")]
            known = [
                item
                for view in sorted(policies, key=lambda view: view.index)
                for item in read_subjects(view.leaf)
            ]
        return spelled, known
