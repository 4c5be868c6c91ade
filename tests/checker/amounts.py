# SPDX-License-Identifier: Apache-2.0
"""Rounding, tax, shares and discounts, stated anew."""
from fractions import Fraction

HALF_EVEN, HALF_UP = 0, 1
MILLION = 1_000_000
MOST = 2 ** 63 - 1  # of a sum: it stands for anything beyond


def rounded(value, mode):
    """A Fraction of at least zero to an integer."""
    if mode == HALF_EVEN:
        return round(value)
    return int(value + Fraction(1, 2))


def net_of(amount, ppm, included, mode):
    """(net, tax) of an amount that has its tax inside or not."""
    if included:
        net = rounded(Fraction(amount * MILLION, MILLION + ppm), mode)
        return net, amount - net
    return amount, rounded(Fraction(amount * ppm, MILLION), mode)


def share(total, count, before, after, mode):
    """What units before+1..after of count cost when all of them cost total."""
    return (rounded(Fraction(total * after, count), mode)
            - rounded(Fraction(total * before, count), mode))


def dealt(amount, weights):
    """The amount in proportion to the weights by largest remainder, ties to the first."""
    whole = sum(weights)
    if amount == 0 or whole == 0:
        return [0 for _ in weights]
    parts = [amount * weight // whole for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in by_rest[:amount - sum(parts)]:
        parts[at] += 1
    return parts
