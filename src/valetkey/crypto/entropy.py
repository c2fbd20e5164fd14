"""Estimates whether a secret is random, or made up by a person: words, a repetition, a row of the keyboard.

How this works. A text does not show how it was made, so this is an estimate. It needs no dictionary. Each character
adds as many bits as it is hard to predict from the characters before it:

* few, where two letters often follow each other in words (a few pairs make up most of any European language);
* few, where a sequence continues (``abcd``), or where four characters occur again;
* many elsewhere.

A random generator gives three bits a character or more in every usual alphabet. Made-up text has two or less.

Why no library does this. zxcvbn and its kind estimate how fast a password is guessed. They bring dictionaries of
megabytes, and they accept long passphrases, which are no key.
"""

from __future__ import annotations

MIN_BITS = 64.0
MIN_BITS_PER_CHARACTER = 2.3

# Pairs of letters that are common in English and its neighbours, and neighbours on a keyboard.
_PAIRS = (
    " ab ac ad ag ai ak al am an ap ar as at au av aw ay be bl br ca ce ch ci cl co cr ct da de di do dr ds du ea ec "
    " ed ee ei el em en ep er es et ev ex ey fe ff fi fo fr ge gh gl gr gu ha he hi ho ht ic id ie il im in io ir is "
    " it iv ke ki ks la ld le li ll lo ls lt ma mb me mi mo mp na nd ne ng ni nk no ns nt nu of ol om on oo op or os "
    " ot ou ow pa pe pl po pp pr pu qu ra rd re ri rk rl rm rn ro rs rt ry sa sc se sh si sl so sp ss st su sw ta te "
    " th ti tl to tr ts tt tu ty ub ue ui ul un up ur us ut ve wa we wh wo yo qw rt yu as sd df fg gh hj jk kl zx xc "
    " cv vb bn nm "
)
_SEPARATORS = frozenset(" -_.,:;'/+")


def estimated_bits(text: str) -> float:
    """The sum of the bits that the characters add."""
    bits = 0.0
    step: int | None = None
    seen: set[str] = set()
    for at, char in enumerate(text):
        before = text[at - 1] if at else ""
        last_step, step = step, ord(char) - ord(before) if before else None
        four = text[max(at - 3, 0) : at + 1]
        if four in seen or (step == last_step and step in (-1, 0, 1)):
            bits += 0.3
        else:
            bits += _bits(before, char)
        if len(four) == 4:
            seen.add(four)
    return bits


def is_guessable(text: str) -> bool:
    """Whether the estimate is below what a random generator gives. 32 random bytes in hex, base64 or base32 pass."""
    bits = estimated_bits(text)
    return bits < MIN_BITS or bits < MIN_BITS_PER_CHARACTER * len(text)


def _bits(before: str, char: str) -> float:
    if char.isalpha() and not char.isascii():
        return 1.5  # no random generator uses them
    if char.isalpha() and before.isalpha():
        if not (char.islower() or before.isupper()):
            return 4.7
        return 1.0 if f" {(before + char).lower()} " in _PAIRS else 4.0
    if char.isalpha():
        return 3.5 if before in _SEPARATORS or not before else 4.7
    if char.isdigit():
        return 3.3
    return 1.0 if char in _SEPARATORS and before.isalpha() else 5.0
