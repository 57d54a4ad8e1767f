"""geometry.py: straight-line distance and point in polygon, by other formulas than the engine's.

Distance is the chord between two points of the WGS-84 ellipsoid in space: below 100 km it is the geodesic to 1e-5.
Polygons are tested with whole numbers (1e-7 degrees), so "on the border" is a fact and not a rounding.
"""
import math

A_M = 6378137.0
FLATTENING = 1 / 298.257223563
E2 = FLATTENING * (2 - FLATTENING)
BANDS = 256


def _in_space(place):
    lon, lat = math.radians(place[0] / 1e7), math.radians(place[1] / 1e7)
    n = A_M / math.sqrt(1 - E2 * math.sin(lat) ** 2)
    return (n * math.cos(lat) * math.cos(lon), n * math.cos(lat) * math.sin(lon), n * (1 - E2) * math.sin(lat))


def distance_cm(a, b):
    """Centimetres, a real number; places are (lon_e7, lat_e7)."""
    return math.dist(_in_space(a), _in_space(b)) * 100.0


def is_near(a_cm, b_cm, part=0.002):
    """Equal within the tolerance of this audit: 0.2 %, and two centimetres of rounding."""
    return abs(a_cm - b_cm) <= part * max(abs(a_cm), abs(b_cm)) + 2


def e7(degrees):
    return round(float(degrees) * 1e7)


class Shape:
    """A polygon or several with holes: even-odd over all edges, cut into bands of latitude."""

    def __init__(self, geometry):
        kind = geometry["type"]
        polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
        rings = [[(e7(p[0]), e7(p[1])) for p in ring] for polygon in polygons for ring in polygon]
        points = [point for ring in rings for point in ring]
        self.box = (min(p[0] for p in points), min(p[1] for p in points),
                    max(p[0] for p in points), max(p[1] for p in points))
        self.height = max(1, (self.box[3] - self.box[1]) // BANDS + 1)
        self.bands = [[] for _ in range(BANDS + 1)]
        self.vertices = points
        for ring in rings:
            for a, b in zip(ring, ring[1:]):
                low, high = sorted((a[1], b[1]))
                for band in range(self._band(low), self._band(high) + 1):
                    self.bands[band].append((a, b))

    def _band(self, lat):
        return min(BANDS, max(0, (lat - self.box[1]) // self.height))

    def find(self, place):
        """"in", "border" or "out"."""
        x, y = place
        if not (self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]):
            return "out"
        inside = False
        for (ax, ay), (bx, by) in self.bands[self._band(y)]:
            cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            if cross == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
                return "border"
            if (ay > y) != (by > y):
                # The edge crosses the ray to the east when the point lies left of it.
                if (cross > 0) == (by > ay):
                    inside = not inside
        return "in" if inside else "out"

    def is_close_to_border(self, place, cm=30.0):
        """Is some edge nearer than that? Rounding of polygons to 1e-7 degrees may decide there."""
        x, y = place
        kx = 1.1132 * math.cos(math.radians(y / 1e7))
        for (ax, ay), (bx, by) in self.bands[self._band(y)]:
            px, py, dx, dy = (x - ax) * kx, (y - ay) * 1.1132, (bx - ax) * kx, (by - ay) * 1.1132
            length = dx * dx + dy * dy
            t = 0 if length == 0 else max(0.0, min(1.0, (px * dx + py * dy) / length))
            if math.hypot(px - t * dx, py - t * dy) <= cm:
                return True
        return False
