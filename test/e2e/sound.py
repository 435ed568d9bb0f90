"""Compares sounds: whether a recording holds a prompt, whether it holds a tone. 16 bit samples, 8000 a second."""

import array
import math
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

RATE = 8000
BLOCK = RATE // 4  # samples that are compared as one


def _values(samples):
    values = array.array("h")
    values.frombytes(samples)
    return values


def correlation(a, b):
    """Normalised cross-correlation of two equally long pieces at lag zero: 1 the same, 0 unrelated."""
    a, b = _values(a), _values(b)
    energy = math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b)) / energy if energy else 0.0


def find(recording, piece):
    """Where in the recording the piece fits best, in samples, and how well."""
    if len(recording) < len(piece):
        return 0, 0.0
    place, _ = audioop.findfit(recording, piece)
    return place, correlation(recording[2 * place:2 * place + len(piece)], piece)


def blocks(prompt):
    """The blocks of a prompt that hold sound, with their places: at least a third as loud as the whole."""
    whole = audioop.rms(prompt, 2)
    pieces = ((at // 2, prompt[at:at + 2 * BLOCK]) for at in range(0, len(prompt) - 2 * BLOCK + 1, 2 * BLOCK))
    return [(at, piece) for at, piece in pieces if audioop.rms(piece, 2) > whole / 3]


def match(recording, prompt):
    """How well the recording holds the prompt: the correlation of each of its loud quarter seconds, in their order.

    The first is looked for in the whole recording, each further one near where it has to follow: a packet late or lost
    moves what comes after it by a little.
    """
    found, shift = [], None
    for at, piece in blocks(prompt):
        first = 0 if shift is None else max(0, at + shift - RATE // 10)
        last = len(recording) // 2 if shift is None else at + shift + BLOCK + RATE // 10
        place, likeness = find(recording[2 * first:2 * last], piece)
        found.append(likeness)
        shift = first + place - at
    return found


def share_of_tone(samples, frequency):
    """The part of a piece's energy at one frequency, 0 to 1 (Goertzel's single bin of a Fourier transform)."""
    values = _values(samples)
    energy = sum(x * x for x in values)
    if not energy:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * frequency / RATE)
    before, now = 0.0, 0.0
    for x in values:
        before, now = now, x + factor * now - before
    power = now * now + before * before - factor * now * before
    return 2 * power / (len(values) * energy)


def seconds_of_tone(samples, frequency, share=0.9):
    """How many seconds of the sound are this tone and hardly anything else, in steps of 0.1 s."""
    step = 2 * RATE // 10
    return sum(0.1 for at in range(0, len(samples) - step + 1, step) if share_of_tone(samples[at:at + step], frequency) > share)


def course_of_tone(samples, frequency, share=0.9):
    """A letter for each quarter of a second: T where the tone is, else a dot."""
    step = 2 * BLOCK
    pieces = (samples[at:at + step] for at in range(0, len(samples) - step + 1, step))
    return "".join("T" if seconds_of_tone(piece, frequency, share) else "." for piece in pieces)
