#!/usr/bin/python3
"""Builds server/text/models/fold.model: what every code point folds to.

From ICU (its Unicode version is printed, and stands in section UNIV):
NFKC_Casefold, canonical compositions, scripts, categories, Emoji, and its
Traditional-Simplified transliteration, a character at a time. From
lexica/confusables.json.gz (Unicode's confusables, MIT): letters that look like
Latin ones.

Sections (all numbers are little-endian):
  UNIV  u32: Unicode's version, major and minor, as 1500 for 15.0
  PAGE  u16 per 256 code points: which page of ENTR they have
  ENTR  u32 per code point, pages of 256:
          bits  0-20  folded minus own value, modulo 2^21; action EXPAND: where
                      in EXPA the folding begins, minus own value
          bits 21-24  class, as server/text/normalise.h numbers them
          bits 25-27  action: see below
          bit     28  styled: folding undoes more than case and width
          bit     29  LOOK has it
  EXPA  u32: a length, and so many code points; again and again
  PAIR  u64, ascending: first << 21 | mark, what composes
  COMP  u32: what PAIR of the same index composes to
  LOOK  u32, ascending: code point << 8 | the ASCII letter it looks like
  BARE  u32, ascending: a Latin letter beyond ASCII << 8 | the ASCII letter it
        is without its marks
"""

import argparse
import gzip
import json
import os
import pathlib
import re
import string
import struct

import icu

from model_file import model_file

VERSION = 1
HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "server/text/models/fold.model"

# PointClass of server/text/normalise.h.
(SPACE, LINE_END, LATIN, HAN, LETTER, DIGIT, STOP, PAUSE, SYMBOL,
 EMOJI) = range(10)
# What folding does with a code point.
KEEP = 0      # becomes its folding
EXPAND = 1    # becomes several
INVISIBLE = 2  # dropped; between two letters of Latin or Han a disguise
MARK = 3      # composes with what is before it, or is dropped
MODIFIER = 4  # dropped, honest wherever it stands: a soft hyphen, a skin's tone

Char, Property, Category = icu.Char, icu.UProperty, icu.UCharCategory
LETTERS = {Category.UPPERCASE_LETTER, Category.LOWERCASE_LETTER,
           Category.TITLECASE_LETTER, Category.MODIFIER_LETTER,
           Category.OTHER_LETTER, Category.LETTER_NUMBER}
MARKS = {Category.NON_SPACING_MARK, Category.ENCLOSING_MARK,
         Category.COMBINING_SPACING_MARK}
PAUSES = {Category.START_PUNCTUATION, Category.END_PUNCTUATION,
          Category.INITIAL_PUNCTUATION, Category.FINAL_PUNCTUATION,
          Category.DASH_PUNCTUATION}

CASEFOLD = icu.Normalizer2.getNFKCCasefoldInstance()
NFC = icu.Normalizer2.getNFCInstance()
NFKD = icu.Normalizer2.getNFKDInstance()
NFD = icu.Normalizer2.getNFDInstance()
SIMPLIFY = icu.Transliterator.createInstance("Traditional-Simplified")

# Forms that are somebody's style; other compatibility forms (units, ligatures,
# ordinals, Roman numerals) are honest.
STYLED_RANGES = [(0x1D400, 0x1D7FF), (0x2460, 0x24FF), (0x1D2C, 0x1D6A),
                 (0x2071, 0x209C), (0x1F100, 0x1F1AD), (0x2C7C, 0x2C7D),
                 (0xA770, 0xA770), (0xA7F2, 0xA7F9), (0xAB5C, 0xAB5F),
                 (0x02B0, 0x02B8), (0x02E0, 0x02E4), (0x10780, 0x107BA)]
