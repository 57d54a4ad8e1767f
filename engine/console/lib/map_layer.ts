/* map_layer.ts: everything of the city on one canvas layer over Leaflet: cells, workers, cases, what is followed.
 *
 * Two canvases of one layer: the ground (cells, names) is drawn when the view or the theme changes, the moving part at most once per
 * frame and only when something moved. Places are kept as Mercator pixels of zoom 0, so a frame is a multiplication and the copy of a
 * few ready pixels per worker and case into one buffer (stamps.ts): drawing 7,000 images through the canvas took 42 ms of
 * processor time a frame, this takes a tenth.
 *
 * Below SINGLES_ZOOM a cell is one disc with its number of cases, ringed by their clocks, and a count of workers. */
import * as L from 'leaflet';
import type { Feature } from 'geojson';
import { read_clock, type ClockTone } from './parts';
import { Stamps, type Stamp } from './stamps';
import { ROMAN } from './format';
import type { CaseRow, City, WorkerRow } from './shapes';

export const SINGLES_ZOOM = 15;
const TILE = 256;
const GLIDE_MS = 1_000;
const HIT_PX = 14;
const WORKER_SIZE = 12;
const CASE_SIZE = 22;

type Ring = Float64Array; /* x, y, x, y ... */
interface Cell {
  readonly code: string;
  readonly name: string;
  readonly rings: readonly Ring[];
  readonly x: number;
  readonly y: number;
  readonly low_x: number;
  readonly low_y: number;
  readonly high_x: number;
  readonly high_y: number;
}
interface Mover {
  row: WorkerRow;
  x: number;
  y: number;
  from_x: number;
  from_y: number;
  to_x: number;
  to_y: number;
  since: number;
}
interface Spot {
  readonly row: CaseRow;
  tone: ClockTone;
  readonly x: number;
  readonly y: number;
  readonly cell: string;
}
export type Hit = { readonly kind: 'case'; readonly row: CaseRow } | { readonly kind: 'worker'; readonly row: WorkerRow };
export interface Mark {
  readonly lon_e7: number;
  readonly lat_e7: number;
  readonly text: string;
}
interface Colours {
  readonly [name: string]: string;
}

const project_x = (lon_e7: number): number => ((lon_e7 / 1e7 + 180) / 360) * TILE;
const project_y = (lat_e7: number): number => {
  const sine = Math.sin((lat_e7 / 1e7) * (Math.PI / 180));
  return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * TILE;
};

function ring_of(points: readonly (readonly number[])[]): Ring {
  const ring = new Float64Array(points.length * 2);
  points.forEach((point, i) => {
    ring[2 * i] = project_x((point[0] ?? 0) * 1e7);
    ring[2 * i + 1] = project_y((point[1] ?? 0) * 1e7);
  });
  return ring;
}

function cell_of(feature: Feature, say: (name: unknown) => string): Cell | null {
  const shape = feature.geometry;
  const polygons = shape.type === 'Polygon' ? [shape.coordinates] : shape.type === 'MultiPolygon' ? shape.coordinates : [];
  const rings = polygons.flatMap((polygon) => polygon.map(ring_of));
  if (rings.length === 0) {
    return null;
  }
  let low_x = Infinity, low_y = Infinity, high_x = -Infinity, high_y = -Infinity;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      low_x = Math.min(low_x, ring[i]!);
      high_x = Math.max(high_x, ring[i]!);
      low_y = Math.min(low_y, ring[i + 1]!);
      high_y = Math.max(high_y, ring[i + 1]!);
    }
  }
  const about = feature.properties ?? {};
  return {
    code: String(about['id'] ?? about['code'] ?? ''), name: say(about['name']), rings,
    x: (low_x + high_x) / 2, y: (low_y + high_y) / 2, low_x, low_y, high_x, high_y,
  };
}

