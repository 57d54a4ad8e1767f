/* position.ts: where the phone is, as long as its owner is on duty and lets it be known.
 *
 * What is sent is what the page shows. Browsers give positions on https and localhost only; elsewhere, or where the phone says no, the
 * owner sets a mark on the map. */
import { recall, remember } from '../lib/storage';
import { poll_now } from './poll';
import * as state from './state';
import { TEXT } from './texts';
import type { Fix } from './types';

let watch: number | null = null;

const e7 = (degrees: number): number => Math.round(degrees * 1e7);

function found(position: GeolocationPosition): void {
  const is_first = state.fix.value === null;
  state.fix_trouble.value = null;
  state.fix.value = {
    lon_e7: e7(position.coords.longitude),
    lat_e7: e7(position.coords.latitude),
    accuracy_cm: Math.min(Math.round(position.coords.accuracy * 100), 10000000),
    is_pin: false,
  };
  if (is_first) {
    poll_now();
  }
}

export function watch_position(): void {
  remember('position', 'on');
  if (!window.isSecureContext || !('geolocation' in navigator)) {
    state.fix_trouble.value = TEXT.fix_absent;
    return;
  }
  if (watch !== null) {
    return;
  }
  state.is_watching.value = true;
  watch = navigator.geolocation.watchPosition(found, (error) => {
    state.fix_trouble.value = error.code === error.PERMISSION_DENIED ? TEXT.fix_denied : TEXT.fix_none;
    if (error.code === error.PERMISSION_DENIED) {
      pause_position();
    }
  }, { enableHighAccuracy: true, maximumAge: 10000, timeout: 30000 });
}

/* Off duty, or denied: no choice of the owner's. */
export function pause_position(): void {
  if (watch !== null) {
    navigator.geolocation.clearWatch(watch);
    watch = null;
  }
  state.is_watching.value = false;
  if (state.fix.value?.is_pin === false) {
    state.fix.value = null;
  }
}

export function stop_position(): void {
  remember('position', 'off');
  pause_position();
  state.fix.value = null;
}

export function set_pin(fix: Fix): void {
  pause_position();
  state.fix_trouble.value = null;
  state.fix.value = { ...fix, is_pin: true };
  poll_now();
}

export function set_status(status: state.Status): void {
  state.status.value = status;
  remember('status', status);
  if (status === 'OFF') {
    pause_position();
    state.fix.value = null;
  } else if (recall('position') !== 'off') {
    watch_position();
  }
  poll_now();
}

export function start_position(): void {
  const kept = recall('status');
  state.status.value = kept === 'PAUSED' || kept === 'OFF' ? kept : 'READY';
  if (state.status.value !== 'OFF' && recall('position') !== 'off') {
    watch_position();
  }
}

/** The place an act bears; undefined when it is not known. */
export function fix_now(): Fix | undefined {
  const fix = state.fix.value;
  const at_ms = state.engine_now();
  return fix === null ? undefined : {
    lon_e7: fix.lon_e7, lat_e7: fix.lat_e7, accuracy_cm: fix.accuracy_cm ?? 0, ...(at_ms > 0 ? { at_ms } : {}),
  };
}
