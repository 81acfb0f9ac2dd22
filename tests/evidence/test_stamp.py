"""Authorities are asked in time, what they reply is kept or named as a fault, and nothing is doubled or lost."""

from __future__ import annotations

import hashlib
import subprocess
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from monitor.errors import EvidenceError
from monitor.evidence import rfc3161
from monitor.evidence.checkpoint import check_checkpoint, checkpoint, parse_checkpoint
from monitor.evidence.keys import SIGNATURE_NAMESPACE, SigningKey
from monitor.evidence.publish import publish, published_at
from monitor.evidence.stamp import is_due, stamp_due
from monitor.store import queries, stamps
from monitor.store.stamps import StampTurn
from monitor.times import instant, moment
from tests.support.authority import SECONDS, Authority, needs_openssl, stamped
from tests.support.slack_endpoint import CUT, DRIP, HANG, Answer
from tests.support.ssh import accepted, needs_ssh_keygen
from tests.support.stamping import DAY, HOUR, ORIGIN, Stamping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from monitor.evidence.stamp import Round

pytestmark = needs_openssl
MINUTE = timedelta(minutes=1)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Authority, Authority]]:
    """Two authorities."""
    with ExitStack() as exits:
        one, other = (exits.enter_context(Authority(tmp_path / name, name=name)) for name in ("one", "other"))
        yield one, other


@pytest.fixture
def stamping(tmp_path: Path, two: tuple[Authority, Authority]) -> Stamping:
    """The program, with both of them, a key, and a folder to publish in."""
    SigningKey.make(tmp_path / "key")
    return Stamping(
        folder=tmp_path / "state",
        authorities=[(each.address, each.roots) for each in two],
        key_file=tmp_path / "key",
        publish=tmp_path / "published",
    )


def faults(found: Round) -> list[str | None]:
    """What is wrong, for each authority that was asked."""
    return [result.fault for result in found.results]


def test_both_are_asked_once_a_day(stamping: Stamping, two: tuple[Authority, Authority]) -> None:
    """Also on days without change; in between nobody is asked."""
    assert faults(stamping.due()) == [None, None]
    for off in (timedelta(0), HOUR, 23 * HOUR):
        stamping.off = off
        assert stamping.due().results == ()
    assert [len(each.replies) for each in two] == [1, 1]
    # With the clock a day ahead an authority's stamp would not count, so here is only seen whose turn it is then.
    assert all(is_due(turn, moment(str(turn.stamped_at)) + DAY, every=DAY) for turn in stamping.turns())


def test_a_stamp_says_what_was_stamped_and_can_be_checked_by_anyone(
    stamping: Stamping, two: tuple[Authority, Authority]
) -> None:
    """The imprint is the hash of the very text, the text is signed, and openssl takes the kept reply with the text."""
    stamping.due()
    key = SigningKey.read(stamping.key_file or stamping.folder)
    kept = stamping.stamps()
    assert {each.authority for each in kept} == {each.address for each in two}
    for each in kept:
        found = check_checkpoint(each.checkpoint, key.verifier_key(ORIGIN))
        assert (found.size, found.root.hex()) == (each.size, each.root)
        with stamping.context() as context:
            reply = context.archive.get(each.reply)
        time_stamp = rfc3161.read_reply(reply)
        assert time_stamp.imprint == hashlib.sha256(each.checkpoint.encode()).digest()
        assert moment(each.gen_time) == time_stamp.gen_time
        assert each.verified == "openssl"
        assert _accepts(reply, each.checkpoint, two[0].roots if each.authority == two[0].address else two[1].roots)
        assert abs(each.clock_difference_ms) < 30_000


def _accepts(reply: bytes, text: str, roots: Path) -> bool:
    """Whether openssl takes a kept reply with the text, as a stranger would ask it."""
    folder = roots.parent
    (folder / "kept.tsr").write_bytes(reply)
    (folder / "checkpoint.txt").write_bytes(text.encode())
    command = ["openssl", "ts", "-verify", "-data", "checkpoint.txt", "-in", "kept.tsr", "-CAfile", roots.name]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, check=False).returncode == 0


