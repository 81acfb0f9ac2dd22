"""Drifts of what the cells of a list say: names, dates, labels and links that are misspelt, reworded or reprinted."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from drifts.drafts import Draft, Kind
from drifts.grids import Number
from drifts.webpages import CITIES, COUNTIES
from monitor.demo.sheets import SAFELINK
from monitor.jurisdictions.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drifts.editions import Row
    from drifts.grids import Cell

ALL: Sequence[str] = ()
AGREEMENTS = {"xlsx": ALL, "csv": ALL, "table": ALL}
SIGNED = {"xlsx": ("participating",), "csv": ALL, "table": ALL}
PLACES = {"doj": (COUNTIES, CITIES), "dhs": (COUNTIES, CITIES)}
NAMED = AGREEMENTS | {"offices": ALL} | PLACES
CODES = {name.upper(): code for code, (name, _) in STATES.items()}
YEARS = range(1950, 2050)  # that can be written with two digits; the real files have an agreement of the year 5025
OTHER_DATES: tuple[Callable[[date], str], ...] = (
    lambda on: f"{on.day}-{on:%b}-{on:%y}",
    lambda on: f"{on:%Y/%m/%d}",
    lambda on: f"{on:%Y-%m-%d}",
    lambda on: f"{on:%B} {on.day}, {on.year}",
    lambda on: f"{on.day} {on:%b} {on.year}",
    lambda on: f"{on:%A, %B} {on.day}, {on.year}",
    lambda on: f"{on:%Y%m%d}",
    lambda on: f"{on:%Y-%m-%d}T00:00:00-05:00",
    lambda on: f"{on.month}/{on.day}/{on:%y}",
)


def name_of(row: Row) -> str:
    """Return the field in which a row has its name."""
    return next(name for name in ("agency", "name", "jurisdiction") if name in row.cells)


def renamed(change: Callable[[str], str]) -> Callable[[Row], Row]:
    """Return how a row gets another name that means another fact: it is corrected."""
    return lambda row: row.corrected(**{name_of(row): change(row.cells[name_of(row)])})


def reprinted(change: Callable[[str], str]) -> Callable[[Row], Row]:
    """Return how the name of a row is printed otherwise, and means the same."""
    return lambda row: row.printed(**{name_of(row): change(row.cells[name_of(row)])})


def true_changes_alone(_: Draft) -> None:
    """Nothing drifts: records are added, removed and corrected, and the file is written by another program."""


def typo_in_names(draft: Draft) -> None:
    """A letter is lost, doubled or exchanged with the next in the names of one to three records."""

    def mistyped(name: str) -> str:
        at = draft.chance.randrange(1, len(name.split(" ", maxsplit=1)[0]) - 1)
        way = draft.chance.randrange(3)
        wrong = (
            name[:at] + name[at + 1 :],
            name[: at + 1] + name[at:],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        )[way]
        return wrong if wrong != name else name[:at] + name[at + 1 :]

    draft.each(renamed(mistyped), draft.few(1, 3, where=lambda row: len(row.cells[name_of(row)].split(" ")[0]) > 4))


def swapped_words_in_names(draft: Draft) -> None:
    """The county and the office of one to three agencies change places: `Sheriff's Office of Bay County`."""

    def swapped(name: str) -> str:
        county, _, office = name.partition(" County ")
        return f"{office} of {county} County"

    draft.each(renamed(swapped), draft.few(1, 3, where=lambda row: " County " in row.cells["agency"]))


def abbreviated_offices(draft: Draft) -> None:
    """One to five agencies are written shorter: `Bay Co. SO`, `Tampa PD`."""

    def short(name: str) -> str:
        return name.replace(" County Sheriff's Office", " Co. SO").replace(" Police Department", " PD")

    draft.each(renamed(short), draft.few(1, 5, where=lambda row: short(row.cells["agency"]) != row.cells["agency"]))


def names_in_capitals(draft: Draft) -> None:
    """All names are in capitals, which changes nothing."""
    draft.each(reprinted(str.upper))


def some_names_in_small_letters(draft: Draft) -> None:
    """One to six names begin with small letters, which changes nothing."""
    draft.each(reprinted(str.lower), draft.few(1, 6))


def blanks_around_and_within(draft: Draft) -> None:
    """Many names have blanks before, behind or doubled within, some of them hard ones."""
    blanks = (" ", "  ", "\u00a0", "\t")

    def spaced(name: str) -> str:
        blank = draft.chance.choice(blanks)
        return draft.chance.choice((blank + name, name + blank, name.replace(" ", draft.chance.choice(blanks), 1)))

    draft.each(reprinted(spaced), draft.few(5, len(draft.rows)))


def curly_apostrophes(draft: Draft) -> None:
    """Straight apostrophes become curly ones on all records, or on some."""
    at = None if draft.chance.random() < 0.5 else draft.few(1, len(draft.rows))
    draft.each(reprinted(lambda name: name.replace("'", "\u2019")), at)


def decomposed_letters(draft: Draft) -> None:
    """Accented letters are written as a letter and a mark, and some blanks take no width."""
    draft.each(reprinted(lambda name: unicodedata.normalize("NFD", name)))
    draft.each(reprinted(lambda name: name + "\u200b"), draft.few(1, 8))


def line_breaks_in_names(draft: Draft) -> None:
    """Names hold a line break, in one of the forms that programs leave there."""
    breaks = (
        ("\n", "\r\n", "\u2028", "\u0085", "\u000b", "\u000c")
        if draft.base.ground.name == "csv"
        else ("\n", "\u2028", "\u0085")
    )
    found = draft.few(1, 10, where=lambda row: " " in row.cells[name_of(row)])
    draft.each(reprinted(lambda name: name.replace(" ", draft.chance.choice(breaks), 1)), found)


def dates_written_otherwise(draft: Draft) -> None:
    """The whole column of dates is written in another way: `24-Feb-25`, `2025/02/24`, `Monday, February 24, 2025`."""
    written = draft.chance.choice(OTHER_DATES)
    draft.each(lambda row: row.printed(signed=_dated(row.cells["signed"], written)))


def dates_of_new_rows_written_otherwise(draft: Draft) -> None:
    """The dates of one to twenty records are written in another way than those of all others."""
    written = draft.chance.choice(OTHER_DATES)
    draft.each(lambda row: row.printed(signed=_dated(row.cells["signed"], written)), draft.few(1, 20))


def _dated(text: str, written: Callable[[date], str]) -> str:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return text
    return written(on) if on.year in YEARS else text


def dates_as_serial_numbers(draft: Draft) -> None:
    """The column of dates has lost its format, so that the numbers show by which a workbook counts days."""
    field = "opened" if draft.base.ground.name == "offices" else "signed"

    def serial(row: Row) -> Cell:
        try:
            return Number(value=(date.fromisoformat(row.cells[field]) - date(1899, 12, 30)).days)
        except ValueError:
            return row.cells[field]

    draft.grid.shown[field] = serial


def codes_as_numbers(draft: Draft) -> None:
    """Codes with leading zeros turn from text into numbers whose format shows the zeros."""

    def number(name: str) -> Callable[[Row], Cell]:
        return lambda row: Number(value=int(row.cells[name]), format="00000")

    for name in draft.chance.choice((("code",), ("zip",), ("code", "zip"))):
        draft.grid.shown[name] = number(name)


def label_misspelt_on_a_few(draft: Draft) -> None:
    """One to five records have their model misspelt: `Jail Enforcement Modal`."""
    draft.each(
        lambda row: row.corrected(
            support_type=row.cells["support_type"].replace("Model", "Modal").replace("Officer", "Oficer")
        ),
        draft.few(1, 5),
    )


def label_reworded_on_half(draft: Draft) -> None:
    """A model is called otherwise on half of its records or more: the label was reworded, no agreement changed."""
    label = draft.chance.choice(sorted({row.cells["support_type"] for row in draft.rows}))
    other = draft.chance.choice(
        (f"{label} (TFM)", label.replace(" Model", "").replace(" Officer", " Officers"), f"{label} Agreement")
    )
    at = [index for index, row in enumerate(draft.rows) if row.cells["support_type"] == label]
    kept = draft.chance.sample(at, draft.chance.randint(0, len(at) // 2)) if len(at) > 20 else []
    draft.each(lambda row: row.printed(support_type=other), sorted(set(at) - set(kept)))


def state_misspelt_on_half(draft: Draft) -> None:
    """A state is misspelt on half of its records or more, beside others that are right."""
    states = [row.cells["state"] for row in draft.rows]
    state = draft.chance.choice(
        sorted({each for each in states if states.count(each) >= 12} or {max(states, key=states.count)})
    )
    wrong = state[:-3] + state[-2] + state[-3] + state[-1] if draft.chance.random() < 0.5 else state[:3] + state[4:]
    at = [index for index, each in enumerate(states) if each == state]
    draft.each(
        lambda row: row.printed(state=wrong), draft.chance.sample(at, draft.chance.randint((len(at) + 1) // 2, len(at)))
    )


def states_as_postal_codes(draft: Draft) -> None:
    """The whole column of states turns into postal codes."""
    draft.each(lambda row: row.printed(state=CODES.get(row.cells["state"].strip().upper(), row.cells["state"])))


def states_in_title_case(draft: Draft) -> None:
    """The whole column of states turns from capitals to `Florida`."""
    draft.each(lambda row: row.printed(state=row.cells["state"].title()))


def renamed_at_the_same_address(draft: Draft) -> None:
    """One to three offices get quite another name, at the same address with the same code."""
    names = ("Regional Service Center", "Outreach Bureau", "Central Intake", "District Annex", "Liaison Desk")
    at = draft.few(1, 3)
    chosen = iter(draft.chance.sample(names, len(at)))
    draft.each(lambda row: row.corrected(name=f"{next(chosen)} {row.cells['code']}"), at)


def links_wrapped_by_a_mail_filter(draft: Draft) -> None:
    """All links are wrapped as a mail filter does."""

    def wrapped(row: Row) -> Row:
        url = row.cells.get("moa", "")
        return (
            row.printed(moa=SAFELINK.format(quote(url, safe=""), row.id % 2**32)) if url.startswith("https:") else row
        )

    draft.each(wrapped)


def links_posted(draft: Draft) -> None:
    """Links to one to twenty agreements are posted where there were none."""
    pending = draft.few(1, 20, where=lambda row: not row.cells.get("moa", "").startswith("https:"))
    draft.each(lambda row: row.corrected(moa=f"https://www.ice.gov/doclib/287gMOA/posted{abs(row.id)}.pdf"), pending)


def placeholder_in_another_case(draft: Draft) -> None:
    """The words for a link that is not there yet are written in another case, with a blank more."""
    draft.each(lambda row: row.printed(moa=row.cells.get("moa", "").replace("link pending", "Link  Pending ")))


def county_placeholders_reworded(draft: Draft) -> None:
    """The sign for "no county" is another one everywhere."""
    other = draft.chance.choice(("", "#N/A", "n/a", "-"))
    draft.each(
        lambda row: row.printed(
            county=other if row.cells.get("county", "").strip() in {"N/A", "#N/A", "n/a", ""} else row.cells["county"]
        )
    )


def footnote_marks_on_names(draft: Draft) -> None:
    """One to five names carry the mark of a footnote."""
    draft.each(reprinted(lambda name: f"{name}*"), draft.few(1, 5))
    draft.grid.below.append(["* New since the last update"])


KINDS = (
    Kind(apply=true_changes_alone, grounds=NAMED | {"ddor": ALL}),
    Kind(apply=typo_in_names, grounds=NAMED),
    Kind(apply=swapped_words_in_names, grounds=AGREEMENTS),
    Kind(apply=abbreviated_offices, grounds=AGREEMENTS),
    Kind(apply=names_in_capitals, grounds=NAMED),
    Kind(apply=some_names_in_small_letters, grounds=NAMED),
    Kind(apply=blanks_around_and_within, grounds=NAMED),
    Kind(apply=curly_apostrophes, grounds=AGREEMENTS),
    Kind(apply=decomposed_letters, grounds=NAMED),
    Kind(apply=line_breaks_in_names, grounds=NAMED),
    Kind(apply=dates_written_otherwise, grounds=SIGNED),
    Kind(apply=dates_of_new_rows_written_otherwise, grounds=SIGNED),
    Kind(apply=dates_as_serial_numbers, grounds={"xlsx": ("participating",), "offices": ALL}),
    Kind(apply=codes_as_numbers, grounds={"offices": ALL}),
    Kind(apply=label_misspelt_on_a_few, grounds=AGREEMENTS),
    Kind(apply=label_reworded_on_half, grounds=AGREEMENTS),
    Kind(apply=state_misspelt_on_half, grounds=AGREEMENTS),
    Kind(apply=states_as_postal_codes, grounds=AGREEMENTS),
    Kind(apply=states_in_title_case, grounds=AGREEMENTS),
    Kind(apply=renamed_at_the_same_address, grounds={"offices": ALL}),
    Kind(apply=links_wrapped_by_a_mail_filter, grounds=SIGNED),
    Kind(apply=links_posted, grounds=SIGNED),
    Kind(apply=placeholder_in_another_case, grounds=SIGNED),
    Kind(apply=county_placeholders_reworded, grounds=AGREEMENTS),
    Kind(apply=footnote_marks_on_names, grounds=AGREEMENTS),
)
