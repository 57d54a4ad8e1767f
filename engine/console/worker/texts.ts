/* texts.ts: the words of the worker page, in two languages. */
import words from 'gridloop:words';
import type { Pair } from '../lib/i18n';

const pair_of = (vocabulary: 'code' | 'order_state' | 'action' | 'reason', name: string): Pair | undefined => {
  const found = words[vocabulary][name.toUpperCase()];
  return found ? [found[0], found[1]] : undefined;
};

export const words_of_code = (code: string, otherwise = ''): Pair =>
  pair_of('code', code) ?? [otherwise || code, otherwise || code];
export const words_of_state = (name: string): Pair => pair_of('order_state', name) ?? [name, name];
export const words_of_action = (name: string): Pair => pair_of('action', name) ?? [name, name];

export const TEXT = {
  title: ['Grid worker', '网格员'],
  loading: ['Loading…', '正在加载…'],
  log_in: ['Scan the code that your dispatcher shows you. A link logs you in once, for a few minutes.',
    '请扫描派遣员出示的二维码登录。二维码仅可使用一次，数分钟内有效。'],
  code_over: ['This link was used already or is too old. Ask for another.', '此登录链接已使用或已过期，请重新获取。'],
  log_out: ['Log out', '退出登录'],
  no_server: ['No connection. What you do is kept and sent later.', '无网络。您的操作已保存，联网后自动发送。'],
  not_kept: ['This browser keeps nothing: leave the page open until all is sent.', '此浏览器无法保存数据：发送完成前请勿关闭页面。'],
  waiting: ['{0} waiting to send', '{0} 条待发送'],
  others: ['{0} of another person wait on this phone until they log in here', '本机另有他人 {0} 条待发送，须其本人登录'],
  all_sent: ['All sent', '已全部发送'],
  again: ['Send now', '立即发送'],
  ready: ['On duty', '在岗'],
  paused: ['Pause', '暂停'],
  off: ['Off', '下岗'],
  offers: ['New', '待接单'],
  mine: ['My tasks', '我的任务'],
  none: ['Nothing to do now. New tasks appear here.', '暂无任务。新任务会显示在这里。'],
  left: ['{0} left', '剩 {0}'],
  over: ['over time by {0}', '已超 {0}'],
  accept: ['Accept', '接单'],
  decline: ['Decline', '拒单'],
  arrive: ['Arrived', '到场'],
  done: ['Done', '处置完'],
  return: ['Give back', '退回'],
  pass: ['Passed', '核查通过'],
  fail: ['Not good', '不通过'],
  yes: ['Confirmed', '属实'],
  no: ['Not so', '不属实'],
  answer: ['Send the answer', '提交回复'],
  ack: ['Acknowledge the start', '确认已启动'],
  photo: ['Photo', '拍照'],
  photo_added: ['photos: {0}', '{0} 张照片'],
  report: ['Report', '上报'],
  report_title: ['Report something', '上报'],
  what: ['What is it?', '问题类型'],
  words: ['Words (may be left out)', '说明（可不填）'],
  words_needed: ['Words', '说明'],
  self_handled: ['I put it right on the spot', '已自处置'],
  on_behalf: ['For a citizen', '代居民上报'],
  caller_name: ['Name', '姓名'],
  caller_phone: ['Phone', '电话'],
  contact_note: ['Sealed under a key of its own; masked for everybody without a reason to call.', '联系方式单独加密保存，默认脱敏显示。'],
  where: ['Where', '位置'],
  pin: ['Set on the map', '在地图上标注'],
  pin_title: ['Where are you? Move the map under the mark.', '您在哪里？拖动地图对准标记。'],
  take: ['Here', '就是这里'],
  cancel: ['Cancel', '取消'],
  send: ['Send', '提交'],
  why: ['Why?', '原因'],
  choose: ['Choose', '请选择'],
  here: ['Shown to the centre while you are on duty: {0}, ±{1} m', '在岗期间上报的位置：{0}，±{1} 米'],
  here_pin: ['As you set it on the map: {0}', '地图标注的位置：{0}'],
  no_fix: ['Your position is not sent', '未上报位置'],
  share: ['Send my position', '上报我的位置'],
  stop: ['Stop', '停止'],
  fix_denied: ['The phone does not allow it; set the place on the map.', '手机未授权定位，请在地图上标注。'],
  fix_absent: ['No position on this connection (https is needed); set the place on the map.', '此连接不支持定位（需 https），请在地图上标注。'],
  fix_none: ['No position found yet.', '暂未获取到位置。'],
  feedback: ['Something wrong with this task? Tell the shift', '任务不合理？向值班长反馈'],
  feedback_note: ['It goes on the case’s record, where dispatcher and overseers read it. Nothing here ranks people.',
    '反馈记入案件，派遣员与督查均可查看。本系统不对个人排名。'],
  to_map: ['Map', '地图'],
  checklist: ['Checklist', '检查项'],
  required: ['needed', '必填'],
  yes_short: ['Yes', '是'],
  no_short: ['No', '否'],
  reporter: ['Reported by {0}', '反映人 {0}'],
  deadline: ['until {0}', '{0} 前'],
  taken_away: ['Taken back: {0}', '已撤回：{0}'],
  changed: ['Changed: {0}', '有变化：{0}'],
  severity: ['Severity {0}', '等级 {0}'],
  sending: ['{0}: waiting to send', '{0}：待发送'],
  photo_failed: ['The photo could not be read.', '照片无法读取。'],
  need_photo: ['a photo is needed', '须拍照'],
  number: ['number', '数值'],
  menu: ['Privacy and help', '隐私与帮助'],
  privacy: ['Your position is sent only while you are on duty and only as shown above; you can stop it. No track is shown to anybody, no ranking is made.',
    '仅在岗期间上报上方显示的位置，可随时停止。不展示轨迹，不做个人排名。'],
} as const satisfies Record<string, Pair>;

/* What may be given as a reason, most likely first, as the engine's table has it. */
export const reasons_of = (action: string): readonly string[] => words.act_reason[action.toUpperCase()] ?? ['OTHER'];

/* What to do about a refusal that its owner can mend. */
export const ADVICE: Readonly<Record<string, Pair>> = {
  TOO_FAR: ['Go there (within 1 km) and tap again. If the phone’s position is wrong, set where you are on the map.',
    '请到现场（1 公里内）后再点一次；若手机定位有误，请在地图上标注您的位置。'],
  PLACE_NEEDED: ['Set where you are on the map.', '请在地图上标注您的位置。'],
  CHECKLIST_OPEN: ['Answer the checklist above, with its photos, and tap again.', '请先填完上方检查项（须拍照的附照片），再点一次。'],
};
