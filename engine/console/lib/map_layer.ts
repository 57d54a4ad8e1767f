/* map_layer.ts: everything of the city on one canvas over Leaflet: cells, roads, workers, cases, what is followed.
 *
 * What rests (cells, roads, names, cases) is drawn when the view, the theme or a case changes, and kept as pixels; a frame copies them, puts
 * a few ready pixels per worker (stamps.ts) and draws what is followed on top. Places are Mercator pixels of zoom 0.
 * While people glide, a frame comes when the fastest of them in view has gone a pixel since the last: markers lie on whole pixels, so frames
 * in between would show the same.
 *
 * Below SINGLES_ZOOM a cell is one disc with its number of cases, ringed by their clocks, and a count of workers. */
import * as L from 'leaflet';
import { read_clock, type ClockTone } from './parts';
import { MARGIN, ratio_now, Stamps, type Stamp } from './stamps';
import { ROMAN } from './format';
import { box_of, cell_of, is_inside, project_x, project_y, type Cell, type Ring } from './geometry';
import { begin_names, paint_case, paint_cell, paint_label, paint_line, paint_pin, paint_worker, read_colours, type Colours, type Sum } from './map_paint';
import type { CaseRow, City, WorkerRow } from './shapes';

export const SINGLES_ZOOM = 15;
const ROADS_ZOOM = 13;
const ROADS_MAX = 15_000; /* pieces in view: more are a blot and slow */
const GLIDE_MS = 1_000;
const FRAME_MS = 17;
const IDLE_MS_MAX = 250;
const HIT_PX = 14;
const WORKER_SIZE = 12;
const CASE_SIZE = 22;
const TONES = ['ok', 'warn', 'over', 'none'] as const;

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
  readonly kind: 'worker' | 'case';
}

export class CityLayer extends L.Layer {
  person_name = '';
  private canvas = document.createElement('canvas');
  private ground = document.createElement('canvas'); /* never shown: what rests, wider by MARGIN */
  private cells: Cell[] = [];
  private roads: Ring = new Float64Array(0); /* from x, y to x, y of each piece */
  private movers: Mover[] = [];
  private mover_of = new Map<string, Mover>();
  private spots: Spot[] = [];
  private spot_of = new Map<string, Spot>();
  private colours: Colours | null = null;
  private stamps = new Stamps();
  private worker_stamps: Stamp[] = []; /* free, busy */
  private case_stamps = new Map<ClockTone, Stamp[]>(); /* by severity */
  private map_: L.Map | null = null;
  private frame = 0;
  private timer = 0;
  private has_rest = false; /* what rests is as it should be */
  private gliding_until = 0;
  private selected: string | null = null;
  private person: string | null = null;
  private marks: readonly Mark[] = [];
  private pin: { x: number; y: number } | null = null;
  private scale = 1;
  private off_x = 0;
  private off_y = 0;
  private clock_ms = 0;
  private has_tiles = false;

  override onAdd(map: L.Map): this {
    this.map_ = map;
    this.canvas.className = 'city-canvas';
    this.canvas.setAttribute('aria-hidden', 'true');
    map.getContainer().appendChild(this.canvas);
    map.on('move zoom resize viewreset', this.on_view, this);
    this.on_view();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off('move zoom resize viewreset', this.on_view, this);
    cancelAnimationFrame(this.frame);
    window.clearTimeout(this.timer);
    this.canvas.remove();
    this.map_ = null;
    return this;
  }

  /** Cells of the city; say gives a name in the language of now. */
  set_city(city: City, say: (name: unknown) => string): void {
    this.cells = city.cells.features.map((feature) => cell_of(feature, say)).filter((cell): cell is Cell => cell !== null);
    this.touch_rest();
  }

  /** Pieces of road: four numbers each, lon_e7, lat_e7 of both ends. */
  set_roads(segments: readonly number[]): void {
    this.roads = Float64Array.from(segments, (value, i) => (i % 2 === 0 ? project_x(value) : project_y(value)));
    this.touch_rest();
  }

  /** A street map lies below: the ground is left clear. */
  set_tiles(has_tiles: boolean): void {
    this.has_tiles = has_tiles;
    this.touch_rest();
  }

  set_colours(): void {
    this.colours = read_colours();
    this.make_stamps(this.colours);
    this.touch_rest();
  }

