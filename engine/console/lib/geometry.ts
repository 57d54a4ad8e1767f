/* geometry.ts: places as Mercator pixels of zoom 0, so a view is one multiplication; cells as rings of such places. */
import type { Feature } from 'geojson';

const TILE = 256;

export type Ring = Float64Array; /* x, y, x, y ... */
export interface Box {
  readonly low_x: number;
  readonly low_y: number;
  readonly high_x: number;
  readonly high_y: number;
}
export interface Cell extends Box {
  readonly code: string;
  readonly name: string;
  readonly rings: readonly Ring[];
  readonly x: number;
  readonly y: number;
}

export const project_x = (lon_e7: number): number => ((lon_e7 / 1e7 + 180) / 360) * TILE;
export const project_y = (lat_e7: number): number => {
  const sine = Math.sin((lat_e7 / 1e7) * (Math.PI / 180));
  return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * TILE;
};

export function box_of(rings: readonly Ring[]): Box {
  let low_x = Infinity, low_y = Infinity, high_x = -Infinity, high_y = -Infinity;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      low_x = Math.min(low_x, ring[i]!);
      high_x = Math.max(high_x, ring[i]!);
      low_y = Math.min(low_y, ring[i + 1]!);
      high_y = Math.max(high_y, ring[i + 1]!);
    }
  }
  return { low_x, low_y, high_x, high_y };
}

function ring_of(points: readonly (readonly number[])[]): Ring {
  const ring = new Float64Array(points.length * 2);
  points.forEach((point, i) => {
    ring[2 * i] = project_x((point[0] ?? 0) * 1e7);
    ring[2 * i + 1] = project_y((point[1] ?? 0) * 1e7);
  });
  return ring;
}

export function cell_of(feature: Feature, say: (name: unknown) => string): Cell | null {
  const shape = feature.geometry;
  const polygons = shape.type === 'Polygon' ? [shape.coordinates] : shape.type === 'MultiPolygon' ? shape.coordinates : [];
  const rings = polygons.flatMap((polygon) => polygon.map(ring_of));
  if (rings.length === 0) {
    return null;
  }
  const about = feature.properties ?? {};
  const box = box_of(rings);
  return {
    ...box, code: String(about['id'] ?? about['code'] ?? ''), name: say(about['name']), rings,
    x: (box.low_x + box.high_x) / 2, y: (box.low_y + box.high_y) / 2,
  };
}

export function is_inside(cell: Cell, x: number, y: number): boolean {
  if (x < cell.low_x || x > cell.high_x || y < cell.low_y || y > cell.high_y) {
    return false;
  }
  let inside = false;
  for (const ring of cell.rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const yi = ring[i + 1]!, yj = ring[j + 1]!;
      if (yi > y !== yj > y && x < ((ring[j]! - ring[i]!) * (y - yi)) / (yj - yi) + ring[i]!) {
        inside = !inside;
      }
    }
  }
  return inside;
}
