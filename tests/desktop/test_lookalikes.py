"""Names that look like others are recognisable; names in their own script are left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskbell_desktop.lookalikes import _TABLE, plain_name, plain_words
from deskbell_desktop.visible_text import visible

MIXED = {
    "Сodex": "⟦U+0421⟧odex",
    "Cоdex CLI": "C⟦U+043E⟧dex CLI",
    "Сlаudе Cоdе": "⟦U+0421⟧l⟦U+0430⟧ud⟦U+0435⟧ C⟦U+043E⟧d⟦U+0435⟧",
    "Соdех": "Со⟦U+0064⟧ех",
    "Gοοse": "G⟦U+03BF⟧⟦U+03BF⟧se",
    "Cսrsor": "C⟦U+057D⟧rsor",
    "Ꮯodex": "⟦U+13DF⟧odex",
    "Cｏdex": "C⟦U+FF4F⟧dex",
    "C𝐨dex": "C⟦U+1D428⟧dex",
    "Ⓒodex": "⟦U+24B8⟧odex",
    "🅒odex": "⟦U+1F152⟧odex",
    "\u212aimi": "⟦U+212A⟧imi",
    "Clɑude": "Cl⟦U+0251⟧ude",
    "Пoмощник": "П⟦U+006F⟧мощник",
    "PDFка": "PDF⟦U+043A⟧⟦U+0430⟧",
}
WHOLE = {
    "Соԁех": "⟦Cyrillic⟧Соԁех",
    "СОDЕХ": "СО⟦U+0044⟧ЕХ",
    "ΚΙΜΙ": "⟦Greek⟧ΚΙΜΙ",
    "ᏟᎪᎡᎡ": "⟦Cherokee⟧ᏟᎪᎡᎡ",
    "Ｃｏｄｅｘ": "⟦Fullwidth⟧Ｃｏｄｅｘ",
    "𝐂𝐨𝐝𝐞𝐱": "⟦Mathematical⟧𝐂𝐨𝐝𝐞𝐱",
    "ⒸⓄⒹⒺⓍ": "⟦Circled⟧ⒸⓄⒹⒺⓍ",
    "shop-арі": "shop-⟦Cyrillic⟧арі",
    "Cod.ех": "Cod.⟦Cyrillic⟧ех",
    "Claude 4.Х": "Claude 4.⟦Cyrillic⟧Х",
}
GENUINE = [
    "Claude Code", "Zürich-Łódź", "Işık", "Đỗ Việt", "naïve", "Ɗan", "ʻOkina", "Помощник", "Алиса", "ГигаЧат",
    "Все работы", "Anna и Пётр", "Βοηθός", "λ-calculus", "Οδυσσέας", "小助手", "アシスタント", "도우미", "日本語Claude",
    "ＡＩ助手", "ＮＴＴデータ", "Qwen通义", "עוזר", "مساعد", "सहायक", "ผู้ช่วย", "Օգնական", "დამხმარე", "№ 5", "1º",
    "µTorrent", "Pro™", "🤖 Bot", "👩‍👩‍👧 ❤️", "1️⃣", "葛󠄀城", "می‌خواهم", "½", "feature/fix_#12",
]  # fmt: skip


@pytest.mark.parametrize(("name", "shown"), MIXED.items())
def test_odd_letters_in_a_word_are_spelled_out(name: str, shown: str) -> None:
    """In a word of two scripts the letters of the rarer one can be told."""
    assert plain_name(name) == shown


@pytest.mark.parametrize(("name", "shown"), WHOLE.items())
def test_a_word_that_is_latin_only_to_the_eye_is_marked(name: str, shown: str) -> None:
    """A word of nothing but lookalikes carries the name of its script in front, where nothing cuts it off."""
    assert plain_name(name) == shown


@pytest.mark.parametrize("name", GENUINE)
def test_genuine_names_stay_as_they_are(name: str) -> None:
    """A name in a script of its own, with accents, digits or emoji, is shown as it is."""
    assert plain_name(name) == name
    assert plain_words(name) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Deploy to рrod?", "Deploy to ⟦U+0440⟧rod?"),
        ("Dеny", "D⟦U+0435⟧ny"),
        ("Cтатус", "⟦U+0043⟧татус"),
        ("СоFех", "Со⟦U+0046⟧ех"),
        ("Выслать PDFкой?", "Выслать PDFкой?"),
        ("Все", "Все"),
        ("Δx > 3 kΩ", "Δx > 3 kΩ"),
        ("a\u202eb", "a⟦U+202E⟧b"),
    ],
)
def test_sentences_are_treated_mildly(text: str, shown: str) -> None:
    """In a sentence only words are touched whose letters of one script all pass for the other's."""
    assert plain_words(text) == shown


def test_the_table_is_what_it_says() -> None:
    """Each lookalike stands for one ASCII letter, is a letter of its script, and is no compatibility form."""
    for script, (letters, latin) in _TABLE.items():
        assert len(letters) == len(latin)
        assert latin.isascii()
        for letter in letters:
            name = unicodedata.name(letter)
            assert name.startswith("LATIN" if script == "Phonetic" else script.upper()), name
            assert unicodedata.normalize("NFKC", letter) == letter


@given(st.text(max_size=40))
def test_any_name_can_be_shown(name: str) -> None:
    """Whatever the name, it can be shown and nothing in it is hidden."""
    for shown in (plain_name(name), plain_words(name)):
        assert visible(shown) == shown
