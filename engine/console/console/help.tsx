/* help.tsx: every key, and what is inside the pages. */
import { useEffect, useRef } from 'preact/hooks';
import { t, type Pair } from '../lib/i18n';
import { help_open } from './state';

const KEYS: readonly (readonly [keys: string, what: Pair])[] = [
  ['/', ['command line; Tab completes, ↑ ↓ choose', '命令行；Tab 补全，↑ ↓ 选择']],
  ['F2', ['new report 受理; Enter to the next field, Ctrl Enter sends', '受理；Enter 下一项，Ctrl Enter 提交']],
  ['J K', ['next, previous case that needs you', '下一个、上一个待处理案件']],
  ['Alt 1 … 7', ['pages', '切换页面']],
  ['A', ['to the actions of the followed case', '转到关注案件的操作']],
  ['W', ['why this worker', '派遣理由']],
  ['M', ['to the map; arrows move, + − zoom', '转到地图；方向键移动，+ − 缩放']],
  ['0', ['the whole district on the map', '地图显示全辖区']],
  ['Esc', ['closes what is open', '关闭当前窗口']],
];

export function Help() {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (help_open.value && !box.current?.open) {
      box.current?.showModal();
    } else if (!help_open.value && box.current?.open) {
      box.current.close();
    }
  }, [help_open.value]);
  return (
    <dialog ref={box} class="help" aria-labelledby="help-title" onClose={() => (help_open.value = false)}>
      <h2 id="help-title">{t(['Keys', '按键'])}</h2>
      <dl>
        {KEYS.map(([keys, what]) => (
          <>
            <dt>{keys.split(' ').map((key) => (key === '…' ? ' … ' : <kbd>{key}</kbd>))}</dt>
            <dd>{t(what)}</dd>
          </>
        ))}
      </dl>
      <p class="soft">
        {t(['The colour of a case is its clock: in time, over 80 %, overdue. Severity is the numeral Ⅰ to Ⅳ.',
          '案件颜色只表示时限：时限内、超 80 %、超时。等级以 Ⅰ–Ⅳ 表示。'])}
      </p>
      <p class="soft">
        <a href="licences.txt">{t(['software of others in these pages', '第三方软件许可'])}</a>
      </p>
      <button type="button" class="primary" onClick={() => (help_open.value = false)}>{t(['Close', '关闭'])}</button>
    </dialog>
  );
}