STYLED = set("ℂℊℋℌℍℎℐℑℒℓℕℙℚℛℜℝℤℨℬℭℯℰℱℳℴⅅⅆⅇⅈⅉ")
# Strokes and rings over letters.
OVERLAYS = {*range(0x334, 0x339), 0x488, 0x489, *range(0x20D0, 0x20F1)}
# Latin letters that are some language's own, whatever they look like.
OWN_LETTERS = set("ıəɛɔŋɓɗƙɣʋɩɖƒɲʊđħłøþðæœßĸȷɨʉɪʃʒ")
# What else parts a sentence, or says nothing by itself.
PAUSE_SIGNS = set(",;:\"'`、，；：､؛،")
STOP_SIGNS = set(".…")


def is_styled(code):
    return (chr(code) in STYLED or
            any(low <= code <= high for low, high in STYLED_RANGES))


def simplified(text):
    """Each Han character of `text` as Simplified Chinese writes it."""
    return "".join(
        SIMPLIFY.transliterate(c) if icu.Script.getScript(c).getName() == "Han"
        else c for c in text)


def styled_letter(code):
    """The letter that a style without a compatibility mapping shows."""
    name = Char.charName(code)
    found = re.fullmatch(r"LATIN LETTER SMALL CAPITAL ([A-Z])", name)
    if found:
        return found[1].lower()
    found = re.fullmatch(
        r"(?:CROSSED )?NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER "
        r"([A-Z])", name)
    if found:
        return found[1].lower()
    found = re.fullmatch(
        r"PARENTHESIZED LATIN (?:SMALL|CAPITAL) LETTER ([A-Z])", name)
    return found[1].lower() if found else None


def folded(code):
    letter = styled_letter(code)
    if letter:
        return letter
    if code == 0x2800:  # BRAILLE PATTERN BLANK
        return " "
    return simplified(CASEFOLD.normalize(chr(code)))


def is_emoji(code):
    """Pictures; not digits, signs of trade and arrows that Emoji has too."""
    if code < 0x2300 or 0x2900 <= code < 0x2B1B or 0x3000 <= code < 0x3300:
        return False
    return (Char.hasBinaryProperty(code, Property.EMOJI) or
            Char.hasBinaryProperty(code, Property.EXTENDED_PICTOGRAPHIC))


def class_of(code):
    char, category = chr(code), Char.charType(code)
    if char in "\n\r\x85\u2028\u2029":
        return LINE_END
    if char in "\t\v\f" or category == Category.SPACE_SEPARATOR:
        return SPACE
    script = icu.Script.getScript(char).getName()
    if category in LETTERS or category in MARKS:
        if script == "Han":
            return HAN
        return LATIN if script == "Latin" else LETTER
    if category == Category.DECIMAL_DIGIT_NUMBER:
        return DIGIT
    if is_emoji(code):
        return EMOJI
    if char in STOP_SIGNS or Char.hasBinaryProperty(code, Property.S_TERM):
        return STOP
    if char in PAUSE_SIGNS or category in PAUSES:
        return PAUSE
    return SYMBOL


def action_of(code):
    """Action other than KEEP and EXPAND, or None."""
    category = Char.charType(code)
    if (code == 0xAD or 0xFE00 <= code <= 0xFE0F or
            0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F):
        return MODIFIER
    if chr(code) in "\t\n\v\f\r\x85":
        return None
    if (category == Category.CONTROL_CHAR or
            Char.hasBinaryProperty(code, Property.DEFAULT_IGNORABLE_CODE_POINT)
            or Char.hasBinaryProperty(code, Property.BIDI_CONTROL)):
        return INVISIBLE
    if category in MARKS and icu.Script.getScript(
            chr(code)).getName() in ("Inherited", "Common"):
        return MARK
    if category == Category.ENCLOSING_MARK:
        return MARK
    return None


