/* format.ts: instants, spans, distances and numbers as a person reads them. */
import { lang, t } from './i18n';

/* The city's own zone, not the browser's; the server may name another. */
let zone = 'Asia/Shanghai';
const formats = new Map<string, Intl.DateTimeFormat>();

export function set_zone(name: string | undefined): void {
  if (name) {
    zone = name;
    formats.clear();
  }
}

function formatted(ms: number, key: string, options: Intl.DateTimeFormatOptions): string {
  const name = `${key}.${lang.value}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(lang.value === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: zone, ...options });
    formats.set(name, format);
  }
  return format.format(ms);
}

export const clock_time = (ms: number): string =>
  formatted(ms, 'clock', { hour: '2-digit', minute: '2-digit', hour12: false });
export const day_name = (ms: number): string => formatted(ms, 'day', { weekday: 'short', month: 'short', day: 'numeric' });

/** "08:47", with the day when it is another one than today's. */
export function instant(ms: number | null | undefined, today_ms: number): string {
  if (ms === null || ms === undefined) {
    return '';
  }
  const is_today = formatted(ms, 'date', { dateStyle: 'short' }) === formatted(today_ms, 'date', { dateStyle: 'short' });
  return is_today ? clock_time(ms) : `${formatted(ms, 'short', { month: 'numeric', day: 'numeric' })} ${clock_time(ms)}`;
}

/** "40 s", "12 min", "3 h 20 min", "5 d"; rounded down, never negative. */
export function span(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) {
    return t(['{0} s', '{0} 秒'], Math.floor(Math.max(0, ms) / 1000));
  }
  if (minutes < 60) {
    return t(['{0} min', '{0} 分钟'], minutes);
  }
  if (minutes < 48 * 60) {
    const rest = minutes % 60;
    return rest === 0 || minutes >= 600
      ? t(['{0} h', '{0} 小时'], Math.floor(minutes / 60))
      : t(['{0} h {1} min', '{0} 小时 {1} 分'], Math.floor(minutes / 60), rest);
  }
  return t(['{0} d', '{0} 天'], Math.floor(minutes / 1440));
}

export function distance(cm: number | null | undefined): string {
  if (cm === null || cm === undefined) {
    return '';
  }
  const metres = Math.round(cm / 100);
  return metres < 1000 ? t(['{0} m', '{0} 米'], metres) : t(['{0} km', '{0} 公里'], (Math.floor(metres / 100) / 10).toFixed(1));
}

/** Metres between two places; good to a part in a thousand inside a city. */
export function metres_between(lon_a: number, lat_a: number, lon_b: number, lat_b: number): number {
  const radian = Math.PI / 180;
  const x = (lon_b - lon_a) * radian * Math.cos(((lat_a + lat_b) / 2) * radian);
  const y = (lat_b - lat_a) * radian;
  return Math.sqrt(x * x + y * y) * 6_371_000;
}

/** "28" of "110108-20260303-0028": what people say. */
export function short_number(number: string): string {
  const last = number.slice(number.lastIndexOf('-') + 1).replace(/^0+/, '');
  return last === '' ? '0' : last;
}

export const ROMAN = ['', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ'] as const;