def test_later_checkpoints_cover_earlier_stamps(stamping: Stamping) -> None:
    """Each stamp and the key are leaves of the log, so that the next checkpoint is of a longer log."""
    stamping.by_hand()
    stamping.by_hand()
    assert [each.size for each in stamping.stamps()] == [1, 1, 3, 3]


def test_backup_and_verify_know_the_replies(stamping: Stamping) -> None:
    """The archive must have them."""
    stamping.due()
    with stamping.context() as context:
        files = {file.sha256: file for file in queries.archived_files(context.store)}
        assert {each.reply for each in stamping.stamps()} == files.keys()
        assert {file.url for file in files.values()} == {url for url, _ in stamping.authorities}


def test_stamps_and_keys_are_never_changed(stamping: Stamping) -> None:
    """The database refuses it."""
    stamping.due()
    with stamping.context() as context:
        for table in ("stamps", "signing_keys"):
            for statement in (f"UPDATE {table} SET id = id + 10", f"DELETE FROM {table}"):
                with pytest.raises(Exception, match="append-only"):
                    context.store.write(statement, {})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(body=b"<html><title>Sign in to the hotel's WiFi</title></html>"), "is a web page"),
        (Answer(body=b""), "is empty"),
        (Answer(status=500, body=b"busy"), "answered 500"),
        (Answer(status=302, body=b"", headers=(("Location", "http://127.0.0.1/"),)), "answered 302"),
        (Answer(body=b"x" * 300_000), "gave no answer"),
        (stamped(b"\x30\x05\x30\x03\x02\x01\x02"), "refuses (rejection)"),
        (CUT, "gave no answer"),
        (HANG, "gave no answer"),
        (DRIP, "gave no answer"),
    ],
)
def test_one_that_fails_does_not_matter(
    stamping: Stamping, two: tuple[Authority, Authority], answer: Answer, words: str
) -> None:
    """The other one's stamp is kept, the fault is named, and it is asked again after ten minutes, alone."""
    two[0].endpoint.answers.append(answer)
    first, second = faults(stamping.due())
    assert words in str(first)
    assert second is None
    assert [each.authority for each in stamping.stamps()] == [two[1].address]
    failed, well = stamping.turns()
    assert (failed.attempts, failed.stamped_at, well.attempts, well.fault) == (1, None, 0, None)
    assert stamping.due().results == ()
    stamping.off = 9 * MINUTE
    assert stamping.due().results == ()
    assert not is_due(failed, moment(str(failed.since)) + 9 * MINUTE, every=DAY)
    assert is_due(failed, moment(str(failed.since)) + 11 * MINUTE, every=DAY)


def test_one_that_is_gone_is_asked_ever_more_rarely(tmp_path: Path, stamping: Stamping) -> None:
    """Ten minutes, doubling to a day; a time that lies further ahead was written by a wrong clock."""
    stamping.authorities = [("http://127.0.0.1:9/", tmp_path / "roots.pem")]
    pauses = []
    for _ in range(10):
        (result,) = stamping.due().results
        assert "gave no answer: no answer: Connection refused" in str(result.fault)
        (turn,) = stamping.turns()
        pauses.append(round((moment(str(turn.next_attempt_at)) - stamping.now()) / MINUTE))
        stamping.off = moment(str(turn.next_attempt_at)) - stamping.now() + stamping.off + MINUTE
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]
    assert stamping.turns()[0].attempts == 10
    assert stamping.stamps() == []


class Killed(BaseException):
    """What ends a round, as a kill would."""


def test_a_round_that_was_killed_is_not_begun_again_at_once(
    stamping: Stamping, two: tuple[Authority, Authority]
) -> None:
    """Even when that happens again and again, an authority is asked every ten minutes at most."""

    def deadly() -> datetime:
        if any(each.replies for each in two):
            raise Killed
        return stamping.now()

    with stamping.context() as context, pytest.raises(Killed):
        stamp_due(replace(context, now=deadly))
    asked = sum(len(each.replies) for each in two)
    assert asked > 0
    assert stamping.due().results == ()
    assert sum(len(each.replies) for each in two) == asked
    assert stamping.stamps() == []
    assert all(is_due(turn, stamping.now() + 11 * MINUTE, every=DAY) for turn in stamping.turns())


