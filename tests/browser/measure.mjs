/* measure.mjs: figures of the pages on this machine: frames a second, time to the first view, bytes.
 *
 *   node tests/browser/measure.mjs      5,000 moving workers and 2,000 cases, Chromium without a GPU, 1920x1080
 *
 * Workers all get a new place every second in ten parts, as the stream sends them, and glide between: up to 11 m/s, and once at forty times
 * that, so that every frame shows everybody elsewhere. Frames are counted by the page's own requestAnimationFrame. The processor time a frame, of
 * the page's thread and of all of Chromium, depends less on what else the machine does. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cpus } from 'node:os';
import { gzipSync } from 'node:zlib';
import { BUILD, close_browser, launch, open_stage } from './fixture.mjs';
import { dice, NOW_MS } from './world.mjs';

const PEOPLE = 5_000;
const CASES = 2_000;
const SECONDS = 8;

function bytes() {
  const all = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((item) =>
    item.isDirectory() ? all(join(folder, item.name)) : [join(folder, item.name)]);
  return all(join(BUILD, 'console/site')).filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
}

async function first_view() {
  const times = [];
  for (let i = 0; i < 3; i++) {
    const stage = await open_stage({});
    times.push(await stage.page.evaluate(() => Math.round(performance.now())));
    await stage.close();
  }
  return times;
}

/* Milliseconds that all threads of the browser have run. */
async function browser_ms(devtools) {
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const ticks = processInfo.map(({ id }) => `/proc/${id}/stat`).filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8').split(') ')[1].split(' ')).map((fields) => Number(fields[11]) + Number(fields[12]));
  return 10 * ticks.reduce((sum, one) => sum + one, 0);
}

async function frames(zoom, speed) {
  const stage = await open_stage({ people: PEOPLE, cases: CASES });
  await stage.page.focus('.map');
  for (let i = 0; i < zoom; i++) {
    await stage.page.keyboard.press('+');
    await stage.page.waitForTimeout(100);
  }
  const roll = dice(5);
  let part = 0;
  const timer = setInterval(() => {
    part = (part + 1) % 10;
    const workers = stage.world.workers.filter((_, i) => i % 10 === part).map((row) => ({
      id: row.id, lon_e7: row.lon_e7 += (roll(2001) - 1000) * speed, lat_e7: row.lat_e7 += (roll(2001) - 1000) * speed, on_shift: true, load: row.load,
    }));
    stage.push({ type: 'delta', position: 200, now_ms: NOW_MS, workers });
  }, 100);
  await stage.page.waitForTimeout(1500);
  const devtools = await stage.context.newCDPSession(stage.page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => (await devtools.send('Performance.getMetrics')).metrics.find((one) => one.name === 'TaskDuration').value * 1000;
  const whole = await (await launch()).newBrowserCDPSession();
  const before = await busy();
  const all_before = await browser_ms(whole);
  const measured = await stage.page.evaluate((seconds) => new Promise((resolve) => {
    const stamps = [];
    const begin = performance.now();
    const step = (at) => {
      stamps.push(at);
      if (performance.now() - begin < seconds * 1000) {
        requestAnimationFrame(step);
      } else {
        const gaps = stamps.slice(1).map((stamp, i) => stamp - stamps[i]).sort((a, b) => a - b);
        resolve({ fps: (stamps.length - 1) / ((stamps.at(-1) - stamps[0]) / 1000), p95: gaps[Math.floor(gaps.length * 0.95)], worst: gaps.at(-1) });
      }
    };
    requestAnimationFrame(step);
  }), SECONDS);
  measured.cpu_ms = ((await busy()) - before) / (measured.fps * SECONDS);
  measured.all_ms = ((await browser_ms(whole)) - all_before) / (measured.fps * SECONDS);
  clearInterval(timer);
  await stage.picture(`measure-${zoom}-${speed}`);
  await stage.close();
  return measured;
}

console.log(`machine: ${cpus().length} x ${cpus()[0].model}; Chromium without a GPU, 1920x1080`);
console.log(`scripts of all pages, gzipped: ${(bytes() / 1024).toFixed(1)} kB (bar 150)`);
console.log(`first view, navigation to the first rows: ${(await first_view()).join(', ')} ms (bar 1500)`);
for (const [zoom, speed, name] of [[0, 1, 'whole district, single markers'], [4, 1, 'zoomed in'], [0, 40, 'whole district, everybody elsewhere in every frame']]) {
  const { fps, p95, worst, cpu_ms, all_ms } = await frames(zoom, speed);
  console.log(`${PEOPLE} moving workers, ${CASES} cases, ${name}: ${fps.toFixed(1)} frames/s, p95 ${p95.toFixed(1)} ms, worst ${worst.toFixed(0)} ms (bar 50); ${cpu_ms.toFixed(1)} ms of processor time a frame in the page's thread, ${all_ms.toFixed(1)} in all`);
}
await close_browser();
