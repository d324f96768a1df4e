#!/usr/bin/env python3
"""Builds server/text/models/latin.model: which words of Latin letters were
typed without meaning.

    tests/train/latin.py --data FOLDER [--out FILE]

    GRAM  27^4 x int8   16 times the logarithm of the ratio of two
                        probabilities: that of a letter behind three others in
                        mash, and in words. Index ((a * 27 + b) * 27 + c) * 27
                        + d, 0 for a word's boundary, 1 to 26 for a to z
    BASE  656 x 2 bytes the letters that U+00C0 to U+024F, then U+1E00 to
                        U+1EFF are written with where there are no marks; 0
                        for none

The words come from dictionaries of some forty languages (with their marks
taken off, and other scripts in Latin letters as their writers put them), from
manuals, from names, and from what customers and developers wrote. The mash
was typed by people, or is made up from their habits (mash.py).
"""

import argparse
import collections
import csv
import glob
import gzip
import io
import json
import os
import pathlib
import random
import re
import unicodedata

import icu
import numpy

import grams
import mash
from model_file import model_file

MODEL_VERSION = 1
HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "server/text/models/latin.model"
CUSTOMERS = HERE.parent / "data/messages"

# The weight of each part, in words: how sure the model is of what it says.
WEIGHTS = {"usage": 400000, "english": 200000, "names": 60000,
           "technical": 60000, "shortened": 20000, "dictionary": 30000,
           "manual": 40000}
WORD = re.compile("[a-z]+")

DICT = "/usr/share/dict/"
HUNSPELL = "/usr/share/hunspell/"
LISTS = ["american-english-large", "british-english", "bokmaal", "nynorsk",
         "catala", "danish", "dutch", "french", "italian", "ngerman", "polish",
         "portuguese", "spanish", "swedish"]
HUNSPELL_LATIN = ["af_ZA", "cs_CZ", "et_EE", "eu", "hr_HR", "hu_HU", "id_ID",
                  "is_IS", "kmr_Latn", "lt_LT", "lv_LV", "ro_RO", "sk_SK",
                  "sl_SI", "sq_AL", "sw_TZ", "tr_TR", "vi_VN"]
MANUALS = ["cs", "da", "de", "es", "fi", "fr", "hu", "id", "it", "nb", "nl",
           "pl", "pt_BR", "ro", "sv", "tr", "vi"]
# Every n-th word of a long list is enough.
LIST_WORDS = 60000

# Letters that are no letter with a mark.
PLAIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l",
                       "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ə": "e",
                       "ħ": "h", "ŋ": "n", "'": "", "’": "", "ʼ": "",
                       "ʻ": "", "-": "", "\u00ad": ""})
# Russian as its writers put it into Latin letters (not as libraries do).
RUSSIAN = str.maketrans(dict(zip(
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch _ y _ e yu ya"
    " i yi ye g".replace("_", "").split(" "))))


def plain(text):
    """Lower-case a to z, marks taken off."""
    text = unicodedata.normalize("NFKD", text.lower().translate(PLAIN))
    return "".join(c for c in text if not unicodedata.combining(c))


def words_of(text):
    return WORD.findall(plain(text))


class Words:
    """Words and their weights, gathered part by part."""

    def __init__(self):
        self.weights = collections.Counter()

    def add(self, words, weight):
        """Adds words, each as often as it comes, `weight` in all."""
        counted = collections.Counter(words)
        scale = weight / max(1, sum(counted.values()))
        for word, count in counted.items():
            if len(word) <= 30:
                self.weights[word] += count * scale