def test_a_stamp_of_something_else_or_of_another_request_does_not_count(
    stamping: Stamping, two: tuple[Authority, Authority]
) -> None:
    """An old reply that is sent again has the wrong hash; one for the same text has the wrong nonce."""
    settled = stamping.without_key()
    settled.due()
    old = [stamped(each.replies[0]) for each in two]
    for each, answer in zip(two, old, strict=True):
        each.endpoint.answers.append(answer)
    assert all("something else" in str(fault) for fault in faults(settled.by_hand()))
    assert len(settled.stamps()) == 2
    for each in two:
        each.sign = partial(_other_nonce, each.sign)  # type: ignore[method-assign]
    assert all("its nonce" in str(fault) for fault in faults(settled.by_hand()))
    assert len(settled.stamps()) == 2


def _other_nonce(sign: Callable[[bytes], bytes], request: bytes) -> bytes:
    """The reply to a request for the same hash with another nonce."""
    at = request.index(b"\x04\x20") + 2
    return sign(rfc3161.request(request[at : at + 32], 1))


def test_certificates_that_are_missing_expired_or_unknown(tmp_path: Path, stamping: Stamping) -> None:
    """Each has its own words, and none of these stamps is kept."""
    with (
        Authority(tmp_path / "bare", name="bare") as bare,
        Authority(tmp_path / "expired", name="expired", expired=True) as expired,
        Authority(tmp_path / "unknown", name="unknown") as unknown,
    ):
        take_away = bare.sign

        def without_certificates(request: bytes) -> bytes:
            return take_away(request[:1] + bytes((request[1] - 3,)) + request[2:-3])

        bare.sign = without_certificates  # type: ignore[method-assign]
        stamping.authorities = [
            (bare.address, bare.roots),
            (expired.address, expired.roots),
            (unknown.address, bare.roots),
            (unknown.address + "/2", tmp_path / "missing.pem"),
        ]
        found = faults(stamping.due())
    for words, fault in zip(("no certificates", "expired", "certificate", "No such file"), found, strict=True):
        assert words in str(fault)
    assert stamping.stamps() == []


@pytest.mark.parametrize(("off", "words"), [(HOUR, "60 minutes ahead of"), (-HOUR, "60 minutes behind")])
def test_a_clock_that_is_an_hour_off_is_found(stamping: Stamping, off: timedelta, words: str) -> None:
    """No stamp counts, the difference is kept, and all is well once the clock is right."""
    stamping.off = off
    assert all(words in str(fault) for fault in faults(stamping.due()))
    assert all(abs(abs(turn.clock_difference_ms or 0) - 3_600_000) < 60_000 for turn in stamping.turns())
    stamping.off = timedelta(0)
    assert faults(stamping.by_hand()) == [None, None]
    assert all((turn.attempts, turn.fault) == (0, None) for turn in stamping.turns())


