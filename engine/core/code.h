/* code.h: stable result and refusal codes, with their sentences in English and Chinese.
 *
 * A code is part of the protocol: numbers are never reused and names never change. The core uses the
 * numbers only; engine/edge/words.c turns the same list into text. */
#ifndef ENGINE_CORE_CODE_H
#define ENGINE_CORE_CODE_H

/* X(name, number, english, chinese) */
#define CODE_LIST(X)                                                                               \
    /* results of an event */                                                                      \
    X(NOTHING, 0, "nothing to say", "无")                                                          \
    X(OPENED, 1, "a case was opened", "已立案")                                                    \
    X(MERGED, 2, "merged into an open case", "已并入在办案件")                                     \
    X(DEDUPED, 3, "a repeat of an event already counted", "重复上报，已计数")                      \
    X(SUPPRESSED, 4, "held back by a silence or maintenance window", "已抑制")                     \
    X(NO_RULE, 5, "no active rule takes this event", "无规则匹配")                                 \
    X(LATE, 6, "older than the lateness allowed; used, but marked", "迟到数据，已标记")            \
    X(REOPENED, 7, "a closed case was reopened", "已重新立案")                                     \
    X(CLEARED, 8, "the source says it is over", "来源报告已消除")                                  \
    X(DONE, 9, "done", "已执行")                                                                   \
    X(SELF_CLEARED, 11, "over before anybody arrived", "人员到场前已自行消除")                     \
    X(COALESCED, 10, "a newer sample of the same device took its place in the queue",              \
      "同一设备已有更新的数据，本条略过")                                                          \
    X(TOLD, 19, "no case of its own; posts were told, or the case it belongs to was raised",       \
      "已通知相关岗位")                                                                            \
    X(WAITING, 18, "counted by a rule that has not seen enough yet", "已计入，尚未达到触发条件")   \
    X(STORED, 15, "the evidence is on disk", "证据已保存")                                         \
    X(PLAN_WAITS, 13, "an emergency plan waits for you", "应急预案待处理")                         \
    X(PLAN_TOLD, 14, "how an emergency plan stands", "应急预案进度")                               \
    /* refusals of an event */                                                                     \
    X(MALFORMED, 20, "the message does not follow its schema", "报文格式错误")                     \
    X(TOO_LARGE, 21, "larger than the limit", "超过大小限制")                                      \
    X(UNKNOWN_TYPE, 22, "event type unknown to the rules", "事件类型未知")                         \
    X(BAD_FIELD, 23, "a field has the wrong kind or length", "字段类型或长度错误")                 \
    X(BAD_PLACE, 24, "longitude or latitude is not a place on earth", "坐标无效")                  \
    X(OUTSIDE_CITY, 25, "outside the city's box", "位于城市范围之外")                              \
    X(UNKNOWN_DEVICE, 26, "device is not in the registry", "设备未登记")                           \
    X(TOO_OLD, 27, "older than the horizon within which repeats are known", "早于去重时限，拒收")  \
    X(IN_FUTURE, 28, "event time lies in the future", "事件时间在未来")                            \
    X(TABLE_FULL, 29, "a table has reached its limit", "容量已满")                                 \
    X(NO_RIGHT, 30, "this identity may not do that", "无此权限")                                   \
    X(UNKNOWN_IDENTITY, 31, "identity is not known", "身份未知")                                   \
    X(SEQ_REUSED, 32, "sequence number used before with other content", "序号重复但内容不同")      \
    X(SEQ_GAP, 33, "sequence numbers must follow each other", "序号不连续")                        \
    X(EPOCH_OLD, 34, "a newer outbox of this identity is in use", "发件箱版本过旧")                \
    X(RESOLVE_AGAIN, 35, "city or rules changed while this was on its way",                        \
      "城市或规则已更新，需重算")                                                                  \
    X(RATE, 36, "more than this identity may send now", "发送过快")                                \
    X(OVERLOADED, 37, "the engine sheds this lane now", "系统繁忙")                                \
    X(TOO_MANY_EVENTS, 38, "the case has taken all events it can hold", "该案件并入数已达上限")    \
    X(FORGOTTEN, 39, "accepted long ago; its result is no longer kept", "早已受理，结果不再保留")  \
    X(NO_CITY, 40, "no city and rules are active yet", "尚未启用城市与规则")                       \
    X(UNKNOWN_COMMAND, 41, "this version does not know that command", "未知命令")                  \
    X(RULES_REFUSED, 42,                                                                           \
      "these rules are not used: they cannot be read, or contradict each other",                   \
      "规则有误，未启用")                                                                          \
    X(RULES_DIFFER, 43, "other rule files than those that were checked", "规则文件与核对时不同")   \
    X(NO_KEYS, 47, "no key can be had to seal a contact with; the report was not taken",           \
      "无法加密联系方式，未受理")                                                                  \
    X(EVIDENCE_FULL, 48, "the quota of the evidence store is used up", "证据存储配额已满")         \
    X(BAD_DIGEST, 49, "the bytes do not have that digest", "文件与摘要不符")                       \
    X(KEY_NEEDED, 50, "this engine takes sealed frames only: a key is needed",                     \
      "须使用密钥加密通信")                                                                        \
    X(BY_MISSING, 53, "lacks a field that the rule counts by", "缺少规则所需的分组字段")           \
    X(WINDOW_FULL, 54, "the rule watches as many keys as it may", "规则窗口容量已满")              \
    X(UNKNOWN_ALERT, 44, "refers to an alert that is not known here", "引用的预警不存在")          \
    X(ALERT_OVER, 45, "refers to an alert that is over already", "引用的预警已解除")               \
    /* what else became of a rule that took an event */                                            \
    X(SHADOW, 55, "the rule is in shadow: evaluated, nothing done", "影子规则，仅评估不执行")      \
    X(LOST_LANE, 56, "another rule of its lane decided", "同道其他规则已生效")                     \
    X(CASELESS, 57, "no open case that it could act on", "无可作用的在办案件")                     \
    /* refusals of an action */                                                                    \
    X(UNKNOWN_SILENCE, 58, "no such silence, or it is over", "无此静默或已结束")                   \
    X(BAD_MATCHER, 59,                                                                             \
      "up to four of rule= tag= class= department= area= device= source= with names that exist; "  \
      "maintenance needs a device or an area",                                                     \
      "须写明存在的 rule= tag= class= department= area= device= "                            \
      "source=（至多四项）；设备维护须指定设备或区域")                                             \
    /* of orders and cases */                                                                      \
    X(WRONG_STATE, 60, "not possible in this state", "当前状态不可执行")                           \
    X(NOT_YOURS, 61, "this order or case belongs to somebody else", "非本人工单或案件")            \
    X(UNKNOWN_CASE, 62, "no such case", "无此案件")                                                \
    X(UNKNOWN_ORDER, 63, "no such order", "无此工单")                                              \
    X(UNKNOWN_WORKER, 64, "no such worker", "无此人员")                                            \
    X(REASON_NEEDED, 65, "a reason is needed", "须填写原因")                                       \
    X(PLACE_NEEDED, 66, "a place is needed", "须提供位置")                                         \
    X(TOO_FAR, 67, "too far from the case to be there", "距案发地过远")                            \
    X(CONFLICT_OF_INTEREST, 68, "who handled it may not check it", "处置人不得核查本案")           \
    X(RECALLED, 69, "the order was recalled before this arrived", "工单已撤回")                    \
    X(EXPIRED, 70, "the offer had expired before this arrived", "派单已超时")                      \
    X(GONE, 71, "the case has left the engine; see the history", "案件已归档")                     \
    X(NOT_ELIGIBLE, 72, "that worker may not take this order", "该人员不可承接")                   \
    X(AMBIGUOUS, 73, "more than one case has that suffix", "编号后缀不唯一")                       \
    X(UNKNOWN_ACTION, 74, "no such action", "未知操作")                                            \
    X(OVERDUE, 75, "its clock has run out already", "时限已过，不可再申请")                        \
    X(ONCE_ONLY, 76, "that was done once, and may be done once only", "仅限一次，已使用")          \
    X(NO_MORE_EXTENSIONS, 77, "all extensions are used, or one is being decided",                  \
      "延期次数已用完或正在审批")                                                                  \
    X(CHILD_OPEN, 78, "a child of this case is still open", "尚有子案未结")                        \
    X(BAD_UNTIL, 79, "a time is needed after now and within a year", "须指定一年以内的将来时间")   \
    X(NOT_MISSED, 80, "no clock was missed: nothing to appeal", "未超时，无须申诉")                \
    X(OTHER_CASE_NEEDED, 81, "another case is needed that this can be tied to",                    \
      "须指定可关联的另一案件")                                                                    \
    X(TEXT_NEEDED, 82, "words are needed: what, or by which clause", "须填写内容或依据条款")       \
    X(NOTHING_ASKED, 83, "nothing was asked that this would answer", "无待处理的申请或督办")       \
    X(BAD_AMOUNT, 84, "that number is not possible here", "数量超出允许范围")                      \
    X(RULED, 85, "a ruling names this office: it cannot hand it on", "已有裁定，不得再转")         \
    X(NO_DISPUTE, 86, "nothing is put to adjudication", "无待裁定事项")                            \
    X(IN_DISPUTE, 87, "in adjudication: no hand-over before the ruling", "裁定期间不得转派")       \
    X(UNCITED, 88, "a ruling cites positions that were filed", "裁定须引用已提交的意见")           \
    X(NO_CONTACT, 92, "no reporter of this case left a contact", "本案无上报人联系方式")           \
    X(CONTACT_ERASED, 93, "the reporter's contact was erased", "上报人联系方式已删除")             \
    X(KEY_REVOKED, 94, "this key was revoked", "该密钥已吊销")                                     \
    X(UNKNOWN_KEY, 95, "no such key is registered", "无此密钥")                                    \
    X(BAD_KEY, 46, "a public key of 32 bytes is expected that is nobody else's",                   \
      "公钥无效或已属他人")                                                                        \
    X(BAD_STARS, 96, "stars are 1 to 5", "评价为一至五星")                                         \
    X(ALREADY_RATED, 97, "this receipt has said so before", "该回执已评价")                        \
    X(RATED_EARLY, 98, "a case is rated after it is closed", "结案后方可评价")                     \
    X(UNKNOWN_RECEIPT, 99, "the case has no such report; a receipt is case.report", "无此回执")    \
    X(UNKNOWN_PLAN, 89, "no such plan, or no such line on the checklist", "无此预案或检查项")      \
    X(CHECKLIST_OPEN, 90, "the checklist needs an answer first, with its evidence where asked",    \
      "检查项未填报完整")                                                                          \
    X(PLAN_RUNNING, 91, "this plan is running already", "该预案已在响应中")                        \
    /* why a worker was passed over (dispatch) */                                                  \
    X(ELIGIBLE, 100, "could take it", "可承接")                                                    \
    X(OFF_SHIFT, 101, "not on shift", "不在班")                                                    \
    X(WRONG_ROLE, 102, "another role", "岗位不符")                                                 \
    X(WRONG_SKILL, 103, "lacks the skill", "技能不符")                                             \
    X(NOT_IN_AREA, 104, "not responsible for this area", "不在责任区")                             \
    X(STALE_FIX, 105, "position too old", "定位过期")                                              \
    X(NO_FIX, 106, "position unknown", "无定位")                                                   \
    X(OUT_OF_RADIUS, 107, "outside the search radius", "超出搜索半径")                             \
    X(AT_CAPACITY, 108, "has as many orders as allowed", "已满负荷")                               \
    X(DECLINED, 109, "declined or let it expire before", "已拒单或超时未接")                       \
    X(ALREADY_ON_CASE, 110, "already on this case", "已在本案中")                                  \
    X(CONFLICTED, 111, "handled it, so may not check it", "处置人回避")                            \
    X(RESTING, 112, "resting after a long order", "休息中")                                        \
    X(SUSPENDED_WORKER, 113, "suspended from duty", "停派中")                                      \
    X(FARTHER, 114, "eligible, but farther", "可承接但更远")                                       \
    X(BUSIER, 115, "eligible, but carries more", "可承接但负荷更高")                               \
    X(CHECKED_BEFORE, 116, "checked it before: another must look", "已核查过，须换人复核")         \
    X(OTHER_OWNER, 118, "eligible, but a ruling names another department",                         \
      "可承接但确权属其他部门")                                                                    \
    X(OTHER_VISIT, 119, "eligible, but another goes there already", "可承接但已有人前往同处")      \
    X(NEEDED_ELSEWHERE, 123, "eligible and nearer, but needed more by another order",              \
      "可承接且更近，但另有工单更需要")                                                            \
    /* why an order was recalled */                                                                \
    X(PREEMPTED, 124, "a case of severity 1 needs this worker first", "须优先处置Ⅰ级案件")         \
    X(REROUTED, 125, "another worker is there sooner", "另有人员可更快到达")                       \
    X(TAKEN, 126, "another accepted it first", "已由他人先行接单")

#define CODE_ENUM(name, number, en, zh) CODE_##name = number,
enum code { CODE_LIST(CODE_ENUM) CODE_LIMIT = 128 };
#undef CODE_ENUM

#endif
