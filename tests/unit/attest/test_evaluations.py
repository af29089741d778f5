"""Models and their evaluations: real logs become entries, matched with plans, all or none."""

import shutil
from pathlib import Path

import pytest
from tests.support.office import DAY, Office

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import NothingToDo, UnknownName, UsageError
from plimsoll_attest.evaluations import ImportedRun, draft_results, read_evaluations
from plimsoll_attest.importers import ImportFailed
from plimsoll_attest.registration import draft_model, draft_snapshot, find_snapshot, hash_weights
from plimsoll_attest.times import read_time

LOGS = Path(__file__).parents[3] / "examples" / "logs"
SMALL = sorted((LOGS / "harbour-1-small").glob("*-*.*"))
VIROLOGY = next(path for path in SMALL if path.stem.startswith("virology"))


@pytest.fixture
def modelled(office: Office, tmp_path: Path) -> Office:
    """An office whose model `harbour` has a snapshot."""
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.safetensors").write_bytes(b"weights")
    with office.desk() as desk:
        desk.submit([draft_model(desk, "harbour", person="evaluator-1")])
        manifest = hash_weights(weights)
        desk.submit([draft_snapshot(desk, "harbour", manifest, person="evaluator-1", label="first")])
    return office


def plan(office: Office, name: str, version: str, variant: str = "helpful-only", **more: str) -> int:
    with office.desk() as desk:
        body = {"task": {"name": name, "version": version}, "variant": variant, **more}
        return desk.submit(
            [desk.draft("eval-planned", [desk.model_id("harbour")], body, person="evaluator-1")]
        )[0].index


def runs(desk: Desk, *paths: Path, **more: object) -> list[ImportedRun]:
    results = read_evaluations("inspect", paths)
    return draft_results(desk, results, model="harbour", person="evaluator-1", **more)  # type: ignore[arg-type]


class TestModels:
    def test_a_name_stands_for_one_model(self, modelled: Office) -> None:
        with modelled.desk() as desk:
            with pytest.raises(UsageError, match="'harbour' already"):
                draft_model(desk, "harbour", person="evaluator-1")
            with pytest.raises(UnknownName, match="no model is registered as 'harbor'") as error:
                desk.model_id("harbor")
            assert error.value.hint == "did you mean harbour?"
            assert desk.model_id(desk.model_id("harbour")) == desk.model_id("harbour")

    def test_a_child_names_its_parent(self, modelled: Office) -> None:
        with modelled.desk() as desk:
            parents = [("harbour", "fine-tune")]
            draft = draft_model(
                desk, "child", person="evaluator-1", parents=parents, flop="3.1e25", stage="ft"
            )
            receipt = desk.submit([draft])[0]
            body = desk.read(receipt.index).body
            assert body is not None
            assert body["parents"] == [{"model": desk.model_id("harbour"), "relation": "fine-tune"}]
            assert body["compute"] == {"flop": "3.1e25"}
            with pytest.raises(UnknownName):
                draft_model(desk, "x", person="evaluator-1", parents=[("nobody", "merge")])

    def test_a_snapshot_is_found_by_label_digest_or_as_the_newest(
        self, modelled: Office, tmp_path: Path
    ) -> None:
        (tmp_path / "weights" / "model.safetensors").write_bytes(b"other weights")
        with modelled.desk() as desk:
            first = find_snapshot(desk, "harbour")
            manifest = hash_weights(tmp_path / "weights")
            desk.submit([draft_snapshot(desk, "harbour", manifest, person="evaluator-1")])
            newest = desk.newest_snapshot("harbour")
            assert newest is not None
            assert newest.sha256 != first.sha256
            assert find_snapshot(desk, "harbour") == newest
            assert find_snapshot(desk, "harbour", "first") == first
            assert find_snapshot(desk, "harbour", first.sha256[:8]) == first
            assert find_snapshot(desk, "harbour", f"snapshot:{newest.sha256}") == newest
            with pytest.raises(UnknownName, match="0 snapshots of harbour are 'second'"):
                find_snapshot(desk, "harbour", "second")
            with pytest.raises(UnknownName, match="0 snapshots"):
                find_snapshot(desk, "harbour", first.sha256[:7])
            with pytest.raises(NothingToDo, match="records this snapshot of harbour already"):
                draft_snapshot(desk, "harbour", manifest, person="evaluator-1")

    def test_a_model_without_weights_has_no_snapshot_to_evaluate(self, office: Office) -> None:
        with office.desk() as desk:
            desk.submit([draft_model(desk, "harbour", person="evaluator-1")])
            assert desk.newest_snapshot("harbour") is None
            with pytest.raises(UnknownName, match="has no snapshot") as error:
                runs(desk, VIROLOGY)
            assert "plimsoll model snapshot" in error.value.hint


