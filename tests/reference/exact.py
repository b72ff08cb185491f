"""Exact numbers: text to scaled integers and back. No float ever holds a value."""

import re
import sys

sys.set_int_max_str_digits(0)

INT64_MAX = 2**63 - 1
SUM_MAX = 10**38 - 1      # a sum beyond 38 digits is an overflow
PRICE_SCALE = 9           # prices are integers at 1e-9
SIZE_SCALE = 6            # sizes are integers at 1e-6
NOTIONAL_SCALE = 15       # price times size
PERCENT_SCALE = 6

NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
EXPONENT_LIMIT = 10**9    # beyond this every number is as good as infinite, or as good as zero


class Number:
    """A decimal number as written: sign * digits * 10^exponent. `digits` has no leading zero; zero has none at all."""

    def __init__(self, negative, digits, exponent):
        self.negative = negative
        self.digits = digits.lstrip("0")
        self.exponent = exponent

    @property
    def is_negative(self):
        return self.negative and self.digits != ""

    def times(self, other):
        if not self.digits or not other.digits:
            return Number(False, "", 0)
        product = str(int(self.digits) * int(other.digits))
        return Number(self.negative != other.negative, product, self.exponent + other.exponent)

    def scaled(self, scale, half_even=True):
        """The number in units of 10^-scale: (integer, was it changed), or (None, _) when it has more than 40 digits.
        half_even rounds; otherwise the digits beyond are cut (towards zero)."""
        if not self.digits:
            return 0, False
        exponent = self.exponent + scale
        if len(self.digits) + exponent > 40:
            return None, False
        if exponent >= 0:
            magnitude, changed = int(self.digits) * 10**exponent, False
        elif -exponent > len(self.digits):        # less than a tenth of a unit
            magnitude, changed = 0, True
        else:
            kept, beyond = self.digits[:exponent], self.digits[exponent:]
            magnitude = int(kept or "0")
            half = "5" + "0" * (len(beyond) - 1)
            changed = beyond.strip("0") != ""
            if half_even and (beyond > half or (beyond == half and magnitude % 2 == 1)):
                magnitude += 1
        return (-magnitude if self.negative else magnitude), changed


def parse_number(text):
    """The number that `text` spells in the grammar of JSON numbers, or None."""
    match = NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction, exponent_text = match.group(1), match.group(2), match.group(3) or "", match.group(4) or "0"
    exponent = int(exponent_text) if len(exponent_text) < 4000 else _huge(exponent_text)
    exponent = max(-EXPONENT_LIMIT, min(EXPONENT_LIMIT, exponent))
    return Number(sign == "-", whole + fraction, exponent - len(fraction))


def _huge(text):
    digits = text.lstrip("+-").lstrip("0")
    value = int(digits or "0") if len(digits) < 4000 else EXPONENT_LIMIT
    return -value if text.startswith("-") else value


def divide_half_even(numerator, denominator):
    """numerator / denominator rounded to an integer, half to even; denominator > 0."""
    quotient, remainder = divmod(numerator, denominator)
    if 2 * remainder > denominator or (2 * remainder == denominator and quotient % 2 == 1):
        quotient += 1
    return quotient


def plain(value, scale):
    """A scaled integer as a plain decimal: no exponent, no trailing zeros. None (unknown) is empty."""
    if value is None:
        return ""
    whole, fraction = divmod(abs(value), 10**scale)
    text = str(whole)
    if fraction:
        text += "." + str(fraction).rjust(scale, "0").rstrip("0")
    return "-" + text if value < 0 else text
