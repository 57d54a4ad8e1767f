/* world.mjs: a small invented district as the engine's HTTP side would tell it; the same for every run.
 *
 * Shapes are those of engine/console/lib/shapes.ts. Nothing here decides: it is what pages are shown with. */
export const NOW_MS = Date.UTC(2026, 2, 3, 0, 47);
const LON = 1163000000;
const LAT = 400300000;
const CELL = 62000;
const COLUMNS = 6;
const ROWS = 4;
const MINUTE = 60_000;

/* Numbers that look like chance and are the same everywhere (a linear congruence of Knuth's). */
export function dice(seed) {
  let state = BigInt(seed) + 1n;
  return (limit) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(limit));
  };
}

const WHAT = [
  ['E.01.02', '垃圾满溢', 'Garbage overflow', 4], ['E.02.01', '占道经营', 'Vending in the road', 4], ['E.03.04', '燃气泄漏', 'Gas leak', 1],
  ['C.01.07', '井盖缺失', 'Manhole cover missing', 2], ['E.02.05', '违章停车', 'Illegal parking', 3], ['E.05.02', '道路积水', 'Water on the road', 2],
  ['C.02.01', '路灯不亮', 'Street light out', 4], ['E.04.01', '噪声扰民', 'Noise', 3],
];
const PLACES = [['红旗路12号', '12 Hongqi Road'], ['幸福小区东门', 'Xingfu Estate, east gate'], ['清河公交站', 'Qinghe bus stop'], ['第二小学门口', 'Second Primary School'],
  ['河滨公园', 'Riverside Park'], ['农贸市场', 'Market hall'], ['垃圾箱21号', 'Bin 21'], ['阳光餐馆', 'Sunshine Restaurant']];
const PEOPLE = [['wang.fang', '王芳', 'Wang Fang'], ['li.qiang', '李强', 'Li Qiang'], ['chen.jing', '陈静', 'Chen Jing'], ['zhao.min', '赵敏', 'Zhao Min'],
  ['sun.lei', '孙磊', 'Sun Lei'], ['zhou.ting', '周婷', 'Zhou Ting'], ['jiang.wen', '蒋文', 'Jiang Wen'], ['tang.ning', '唐宁', 'Tang Ning']];
const NEEDS = [['unaccepted'], ['nobody'], ['overdue'], ['check'], ['adjudication'], [], [], []];

const cell_code = (column, row) => `110108${String(row + 1).padStart(3, '0')}${String(column + 1).padStart(3, '0')}`;

function cells() {
  const features = [];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const corner = (x, y) => [(LON + x * CELL) / 1e7, (LAT + y * CELL * 0.76) / 1e7];
      features.push({
        type: 'Feature',
        properties: { id: cell_code(column, row), name: { zh: `清河第${row * COLUMNS + column + 1}网格`, en: `Qinghe cell ${row * COLUMNS + column + 1}` } },
        geometry: { type: 'Polygon', coordinates: [[corner(column, row), corner(column + 1, row), corner(column + 1, row + 1), corner(column, row + 1), corner(column, row)]] },
      });
    }
  }
  return { type: 'FeatureCollection', features };
}

export function city() {
  return {
    name: { zh: '清河区', en: 'Qinghe District' }, box: null, clock: { mode: 'scaled', speed: 60 }, time_zone: 'Asia/Shanghai', cells: cells(),
    units: [{ id: '110108001', name: { zh: '清河街道', en: 'Qinghe Street' } }],
    departments: [{ id: 'dept.sanitation', name: { zh: '环卫', en: 'Sanitation' } }, { id: 'dept.gas', name: { zh: '燃气公司', en: 'Gas company' } }],
    posts: [{ id: 'district.dispatch', name: { zh: '派遣岗', en: 'Dispatch desk' } }, { id: 'district.command', name: { zh: '指挥长', en: 'Command post' } }],
    classes: WHAT.map(([id, zh, en]) => ({ id, title: { zh, en } })),
    persons: PEOPLE.map(([id, zh, en]) => ({ id, name: { zh, en }, roles: ['worker'], department: null, cell: null })),
    rules: [{ id: 'sanitation.garbage_overflow', title: { zh: '垃圾满溢', en: 'Garbage overflow' }, lane: 'NORMAL', status: 'LIVE' }],
  };
}

export function workers(count, seed = 3) {
  const roll = dice(seed);
  return Array.from({ length: count }, (_, i) => {
    const known = PEOPLE[i];
    const column = roll(COLUMNS);
    const row = roll(ROWS);
    return {
      id: known ? known[0] : `worker.${i}`, name: known ? { zh: known[1], en: known[2] } : { zh: `网格员${i}`, en: `Worker ${i}` },
      department: null, cell: cell_code(column, row), lon_e7: LON + column * CELL + roll(CELL), lat_e7: Math.round(LAT + (row * CELL + roll(CELL)) * 0.76),
      fix_at_ms: NOW_MS - roll(90) * 1000, on_shift: true, load: roll(3), capacity: 3, status: 'AVAILABLE',
    };
  });
}