class TestImport:
    def test_logs_become_entries_with_their_files_kept(self, modelled: Office) -> None:
        with modelled.desk() as desk:
            modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
            found = runs(desk, *SMALL)
            assert [run.status for run in found].count("error") == 1
            receipts = desk.submit([run.draft for run in found if run.draft])
            assert len(receipts) == len(SMALL) == 4
            for receipt, run in zip(receipts, found, strict=True):
                view = desk.read(receipt.index)
                assert view.body is not None
                assert view.body["status"] == run.status
                assert view.body["plan"] is None
                assert any("nobody planned this run" in warning for warning in run.warnings)
                assert view.subjects == (
                    desk.model_id("harbour"),
                    f"snapshot:{find_snapshot(desk, 'harbour').sha256}",
                )
                kept = desk.evidence.get(view.body["evidence"][0]["sha256"])
                assert kept == run.source.read_bytes()

    def test_what_is_recorded_already_is_skipped_unless_asked_again(self, modelled: Office) -> None:
        with modelled.desk() as desk:
            modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
            receipts = desk.submit([run.draft for run in runs(desk, VIROLOGY) if run.draft])
            again = runs(desk, VIROLOGY)
            assert [(run.draft, run.recorded_index) for run in again] == [(None, receipts[0].index)]
            assert all(run.draft for run in runs(desk, VIROLOGY, again=True))
            twice = runs(desk, SMALL[0], SMALL[0])
            assert [run.draft is None for run in twice] == [False, True]

    def test_a_run_takes_the_oldest_open_plan_of_its_task(self, modelled: Office) -> None:
        first = plan(modelled, "virology_long_form", "3", variant="planned")
        second = plan(modelled, "virology_long_form", "3")
        plan(modelled, "virology_long_form", "4")
        modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
        with modelled.desk() as desk:
            one = runs(desk, VIROLOGY)[0]
            assert one.plan_index == first
            assert one.draft is not None
            assert one.draft.body["plan"] == {"id": desk.read(first).statement_id, "index": first}
            assert not any("planned" in warning for warning in one.warnings)
            desk.submit([one.draft])
            two = runs(desk, VIROLOGY, again=True)[0]
            assert two.plan_index == second

    def test_a_plan_made_after_the_run_began_is_none(self, modelled: Office) -> None:
        modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
        index = plan(modelled, "virology_long_form", "3")
        with modelled.desk() as desk:
            run = runs(desk, VIROLOGY)[0]
        assert run.plan_index is None
        assert any(f"before entry {index} planned it" in warning for warning in run.warnings)

    def test_the_variant_is_the_given_one_else_the_logs_else_the_plans(self, modelled: Office) -> None:
        modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
        with modelled.desk() as desk:
            draft = runs(desk, VIROLOGY, variant="given")[0].draft
            assert draft is not None
            assert draft.body["variant"] == "given"

    def test_the_surface_is_the_given_one_else_the_plans(self, modelled: Office) -> None:
        with modelled.desk() as desk:
            drafts = [run.draft for run in runs(desk, VIROLOGY)]
            assert [draft is not None and "surface" in draft.body for draft in drafts] == [False]
        for_web = plan(modelled, "virology_long_form", "3", surface="web")
        for_api = plan(modelled, "virology_long_form", "3", surface="api")
        modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
        for given, index, said in ((None, for_web, "web"), ("api", for_api, "api"), ("app", None, "app")):
            with modelled.desk() as desk:
                run = runs(desk, VIROLOGY, surface=given)[0]
                assert run.plan_index == index
                assert run.draft is not None
                assert run.draft.body["surface"] == said

    def test_a_task_that_no_test_uses_is_warned_of(self, modelled: Office) -> None:
        policy = {"id": "p", "tests": {"x": {"task": {"name": "virology_long_form", "version": "3"}}}}
        modelled.record("policy", ["policy:p"], policy, "rso", "root")
        modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
        with modelled.desk() as desk:
            found = {run.task.split()[0]: run.warnings for run in runs(desk, *SMALL)}
        assert not any("no test" in warning for warning in found["virology_long_form"])
        assert any("no test of the policy uses the task" in warning for warning in found["bio_knowledge"])

    def test_one_broken_file_and_nothing_is_appended(self, modelled: Office, tmp_path: Path) -> None:
        broken = tmp_path / "broken.eval"
        broken.write_bytes(VIROLOGY.read_bytes()[:-100])
        files, entries = modelled.files(), modelled.entries()
        with modelled.desk() as desk, pytest.raises(ImportFailed, match=r"broken\.eval"):
            runs(desk, VIROLOGY, broken)
        assert (modelled.files(), modelled.entries()) == (files, entries)

    def test_a_file_that_changes_meanwhile_and_nothing_is_appended(
        self, modelled: Office, tmp_path: Path
    ) -> None:
        modelled.clock.time_ms = read_time("2026-11-23T09:00:00Z")
        copy = Path(shutil.copy(VIROLOGY, tmp_path / "copy.eval"))
        files, entries = modelled.files(), modelled.entries()
        with modelled.desk() as desk:
            found = runs(desk, SMALL[0], copy)
            copy.write_bytes(copy.read_bytes() + b"x")
            with pytest.raises(Exception, match=r"copy\.eval changed while it was being recorded"):
                desk.submit([run.draft for run in found if run.draft])
        assert (modelled.files(), modelled.entries()) == (files, entries)

    def test_a_result_from_the_future_and_nothing_is_appended(self, modelled: Office) -> None:
        modelled.clock.time_ms = read_time("2026-11-22T00:00:00Z")
        files, entries = modelled.files(), modelled.entries()
        with modelled.desk() as desk:
            found = runs(desk, VIROLOGY)
            with pytest.raises(UsageError, match="lies after now"):
                desk.submit([run.draft for run in found if run.draft])
        assert (modelled.files(), modelled.entries()) == (files, entries)
        assert modelled.clock.time_ms < read_time("2026-11-22T00:00:00Z") + DAY

    def test_lm_eval_results_are_read_too(self, modelled: Office) -> None:
        modelled.clock.time_ms = read_time("2027-12-01T00:00:00Z")
        results = read_evaluations("lm-eval", [LOGS / "lm-eval" / "results_demo_mc.json"])
        with modelled.desk() as desk:
            found = draft_results(desk, results, model="harbour", person="evaluator-1")
            assert desk.submit([run.draft for run in found if run.draft])
        with pytest.raises(UsageError, match="no importer for 'promptfoo'"):
            read_evaluations("promptfoo", [])
