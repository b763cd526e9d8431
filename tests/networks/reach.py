"""Which numbers of a picture each parameter of an autoregressive net may depend on, from what the
papers say of their layers, by sets: the reference that `slow_raster.dependence` is held against.

Places are (row, column, colour), and a map gives the set of those that a feature knows.
"""

import numpy as np


class Reach:
    """Sets of pixels through the layers of one net.

    Args:
        shape: (height, width, colors).
    """

    def __init__(self, shape):
        self.height, self.width, self.colors = shape
        places = [
            (r, c, k) for r in range(shape[0]) for c in range(shape[1]) for k in range(shape[2])
        ]
        self.places = {place: number for number, place in enumerate(places)}

    def map_of(self, rule):
        """Place -> the union of the sets that `rule` names for it."""
        return {place: frozenset().union(*rule(*place)) for place in self.places}

    def pixels(self):
        return {place: frozenset([place]) for place in self.places}

    def convolution(self, given, size, mask, rows=True):
        """A masked convolution of the whole square, or of its own row alone."""
        reach = size // 2

        def rule(r, c, k):
            for row in range(r - reach if rows else r, r + 1):
                for column in range(c - reach, c + reach + 1):
                    for color in range(self.colors):
                        here = (row, column) == (r, c)
                        earlier = color < k if mask == "A" else color <= k
                        before = row < r or column < c or (here and earlier)
                        if before and (row, column, color) in given:
                            yield given[row, column, color]

        return self.map_of(rule)

    def above(self, given, size, own_row):
        """The vertical stack: rows above, strictly or with the own one, in all colours."""
        reach = size // 2

        def rule(r, c, k):
            for row in range(r - reach, r + own_row):
                for column in range(c - reach, c + reach + 1):
                    for color in range(self.colors):
                        yield given.get((row, column, color), frozenset())

        return self.map_of(rule)

    def both(self, *maps):
        return self.map_of(lambda *place: [given[place] for given in maps])

    def plain(self, layers, first, size):
        found = self.convolution(self.pixels(), first, "A")
        for _ in range(layers):
            found = self.both(found, self.convolution(found, size, "B"))
        return found

    def gated(self, layers, first, size):
        vertical = self.above(self.pixels(), first, own_row=0)
        own = self.convolution(self.pixels(), first, "A", rows=False)
        for _ in range(layers):
            vertical = self.above(vertical, size, own_row=1)
            own = self.both(own, self.convolution(own, size, "B", rows=False), vertical)
        return own

    def row(self, layers, first, size):
        found = self.convolution(self.pixels(), first, "A")
        for _ in range(layers):
            given, state = self.convolution(found, size, "B", rows=False), {}
            for r, c, k in self.places:
                near = [
                    state.get((r - 1, c + d, x)) for d in (-1, 0, 1) for x in range(self.colors)
                ]
                state[r, c, k] = given[r, c, k].union(*filter(None, near))
            found = self.both(found, state)
        return found

    def diagonal(self, layers, first):
        found = self.convolution(self.pixels(), first, "A")
        for _ in range(layers):
            given, left, right = self.convolution(found, 1, "B"), {}, {}
            for state, step in ((left, -1), (right, 1)):
                for r, c, k in sorted(self.places, key=lambda p: (p[0], -step * p[1], p[2])):
                    near = [
                        state.get(place + (x,))
                        for place in ((r, c + step), (r - 1, c))
                        for x in range(self.colors)
                    ]
                    state[r, c, k] = given[r, c, k].union(*filter(None, near))
            below = {
                (r, c, k): frozenset().union(
                    *(right.get((r - 1, c, x), frozenset()) for x in range(self.colors))
                )
                for r, c, k in self.places
            }
            found = self.both(found, left, below)
        return found

    def matrix(self, found):
        """bool `[n, n]` of a map: [i, j] says whether i knows j."""
        matrix = np.zeros((len(self.places),) * 2, bool)
        for place, known in found.items():
            matrix[self.places[place], [self.places[other] for other in known]] = True
        return matrix