def thinned(lines):
    return lines[::max(1, len(lines) // LIST_WORDS)]


def read(path, encoding="utf-8"):
    return pathlib.Path(path).read_text(encoding, errors="ignore")


def word_list(name):
    """A list of /usr/share/dict; few of the older ones are in UTF-8."""
    content = pathlib.Path(DICT + name).read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("iso8859-2" if name == "polish" else "latin-1")
    return thinned(text.splitlines())


def hunspell(name):
    encoding = re.search(r"(?m)^SET +(\S+)",
                         read(f"{HUNSPELL}{name}.aff", "latin-1"))
    encoding = encoding.group(1) if encoding else "latin-1"
    lines = read(f"{HUNSPELL}{name}.dic", encoding).splitlines()[1:]
    return thinned([re.split(r"[/\t ]", line)[0] for line in lines])


def transliterated(name, how):
    rules = icu.Transliterator.createInstance(how)
    return rules.transliterate("\n".join(hunspell(name)))


def dictionaries():
    """A text of words for each language."""
    for name in LISTS:
        yield "\n".join(word_list(name))
    for name in HUNSPELL_LATIN:
        yield "\n".join(hunspell(name))
    with gzip.open("/usr/share/aspell/tl.cwl.gz") as file:
        yield "\n".join(re.findall("[a-z]{2,}", file.read().decode("latin-1")))
    for name in ["ukrainian", "bulgarian"]:
        yield "\n".join(word_list(name)).lower().translate(RUSSIAN)
    yield "\n".join(hunspell("ru_RU")).lower().translate(RUSSIAN)
    yield transliterated("hi_IN", "Devanagari-Latin")
    yield transliterated("ko", "Hangul-Latin")
    yield romaji()


def romaji():
    text = read("/usr/share/skk/SKK-JISYO.L", "euc-jp")
    kana = re.findall("^([ぁ-んー]+)[a-z]? ", text, re.MULTILINE)
    rules = icu.Transliterator.createInstance("Hiragana-Latin")
    latin = plain(rules.transliterate("\n".join(thinned(kana))))
    return latin.replace("~", "")


def pinyin(data):
    """The dictionary's words by their frequency, in syllables and whole."""
    rules = icu.Transliterator.createInstance("Han-Latin")
    text = gzip.open(pathlib.Path(data) / "lexica/jieba.dict.utf8.gz").read()
    rows = [line.split(" ") for line in text.decode().splitlines()]
    rows = sorted(((int(row[1]), row[0]) for row in rows if len(row) == 3
                   and re.fullmatch("[\u4e00-\u9fff]{1,4}", row[0])),
                  reverse=True)[:40000]
    latin = plain(rules.transliterate("\n".join(row[1] for row in rows)))
    for line in latin.splitlines():
        yield from words_of(line.replace(" ", ""))
        yield from words_of(line)


def manual(language):
    text = []
    for name in sorted(glob.glob(f"/usr/share/man/{language}/man*/*.gz"))[:150]:
        with gzip.open(name) as file:
            text.append(re.sub(r"\\[-a-zA-Z(\[*][^ ]{0,3}", " ",
                               file.read().decode("utf-8", "ignore")))
    return "\n".join(text)[:1500000]


def frequency_lists(data):
    """The lists of zxcvbn by name."""
    path = pathlib.Path(data) / "lexica/zxcvbn_frequency_lists.coffee.gz"
    with gzip.open(path) as file:
        text = file.read().decode()
    return {name: words.split(",") for name, words
            in re.findall(r'^  (\w+): "([^"]*)"', text, re.MULTILINE)}


def csv_texts(path, columns):
    with gzip.open(path) as file:
        rows = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig"))
        for row in rows:
            yield "\n".join(row[name] or "" for name in columns)


def usage(data):
    """Texts as customers and developers write, but for the held-out fifth."""
    data = pathlib.Path(data)
    for path in sorted(data.glob("ordinary/gitbugs/*.csv.gz")):
        yield from csv_texts(path, ["Summary", "Description"])
    for path in sorted(data.glob("ordinary/twitter_care/*.json.gz")):
        yield from customers(json.load(gzip.open(path)))
    for path in sorted(CUSTOMERS.glob("*-train.jsonl")):
        for line in read(path).splitlines():
            row = json.loads(line)
            yield row["subject"] + "\n" + row["body"]


def customers(talks):
    """What customers said in the talks of twitter_care."""
    for talk in talks:
        for turn in talk["dialogContent"]:
            company = talk["dialogHeader"]["company"]
            if turn.get("client", company) != company:
                yield turn["message"]


# Things that are no words: links, mentions, paths, hashes, code.
NO_WORDS = re.compile(r"\S*(?:://|[@/\\_=<>{}]|\d|\w\.\w)\S*|\b\w{31,}\b")


def shortened(words):
    """As people in a hurry write: "srvr dwn, nt wrkng"."""
    for word in words:
        short = word[0] + re.sub("[aeiou]", "", word[1:])
        if 3 <= len(short) < len(word):
            yield short


def usage_words(data):
    for text in usage(data):
        if not mash.held_out(text):
            yield from words_of(NO_WORDS.sub(" ", text))


def normal(data):
    words = Words()
    words.add(usage_words(data), WEIGHTS["usage"])
    lists = frequency_lists(data)
    ranked = collections.Counter()
    for name in ["english_wikipedia", "us_tv_and_film"]:
        for rank, word in enumerate(lists[name]):
            for part in words_of(word):
                ranked[part] += 1.0 / (rank + 100)
    words.add(ranked, WEIGHTS["english"])
    words.add(shortened(sorted(ranked, key=lambda word: (-ranked[word], word))
                        [:5000]), WEIGHTS["shortened"])
    for name in ["surnames", "female_names", "male_names"]:
        words.add(words_of("\n".join(lists[name])), WEIGHTS["names"] / 3)
    technical = read(HERE / "technical.txt")
    words.add(words_of(re.sub("(?m)^#.*", "", technical)),
              WEIGHTS["technical"])
    for text in dictionaries():
        words.add(words_of(text), WEIGHTS["dictionary"])
    words.add(pinyin(data), 3 * WEIGHTS["dictionary"])
    for language in MANUALS:
        words.add(words_of(manual(language)), WEIGHTS["manual"])
    return words.weights


def bases():
    """What letters with marks, and others, are without them."""
    found = b""
    for point in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]:
        letters = [ord(c) - 96 for c in plain(chr(point)) if "a" <= c <= "z"]
        found += bytes((letters + [0, 0])[:2])
    return found


def mashed(data):
    words = Words()
    words.add([word for word in mash.typed(data) if not mash.held_out(word)],
              10000)
    words.add(mash.made_up(random.Random(1), 20000), 10000)
    return words.weights


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=os.environ.get("LEVEE_DATA"),
                        help="folder of the data sets (or LEVEE_DATA)")
    parser.add_argument("--out", default=OUT)
    options = parser.parse_args()
    if not options.data:
        parser.error("say where the data is: --data FOLDER, or LEVEE_DATA")
    words = grams.probabilities(grams.counts(normal(options.data)),
                                (1, 20, 20, 20))
    noise = grams.probabilities(grams.counts(mashed(options.data)),
                                (1, 20, 50, 50))
    table = grams.ratio(noise, words)
    made = model_file(b"LATN", MODEL_VERSION,
                      [(b"GRAM", table.tobytes()), (b"BASE", bases())])
    pathlib.Path(options.out).write_bytes(made)
    print(f"{options.out}: {len(made)} bytes")


if __name__ == "__main__":
    main()
