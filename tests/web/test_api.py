"""The JSON reads against their description, and every address against what nobody means: no 5xx, no surprise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from monitor.model import AmendmentKind
from monitor.store.rows import locator_of
from monitor.web.openapi import described

if TYPE_CHECKING:
    from tests.web.conftest import Served

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the libraries of the test alone
]

CHECKS = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
)
DESCRIPTION = described("")
REAL = {  # of the demo's history, so that not every answer is 404
    "id": (1, 57, 200, 267),
    "ocd_id": ("ocd-division/country:us/state:tx", "ocd-division/country:us/state:tx/county:travis"),
    "source": ("ice-287g", "ice-ddor", "dhs-sanctuary", "doj-sanctuary"),
    "list": ("participating", "section-2", "cities", "states", "notices"),
    "report": ("participating", "pending", "page", "2017_01-28to02-03"),
    "number": (1, 2, 3),
}
RECORDS = ("ice-287g/participating", "ice-287g/pending", "doj-sanctuary/states", "ice-ddor/section-3")
schema = schemathesis.openapi.from_dict(DESCRIPTION)
DEADLINE = 300.0  # seconds until an answer must be there; schemathesis waits for 10, which a busy machine may take
answered: set[str] = set()  # what was asked and rightly answered: chance asks some things time and again


# Not `schema.parametrize()`: it gives the cases of all paths one name, and of tests with one name only one is run.
@pytest.mark.parametrize("path", list(DESCRIPTION["paths"]))
def test_every_answer_is_one_that_the_description_names(served: Served, papers: Served, path: str) -> None:
    """Whatever a program asks that knows the description alone, or gets it wrong."""
    served = papers if "document" in path else served
    operation = schema[path]["GET"]
    modes = list(GenerationMode) if DESCRIPTION["paths"][path]["get"]["parameters"] else [GenerationMode.POSITIVE]
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def ask(case: schemathesis.Case[Any]) -> None:
        mode = case.meta.generation.mode if case.meta else None
        asking = f"{mode} {case.as_transport_kwargs(base_url=served.address)}"
        if asking in answered:
            return
        answer = case.call(base_url=served.address, timeout=DEADLINE)
        # An address that is too long is refused before its parameters are looked at, whether these are right or not.
        asked = [check for check in CHECKS if answer.status_code != 414 or check is not checks.negative_data_rejection]
        case.validate_response(answer, checks=asked)
        answered.add(asking)

    ask()


def real_record(served: Served, turn: int) -> dict[str, str]:
    """The parts of the address of a record that is listed, or was."""
    found = served.get(f"/api/list/{RECORDS[turn % len(RECORDS)]}").json()["records"]
    record = found[turn % len(found)]
    mark = locator_of(record["locator"]).mark
    return {"sha256": record["first_version"], "list": record["list"], "mark": mark}


@pytest.mark.parametrize("path", list(DESCRIPTION["paths"]))
def test_real_answers_are_what_the_description_says(served: Served, papers: Served, path: str) -> None:
    """Each read, of what is really there, every address once; documents are not in the demo's history."""
    served = papers if "document" in path else served
    operation = schema[path]["GET"]
    parameters = [each for each in DESCRIPTION["paths"][path]["get"]["parameters"] if each["in"] == "path"]
    compared = {"source": "ice-287g", "report": "participating", "old": "1", "new": "4"}
    asked = compared if path == "/api/compare" else {"q": "training"} if path == "/api/documents" else {}
    addresses = {}
    for turn in range(20):
        values = (
            real_record(served, turn)
            if "/record/" in path
            else {"id": turn % 7 + 1}
            if "document" in path and parameters
            else {each["name"]: REAL[each["name"]][turn % len(REAL[each["name"]])] for each in parameters}
        )
        addresses[path.format(**values)] = values
    some = 0
    for address, values in addresses.items():
        case = operation.Case(path_parameters=values or None, query=asked or None)
        answer = served.client.get(served.address + address, params=asked)
        operation.validate_response(answer, case=case)
        some += answer.status_code == 200
    assert some


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_an_entry_about_a_document_is_what_the_description_says(papers: Served, number: int) -> None:
    """With the files of the document beside the file of the list."""
    operation = schema["/api/amendment/{id}"]["GET"]
    answer = papers.get(f"/api/amendment/{number}")
    assert "document_files" in answer.json()
    operation.validate_response(answer, case=operation.Case(path_parameters={"id": number}))


def test_the_description_is_served(served: Served) -> None:
    """At its address, as it is tested here."""
    assert served.get("/api/openapi.json").json() == json.loads(json.dumps(DESCRIPTION))


NAMES = (
    *("q", "source", "list", "kind", "state", "jurisdiction", "since", "until", "before", "after", "limit", "at"),
    *("stop", "report", "old", "new", "show", "page", "missing"),
)
SOME = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda at: at.isoformat()),
    st.sampled_from(
        [*AmendmentKind, "TX", "ice-287g", "participating", "NaN", "\x00", "'", '"*"', "NEAR(a b)", "a" * 201]
    ),
)
PATHS = ("/", "/find", "/log", "/log.csv", "/log.json", "/log.atom", "/map", "/list/ice-287g/participating", "/compare",
         "/doubts", "/api/log", "/api/compare", "/api/list/doj-sanctuary/states", "/documents", "/document/1/compare",
         "/api/documents")  # fmt: skip


@settings(
    max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.sampled_from(PATHS), asked=st.lists(st.tuples(st.sampled_from(NAMES), SOME), max_size=6))
def test_no_parameter_breaks_a_page(served: Served, papers: Served, path: str, asked: list[tuple[str, str]]) -> None:
    """Anything at all: the answer is a page or says what is wrong."""
    given_ = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in asked])
    pages = papers if "document" in path else served
    assert pages.get(f"{path}?{given_}").status_code in {200, 400, 404, 414}


PARTS = st.one_of(
    st.text(min_size=1, max_size=20), st.integers().map(str), st.sampled_from([".", "..", "%2e%2e", "//"])
)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from(
        [
            "amendment",
            "checkpoint",
            "jurisdiction",
            "record",
            "list",
            "report",
            "version",
            "file",
            "document",
            "documents",
            "static",
            "api/report",
            "api/jurisdiction",
        ]
    ),
    parts=st.lists(PARTS, max_size=4),
)
def test_no_address_breaks_a_page(served: Served, start: str, parts: list[str]) -> None:
    """Any path at all: it is there, or it is not."""
    path = "/".join([start, *(urlencode({"": part.encode("utf-8", "surrogatepass")})[1:] for part in parts)])
    assert served.get(f"/{path}").status_code in {200, 404}
