"""Character 4-gram models over a-z, and their ratio as a table of bytes.

A word is three boundaries, its letters and a boundary. The probability of a
letter behind three others is interpolated from order 4 down to 1: with n the
count of the three and k a constant, (count + k * lower order) / (n + k).
"""

import math

import numpy

LETTERS = 27  # 0 is the boundary.
SIZE = LETTERS ** 4
# Steps of the table to a factor of e.
STEPS = 16


def codes(words):
    """All words as one array of letters: three boundaries before each."""
    text = "".join("```" + word for word in words) + "`"
    return numpy.frombuffer(text.encode(), dtype=numpy.uint8) - 96


def counts(weighted):
    """Counts of 4-grams, by index, from {word: weight}."""
    words = sorted(weighted)
    letters = codes(words).astype(numpy.int64)
    index = ((letters[:-3] * LETTERS + letters[1:-2]) * LETTERS
             + letters[2:-1]) * LETTERS + letters[3:]
    weight = numpy.repeat([weighted[word] for word in words],
                          [len(word) + 3 for word in words])[:len(index)]
    # What only leads from one word into the next is none of either: its last
    # letter is a boundary behind a boundary.
    inner = (letters[3:] != 0) | (letters[2:-1] != 0)
    return numpy.bincount(index[inner], weight[inner], SIZE)


def probabilities(table, confidence):
    """P(last letter | three before) for every 4-gram."""
    estimate = numpy.full(LETTERS, 1.0 / LETTERS)
    for order in range(1, 5):
        seen = table.reshape((LETTERS ** (4 - order), LETTERS ** order)).sum(0)
        seen = seen.reshape((LETTERS ** (order - 1), LETTERS))
        whole = seen.sum(1, keepdims=True)
        lower = estimate.reshape((-1, LETTERS))
        lower = numpy.tile(lower, (len(seen) // len(lower), 1))
        k = confidence[order - 1]
        estimate = ((seen + k * lower) / (whole + k)).reshape(-1)
    return estimate


def ratio(first, second, least=-127, most=127):
    """Steps by which each 4-gram speaks for `first` against `second`."""
    steps = [round((math.log(a) - math.log(b)) * STEPS)
             for a, b in zip(first.tolist(), second.tolist())]
    return numpy.clip(numpy.array(steps), least, most).astype(numpy.int8)


def judge(table, words):
    """Sum of steps and letters of each word."""
    if not words:
        return []
    sums = []
    for word in words:
        letters = [0, 0, 0] + [ord(c) - 96 for c in word] + [0]
        at, total = 0, 0
        for letter in letters[3:]:
            at = at % (LETTERS ** 3) * LETTERS + letter
            total += int(table[at])
        sums.append(total)
    return sums
