/* test_command.mjs: what a line typed below the map means, and how it could go on. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BUILD } from './fixture.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

let loaded = null;
const load = () => (loaded ??= bundle());

async function bundle() {
  const { build } = createRequire(join(ROOT, 'engine/console/package.json'))('esbuild');
  const outfile = join(BUILD, 'browser/command.mjs');
  await build({ entryPoints: [join(ROOT, 'engine/console/console/command.ts')], bundle: true, format: 'esm', outfile, logLevel: 'error' });
  return (await import(pathToFileURL(outfile).href)).read_command;
}

const WORLD = {
  cases: [{ id: '28', names: ['28'], hint: 'gas smell' }, { id: '280', names: ['280'], hint: 'parking' }],
  actions: { VOID: ['void', '作废'], RETURN: ['return', '退回'], CHECK_PASS: ['check passed', '核查通过'], CHECK_FAIL: ['check failed', '核查不通过'] },
  possible: ['CHECK_PASS'],
  reasons: { FALSE_ALARM: ['false alarm', '误报'], NOT_MINE: ['not within my duties', '不属本职'], NONE: ['no reason given', '未说明'] },
  reasons_of: (action) => (action === 'VOID' ? ['FALSE_ALARM'] : ['NOT_MINE', 'FALSE_ALARM']),
  addresses: [{ id: 'Bin 21', names: ['Bin 21'] }],
  pages: [{ id: 'workers', names: ['Workers', '人员'] }],
  places: [{ id: '110108001001', names: ['Cell 1', '第1网格'] }],
  people: [{ id: 'wang.fang', names: ['Wang Fang', '王芳'] }],
  followed: '28',
  is_zh: false,
};

const MEANS = [
  ['28', { kind: 'case', id: '28' }],
  ['案件 28', { kind: 'case', id: '28' }],
  ['case 20260303-28', { kind: 'case', id: '20260303-28' }],
  ['why', { kind: 'why', id: null }],
  ['为什么 28', { kind: 'why', id: '28' }],
  ['void 28 false alarm it was steam', { kind: 'act', action: 'VOID', id: '28', reason: 'FALSE_ALARM', text: 'it was steam' }],
  ['VOID false_alarm', { kind: 'act', action: 'VOID', id: '28', reason: 'FALSE_ALARM' }],
  ['退回 28 不属本职', { kind: 'act', action: 'RETURN', id: '28', reason: 'NOT_MINE' }],
  ['check failed 280', { kind: 'act', action: 'CHECK_FAIL', id: '280' }],
  ['go to workers', { kind: 'page', id: 'workers' }],
  ['打开 王芳', { kind: 'person', id: 'wang.fang' }],
  ['go Cell 1', { kind: 'place', id: '110108001001' }],
  ['report water on the road', { kind: 'report', text: 'water on the road' }],
  ['受理', { kind: 'report', text: '' }],
  ['find bin 21', { kind: 'find', text: 'bin 21' }],
  ['theme', { kind: 'do', what: 'theme' }],
  ['voids 28', null],
  ['go to 红旗路12号', { kind: 'address', text: '红旗路12号' }],
  ['go x', null],
  ['void 28 not within my duties', { kind: 'act', action: 'VOID', id: '28', text: 'not within my duties' }],
  ['', null],
];

export default [
  ['a line means one thing, in either language, or nothing', async () => {
    const read = await load();
    for (const [line, meaning] of MEANS) {
      assert.deepEqual(read(line, WORLD).meaning, meaning, line);
    }
    assert.equal(read('void', { ...WORLD, followed: null }).meaning, null);
  }],
  ['completions: what is possible now comes first, numbers by their beginning, reasons after a case', async () => {
    const read = await load();
    assert.deepEqual(read('che', WORLD).completions.map((one) => one.text), ['check passed', 'check failed']);
    assert.deepEqual(read('', WORLD).completions.map((one) => one.text), ['check passed']);
    assert.deepEqual(read('28', WORLD).completions.map((one) => one.text), ['280']);
    assert.deepEqual(read('void 28 fal', WORLD).completions.map((one) => one.text), ['void 28 false alarm']);
    assert.deepEqual(read('return 28 ', WORLD).completions.map((one) => one.text), ['return 28 not within my duties', 'return 28 false alarm']);
    assert.deepEqual(read('go to bi', WORLD).completions.map((one) => one.text), ['go to Bin 21']);
    assert.deepEqual(read('go to wa', WORLD).completions.map((one) => one.text), ['go to Wang Fang']);
    assert.ok(read('', { ...WORLD, possible: Object.keys(WORLD.actions) }).completions.length <= 8);
  }],
];
