"""What the server's learned scores see of texts: tests/eval/text_features, so
that training and judging cannot differ; and the damping that they share."""

import pathlib
import subprocess
import sys

import numpy as np
import scipy.sparse as sparse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "build/release/bin/text_features"
# server/text/buckets.h and linear_model.h.
BUCKETS = 1 << 16
DAMPING_SIZE = 4096
# A feature weighs one over this power of their number and six more. Chosen by
# five folds, of 0 to 0.5.
POWER = 0.3
DAMPING = 6


def escaped(text):
    return (text.replace("\\", "\\\\").replace("\t", "\\t")
            .replace("\n", "\\n").replace("\r", " "))


def read(what, texts, arguments=()):
    """The lines that text_features prints of each text, a subject and a body,
    after its `M`."""
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM} is not built: cmake --preset release && "
                 "ninja -C build/release text_features")
    lines = "".join(f"{escaped(subject)}\t{escaped(body)}\n"
                    for subject, body in texts)
    printed = subprocess.run([str(PROGRAM), what, *map(str, arguments)],
                             check=True, input=lines.encode("utf-8", "replace"),
                             stdout=subprocess.PIPE)
    found = []
    for line in printed.stdout.decode("utf-8", "replace").split("\n"):
        if line == "M":
            found.append([])
        elif line:
            found[-1].append(line)
    assert len(found) == len(texts), (len(found), len(texts))
    return found


def buckets_of(line):
    return [int(bucket) for bucket in line.split()[1:]]


def damping(features):
    return (min(features, DAMPING_SIZE - 1) + DAMPING) ** -POWER


def damping_section():
    return (b"DAMP", np.array([round(65536 * damping(i))
                               for i in range(DAMPING_SIZE)],
                              dtype="<u2").tobytes())


def matrix(rows):
    """A row for each list of buckets."""
    sizes = [len(row) for row in rows]
    return sparse.csr_matrix(
        (np.repeat([damping(size) for size in sizes], sizes),
         np.concatenate(rows).astype(np.int32),
         np.cumsum([0, *sizes]).astype(np.int32)), (len(rows), BUCKETS))


def quantized(weights):
    """The weights as bytes, and what 256 of a byte's unit are in thousandths of
    a logit."""
    unit = max(np.abs(weights).max() / 127, 1e-9)
    return (np.rint(weights / unit).astype(np.int8).tobytes(),
            round(unit * 1000 * 256))
