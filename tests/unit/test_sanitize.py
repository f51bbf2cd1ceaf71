"""Names and texts of users: what may be shown to others."""

from __future__ import annotations

import pytest

from ticker.sanitize import proper_name, proper_text


@pytest.mark.parametrize("name", ["a", "Ann", "desk 2", "Ärger", "日本", "علي", "x" * 64, "<b>", "*", "📈" * 64])
def test_a_name_of_printable_characters_is_accepted(name: str) -> None:
    assert proper_name(name) == name
    assert proper_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "name",
    [
        *("王小明", "田中さくら", "葛\U000e0100城", "김철수", "สมชาย ใจดี", "नमस्ते", "क्\u200dष", "محمد", "می\u200cخواهم"),
        *(
            "ᠮᠣᠩ\u180bᠭᠣᠯ",
            "דוד",
            "Ольга",
            "Ελένη",
            "José",
            "O’Brien",
            "🇩🇪",
            "👍🏽",
            "❤\ufe0f",
            "☎\ufe0e",
            "1\ufe0f\u20e3",
        ),
        *("👩\u200d🚀", "🏳\ufe0f\u200d🌈 Ann", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"),
    ],
)
def test_names_of_all_scripts_and_emoji_are_accepted(name: str) -> None:
    """With the invisible characters that change how their neighbours are displayed."""
    assert proper_name(name) == name


@pytest.mark.parametrize(
    "letter", "\u034f\ufe0f\u115f\u1160\u3164\uffa0\u2800\u17b4\u180b\u200c\u200d\U000e0100\U000e0061\U0001d159\ufffc"
)
@pytest.mark.parametrize("name", ["desk{}", "{}desk", "de{}sk", "{}", "王{0}{0}", "👩{0}{0}"])
def test_a_name_with_an_invisible_character_is_refused(name: str, letter: str) -> None:
    """It would look like the name without it. The error shows it."""
    with pytest.raises(ValueError, match=r"1 to 64 printable characters, not '.*\\") as told:
        proper_name(name.format(letter))
    assert str(told.value).isascii()


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "x" * 65, "x" * 1_000_000, " " * 1_000_000, "a\nb", "a\tb", "\x1b[31mred", "\x7f", "\x85"),
        *("a\0", "\u202eevil", "\u2066a", "a\u200b", "\u200d", "\ufeff", "\xad", "\u2028", "\xa0", "\u3000"),
        *("\ud800", "\udfff", "\ue000", "\uffff"),
    ],
)
def test_any_other_name_is_refused(name: str) -> None:
    """Control and format characters, other whitespace than the space, surrogates."""
    with pytest.raises(ValueError, match=r"1 to 64 printable characters, not ") as told:
        proper_name(name)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 150


@pytest.mark.parametrize("text", ["a", "one\n\ttwo", "👩\u200d🚀", "שלום\u200f!", "a\u0301", " x ", "x" * 100])
def test_an_ordinary_text_is_unchanged(text: str) -> None:
    assert proper_text(text, 100) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\r\ntwo", "one\ntwo"),
        ("\x1b[2Jgone", "[2Jgone"),
        ("a\0b\x07c\x7fd\x9be", "abcde"),
        ("\u202eevil\u202c and \u2066more\u2069", "evil and more"),
        ("\x00" * 500 + "x" * 100, "x" * 100),
    ],
)
def test_control_and_bidi_characters_are_removed_from_a_text(text: str, shown: str) -> None:
    assert proper_text(text, 100) == shown


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "\x00", "\u200b", "\u202e\u202c", "\ufeff", "\u2028", "\u3164", "\u034f\ufe0f", "\u2800"]
)
def test_an_invisible_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no visible character"):
        proper_text(text, 100)


def test_a_text_that_is_too_long_or_has_surrogates_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^101 characters; the limit is 100$"):
        proper_text("x" * 101, 100)
    with pytest.raises(ValueError, match="surrogate"):
        proper_text("a\ud83d", 100)
