/* top_bar.tsx: district, clock, age of data, shift, language, theme, sound. */
import { computed } from '@preact/signals';
import { log_out, session } from '../lib/api';
import { now, speed } from '../lib/clock';
import { clock_time, day_name } from '../lib/format';
import { both, lang, set_lang, t, type Pair } from '../lib/i18n';
import { stop_live, workers, workers_version } from '../lib/live';
import { LiveAge } from '../lib/parts';
import { set_theme, theme } from '../lib/theme';
import { city, go, help_open, page, PAGE_NAMES, PAGES } from './state';
import { alarming, is_sound_on, mute, start_shift } from './sound';

const on_shift = computed(() => {
  void workers_version.value;
  return [...workers.values()].filter((row) => row.on_shift).length;
});

const ROLES: Readonly<Record<string, Pair>> = {
  intake: ['intake', '受理员'],
  shift_chief: ['shift chief', '值班长'],
  dispatcher: ['dispatcher', '派遣员'],
  department_desk: ['department desk', '部门席'],
  inspector: ['inspector', '监督员'],
  overseer: ['overseer', '督查'],
  auditor: ['auditor', '审计'],
  administrator: ['administrator', '管理员'],
  worker: ['worker', '网格员'],
};

function Sound() {
  if (is_sound_on.value) {
    return (
      <button type="button" class="plain" onClick={() => void mute()}>
        {t(['sound on', '声音已开'])}
      </button>
    );
  }
  return (
    <button type="button" class="sound-off" onClick={() => void start_shift()}
      title={t(['The sound for severity Ⅰ is off until the shift begins.', '开班前 Ⅰ 级提示音关闭。'])}>
      <span class="badge">{t(['sound off', '声音关'])}</span>
      {t(['Start shift', '开班'])}
    </button>
  );
}

export function TopBar() {
  const who = session.value;
  return (
    <header class="top-bar">
      <h1 title={both(city.value?.name ?? null)}>
        <img src="mark.svg" alt="Gridloop" width="22" height="22" />
        <span class="district">{both(city.value?.name ?? null) || 'Gridloop'}</span>
      </h1>
      <span class="badge-clock">
        {now.value > 0 && <time>{day_name(now.value)} <b>{clock_time(now.value)}</b></time>}
        {speed.value !== 1 && <span class="speed">{speed.value}×</span>}
      </span>
      <LiveAge />
      <nav aria-label={t(['pages', '页面'])}>
        {PAGES.map((name, i) => (
          <a key={name} href={`#${name}`} aria-current={page.value === name ? 'page' : undefined} title={`Alt+${i + 1}`}>
            {t(PAGE_NAMES[name])}
          </a>
        ))}
      </nav>
      <span class="top-side">
        {alarming.value > 0 && <span class="alarm" role="alert">Ⅰ · {alarming.value}</span>}
        <a class="shift" href="#workers">{t(['{0} on shift', '在班 {0} 人'], on_shift.value)}</a>
        <Sound />
        <button type="button" class="plain" lang={lang.value === 'zh' ? 'en' : 'zh-CN'} onClick={() => set_lang(lang.value === 'zh' ? 'en' : 'zh')}>
          {lang.value === 'zh' ? 'EN' : '中文'}
        </button>
        <button type="button" class="plain" onClick={() => set_theme(theme.value === 'dark' ? 'light' : 'dark')}>
          {theme.value === 'dark' ? t(['light', '浅色']) : t(['dark', '深色'])}
        </button>
        <button type="button" class="plain" onClick={() => (help_open.value = true)} title="F1">{t(['keys', '按键'])}</button>
        {who && (
          <>
            <span class="who" title={who.roles.map((role) => (ROLES[role] ? t(ROLES[role]) : role)).join(' ')}>
              {both(who.name)} <span class="soft">{who.roles.map((role) => (ROLES[role] ? t(ROLES[role]) : role)).slice(0, 2).join(' ')}</span>
            </span>
            <button type="button" class="plain"
              onClick={() => {
                stop_live();
                void log_out();
                go('now');
              }}>{t(['log out', '退出'])}</button>
          </>
        )}
      </span>
    </header>
  );
}
