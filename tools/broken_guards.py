"""Names tests of guards, and for each of them an edit of one line that breaks the guard; see `tools/mutate.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenGuard:
    """An edit of one line that breaks a guard, and the test that must fail then.

    - `test`: the test, as `docs/reliability.md` names it: the file below `tests/`, and the function.
    - `path`: the file that is edited. `line`: the whole line, without the blanks around it. It stands in the file once.
    - `instead`: the line that takes its place.
    """

    test: str
    path: str
    line: str
    instead: str


BROKEN_GUARDS = (
    BrokenGuard(
        test="steps/test_poll.py::test_what_is_not_the_document_is_never_a_version",
        path="monitor/fetch/verdict.py",
        line="if kind not in wanted:",
        instead="if False:",
    ),
    BrokenGuard(
        test="steps/test_hostile_web.py::test_cookies_stay_where_they_came_from",
        path="monitor/fetch/exchange.py",
        line='headers = [(b"host", url.netloc), *headers]',
        instead='headers = [(b"host", url.netloc), (b"cookie", b"id=1"), *headers]',
    ),
    BrokenGuard(
        test="matching/test_hostile_values.py::test_comparing_ends",
        path="monitor/matching/assignment.py",
        line="if len(rows) * len(columns) > MAX_ASSIGNMENT_CELLS:",
        instead="if False:",
    ),
    BrokenGuard(
        test="steps/test_poll.py::test_a_dead_link_does_not_withdraw_the_report_that_is_still_there",
        path="monitor/steps/poll.py",
        line="if known and place.url == known.url:",
        instead="if known:",
    ),
    BrokenGuard(
        test="steps/test_parts.py::test_a_part_that_is_linked_no_more_is_gone_when_three_polls_have_found_it_so",
        path="monitor/steps/parts.py",
        line="return all(each.misses >= self.min_misses for each in missing.values())",
        instead="return True",
    ),
    BrokenGuard(
        test="extract/sheet/test_xlsx.py::test_sheet_that_reaches_too_far_is_a_bomb",
        path="monitor/extract/sheet/xlsx_xml.py",
        line="if height * width > most:",
        instead="if False:",
    ),
    BrokenGuard(
        test="steps/test_poll.py::test_nonces_and_tokens_make_no_version",
        path="monitor/extract/page/links.py",
        line="digest=_meaning(page, queries=queries),",
        instead="digest=hashlib.sha256(content).hexdigest(),",
    ),
    BrokenGuard(
        test="fetch/test_exchange.py::test_an_announced_size_over_the_cap_is_refused_unread",
        path="monitor/fetch/body.py",
        line="self._check(int(announced) if announced.isdecimal() and len(announced) < 20 else 0)",
        instead="self._check(0)",
    ),
    BrokenGuard(
        test="steps/test_parts.py::test_a_part_that_cannot_be_had_makes_no_version",
        path="monitor/steps/parts.py",
        line="except GoneError as fault:",
        instead="except Exception as fault:",
    ),
    BrokenGuard(
        test="daemon/test_daemon.py::test_what_was_polled_is_noted_at_the_latest_when_it_stops",
        path="monitor/daemon/daemon.py",
        line="self._polls.note_quiet()",
        instead="pass",
    ),
    BrokenGuard(
        test="web/test_guard.py::test_a_part_of_the_secret_lets_nobody_in",
        path="monitor/web/guard.py",
        line="return hmac.compare_digest(given.encode(), secret.encode())",
        instead="return secret.startswith(given)",
    ),
    BrokenGuard(
        test="steps/test_broken_world.py::test_later_versions_wait_behind_one_whose_bytes_are_lost",
        path="monitor/steps/process.py",
        line="if version.report_id in stuck or read is None:",
        instead="if read is None:",
    ),
    BrokenGuard(
        test="steps/test_broken_world.py::test_two_programs_that_compared_the_same_version_record_it_once",
        path="monitor/steps/process.py",
        line="if records.status_of(store, version.id) != version.status:",
        instead="if False:",
    ),
    BrokenGuard(
        test="steps/test_broken_world.py::test_a_version_is_compared_again_where_another_was_recorded_meanwhile",
        path="monitor/steps/process.py",
        line="_check_still_so(store, last, changes)",
        instead="pass",
    ),
    BrokenGuard(
        test="store/test_store.py::test_a_poll_that_found_nothing_new_says_nothing_of_a_newer_version",
        path="monitor/store/versions.py",
        line="SELECT 1 FROM versions AS newer WHERE newer.report_id = :report AND newer.number > versions.number",
        instead="SELECT 1 WHERE 0",
    ),
    BrokenGuard(
        test="web/test_connections.py::test_a_reader_that_takes_nothing_of_its_answer_is_let_go",
        path="monitor/web/connections.py",
        line="self._answer_timer = self.loop.call_later(self._among.limits.answer_seconds, self.transport.abort)",
        instead="pass",
    ),
    BrokenGuard(
        test="web/test_connections.py::test_silent_connections_do_not_keep_others_out",
        path="monitor/web/connections.py",
        line="elif len(self._open) > self.limits.connections:",
        instead="elif False:",
    ),
    BrokenGuard(
        test="channels/test_mail.py::test_answers_without_end_are_cut_off_and_cost_little_memory",
        path="monitor/channels/smtp.py",
        line="if self._left < 0:",
        instead="if False:",
    ),
    BrokenGuard(
        test="store/test_store.py::test_the_journal_is_cut_off_after_a_long_reader",
        path="monitor/store/database.py",
        line='f"journal_size_limit={MAX_IDLE_JOURNAL_BYTES}",',
        instead='"journal_size_limit=-1",',
    ),
    BrokenGuard(
        test="extract/pdf/test_guard.py::test_a_file_over_a_limit_is_refused",
        path="monitor/extract/pdf/guard.py",
        line="if pages > limits.pages:",
        instead="if False:",
    ),
    BrokenGuard(
        test="extract/sheet/test_zip_guard.py::test_a_file_over_a_limit_is_refused",
        path="monitor/extract/sheet/zip_guard.py",
        line="if len(members) > limits.parts:",
        instead="if False:",
    ),
)
