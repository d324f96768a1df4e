"""Words as hands type them that mean nothing, made up from habits.

People who hit keys without thinking walk along a row, hammer the same few keys
in turn, or let both hands drum on the home row. What they typed themselves is
in the data (meaningless/keysmash), but few people are, and all have a QWERTY
keyboard; these stand for the others.
"""

import csv
import gzip
import io
import pathlib
import zlib

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
OTHER_ROWS = ("qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
HOME_LEFT, HOME_RIGHT = "asdfg", "hjkl"
UPPER_LEFT, UPPER_RIGHT = "qwert", "yuiop"


def held_out(text):
    """A fifth that no training sees."""
    return zlib.crc32(text.encode()) % 5 == 0


def typed(data):
    """Mash that people typed, as lower-case words of letters only."""
    name = pathlib.Path(data) / "meaningless/keysmash/dataframe.csv.gz"
    with gzip.open(name) as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8"))
        words = {row[1].lower() for row in rows if row[2] == "1"
                 and row[1].isascii() and row[1].isalpha()
                 and len(row[1]) >= 4}
    return sorted(words)


def walk(random):
    row = random.choice(ROWS if random.random() < 0.8 else OTHER_ROWS)
    length = random.randint(3, len(row))
    start = random.randint(0, len(row) - length)
    word = row[start:start + length]
    if random.random() < 0.3:
        word = word[::-1]
    return word * random.choice((1, 1, 1, 2, 2, 3))


def hammer(random):
    """A few keys of one hand, again and again, with slips."""
    keys = random.choice((HOME_LEFT, HOME_LEFT, HOME_RIGHT, UPPER_LEFT,
                          UPPER_RIGHT, "zxcv", "bnm", "wasd", "sdfxcv",
                          "jkluio", "fghvbn"))
    motif = "".join(random.choice(keys) for _ in range(random.randint(2, 5)))
    word = ""
    while len(word) < random.randint(6, 24):
        word += motif
        if random.random() < 0.25:
            word += random.choice(keys)
    return word


def drum(random):
    """Both hands at once on the home row, or on home and upper row."""
    left, right = random.choice(((HOME_LEFT, HOME_RIGHT),
                                 (HOME_LEFT, HOME_RIGHT),
                                 (HOME_LEFT + "wer", HOME_RIGHT + "uio"),
                                 (UPPER_LEFT, UPPER_RIGHT),
                                 ("asdfgwexc", "hjkluinm")))
    word, hand = "", random.random() < 0.5
    stay = random.choice((0.2, 0.35, 0.5))
    for _ in range(random.randint(4, 20)):
        word += random.choice(left if hand else right)
        if random.random() > stay:
            hand = not hand
    return word


def cat(random):
    """Any keys at all."""
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz")
                   for _ in range(random.randint(4, 16)))


def made_up(random, number):
    kinds = (walk, hammer, hammer, drum, drum, cat)
    return [random.choice(kinds)(random) for _ in range(number)]
