/* map_paint.ts: how things of the map look: pictures drawn with canvas calls, at pixels of the view, in the colours of the theme. */
import type { ClockTone } from './parts';
import { ROMAN } from './format';

export interface Colours {
  readonly [name: string]: string;
}
export interface Sum {
  ok: number;
  warn: number;
  over: number;
  none: number;
  people: number;
}

const COLOURS = ['map-ground', 'map-cell', 'map-line', 'map-road', 'map-text', 'worker', 'worker-busy', 'panel', 'text', 'text-2', 'accent',
  'line-strong', 'clock-ok', 'clock-warn', 'clock-over'];
const FONT = 'system-ui, "Noto Sans CJK SC", sans-serif';
const FULL = 2 * Math.PI;

type Context = CanvasRenderingContext2D;

/** Those of theme.css now. */
export function read_colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export const tone_colour = (colours: Colours, tone: ClockTone): string =>
  colours[tone === 'over' ? 'clock-over' : tone === 'warn' ? 'clock-warn' : tone === 'ok' ? 'clock-ok' : 'text-2']!;

export function paint_worker(context: Context, colours: Colours, x: number, y: number, is_busy: boolean): void {
  context.beginPath();
  context.arc(x, y, 4, 0, FULL);
  context.fillStyle = is_busy ? colours['worker-busy']! : colours['panel']!;
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = is_busy ? colours['panel']! : colours['worker']!;
  context.stroke();
}

export function paint_case(context: Context, colours: Colours, x: number, y: number, tone: ClockTone, severity: number, is_selected: boolean): void {
  const half = is_selected ? 12 : 9;
  if (is_selected) {
    context.strokeStyle = colours['text']!;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 19, 0, FULL);
    context.stroke();
  }
  context.fillStyle = tone_colour(colours, tone);
  context.strokeStyle = colours['panel']!;
  context.lineWidth = 1.5;
  context.beginPath();
  context.rect(x - half, y - half, 2 * half, 2 * half);
  context.fill();
  context.stroke();
  context.fillStyle = colours['panel']!;
  context.font = `${severity <= 2 ? 700 : 500} ${is_selected ? 14 : 12}px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(ROMAN[severity] ?? '', x, y + 0.5);
  context.textBaseline = 'alphabetic';
}

/** A cell from afar: how many cases, ringed by their clocks, and how many people. */
export function paint_cell(context: Context, colours: Colours, x: number, y: number, sum: Sum): void {
  const count = sum.ok + sum.warn + sum.over + sum.none;
  if (count > 0) {
    paint_disc(context, colours, x, y - 4, count, sum);
  }
  if (sum.people > 0) {
    const right = x + (count > 0 ? 24 : 0);
    const low = y + (count > 0 ? 8 : 0);
    paint_worker(context, colours, right, low, false);
    if (sum.people > 1) {
      context.fillStyle = colours['text-2']!;
      context.font = `12px ${FONT}`;
      context.textAlign = 'left';
      context.fillText(String(sum.people), right + 7, low + 4);
    }
  }
}

function paint_disc(context: Context, colours: Colours, x: number, y: number, count: number, sum: Sum): void {
  const radius = 13 + Math.min(9, Math.sqrt(count) * 1.6);
  context.fillStyle = colours['panel']!;
  context.beginPath();
  context.arc(x, y, radius, 0, FULL);
  context.fill();
  let from = -Math.PI / 2;
  context.lineWidth = 4;
  for (const tone of ['over', 'warn', 'ok', 'none'] as const) {
    const part = (sum[tone] / count) * FULL;
    if (part > 0) {
      context.strokeStyle = tone === 'none' ? colours['line-strong']! : tone_colour(colours, tone);
      context.beginPath();
      context.arc(x, y, radius - 1, from, from + part);
      context.stroke();
      from += part;
    }
  }
  context.fillStyle = colours['text']!;
  context.font = `600 14px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(String(count), x, y + 0.5);
  context.textBaseline = 'alphabetic';
}

export function paint_line(context: Context, colours: Colours, from_x: number, from_y: number, to_x: number, to_y: number): void {
  context.strokeStyle = colours['text']!;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(from_x, from_y);
  context.lineTo(to_x, to_y);
  context.stroke();
  context.setLineDash([]);
}

export function paint_label(context: Context, colours: Colours, x: number, y: number, text: string, is_strong: boolean): void {
  context.font = `${is_strong ? 600 : 400} 12px ${FONT}`;
  context.textAlign = 'left';
  const width = context.measureText(text).width + 8;
  context.globalAlpha = 0.9;
  context.fillStyle = colours['panel']!;
  context.fillRect(x + 9, y - 9, width, 18);
  context.globalAlpha = 1;
  context.fillStyle = colours[is_strong ? 'text' : 'text-2']!;
  context.fillText(text, x + 13, y + 4);
}

export function paint_pin(context: Context, colours: Colours, x: number, y: number): void {
  context.strokeStyle = colours['accent']!;
  context.lineWidth = 3;
  context.beginPath();
  context.arc(x, y, 9, 0, FULL);
  context.moveTo(x, y - 16);
  context.lineTo(x, y + 16);
  context.moveTo(x - 16, y);
  context.lineTo(x + 16, y);
  context.stroke();
}

/** Names of cells, where they fit. */
export function begin_names(context: Context, colours: Colours): void {
  context.fillStyle = colours['map-text']!;
  context.textAlign = 'center';
  context.font = `12px ${FONT}`;
}
