"""Letters of other alphabets that look like Latin ones."""

from __future__ import annotations

from monitor.jurisdictions import resolve
from monitor.jurisdictions.states import code_of, plain_words
from monitor.matching.names import plain_value


def test_letters_that_look_the_same_are_the_same() -> None:
    """Cyrillic and Greek ones, as they come into a list by copying; letters that look otherwise stay other letters."""
    for cook in ("\u0421ook", "C\u043e\u043ek", "\u0421\u043e\u043e\u043a".replace("\u043a", "k"), "C\u03bfok"):
        assert plain_value(f"{cook} County") == "cook county"
        assert plain_words(f"{cook} County") == "cook county"
        found = resolve(f"{cook} County", "IL").jurisdiction
        assert found is not None
        assert found.fips == "17031"
    assert code_of("\u041cissouri") == "MO"
    assert plain_value("\u0416ook County") != "cook county"
    assert plain_value("Do\u00f1a Ana County") == plain_value("Dona Ana County")