  bounds(): L.LatLngBoundsExpression | null {
    if (this.cells.length === 0) {
      return null;
    }
    const box = box_of(this.cells.flatMap((cell) => cell.rings));
    const at = (x: number, y: number): L.LatLngTuple => {
      const latlng = L.CRS.EPSG3857.pointToLatLng(L.point(x, y), 0);
      return [latlng.lat, latlng.lng];
    };
    return [at(box.low_x, box.high_y), at(box.high_x, box.low_y)];
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
    this.touch_rest();
  }

  /** Log time: what the colours of cases are of. */
  set_now(now_ms: number): void {
    let has_changed = false;
    this.clock_ms = now_ms;
    for (const spot of this.spots) {
      const { tone } = read_clock(spot.row, now_ms);
      has_changed ||= tone !== spot.tone;
      spot.tone = tone;
    }
    if (has_changed) {
      this.touch_rest();
    }
  }

  /** Workers who moved; all of them when is_whole. They glide to where they are. */
  set_workers(rows: Iterable<WorkerRow>, is_whole: boolean): void {
    const at = performance.now();
    const count = this.mover_of.size;
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
        this.place(mover, at);
        mover.from_x = mover.x;
        mover.from_y = mover.y;
        mover.to_x = x;
        mover.to_y = y;
        mover.since = at;
        this.gliding_until = at + GLIDE_MS;
      }
    }
    this.movers = [...this.mover_of.values()];
    if (this.is_single()) {
      this.touch_later(FRAME_MS);
    } else if (is_whole || count !== this.mover_of.size) {
      this.touch_rest();
    } else if (this.person !== null) {
      this.touch_later(FRAME_MS);
    }
  }

  /** The case followed, the person on it, and others worth naming. */
  select(id: string | null, person: string | null, marks: readonly Mark[]): void {
    const is_other = this.selected !== id;
    this.selected = id;
    this.person = person;
    this.marks = marks;
    if (is_other) {
      this.touch_rest();
    } else {
      this.touch();
    }
  }

  set_pin(place: { readonly lon_e7: number; readonly lat_e7: number } | null): void {
    this.pin = place ? { x: project_x(place.lon_e7), y: project_y(place.lat_e7) } : null;
    this.touch();
  }

  hit(point: L.Point): Hit | null {
    let best: Hit | null = null;
    let best_distance = HIT_PX;
    const try_hit = (x: number, y: number, of: () => Hit, favour: number): void => {
      const distance = Math.hypot(this.view_x(x) - point.x, this.view_y(y) - point.y) - favour;
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

  /** Whether a click shows more of a cell rather than one thing. */
  is_aggregated(): boolean {
    return !this.is_single();
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
      window.clearTimeout(this.timer);
      this.timer = 0;
      this.frame = requestAnimationFrame(() => this.draw());
    }
  }

  /* What rests has changed. */
  private touch_rest(): void {
    this.has_rest = false;
    this.touch();
  }

  /* A frame after so long, unless one comes before. */
  private touch_later(ms: number): void {
    if (ms <= FRAME_MS) {
      if (this.timer === 0) {
        this.touch();
      }
    } else if (this.frame === 0 && this.timer === 0) {
      this.timer = window.setTimeout(() => {
        this.timer = 0;
        this.touch();
      }, Math.min(IDLE_MS_MAX, ms) - FRAME_MS / 2);
    }
  }

  private view_x(x: number): number {
    return x * this.scale - this.off_x;
  }

  private view_y(y: number): number {
    return y * this.scale - this.off_y;
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
    const ratio = ratio_now();
    const width = Math.round(size.x * ratio);
    const height = Math.round(size.y * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${size.x}px`;
      this.canvas.style.height = `${size.y}px`;
      this.ground.width = width + 2 * MARGIN;
      this.ground.height = height + 2 * MARGIN;
    }
    this.scale = Math.pow(2, map.getZoom());
    const low = map.getPixelBounds().min ?? L.point(0, 0);
    this.off_x = low.x;
    this.off_y = low.y;
    this.touch_rest();
  }

  private make_stamps(colours: Colours): void {
    this.worker_stamps = [false, true].map((is_busy) =>
      this.stamps.make(WORKER_SIZE, colours['map-cell']!, (context) => paint_worker(context, colours, WORKER_SIZE / 2, WORKER_SIZE / 2, is_busy)));
    for (const tone of TONES) {
      this.case_stamps.set(tone, ROMAN.map((_, severity) => this.stamps.make(CASE_SIZE, colours['map-cell']!, (context) =>
        paint_case(context, colours, CASE_SIZE / 2, CASE_SIZE / 2, tone, severity, false))));
    }
  }

  private trace(context: CanvasRenderingContext2D, ring: Ring): void {
    context.moveTo(this.view_x(ring[0]!), this.view_y(ring[1]!));
    for (let i = 2; i < ring.length; i += 2) {
      context.lineTo(this.view_x(ring[i]!), this.view_y(ring[i + 1]!));
    }
  }

  private draw_roads(context: CanvasRenderingContext2D, colours: Colours, width: number, height: number): void {
    const zoom = Math.log2(this.scale);
    if (this.has_tiles || zoom < ROADS_ZOOM) {
      return;
    }
    context.strokeStyle = colours['map-road']!;
    context.lineWidth = Math.max(1, (zoom - ROADS_ZOOM) * 1.2);
    context.lineCap = 'round';
    context.beginPath();
    let count = 0;
    for (let i = 0; i < this.roads.length && count < ROADS_MAX; i += 4) {
      const from_x = this.view_x(this.roads[i]!), from_y = this.view_y(this.roads[i + 1]!);
      const to_x = this.view_x(this.roads[i + 2]!), to_y = this.view_y(this.roads[i + 3]!);
      if (Math.max(from_x, to_x) > 0 && Math.min(from_x, to_x) < width && Math.max(from_y, to_y) > 0 && Math.min(from_y, to_y) < height) {
        context.moveTo(from_x, from_y);
        context.lineTo(to_x, to_y);
        count++;
      }
    }
    if (count < ROADS_MAX) {
      context.stroke();
    }
  }

  /* Cells, roads and names; discs of cells from afar. */
  private draw_ground(context: CanvasRenderingContext2D, colours: Colours): void {
    const ratio = ratio_now();
    const width = this.canvas.width / ratio;
    const height = this.canvas.height / ratio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.ground.width, this.ground.height);
    context.setTransform(ratio, 0, 0, ratio, MARGIN, MARGIN);
    context.lineJoin = 'round';
    context.beginPath();
    for (const cell of this.cells) {
      for (const ring of cell.rings) {
        this.trace(context, ring);
        context.closePath();
      }
    }
    if (!this.has_tiles) {
      context.fillStyle = colours['map-cell']!;
      context.fill('evenodd');
    }
    this.draw_roads(context, colours, width, height);
    context.lineWidth = this.has_tiles ? 1.5 : 1;
    context.strokeStyle = colours[this.has_tiles ? 'line-strong' : 'map-line']!;
    for (const cell of this.cells) {
      context.beginPath();
      for (const ring of cell.rings) {
        this.trace(context, ring);
        context.closePath();
      }
      context.stroke();
    }
    this.draw_names(context, colours);
    if (!this.is_single()) {
      this.draw_discs(context, colours);
    }
  }

  private draw_names(context: CanvasRenderingContext2D, colours: Colours): void {
    const lift = this.is_single() ? 0 : 32;
    begin_names(context, colours);
    for (const cell of this.cells) {
      const width = (cell.high_x - cell.low_x) * this.scale;
      if (width > 90 && context.measureText(cell.name).width < width - 20) {
        context.fillText(cell.name, this.view_x(cell.x), this.view_y(cell.y) + lift);
      }
    }
  }

  private draw_discs(context: CanvasRenderingContext2D, colours: Colours): void {
    const sums = new Map<string, Sum>(this.cells.map((cell) => [cell.code, { ok: 0, warn: 0, over: 0, none: 0, people: 0 }]));
    for (const spot of this.spots) {
      const sum = sums.get(spot.cell);
      if (sum) {
        sum[spot.tone]++;
      }
    }
    for (const mover of this.movers) {
      const sum = sums.get(mover.row.cell ?? '');
      if (sum) {
        sum.people++;
      }
    }
    for (const cell of this.cells) {
      paint_cell(context, colours, this.view_x(cell.x), this.view_y(cell.y), sums.get(cell.code)!);
    }
  }

  private make_rest(colours: Colours): void {
    const context = this.ground.getContext('2d', { willReadFrequently: true })!;
    this.has_rest = true;
    this.draw_ground(context, colours);
    this.stamps.rest(context);
    if (this.is_single()) {
      const ratio = ratio_now();
      for (const spot of this.spots) {
        const stamp = this.case_stamps.get(spot.tone)?.[spot.row.severity];
        if (stamp && spot.row.id !== this.selected) {
          this.stamps.keep(stamp, this.view_x(spot.x) * ratio, this.view_y(spot.y) * ratio);
        }
      }
    }
  }

  private draw(): void {
    const at = performance.now();
    const { colours } = this;
    this.frame = 0;
    if (!this.map_ || !colours || this.canvas.width === 0 || this.canvas.height === 0) {
      return;
    }
    if (!this.has_rest) {
      this.make_rest(colours);
    }
    const context = this.canvas.getContext('2d')!;
    this.stamps.begin();
    const fastest = this.is_single() ? this.put_workers(at) : 0;
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.stamps.end(context);
    const ratio = ratio_now();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.draw_followed(context, colours, at);
    if (fastest > 0) {
      this.touch_later(1 / fastest);
    } else if (at < this.gliding_until && this.person !== null) {
      this.touch_later(FRAME_MS);
    }
  }

  private place(mover: Mover, at: number): void {
    const part = Math.min(1, (at - mover.since) / GLIDE_MS);
    mover.x = mover.from_x + (mover.to_x - mover.from_x) * part;
    mover.y = mover.from_y + (mover.to_y - mover.from_y) * part;
  }

  /* Everybody on shift, where they are now; pixels per millisecond of the fastest in view. */
  private put_workers(at: number): number {
    const ratio = ratio_now();
    const scale = this.scale * ratio;
    const off_x = this.off_x * ratio;
    const off_y = this.off_y * ratio;
    const { width, height } = this.canvas;
    let farthest = 0;
    for (const mover of this.movers) {
      const is_gliding = at < mover.since + GLIDE_MS;
      if (is_gliding || mover.x !== mover.to_x || mover.y !== mover.to_y) {
        this.place(mover, at);
      }
      const x = mover.x * scale - off_x;
      const y = mover.y * scale - off_y;
      if (x < -MARGIN || y < -MARGIN || x > width + MARGIN || y > height + MARGIN) {
        continue;
      }
      this.stamps.put(this.worker_stamps[(mover.row.load ?? 0) > 0 ? 1 : 0]!, x, y);
      if (is_gliding) {
        farthest = Math.max(farthest, Math.abs(mover.to_x - mover.from_x), Math.abs(mover.to_y - mover.from_y));
      }
    }
    return (farthest * scale) / GLIDE_MS;
  }

  /* From the followed case to its worker, and names at those who were looked at for it. */
  private draw_followed(context: CanvasRenderingContext2D, colours: Colours, at: number): void {
    const spot = this.selected === null ? undefined : this.spot_of.get(this.selected);
    const mover = this.person === null ? undefined : this.mover_of.get(this.person);
    if (mover) {
      this.place(mover, at);
    }
    if (spot && mover) {
      paint_line(context, colours, this.view_x(spot.x), this.view_y(spot.y), this.view_x(mover.x), this.view_y(mover.y));
    }
    for (const mark of this.is_single() ? this.marks : []) {
      const x = this.view_x(project_x(mark.lon_e7));
      const y = this.view_y(project_y(mark.lat_e7));
      if (mark.kind === 'case') {
        paint_case(context, colours, x, y, 'none', 0, true);
      } else {
        paint_worker(context, colours, x, y, false);
      }
      paint_label(context, colours, x + (mark.kind === 'case' ? 14 : 0), y, mark.text, false);
    }
    if (mover) {
      paint_worker(context, colours, this.view_x(mover.x), this.view_y(mover.y), true);
      paint_label(context, colours, this.view_x(mover.x), this.view_y(mover.y), this.person_name, true);
    }
    if (spot) {
      paint_case(context, colours, this.view_x(spot.x), this.view_y(spot.y), spot.tone, spot.row.severity, true);
    }
    if (this.pin) {
      paint_pin(context, colours, this.view_x(this.pin.x), this.view_y(this.pin.y));
    }
  }
}