export function case_row(i, seed = 11) {
  const roll = dice(seed * 100_003 + i);
  const [cls, zh, en, severity] = WHAT[roll(WHAT.length)];
  const place = PLACES[roll(PLACES.length)];
  const column = roll(COLUMNS);
  const row = roll(ROWS);
  const person = PEOPLE[roll(PEOPLE.length)];
  const need = NEEDS[i < 5 ? i : roll(NEEDS.length)];
  const opened = NOW_MS - (5 + roll(230)) * MINUTE;
  const limit = (20 + roll(240)) * MINUTE;
  const deadline = need.includes('overdue') ? NOW_MS - (1 + roll(50)) * MINUTE : Math.max(opened + limit, NOW_MS + (2 + roll(60)) * MINUTE);
  const is_held = !need.includes('nobody') && !need.includes('unaccepted');
  return {
    id: `110108-20260303-${String(i + 1).padStart(4, '0')}`, number: `110108-20260303-${String(i + 1).padStart(4, '0')}`, rule: 'sanitation.garbage_overflow', title: { zh: `${place[0]} ${zh}`, en: `${place[1]}: ${en.toLowerCase()}` }, class: cls, severity,
    state: need.includes('check') ? 'CHECKING' : is_held ? 'ASSIGNED' : 'DISPATCHING', lon_e7: LON + column * CELL + roll(CELL),
    lat_e7: Math.round(LAT + (row * CELL + roll(CELL)) * 0.76), cell: cell_code(column, row), place: { zh: place[0], en: place[1] },
    holder: is_held ? { kind: 'PERSON', id: person[0], name: { zh: person[1], en: person[2] } } : { kind: 'POST', id: 'district.dispatch', name: { zh: '派遣岗', en: 'Dispatch desk' } },
    clock: 'HANDLE', deadline_ms: deadline, clock_set_ms: opened, opened_at_ms: opened, closed_at_ms: null, events: 1 + roll(3), need, source: ['CAMERA', 'CITIZEN', 'SENSOR'][roll(3)],
    order: is_held ? { number: 100 + i, kind: 'HANDLE', state: 'ACCEPTED', person: person[0] } : null, is_overdue: need.includes('overdue'),
  };
}

export const case_rows = (count, seed) => Array.from({ length: count }, (_, i) => case_row(i, seed));

export function detail(row) {
  const at = row.opened_at_ms;
  return {
    ...row,
    timeline: [
      { at_ms: at, action: 'OPEN', actor: null, order: null, zh: `08:20 摄像头 C-017：${row.title.zh} -> 规则 sanitation.garbage_overflow -> 立案`, en: `08:20 camera C-017: ${row.title.en} -> rule sanitation.garbage_overflow -> case` },
      { at_ms: at + MINUTE, action: 'OFFER', actor: null, order: 1, zh: '08:21 派给王芳，420 米，本网格；接单时限至 08:31', en: '08:21 offered to Wang Fang, 420 m, her own cell; accept by 08:31' },
      { at_ms: at + 2 * MINUTE, action: 'MERGE', actor: null, order: null, zh: '08:22 市民来电，相距 11 米，并入本案', en: '08:22 hotline call, 11 m away, merged into this case' },
      { at_ms: at + 3 * MINUTE, action: 'ACCEPT', actor: 'wang.fang', order: 1, zh: '08:23 王芳接单', en: '08:23 Wang Fang accepted' },
    ],
    orders: [{ number: row.order?.number ?? 1, kind: 'HANDLE', state: 'ACCEPTED', person: 'wang.fang' }],
    decisions: [{
      at_ms: at + MINUTE, order: 1, chosen: 'wang.fang', considered: 12, zh: '派给王芳，420 米，本网格', en: 'Wang Fang, 420 m, her own cell',
      detail: {
        removed: { ELIGIBLE: 1, OFF_SHIFT: 6, WRONG_SKILL: 2 },
        candidates: [
          { person: 'wang.fang', name: '王芳', code: 'ELIGIBLE', load: 1, capacity: 3, is_home_cell: true, distance_cm: 42000, travel_ms: 420000 },
          { person: 'li.qiang', name: '李强', code: 'AT_CAPACITY', load: 3, capacity: 3, is_home_cell: false, distance_cm: 18000, travel_ms: 120000 },
          { person: 'chen.jing', name: '陈静', code: 'OFF_SHIFT', load: 0, capacity: 3, is_home_cell: true, distance_cm: 26000, travel_ms: 160000 },
          { person: 'sun.lei', name: '孙磊', code: 'FARTHER', load: 0, capacity: 3, is_home_cell: false, distance_cm: 110000, travel_ms: 760000 },
        ],
      },
    }],
    evidence: [{ digest: '0123456789abcdef0123456789abcdef', at_ms: at + 9 * MINUTE, action: 'DONE', actor: 'wang.fang', is_there: true, size: 48_211, type: 'image/jpeg' }],
    can: ['comment', 'dispatch', 'reassign', 'send_to_desk', 'suspend', 'supervise', 'relate', 'void'],
  };
}

export const RULE = {
  id: 'sanitation.garbage_overflow', title: { zh: '垃圾满溢', en: 'Garbage overflow' }, lane: 'NORMAL', status: 'ACTIVE', file: 'waste.yaml', line: 12,
  department: 'dept.sanitation', cases: 12, confirmed: 9, false_alarms: 1, precision: 0.9, override_rate: 0.17, findings: [{ code: 'L402', level: 'warning', text: 'often served by the fallback only', waived: null }],
  text: 'sanitation.garbage_overflow:\n  when: fill >= 0.85\n  severity: 4\n  to: {role: grid_worker, radius_m: 1500}\n',
};

export const REPORT_TYPES = WHAT.map(([id, zh, en]) => ({ type: `hotline.${id.toLowerCase()}`, class: id, title: { zh, en }, class_title: { zh, en }, by: 'hotline', lane: 'REPORT' }));
