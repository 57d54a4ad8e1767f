/* theme.ts: light or dark, as the system says until a person chooses; the colours are in theme.css. */
import { computed, signal } from '@preact/signals';
import { recall, remember } from './storage';

export type Theme = 'light' | 'dark';

const system = matchMedia('(prefers-color-scheme: dark)');
const system_is_dark = signal(system.matches);
system.addEventListener('change', (event) => {
  system_is_dark.value = event.matches;
});

const kept = recall('theme');
const chosen = signal<Theme | null>(kept === 'light' || kept === 'dark' ? kept : null);

export const theme = computed<Theme>(() => chosen.value ?? (system_is_dark.value ? 'dark' : 'light'));

theme.subscribe((value) => {
  document.documentElement.dataset.theme = value;
});

export function set_theme(value: Theme): void {
  remember('theme', value);
  chosen.value = value;
}
