/* sound.ts: one sound, for severity Ⅰ that nobody has accepted. A browser lets it sound only after a person began the shift. */
import { computed, effect, signal } from '@preact/signals';
import { cases, cases_version } from '../lib/live';

const EVERY_MS = 4_000;

let context: AudioContext | null = null;
export const is_sound_on = signal(false);

export const alarming = computed(() => {
  void cases_version.value;
  return [...cases.values()].filter((row) => row.severity === 1 && row.need?.includes('unaccepted')).length;
});

/* Two soft falling tones: heard through a room's talk, bearable all day. */
function sound(): void {
  if (!context || context.state !== 'running') {
    return;
  }
  for (const [after, pitch] of [[0, 880], [0.22, 660]] as const) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    const at = context.currentTime + after;
    tone.type = 'sine';
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.22, at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.35);
    tone.connect(loudness).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }
}

/** Must be called from a click or a key: that is what unlocks the sound. */
export async function start_shift(): Promise<void> {
  context ??= new AudioContext();
  await context.resume();
  is_sound_on.value = context.state === 'running';
}

export async function mute(): Promise<void> {
  await context?.suspend();
  is_sound_on.value = false;
}

let timer = 0;
effect(() => {
  const wanted = is_sound_on.value && alarming.value > 0;
  if (wanted && timer === 0) {
    sound();
    timer = window.setInterval(sound, EVERY_MS);
  } else if (!wanted && timer !== 0) {
    window.clearInterval(timer);
    timer = 0;
  }
});
