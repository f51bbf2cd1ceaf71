"""The names of months in other languages."""

from __future__ import annotations

import re
from datetime import date

import pytest

from feeds.files.parsing.month_names import AMBIGUOUS_MONTHS, month_number
from feeds.files.parsing.timestamps import as_texts, parse_timestamps

LANGUAGES = (
    "bg",
    "ca",
    "cs",
    "da",
    "de",
    "de_AT",
    "el",
    "en",
    "es",
    "fi",
    "fr",
    "hr",
    "hu",
    "id",
    "it",
    "nb",
    "nl",
    "pl",
    "pt",
    "ro",
    "ru",
    "sk",
    "sl",
    "sv",
    "tr",
    "uk",
)


def days(texts: list[str]) -> list[date | None]:
    found = parse_timestamps(as_texts(texts), "stamp")
    return [
        date.fromordinal(date(1970, 1, 1).toordinal() + value // (86_400 * 10**9)) if kind else None
        for value, kind in zip(found.value.tolist(), found.kind.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3. Januar 2024", date(2024, 1, 3)),
        ("3. Jänner 2024", date(2024, 1, 3)),
        ("14. März 2024", date(2024, 3, 14)),
        ("14. Mrz. 2024", date(2024, 3, 14)),
        ("3 janv. 2024", date(2024, 1, 3)),
        ("1er août 2024", date(2024, 8, 1)),
        ("4 févr. 2024", date(2024, 2, 4)),
        ("4 fevr. 2024", date(2024, 2, 4)),
        ("30-déc.-2024", date(2024, 12, 30)),
        ("15 de enero de 2024", date(2024, 1, 15)),
        ("15 de septiembre del 2024", date(2024, 9, 15)),
        ("3 ene 2024", date(2024, 1, 3)),
        ("3 gen 2024", date(2024, 1, 3)),
        ("31 luglio 2024", date(2024, 7, 31)),
        ("3 de março de 2024", date(2024, 3, 3)),
        ("3-mrt-2024", date(2024, 3, 3)),
        ("3 mei 2024", date(2024, 5, 3)),
        ("3. maj 2024", date(2024, 5, 3)),
        ("3 sierpnia 2024", date(2024, 8, 3)),
        ("3. října 2024", date(2024, 10, 3)),
        ("2024. január 3.", date(2024, 1, 3)),
        ("3 Ağu 2024", date(2024, 8, 3)),
        ("3 января 2024", date(2024, 1, 3)),
        ("3 СІЧНЯ 2024", date(2024, 1, 3)),
        ("3 Ιανουαρίου 2024", date(2024, 1, 3)),
        ("2024年1月3日", date(2024, 1, 3)),
        ("2024년 1월 3일", date(2024, 1, 3)),
        ("2024. 1. 3.", date(2024, 1, 3)),
        ("3-Dez-24", date(2024, 12, 3)),
    ],
)
def test_dates_with_months_of_other_languages_are_read(text: str, day: date) -> None:
    assert days([text]) == [day]
    assert days(["x", text, "2024-05-06", text]) == [None, day, date(2024, 5, 6), day]


@pytest.mark.parametrize(
    "text",
    ["3. Januar 2024 um 15:30", "3 janv. 2024 à 15:30", "3 de enero de 2024 a las 15:30", "Jan 3, 2024 at 3:30 PM",
     "3 gennaio 2024 alle 15:30", "3 januari 2024 om 15:30"],
)  # fmt: skip
def test_a_word_may_stand_before_the_time_of_day(text: str) -> None:
    assert parse_timestamps(as_texts([text]), "stamp").value.tolist() == [1_704_295_800 * 10**9]


def test_a_time_of_day_may_follow_them() -> None:
    found = parse_timestamps(as_texts(["3 août 2024 15:30", "2024年1月3日 09:30"]), "stamp")
    assert [value // 10**9 for value in found.value.tolist()] == [1_722_699_000, 1_704_274_200]


@pytest.mark.parametrize("name", sorted(AMBIGUOUS_MONTHS))
def test_a_name_of_two_months_is_none(name: str) -> None:
    """Listopad is October in Croatian, and November in Polish."""
    assert month_number(name) is None
    assert days([f"3 {name} 2024"]) == [None]


@pytest.mark.parametrize("text", ["3 enerro 2024", "3 März", "3 日 2024", "3 é 2024", "32. Januar 2024"])
def test_other_texts_are_no_dates(text: str) -> None:
    assert days([text]) == [None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_name_of_the_languages_is_known(language: str) -> None:
    """As the Unicode CLDR has them: the same number, or none for one of several months."""
    babel = pytest.importorskip("babel")
    months = babel.Locale.parse(language).months
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in months[context][width].items():
                word = name.casefold().rstrip(".")
                if re.fullmatch(r"[^\W\d_]{3,}", word):
                    assert month_number(name) == (None if word in AMBIGUOUS_MONTHS else number), name