function is_inside(cell: Cell, x: number, y: number): boolean {
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

export class CityLayer extends L.Layer {
  private ground = document.createElement('canvas');
  private moving = document.createElement('canvas');
  private cells: Cell[] = [];
  private movers: Mover[] = [];
  private mover_of = new Map<string, Mover>();
  private spots: Spot[] = [];
  private spot_of = new Map<string, Spot>();
  private colours: Colours = {};
  private stamps = new Stamps();
  private worker_stamps: Stamp[] = []; /* free, busy */
  private case_stamps = new Map<string, Stamp>(); /* by tone and severity */
  private map_: L.Map | null = null;
  private frame = 0;
  private gliding_until = 0;
  private selected: string | null = null;
  private person: string | null = null;
  private marks: readonly Mark[] = [];
  private pin: { x: number; y: number } | null = null;
  private scale = 1;
  private off_x = 0;
  private off_y = 0;
  private clock_ms = 0;

  override onAdd(map: L.Map): this {
    this.map_ = map;
    for (const canvas of [this.ground, this.moving]) {
      canvas.className = 'city-canvas';
      canvas.setAttribute('aria-hidden', 'true');
      map.getContainer().appendChild(canvas);
    }
    map.on('move zoom resize viewreset', this.on_view, this);
    this.on_view();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off('move zoom resize viewreset', this.on_view, this);
    cancelAnimationFrame(this.frame);
    this.ground.remove();
    this.moving.remove();
    this.map_ = null;
    return this;
  }

  /** Cells of the city; say gives a name in the language of now. */
  set_city(city: City, say: (name: unknown) => string): void {
    this.cells = city.cells.features.map((feature) => cell_of(feature, say)).filter((cell): cell is Cell => cell !== null);
    this.draw_ground();
  }

  /** Colours are those of theme.css; read again when the theme changes. */
  set_colours(): void {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    this.colours = Object.fromEntries(
      ['map-ground', 'map-cell', 'map-line', 'map-text', 'worker', 'worker-busy', 'panel', 'text', 'text-2', 'accent', 'line-strong',
        'clock-ok', 'clock-warn', 'clock-over', 'track'].map((name) => [name, read(name)]),
    );
    this.make_stamps();
    this.draw_ground();
    this.touch();
  }

  bounds(): L.LatLngBoundsExpression | null {
    if (this.cells.length === 0) {
      return null;
    }
    const low_x = Math.min(...this.cells.map((cell) => cell.low_x));
    const high_x = Math.max(...this.cells.map((cell) => cell.high_x));
    const low_y = Math.min(...this.cells.map((cell) => cell.low_y));
    const high_y = Math.max(...this.cells.map((cell) => cell.high_y));
    const at = (x: number, y: number): L.LatLngTuple => {
      const latlng = L.CRS.EPSG3857.pointToLatLng(L.point(x, y), 0);
      return [latlng.lat, latlng.lng];
    };
    return [at(low_x, high_y), at(high_x, low_y)];
  }

  set_cases(rows: Iterable<CaseRow>): void {
    const before = this.spot_of;
    this.spots = [];
    this.spot_of = new Map();
    for (const row of rows) {
      if (row.lon_e7 === null || row.lat_e7 === null || row.lon_e7 === undefined) {
        continue;
      }
      const old = before.get(row.id);
      const x = project_x(row.lon_e7);
      const y = project_y(row.lat_e7!);
      const cell = old && old.x === x && old.y === y ? old.cell : this.cell_at(x, y, row.cell);
      const spot: Spot = { row, x, y, cell, tone: read_clock(row, this.clock_ms).tone };
      this.spots.push(spot);
      this.spot_of.set(row.id, spot);
    }
    /* The nearest to its deadline lies on top. */
    this.spots.sort((a, b) => (b.row.deadline_ms ?? Infinity) - (a.row.deadline_ms ?? Infinity));
    this.touch();
  }

  /** Log time: what the colours of cases are of. */
  set_now(now_ms: number): void {
    this.clock_ms = now_ms;
    for (const spot of this.spots) {
      spot.tone = read_clock(spot.row, now_ms).tone;
    }
    this.touch();
  }

  /** Workers who moved; all of them when is_whole. They glide to where they are. */
  set_workers(rows: Iterable<WorkerRow>, is_whole: boolean): void {
    const at = performance.now();
    if (is_whole) {
      this.mover_of.clear();
    }
    for (const row of rows) {
      const mover = this.mover_of.get(row.id);
      if (row.lon_e7 === null || row.lat_e7 === null || row.on_shift === false) {
        this.mover_of.delete(row.id);
        continue;
      }
      const x = project_x(row.lon_e7);
      const y = project_y(row.lat_e7);
      if (!mover) {
        this.mover_of.set(row.id, { row, x, y, from_x: x, from_y: y, to_x: x, to_y: y, since: at });
        continue;
      }
      mover.row = row;
      if (x !== mover.to_x || y !== mover.to_y) {
        mover.from_x = mover.x;
        mover.from_y = mover.y;
        mover.to_x = x;
        mover.to_y = y;
        mover.since = at;
        this.gliding_until = at + GLIDE_MS;
      }
    }
    this.movers = [...this.mover_of.values()];
    this.touch();
  }

  /** The case followed, the person on it, and others worth naming. */
  select(id: string | null, person: string | null, marks: readonly Mark[]): void {
    this.selected = id;
    this.person = person;
    this.marks = marks;
    this.touch();
  }

  set_pin(place: { readonly lon_e7: number; readonly lat_e7: number } | null): void {
    this.pin = place ? { x: project_x(place.lon_e7), y: project_y(place.lat_e7) } : null;
    this.touch();
  }

  hit(point: L.Point): Hit | null {
    let best: Hit | null = null;
    let best_distance = HIT_PX;
    const try_hit = (x: number, y: number, of: () => Hit, favour: number): void => {
      const distance = Math.hypot(x * this.scale - this.off_x - point.x, y * this.scale - this.off_y - point.y) - favour;
      if (distance < best_distance) {
        best_distance = distance;
        best = of();
      }
    };
    if (this.is_single()) {
      for (const mover of this.movers) {
        try_hit(mover.x, mover.y, () => ({ kind: 'worker', row: mover.row }), 0);
      }
      for (const spot of this.spots) {
        try_hit(spot.x, spot.y, () => ({ kind: 'case', row: spot.row }), 3);
      }
    }
    return best;
  }

  /** The cell whose disc or ground is at a point of the view. */
  cell_hit(point: L.Point): string | null {
    return this.cell_at((point.x + this.off_x) / this.scale, (point.y + this.off_y) / this.scale, null) || null;
  }

  cell_name(code: string | null): string {
    return this.cells.find((cell) => cell.code === code)?.name ?? '';
  }

  cell_centre(code: string): L.LatLng | null {
    const cell = this.cells.find((one) => one.code === code);
    return cell ? L.CRS.EPSG3857.pointToLatLng(L.point(cell.x, cell.y), 0) : null;
  }

  /** Something changed: draw on the next frame. */
  touch(): void {
    if (this.frame === 0 && this.map_) {
      this.frame = requestAnimationFrame(() => this.draw());
    }
  }

  private cell_at(x: number, y: number, known: string | null): string {
    if (known && this.cells.some((cell) => cell.code === known)) {
      return known;
    }
    return this.cells.find((cell) => is_inside(cell, x, y))?.code ?? '';
  }

  private is_single(): boolean {
    return (this.map_?.getZoom() ?? 0) >= SINGLES_ZOOM;
  }

  private on_view(): void {
    const map = this.map_;
    if (!map) {
      return;
    }
    const size = map.getSize();
    const ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [this.ground, this.moving]) {
      const width = Math.round(size.x * ratio);
      const height = Math.round(size.y * ratio);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = `${size.x}px`;
        canvas.style.height = `${size.y}px`;
      }
    }
    this.scale = Math.pow(2, map.getZoom());
    const low = map.getPixelBounds().min ?? L.point(0, 0);
    this.off_x = low.x;
    this.off_y = low.y;
    this.draw_ground();
    this.touch();
  }

  private context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const context = canvas.getContext('2d')!;
    const ratio = Math.min(2, devicePixelRatio || 1);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    return context;
  }

  private draw_worker(context: CanvasRenderingContext2D, x: number, y: number, is_busy: boolean): void {
    context.beginPath();
    context.arc(x, y, 4, 0, 2 * Math.PI);
    context.fillStyle = is_busy ? this.colours['worker-busy']! : this.colours['panel']!;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = is_busy ? this.colours['panel']! : this.colours['worker']!;
    context.stroke();
  }

  private make_stamps(): void {
    this.worker_stamps = [false, true].map((is_busy) =>
      this.stamps.make(WORKER_SIZE, (context) => this.draw_worker(context, WORKER_SIZE / 2, WORKER_SIZE / 2, is_busy)));
    this.case_stamps.clear();
    for (const tone of ['ok', 'warn', 'over', 'none'] as const) {
      for (let severity = 0; severity < ROMAN.length; severity++) {
        this.case_stamps.set(`${tone}${severity}`, this.stamps.make(CASE_SIZE, (context) =>
          this.draw_case(context, CASE_SIZE / 2, CASE_SIZE / 2, tone, severity, false)));
      }
    }
  }

  private draw_ground(): void {
    if (!this.map_ || !this.colours['map-cell']) {
      return;
    }
    const context = this.context(this.ground);
    context.lineWidth = 1;
    context.strokeStyle = this.colours['map-line']!;
    context.fillStyle = this.colours['map-cell']!;
    context.lineJoin = 'round';
    for (const cell of this.cells) {
      context.beginPath();
      for (const ring of cell.rings) {
        for (let i = 0; i < ring.length; i += 2) {
          const x = ring[i]! * this.scale - this.off_x;
          const y = ring[i + 1]! * this.scale - this.off_y;
          if (i === 0) {
            context.moveTo(x, y);
          } else {
            context.lineTo(x, y);
          }
        }
        context.closePath();
      }
      context.fill('evenodd');
      context.stroke();
    }
    context.fillStyle = this.colours['map-text']!;
    context.textAlign = 'center';
    context.font = '12px system-ui, "Noto Sans CJK SC", sans-serif';
    for (const cell of this.cells) {
      const width = (cell.high_x - cell.low_x) * this.scale;
      if (width > 90 && context.measureText(cell.name).width < width - 20) {
        const lift = this.is_single() ? 0 : 32;
        context.fillText(cell.name, cell.x * this.scale - this.off_x, cell.y * this.scale - this.off_y + lift);
      }
    }
  }

  private draw(): void {
    const begin = performance.now();
    this.frame = 0;
    if (!this.map_ || this.worker_stamps.length === 0) {
      return;
    }
    const context = this.context(this.moving);
    const is_gliding = this.glide(begin);
    if (this.is_single()) {
      this.stamp_all(context);
    } else {
      this.draw_cells(context);
    }
    this.draw_lines(context);
    this.draw_followed(context);
    if (is_gliding) {
      this.touch();
    }
  }

  private glide(at: number): boolean {
    const is_over = at > this.gliding_until;
    for (const mover of this.movers) {
      const part = is_over ? 1 : Math.min(1, (at - mover.since) / GLIDE_MS);
      mover.x = mover.from_x + (mover.to_x - mover.from_x) * part;
      mover.y = mover.from_y + (mover.to_y - mover.from_y) * part;
    }
    return !is_over;
  }

  /* Workers, then cases over them. */
  private stamp_all(context: CanvasRenderingContext2D): void {
    const ratio = this.stamps.begin(this.moving);
    const scale = this.scale * ratio;
    const off_x = this.off_x * ratio;
    const off_y = this.off_y * ratio;
    for (const mover of this.movers) {
      this.stamps.put(this.worker_stamps[(mover.row.load ?? 0) > 0 ? 1 : 0]!, mover.x * scale - off_x, mover.y * scale - off_y);
    }
    for (const spot of this.spots) {
      const stamp = this.case_stamps.get(`${spot.tone}${spot.row.severity}`);
      if (stamp && spot.row.id !== this.selected) {
        this.stamps.put(stamp, spot.x * scale - off_x, spot.y * scale - off_y);
      }
    }
    this.stamps.end(context);
  }

  private tone_colour(tone: ClockTone): string {
    return this.colours[tone === 'over' ? 'clock-over' : tone === 'warn' ? 'clock-warn' : tone === 'ok' ? 'clock-ok' : 'text-2']!;
  }

  private draw_case(context: CanvasRenderingContext2D, x: number, y: number, tone: ClockTone, severity: number, is_selected: boolean): void {
    const half = is_selected ? 12 : 9;
    if (is_selected) {
      context.strokeStyle = this.colours['text']!;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(x, y, 19, 0, 2 * Math.PI);
      context.stroke();
    }
    context.fillStyle = this.tone_colour(tone);
    context.strokeStyle = this.colours['panel']!;
    context.lineWidth = 1.5;
    context.beginPath();
    context.rect(x - half, y - half, 2 * half, 2 * half);
    context.fill();
    context.stroke();
    context.fillStyle = this.colours['panel']!;
    context.font = `${severity <= 2 ? 700 : 500} ${is_selected ? 14 : 12}px system-ui, "Noto Sans CJK SC", sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(ROMAN[severity] ?? '', x, y + 0.5);
    context.textBaseline = 'alphabetic';
  }

  private draw_cells(context: CanvasRenderingContext2D): void {
    const sums = new Map<string, { ok: number; warn: number; over: number; none: number; people: number }>();
    const sum_of = (code: string) => {
      let sum = sums.get(code);
      if (!sum) {
        sum = { ok: 0, warn: 0, over: 0, none: 0, people: 0 };
        sums.set(code, sum);
      }
      return sum;
    };
    for (const spot of this.spots) {
      sum_of(spot.cell)[spot.tone]++;
    }
    for (const mover of this.movers) {
      sum_of(mover.row.cell ?? '').people++;
    }
    context.textAlign = 'center';
    for (const cell of this.cells) {
      const sum = sums.get(cell.code);
      if (!sum) {
        continue;
      }
      const x = cell.x * this.scale - this.off_x;
      const y = cell.y * this.scale - this.off_y;
      const count = sum.ok + sum.warn + sum.over + sum.none;
      if (count > 0) {
        this.draw_disc(context, x, y - 4, count, sum);
      }
      if (sum.people > 0) {
        this.draw_people(context, x + (count > 0 ? 24 : 0), y + (count > 0 ? 8 : 0), sum.people);
      }
    }
  }

  private draw_disc(context: CanvasRenderingContext2D, x: number, y: number, count: number,
    sum: { readonly ok: number; readonly warn: number; readonly over: number; readonly none: number }): void {
    const radius = 13 + Math.min(9, Math.sqrt(count) * 1.6);
    context.fillStyle = this.colours['panel']!;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
    let from = -Math.PI / 2;
    context.lineWidth = 4;
    for (const tone of ['over', 'warn', 'ok', 'none'] as const) {
      const part = (sum[tone] / count) * 2 * Math.PI;
      if (part > 0) {
        context.strokeStyle = tone === 'none' ? this.colours['line-strong']! : this.tone_colour(tone);
        context.beginPath();
        context.arc(x, y, radius - 1, from, from + part);
        context.stroke();
        from += part;
      }
    }
    context.fillStyle = this.colours['text']!;
    context.font = '600 14px system-ui, "Noto Sans CJK SC", sans-serif';
    context.textBaseline = 'middle';
    context.fillText(String(count), x, y + 0.5);
    context.textBaseline = 'alphabetic';
  }

  private draw_people(context: CanvasRenderingContext2D, x: number, y: number, count: number): void {
    this.draw_worker(context, x, y, false);
    if (count > 1) {
      context.fillStyle = this.colours['text-2']!;
      context.font = '12px system-ui, sans-serif';
      context.textAlign = 'left';
      context.fillText(String(count), x + 7, y + 4);
      context.textAlign = 'center';
    }
  }

  /* From the followed case to its worker, and names at those who were looked at for it. */
  private draw_lines(context: CanvasRenderingContext2D): void {
    const spot = this.selected === null ? undefined : this.spot_of.get(this.selected);
    const mover = this.person === null ? undefined : this.mover_of.get(this.person);
    if (spot && mover) {
      context.strokeStyle = this.colours['text']!;
      context.lineWidth = 1.5;
      context.setLineDash([5, 4]);
      context.beginPath();
      context.moveTo(spot.x * this.scale - this.off_x, spot.y * this.scale - this.off_y);
      context.lineTo(mover.x * this.scale - this.off_x, mover.y * this.scale - this.off_y);
      context.stroke();
      context.setLineDash([]);
    }
  }

  private label(context: CanvasRenderingContext2D, x: number, y: number, text: string, is_strong: boolean): void {
    context.font = `${is_strong ? 600 : 400} 12px system-ui, "Noto Sans CJK SC", sans-serif`;
    context.textAlign = 'left';
    const width = context.measureText(text).width + 8;
    context.globalAlpha = 0.9;
    context.fillStyle = this.colours['panel']!;
    context.fillRect(x + 9, y - 9, width, 18);
    context.globalAlpha = 1;
    context.fillStyle = this.colours[is_strong ? 'text' : 'text-2']!;
    context.fillText(text, x + 13, y + 4);
  }

  private draw_followed(context: CanvasRenderingContext2D): void {
    const say = (mark: Mark, is_strong: boolean): void => {
      const x = project_x(mark.lon_e7) * this.scale - this.off_x;
      const y = project_y(mark.lat_e7) * this.scale - this.off_y;
      this.draw_worker(context, x, y, is_strong);
      this.label(context, x, y, mark.text, is_strong);
    };
    for (const mark of this.marks) {
      say(mark, false);
    }
    const mover = this.person === null ? undefined : this.mover_of.get(this.person);
    if (mover) {
      const x = mover.x * this.scale - this.off_x;
      const y = mover.y * this.scale - this.off_y;
      this.draw_worker(context, x, y, true);
      this.label(context, x, y, this.person_name, true);
    }
    const spot = this.selected === null ? undefined : this.spot_of.get(this.selected);
    if (spot) {
      this.draw_case(context, spot.x * this.scale - this.off_x, spot.y * this.scale - this.off_y, spot.tone, spot.row.severity, true);
    }
    if (this.pin) {
      const x = this.pin.x * this.scale - this.off_x;
      const y = this.pin.y * this.scale - this.off_y;
      context.strokeStyle = this.colours['accent']!;
      context.lineWidth = 3;
      context.beginPath();
      context.arc(x, y, 9, 0, 2 * Math.PI);
      context.moveTo(x, y - 16);
      context.lineTo(x, y + 16);
      context.moveTo(x - 16, y);
      context.lineTo(x + 16, y);
      context.stroke();
    }
  }

  person_name = '';
}
