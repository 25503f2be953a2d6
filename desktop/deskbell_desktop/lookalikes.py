"""Names that pass for others: letters of other scripts that look like Latin ones are made recognisable.

After Unicode UTS #39 (Unicode Security Mechanisms): mixed-script confusables (section 5.1 and 4) and whole-script
confusables (section 4), told word by word. Latin letters among themselves (l and I, rn and m) are not told apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from itertools import groupby
from typing import Final

from deskbell_desktop.visible_text import spelled, visible

# From Unicode's confusables.txt (UTS #39), by the first word of the letters' Unicode names: what it maps straight to
# an ASCII letter and NFKC leaves alone, in the scripts that have enough of it to write words.
_TABLE: Final = {
    "Cyrillic": ("ЅІЈАВЕКМНОРСТУХЬагеорсухѕіјѡѴѵҮүһҽӀӏԁԌԛԜԝꙇ", "SlJABEKMHOPCTYXbareopcyxsijwVvYyhelidGqWwi"),
    "Greek": ("ͿΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινορσυϜϳϺᴦ", "JABEZHlKMNOPTYXayivopouFjMr"),
    "Armenian": ("ՍՏՕագզհոռսցքօ", "USOwqqhnnugfo"),
    "Cherokee": ("ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᎽᏀᏂᏃᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏧᏳᏴꭵꮁꮃꮓꮩꮪꮯ", "DRTiYAJEWMHYGhZbRWSVSLCPKdGBirwzvsc"),
    "Coptic": ("ⲅⲎⲒⲔⲘⲚⲞⲟⲢⲣⲤⲥⲦⲨⲬⳐ", "rHlKMNOoPpCcTYXL"),
    "Lisu": ("ꓐꓑꓒꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "BPdDTGKJCZFMNLSRVHWXYAElOU"),
    "Canadian": ("ᐯᑌᑭᑯᑲᒍᒪᕁᕼᕽᖇᖯᖴᗅᗞᗪᗰᗷ", "VUPdbJLxHxRbFADDMB"),
    "Warang": ("𑢠𑢢𑢣𑢤𑢦𑢩𑢮𑢲𑢵𑢸𑢼𑣀𑣁𑣂𑣃𑣄𑣈𑣗𑣘𑣜", "VFLYEZELOUTvsFizoouy"),
    "Deseret": ("𐐄𐐕𐐛𐐠𐐬𐐽𐑈", "OCLSocs"),
    "Phonetic": ("ɑɡɩɪᴄᴏᴜᴠᴡᴢꜱʏ", "agiicouvwzsy"),  # Latin by name, but of no alphabet that names are written in
}
_LATIN: Final = "Latin"
_FULLWIDTH: Final = "Fullwidth"
_LOOKALIKES: Final = {script: frozenset(letters) for script, (letters, _) in _TABLE.items()}
_LOOKED_LIKE: Final = {script: frozenset(latin) for script, (_, latin) in _TABLE.items()}
_PHONETIC: Final = _LOOKALIKES["Phonetic"]
_EAST_ASIAN: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})  # at home with fullwidth letters
_COMMON: Final = frozenset("ªºµℹ")  # in use with every script
_ONLY_ASCII: Final = re.compile(r"[\x00-\x7f]*")


def plain_name(name: str) -> str:
    """A name with what is hidden or passes for Latin made visible.

    In a word of two scripts the odd letters are spelled out, as ``⟦U+0421⟧odex``; a word that is Latin only to the eye
    is marked, as ``⟦Cyrillic⟧Соԁех``. Names in their own script stay as they are.
    """
    return _told_apart(name, is_name=True)


def plain_words(text: str) -> str:
    """A sentence with what is hidden made visible, and with lookalikes spelled out in words of two scripts.

    Milder than ``plain_name``: words with letters that pass for nothing else, as in slang, stay as they are.
    """
    return _told_apart(text, is_name=False)


def _told_apart(text: str, *, is_name: bool) -> str:
    shown = visible(text)
    if _ONLY_ASCII.fullmatch(shown):
        return shown
    at_home = _scripts_at_home(shown) if is_name else frozenset(_TABLE)
    pieces = ("".join(piece) for _, piece in groupby(shown, key=_is_of_word))
    return "".join(_word(piece, at_home, is_name=is_name) for piece in pieces)


def _word(word: str, at_home: Collection[str], *, is_name: bool) -> str:
    scripts = {script for script in map(_script, word) if script}
    if len(scripts) == 1 and is_name:
        script = next(iter(scripts))
        passes = script != _LATIN and script not in at_home and _pass(word, script)
        return f"⟦{script}⟧{word}" if passes else word
    if len(scripts) > 1 and (is_name or _some_pass(word, scripts)):
        own = _own_script(word, scripts)
        return "".join(spelled(letter) if _script(letter) not in {"", own} else letter for letter in word)
    return word


def _own_script(word: str, scripts: Collection[str]) -> str:
    """The script of most letters, in doubt Latin."""
    letters = [_script(letter) for letter in word]
    return max(sorted(scripts), key=lambda script: (letters.count(script), script == _LATIN))


def _some_pass(word: str, scripts: Collection[str]) -> bool:
    others = [script for script in scripts if script != _LATIN]
    return any(_pass(word, script) for script in others) or all(
        _script(letter) != _LATIN or any(letter in _LOOKED_LIKE.get(script, ()) for script in others) for letter in word
    )


def _pass(word: str, script: str) -> bool:
    """Whether all letters of ``script`` in ``word`` look like Latin ones."""
    return all(_is_lookalike(letter) for letter in word if _script(letter) == script)


def _is_lookalike(letter: str) -> bool:
    script = _script(letter)
    return letter in _LOOKALIKES[script] if script in _LOOKALIKES else script not in {"", _LATIN}


def _scripts_at_home(text: str) -> frozenset[str]:
    """The scripts of which there are letters that pass for nothing else."""
    own = {_script(letter) for letter in text if not _is_lookalike(letter)}
    if any(unicodedata.name(letter, "").split(" ")[0] in _EAST_ASIAN for letter in text):
        own.add(_FULLWIDTH)
    return frozenset(own)


def _is_of_word(character: str) -> bool:
    return bool(_script(character)) or unicodedata.category(character).startswith("M")


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    """The script of a letter that is Latin or can pass for it; empty for everything else.

    A compatibility form of a Latin letter (𝐂, Ｃ, Ⓒ: NFKC gives an ASCII letter) has the first word of its name.
    """
    if character.isascii() or character in _COMMON:
        return _LATIN if character.isalpha() and character.isascii() else ""
    first, _, rest = unicodedata.name(character, "").partition(" ")
    if character in _PHONETIC:
        return "Phonetic"
    folded = unicodedata.normalize("NFKC", character)
    if first != "LATIN" and ((folded.isascii() and folded.isalpha() and len(folded) == 1) or "LATIN " in rest):
        return first.capitalize()
    script = first.capitalize()
    is_letter = unicodedata.category(character).startswith("L")
    return script if is_letter and (script == _LATIN or script in _TABLE) else ""