def test_without_openssl_stamps_are_kept_and_say_so(
    stamping: Stamping, two: tuple[Authority, Authority], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hash, nonce and time are checked all the same, and nothing is called verified."""
    monkeypatch.setattr("monitor.evidence.openssl.binary", lambda: None)
    two[1].endpoint.answers.append(stamped(b"\x30\x05\x30\x03\x02\x01\x02"))
    assert [bool(fault) for fault in faults(stamping.due())] == [False, True]
    assert [each.verified for each in stamping.stamps()] == ["not verified: no openssl here"]


def test_a_key_that_others_can_read_signs_nothing(stamping: Stamping, two: tuple[Authority, Authority]) -> None:
    """Nobody is asked meanwhile, the fault is named, and nothing is published unsigned."""
    assert stamping.key_file
    stamping.key_file.chmod(0o644)
    assert all("others can read it" in str(fault) for fault in faults(stamping.due()))
    assert [each.replies for each in two] == [[], []]
    assert not (stamping.publish or stamping.folder / "none").exists()
    stamping.key_file.chmod(0o600)
    assert faults(stamping.by_hand()) == [None, None]


@needs_ssh_keygen
def test_checkpoints_are_published_with_all_that_checks_them(tmp_path: Path, stamping: Stamping) -> None:
    """The folder has the very text that was stamped, its signature, and the public key in two forms."""
    folder = stamping.publish
    found = stamping.due()
    assert folder
    assert found.published
    names = {path.name for path in folder.iterdir()}
    assert names == {found.published.name, f"{found.published.name}.sig", "allowed_signers", "verifier-key.txt"}
    text = found.published.read_text("utf-8")
    assert {each.checkpoint for each in stamping.stamps()} == {text}
    check_checkpoint(text, (folder / "verifier-key.txt").read_text("utf-8"))
    assert accepted(
        tmp_path,
        text.encode(),
        (folder / f"{found.published.name}.sig").read_text("ascii"),
        signers=(folder / "allowed_signers").read_text("ascii"),
        signer=ORIGIN,
        namespace=SIGNATURE_NAMESPACE,
    )


def test_a_folder_alone_gets_a_checkpoint_a_day(stamping: Stamping) -> None:
    """Without authorities, and without a key."""
    alone = replace(stamping.without_key(), authorities=[])
    assert alone.due().published
    assert alone.due().published is None
    alone.off = 25 * HOUR
    assert alone.due().published


def test_a_history_that_was_rewritten_does_not_replace_what_was_published(tmp_path: Path) -> None:
    """Another root for the same size is refused and named; the same one again is fine, and signatures are added."""
    folder = tmp_path / "published"
    key = SigningKey.make(tmp_path / "key")
    text = checkpoint(ORIGIN, 5, bytes(32), key=None)
    path = publish(folder, text, key=None)
    assert publish(folder, text, key=None) == path
    with pytest.raises(EvidenceError, match="no longer the same"):
        publish(folder, checkpoint(ORIGIN, 5, bytes(31) + b"1", key=key), key=key)
    assert path.read_text("utf-8") == text
    assert [each.name for each in folder.iterdir()] == [path.name]
    assert published_at(folder)
    assert parse_checkpoint(path.read_text("utf-8")).size == 5


def test_the_keys_that_were_used_before_stay_published(tmp_path: Path) -> None:
    """Or what they signed could not be checked any more."""
    keys = [SigningKey.make(tmp_path / name) for name in ("one", "two")]
    for size, key in enumerate(keys):
        publish(tmp_path / "published", checkpoint(ORIGIN, size, bytes(32), key=key), key=key)
    lines = (tmp_path / "published" / "allowed_signers").read_text("ascii").splitlines()
    assert lines == [key.allowed_signers_line(ORIGIN) for key in keys]


def test_a_folder_that_can_not_be_written_loses_no_stamp(stamping: Stamping) -> None:
    """The fault is told beside the results."""
    assert stamping.publish
    stamping.publish.write_text("a file", encoding="ascii")
    found = stamping.by_hand()
    assert "can't be published" in str(found.unpublished)
    assert len(stamping.stamps()) == 2


def test_the_earliest_stamp_that_covers_a_leaf_is_found(stamping: Stamping) -> None:
    """Of a later leaf, the next stamp; of one that is not stamped yet, none."""
    stamping.by_hand()
    stamping.by_hand()
    kept = stamping.stamps()
    with stamping.context() as context:
        assert stamps.first_stamp_covering(context.store, 1) in kept[:2]
        assert stamps.first_stamp_covering(context.store, 2) in kept[2:]
        assert stamps.first_stamp_covering(context.store, 6) is None
        assert stamps.last_stamp(context.store) == kept[-1]


@pytest.mark.parametrize(
    ("stamped_before", "next_in", "due"),
    [
        (None, None, True),
        (23 * HOUR, None, False),
        (24 * HOUR, None, True),
        (30 * DAY, None, True),
        (-HOUR, None, True),  # the clock stood ahead
        (None, MINUTE, False),
        (None, -MINUTE, True),
        (None, 47 * HOUR, False),
        (None, 3 * DAY, True),  # the clock stood ahead
        (30 * DAY, MINUTE, False),
    ],
)
def test_whose_turn_it_is(stamped_before: timedelta | None, next_in: timedelta | None, *, due: bool) -> None:
    """A day after the last stamp, and not before the time that a failure has set."""
    now = moment("2026-01-05T12:00:00Z")
    turn = StampTurn(
        authority="http://one.example/",
        stamped_at=None if stamped_before is None else instant(now - stamped_before),
        next_attempt_at=None if next_in is None else instant(now + next_in),
    )
    assert is_due(turn, now, every=DAY) == due