def look_alikes(data):
    """Letters beyond ASCII: the ASCII letter each may be taken for."""
    path = os.path.join(data, "lexica", "confusables.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        listed = json.load(file)
    ascii_letters = set(string.ascii_letters)
    shown = {char: listed[char].lower() for char in listed
             if len(char) == 1 and listed[char] in ascii_letters}
    # I and l are one shape: which was meant, the small letter tells.
    found = {}
    for code in range(0x80, 0x110000):
        char = chr(code)
        if class_of(code) not in (LATIN, LETTER) or char in OWN_LETTERS:
            continue
        if len(folded(code)) == 1 and folded(code) in ascii_letters:
            continue
        letter = shown.get(char) or shown.get(char.upper())
        if letter == "l" and (char.upper() in "ІΙ" or char in "і"):
            letter = "i"
        if letter:
            found[code] = letter
    return found


def bare_letters():
    """Latin letters beyond ASCII without their marks."""
    found = {}
    for code in range(0x80, 0x2C80):
        if class_of(code) != LATIN or folded(code) != chr(code):
            continue
        parts = NFKD.normalize(chr(code))
        stroked = re.fullmatch(r"LATIN SMALL LETTER ([A-Z])"
                               r"(?: WITH .*)?", Char.charName(code))
        if parts[0] in string.ascii_lowercase:
            found[code] = parts[0]
        elif stroked:
            found[code] = stroked[1].lower()
        elif chr(code) == "ı":
            found[code] = "i"
    return found


def compositions():
    """(first, mark): what they compose to, among foldings."""
    found = {(ord("ı"), 0x307): ord("i")}
    for code in range(0xC0, 0x30000):
        parts = NFD.normalize(chr(code))
        first, mark = NFC.normalize(parts[:-1]), parts[-1]
        if (len(first) == 1 and NFC.normalize(first + mark) == chr(code) and
                action_of(ord(mark)) == MARK and folded(code) == chr(code)):
            found[ord(first), ord(mark)] = code
    return found


def entries(looks):
    """ENTR of every code point, and EXPA."""
    table, expansions, places = [], [], {}
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            table.append(SYMBOL << 21)
            continue
        action, text = action_of(code), folded(code)
        value, kind = code, class_of(code)
        if action is None:
            action = KEEP
            if len(text) == 1:
                value = ord(text)
                kind = class_of(value)
            elif text:
                action = EXPAND
                if text not in places:
                    places[text] = len(expansions)
                    expansions += [len(text), *map(ord, text)]
                value = places[text]
            else:
                action = INVISIBLE
        styled = (code in OVERLAYS if action == MARK
                  else bool(styled_letter(code)) or is_styled(code))
        table.append((value - code) % (1 << 21) | kind << 21 | action << 25 |
                     styled << 28 | (code in looks) << 29)
    return table, expansions


def paged(table):
    """PAGE and ENTR: equal pages are kept once."""
    numbers, pages, kept = {}, [], []
    for at in range(0, len(table), 256):
        page = tuple(table[at:at + 256])
        if page not in numbers:
            numbers[page] = len(numbers)
            kept += page
        pages.append(numbers[page])
    return pages, kept


def words(numbers, letter="I"):
    return struct.pack(f"<{len(numbers)}{letter}", *numbers)


def build(data):
    looks = look_alikes(data)
    table, expansions = entries(looks)
    pages, kept = paged(table)
    pairs = sorted(compositions().items())
    shifted = lambda letters: [code << 8 | ord(letters[code])
                               for code in sorted(letters)]
    major, minor = map(int, icu.UNICODE_VERSION.split(".")[:2])
    return [
        (b"UNIV", words([major * 100 + minor])),
        (b"PAGE", words(pages, "H")),
        (b"ENTR", words(kept)),
        (b"EXPA", words(expansions)),
        (b"PAIR", words([first << 21 | mark for (first, mark), _ in pairs],
                       "Q")),
        (b"COMP", words([code for _, code in pairs])),
        (b"LOOK", words(shifted(looks))),
        (b"BARE", words(shifted(bare_letters()))),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"))
    parser.add_argument("--out", default=OUT)
    options = parser.parse_args()
    if not options.data:
        parser.error("--data or LEVEE_DATA names the folder of data sets")
    print(f"Unicode {icu.UNICODE_VERSION}, ICU {icu.ICU_VERSION}")
    made = model_file(b"FOLD", VERSION, build(options.data))
    pathlib.Path(options.out).write_bytes(made)
    print(f"{options.out}: {len(made)} bytes")


if __name__ == "__main__":
    main()
