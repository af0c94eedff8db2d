"""Connected regions of a mask, by flood fill."""

from tests.reference.exact import Mask

Pixel = tuple[int, int]
"""Row and column."""

NEIGHBOURS: dict[int, tuple[Pixel, ...]] = {
    4: ((-1, 0), (0, -1), (0, 1), (1, 0)),
    8: ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)),
}


def regions(mask: Mask, connectivity: int = 8) -> list[set[Pixel]]:
    """Return the connected regions, in row-major order of the first pixel of each."""
    unseen = {
        (row, column)
        for row, values in enumerate(mask)
        for column, value in enumerate(values)
        if value
    }
    found = []
    while unseen:
        found.append(flood(min(unseen), unseen, connectivity))
        unseen -= found[-1]
    return found


def flood(start: Pixel, inside: set[Pixel], connectivity: int) -> set[Pixel]:
    """Return every pixel of `inside` that steps between neighbours can reach from `start`."""
    reached, waiting = {start}, [start]
    while waiting:
        row, column = waiting.pop()
        for down, right in NEIGHBOURS[connectivity]:
            neighbour = (row + down, column + right)
            if neighbour in inside and neighbour not in reached:
                reached.add(neighbour)
                waiting.append(neighbour)
    return reached


def labelled(mask: Mask, connectivity: int = 8) -> list[list[int]]:
    """Return the mask with every pixel replaced by its region's number, from 1; 0 is no region."""
    number = {
        pixel: index
        for index, region in enumerate(regions(mask, connectivity), start=1)
        for pixel in region
    }
    return [
        [number.get((row, column), 0) for column in range(len(values))]
        for row, values in enumerate(mask)
    ]
