"""Two texts side by side: what both have is never marked, what one of them has always is, and pages find each other."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.web.document_text import PagePair, paired_pages

WORDS = [f"word{number}" for number in range(400)]
PAGES = st.lists(st.lists(st.sampled_from([*"abcdef", "the", "agency"]), max_size=12).map(" ".join), max_size=6).map(
    tuple
)


def pages(seed: int, count: int, words: int) -> tuple[str, ...]:
    """Pages of words in no order."""
    chance = random.Random(seed)
    return tuple(" ".join(chance.choice(WORDS) for _ in range(words)) for _ in range(count))


def marked(pairs: tuple[PagePair, ...]) -> tuple[list[str], list[str]]:
    """What is marked in the older, and in the newer text."""
    return (
        [piece.text for pair in pairs for piece in pair.before if piece.changed],
        [piece.text for pair in pairs for piece in pair.after if piece.changed],
    )


def test_the_same_text_has_no_mark() -> None:
    """And each page stands beside itself."""
    text = pages(1, 5, 200)
    pairs = paired_pages(text, text)
    assert marked(pairs) == ([], [])
    assert [(pair.old, pair.new) for pair in pairs] == [(number, number) for number in range(1, 6)]
    assert all(pair.is_same for pair in pairs)


def test_a_changed_word_is_marked_alone() -> None:
    """On its page, on both sides."""
    before = pages(2, 5, 200)
    words = before[2].split()
    after = (*before[:2], " ".join([*words[:100], "otherwise", *words[101:]]), *before[3:])
    pairs = paired_pages(before, after)
    assert marked(pairs) == ([words[100]], ["otherwise"])
    assert [pair.old for pair in pairs if not pair.is_same] == [3]


def test_a_page_that_was_put_in_stands_alone() -> None:
    """The pages after it stand beside themselves."""
    before = pages(3, 5, 200)
    pairs = paired_pages(before, (*before[:2], "an entirely new page", *before[2:]))
    assert [(pair.old, pair.new) for pair in pairs] == [(1, 1), (2, 2), (None, 3), (3, 4), (4, 5), (5, 6)]
    assert marked(pairs) == ([], ["an entirely new page"])
    assert [pair.is_same for pair in pairs] == [True, True, False, True, True, True]


def test_words_that_went_to_another_page_are_not_marked() -> None:
    """A clause on the first page pushes words from page to page."""
    words = " ".join(pages(4, 6, 300)).split()
    clause = [f"clause{number}" for number in range(30)]
    longer = [*words[:50], *clause, *words[50:]]

    def cut(text: list[str]) -> tuple[str, ...]:
        return tuple(" ".join(text[at : at + 300]) for at in range(0, len(text), 300))

    assert marked(paired_pages(cut(words), cut(longer))) == ([], [" ".join(clause)])


def test_scans_are_laid_side_by_side_by_their_numbers() -> None:
    """They have no words; a page more stands alone."""
    assert [(pair.old, pair.new) for pair in paired_pages(("", ""), ("", "", ""))] == [(1, 1), (2, 2), (None, 3)]
    assert paired_pages((), ()) == ()


def test_a_text_of_one_word_repeated_is_compared() -> None:
    """Where no run of words ties the texts together, and they are too long to be compared word by word."""
    pairs = paired_pages(("same " * 60_000,), ("same " * 50_000 + "end",))
    old, new = marked(pairs)
    assert new == ["end"]
    assert len(old[0].split()) == 10_000


@settings(max_examples=300, deadline=None, derandomize=True)
@given(before=PAGES, after=PAGES)
def test_nothing_is_lost_and_what_is_not_marked_is_the_same(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Each page stands once, in order, with all its words; the words without a mark are the same in both texts."""
    pairs = paired_pages(before, after)
    assert [pair.old for pair in pairs if pair.old] == list(range(1, len(before) + 1))
    assert [pair.new for pair in pairs if pair.new] == list(range(1, len(after) + 1))
    for pair in pairs:
        assert "".join(piece.text for piece in pair.before) == (before[pair.old - 1] if pair.old else "")
        assert "".join(piece.text for piece in pair.after) == (after[pair.new - 1] if pair.new else "")
    sides = ([pair.before for pair in pairs], [pair.after for pair in pairs])
    kept = [[piece.text for text in side for piece in text if not piece.changed] for side in sides]
    assert " ".join(kept[0]).split() == " ".join(kept[1]).split()
