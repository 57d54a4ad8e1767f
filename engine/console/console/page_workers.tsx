/* page_workers.tsx: who is there: shift, load, position, and a link that opens a worker's page on a phone. No ranking of people. */
import { useState } from 'preact/hooks';
import { now } from '../lib/clock';
import { PageHead, use_fetched } from '../lib/fetched';
import { span } from '../lib/format';
import { both, t } from '../lib/i18n';
import type { List, WorkerRow } from '../lib/shapes';
import { PhoneButton } from './phone_link';
import { cell_name, department_name, go, map_handle, name_of, page_query } from './state';

export default function Workers() {
  const list = use_fetched<List<WorkerRow>>('workers?limit=500', 10_000);
  const [words, set_words] = useState('');
  const [is_whole, set_whole] = useState(false);
  const wanted = page_query.value.get('id');
  const low = words.toLowerCase();
  const rows = (list.data?.items ?? []).filter((row) =>
    (wanted ? row.id === wanted : is_whole || row.on_shift) &&
    (low === '' || row.id.includes(low) || both(row.name).toLowerCase().includes(low) || name_of(row.id).toLowerCase().includes(low)));
  return (
    <>
      <PageHead title={t(['Workers', '人员'])} of={list}>
        <div class="filters">
          <label><span class="hidden-text">{t(['name', '姓名'])}</span>
            <input type="search" value={words} placeholder={t(['name', '姓名'])} onInput={(event) => set_words(event.currentTarget.value)} /></label>
          <label><input type="checkbox" checked={is_whole} onChange={(event) => set_whole(event.currentTarget.checked)} /> {t(['off shift too', '含不在班'])}</label>
          {wanted && <a href="#workers">{t(['everybody', '全部人员'])}</a>}
        </div>
      </PageHead>
      <table>
        <thead>
          <tr>
            <th scope="col">{t(['name', '姓名'])}</th>
            <th scope="col">{t(['department', '部门'])}</th>
            <th scope="col">{t(['cell', '网格'])}</th>
            <th scope="col">{t(['shift', '班次'])}</th>
            <th scope="col">{t(['load', '负荷'])}</th>
            <th scope="col">{t(['position', '定位'])}</th>
            <th scope="col"><span class="hidden-text">{t(['actions', '操作'])}</span></th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{name_of(row.id) || both(row.name)}</th>
              <td>{department_name(row.department)}</td>
              <td>{cell_name(row.cell ?? null)}</td>
              <td>{row.on_shift ? t(['on shift', '在班']) : t(['off', '不在班'])}</td>
              <td>
                <span class="bar" aria-hidden="true"><span style={{ width: `${Math.min(100, Math.round(((row.load ?? 0) / Math.max(1, row.capacity ?? 1)) * 100))}%` }} /></span>{' '}
                {row.load ?? 0}/{row.capacity ?? '–'}
              </td>
              <td>{row.fix_at_ms ? t(['{0} ago', '{0}前'], span(now.value - row.fix_at_ms)) : t(['none', '无'])}</td>
              <td class="row">
                {row.lon_e7 !== null && row.lat_e7 !== null && (
                  <button type="button" class="small" onClick={() => {
                    go('now');
                    map_handle.value?.show_place(row.lon_e7!, row.lat_e7!, 17);
                  }}>{t(['On the map', '地图'])}</button>
                )}
                <PhoneButton person={row.id} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
