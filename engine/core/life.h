/* life.h: the words of the closed loop: states, actions, reasons, holders, clocks, with their labels.
 *
 * One X-macro per vocabulary: X(NAME, number, english, chinese). Numbers are stored in logs and never
 * reused; a list may have gaps below its limit. The core uses numbers; engine/edge/words.c turns the lists into text. The table of what may
 * happen when is life.c. */
#ifndef ENGINE_CORE_LIFE_H
#define ENGINE_CORE_LIFE_H

#include "engine/core/base.h"
#include "engine/core/code.h"

#define CASE_STATE_LIST(X)                                                                         \
    X(NONE, 0, "none", "无")                                                                       \
    X(REPORTED, 1, "reported", "已上报")                                                           \
    X(VERIFYING, 2, "being verified on site", "核实中")                                            \
    X(FILED, 3, "filed", "已立案")                                                                 \
    X(DISPATCHING, 4, "being dispatched", "派遣中")                                                \
    X(ASSIGNED, 5, "assigned", "已派遣")                                                           \
    X(ON_SITE, 6, "worker on site", "已到场")                                                      \
    X(HANDLED, 7, "handled", "已处置")                                                             \
    X(CHECKING, 8, "being checked", "核查中")                                                      \
    X(CLOSED, 9, "closed", "已结案")                                                               \
    X(VOID, 10, "void", "已作废")                                                                  \
    X(MERGED, 11, "merged into another case", "已并案")                                            \
    X(SUSPENDED, 12, "suspended", "挂账")                                                          \
    X(FORCED_CLOSED, 13, "closed by order", "强制结案")

#define ORDER_STATE_LIST(X)                                                                        \
    X(NONE, 0, "none", "无")                                                                       \
    X(OFFERED, 1, "offered", "待接单")                                                             \
    X(ACCEPTED, 2, "accepted, on the way", "已接单")                                               \
    X(ARRIVED, 3, "on site", "已到场")                                                             \
    X(DONE, 4, "done", "已完成")                                                                   \
    X(DECLINED, 5, "declined", "已拒单")                                                           \
    X(EXPIRED, 6, "expired", "已超时")                                                             \
    X(RETURNED, 7, "returned", "已退回")                                                           \
    X(RECALLED, 8, "recalled", "已撤回")

#define ORDER_KIND_LIST(X)                                                                         \
    X(HANDLE, 1, "handle", "处置")                                                                 \
    X(ASSIST, 2, "assist", "协助")                                                                 \
    X(VERIFY_REPORT, 3, "verify the report", "核实")                                               \
    X(CHECK_RESULT, 4, "check the result", "核查")                                                 \
    X(INFORM, 5, "give data", "数据协查")                                                          \
    X(PLAN_TASK, 6, "plan task", "预案任务")                                                       \
    X(ADJUDICATE, 7, "rule on who is responsible", "裁定")

/* Acts by people and devices (below 63: one bit each in "possible now"), then what the engine itself does (64 and up, never accepted from
 * outside). */
#define ACTION_LIST(X)                                                                             \
    X(NONE, 0, "nothing", "无")                                                                    \
    X(ACCEPT, 1, "accept", "接单")                                                                 \
    X(DECLINE, 2, "decline", "拒单")                                                               \
    X(ARRIVE, 3, "arrive", "到场")                                                                 \
    X(DONE, 4, "done", "处置完成")                                                                 \
    X(RETURN, 5, "return", "退回")                                                                 \
    X(CHECK_PASS, 6, "check passed", "核查通过")                                                   \
    X(CHECK_FAIL, 7, "check failed", "核查不通过")                                                 \
    X(VERIFY_YES, 8, "report confirmed", "核实属实")                                               \
    X(VERIFY_NO, 9, "report not confirmed", "核实不属实")                                          \
    X(REASSIGN, 10, "reassign", "改派")                                                            \
    X(DISPATCH, 11, "dispatch again", "重新派遣")                                                  \
    X(VOID, 12, "void", "作废")                                                                    \
    X(FORCE_CLOSE, 13, "close by order", "强制结案")                                               \
    X(REOPEN, 14, "reopen", "重新立案")                                                            \
    X(COMMENT, 15, "comment", "备注")                                                              \
    X(FILE, 16, "file", "立案")                                                                    \
    X(CLOSE, 17, "close", "结案")                                                                  \
    X(SEND_TO_DESK, 18, "send to a desk", "转派岗位")                                              \
    X(SUSPEND, 19, "suspend", "挂账")                                                              \
    X(RESUME, 20, "resume", "恢复办理")                                                            \
    X(EXTEND, 21, "ask for an extension", "申请延期")                                              \
    X(EXTEND_YES, 22, "approve the extension", "同意延期")                                         \
    X(EXTEND_NO, 23, "refuse the extension", "不同意延期")                                         \
    X(APPEAL, 24, "appeal the missed clock", "超时申诉")                                           \
    X(APPEAL_YES, 25, "appeal upheld", "申诉成立")                                                 \
    X(APPEAL_NO, 26, "appeal refused", "申诉不成立")                                               \
    X(SUPERVISE, 27, "supervise", "督办")                                                          \
    X(ANSWER, 28, "answer the supervision", "督办回复")                                            \
    X(MERGE_INTO, 29, "merge into another case", "并案")                                           \
    X(SPLIT, 30, "split off a case", "拆案")                                                       \
    X(LINK_CHILD, 31, "take as a child", "设为子案")                                               \
    X(UNLINK_CHILD, 32, "let a child go", "解除子案")                                              \
    X(RELATE, 33, "relate to another case", "关联案件")                                            \
    X(REPLACE, 34, "replace by another case", "以他案替代")                                        \
    X(CONTROL, 35, "put under control", "管控")                                                    \
    X(REQUEST_HELP, 36, "request help", "吹哨求援")                                                \
    X(INFORM, 37, "ask for data", "数据协查")                                                      \
    X(HAND_OVER, 39, "hand over to another office", "移交")                                        \
    X(POSITION, 40, "state a position", "陈述意见")                                                \
    X(RULE, 41, "rule on who is responsible", "作出裁定")                                          \
    X(PLAN_CONFIRM, 45, "confirm the plan", "确认启动预案")                                        \
    X(PLAN_STAND_DOWN, 46, "stand the plan down", "终止响应")                                      \
    X(PLAN_ACK, 47, "acknowledge the start", "确认已启动")                                         \
    X(PLAN_ANSWER, 48, "answer a checklist line", "填报检查项")                                    \
    X(PLAN_START, 49, "start a plan by hand", "人工启动预案")                                      \
    X(REVEAL, 50, "reporter's contact seen", "查看联系方式")                                       \
    X(ERASE, 51, "reporter's contact erased", "删除联系方式")                                      \
    X(READ_EVIDENCE, 52, "evidence taken out", "调取证据")                                         \
    X(KEY_REGISTER, 53, "key registered", "登记密钥")                                              \
    X(KEY_REVOKE, 54, "key revoked", "吊销密钥")                                                   \
    X(SILENCE, 60, "hold back for a while", "静默")                                                \
    X(UNSILENCE, 61, "end the silence", "解除静默")                                                \
    X(MAKE_SAFE, 62, "made safe", "现场已排险")                                                    \
    X(RATE, 55, "rated", "满意度评价")                                                             \
    X(SOLVED, 56, "said to be solved", "反馈已解决")                                               \
    X(NOT_SOLVED, 57, "said not to be solved", "反馈未解决")                                       \
    X(OPEN, 64, "opened by an event", "事件立案")                                                  \
    X(MERGE, 65, "event merged", "事件并入")                                                       \
    X(OFFER, 66, "offered", "派单")                                                                \
    X(EXPIRE, 67, "offer expired", "接单超时")                                                     \
    X(RECALL, 68, "recalled", "撤回")                                                              \
    X(ESCALATE, 69, "escalated", "升级")                                                           \
    X(MISS, 70, "clock missed", "超时")                                                            \
    X(NOBODY, 71, "nobody eligible", "无人可派")                                                   \
    X(TO_DESK, 72, "handed to a desk", "转岗位承接")                                               \
    X(CLEAR, 73, "cleared by the source", "来源报告消除")                                          \
    X(LOST, 74, "worker lost", "人员失联")                                                         \
    X(START_CHECK, 75, "check started", "启动核查")                                                \
    X(RETIRE, 76, "left the engine", "归档")                                                       \
    X(SEVERITY, 77, "severity changed", "等级变化")                                                \
    X(SELF_HANDLED, 78, "handled by the reporter", "自处置")                                       \
    X(AWAIT_CLEAR, 79, "waits for the source", "等待来源确认")                                     \
    X(EXTEND_LAPSE, 80, "extension lapsed", "延期申请失效")                                        \
    X(RECHECK, 81, "sampled for a second check", "抽查复核")                                       \
    X(ABSORB, 82, "took another case in", "并入他案")                                              \
    X(GET_PARENT, 83, "became a child", "成为子案")                                                \
    X(LEAVE_PARENT, 84, "no longer a child", "不再为子案")                                         \
    X(RECALENDAR, 85, "deadline recomputed", "时限重算")                                           \
    X(NEXT_LEAD, 86, "asked to lead instead", "改请牵头")                                          \
    X(REHOME, 87, "the border moved", "网格边界调整")                                              \
    X(ADJUDICATE, 96, "put to adjudication", "提请裁定")                                           \
    X(SILENT, 97, "gave no position in time", "逾期未陈述")                                        \
    X(RULED_BEFORE, 98, "an earlier ruling names the owner", "按确权办理")                         \
    X(SHORT_NOTICE, 99, "less notice than the class asks for", "通知时间不足")                     \
    X(JOINT_VISIT, 100, "one visit for several orders", "合并上门")                                \
    X(STUCK, 101, "nobody could answer for it there", "责任断点")                                  \
    X(PREEMPT, 102, "a case of severity 1 goes first", "Ⅰ级案件优先")                              \
    X(REROUTE, 103, "moved to another worker", "优化改派")                                         \
    X(PLAN_ASK, 104, "plan waits for confirmation", "预案待确认")                                  \
    X(PLAN_BEGIN, 105, "plan begun", "预案已启动")                                                 \
    X(PLAN_PROGRESS, 106, "plan progress", "预案进度")                                             \
    X(PLAN_SILENT, 107, "nobody sent by this district", "该区未派人检查")                          \
    X(PLAN_TASK_LATE, 108, "start not acknowledged in time", "逾期未确认启动")                     \
    X(PLAN_CANCEL, 109, "cancelled, the plan stood down", "响应终止，任务取消")                    \
    X(PLAN_END, 110, "plan ended", "预案已结束")                                                   \
    X(LATE_REPORT, 111, "no report from the place itself in time", "逾期未报")                     \
    X(CONFIRM_WAIT, 125, "waits for another source", "待其他来源印证")                             \
    X(CONFIRMED, 126, "confirmed by several sources", "多源印证属实")                              \
    X(CONFIRM_LAPSE, 127, "no other source confirmed it in time", "逾期未获印证")                  \
    X(ABSENT, 121, "what had to follow did not come in time", "应到未到")                          \
    X(RELATED, 122, "a smaller event, held back by this case", "关联事件，已抑制")

#define REASON_LIST(X)                                                                             \
    X(NONE, 0, "no reason given", "未说明")                                                        \
    X(NOT_MINE, 1, "not within my duties", "不属本职")                                             \
    X(PRIVATE_LAND, 2, "private land", "属私人用地")                                               \
    X(NOT_FOUND, 3, "nothing found there", "现场未发现")                                           \
    X(NO_EQUIPMENT, 4, "equipment missing", "缺少设备")                                            \
    X(UNSAFE, 5, "not safe alone", "单人处置不安全")                                               \
    X(BUSY, 6, "busy", "正忙")                                                                     \
    X(TOO_FAR, 7, "too far", "距离过远")                                                           \
    X(UNWELL, 8, "unwell", "身体不适")                                                             \
    X(FALSE_ALARM, 9, "false alarm", "误报")                                                       \
    X(DUPLICATE, 10, "duplicate", "重复")                                                          \
    X(OUTSIDE_DUTY, 11, "outside the city's duties", "不在受理范围")                               \
    X(NOT_DONE, 12, "not done properly", "处置不到位")                                             \
    X(CAME_BACK, 13, "it came back", "问题复发")                                                   \
    X(BETTER_PLACED, 14, "another person is better placed", "更合适人选")                          \
    X(INSTRUCTED, 15, "instructed", "上级指示")                                                    \
    X(OTHER, 16, "other, see text", "其他")                                                        \
    X(NEEDS_PARTS, 17, "waits for parts or equipment", "待设备材料")                               \
    X(WEATHER, 18, "weather", "天气原因")                                                          \
    X(NEEDS_FUNDS, 19, "waits for funds", "待资金落实")                                            \
    X(LEGAL_STEPS, 20, "legal steps take their time", "须履行法定程序")                            \
    X(PERMITTED, 21, "permitted for a time", "已获许可")                                           \
    X(SAME_MATTER, 22, "the same matter", "同一问题")                                              \
    X(OTHER_MATTER, 23, "another matter", "另一问题")                                              \
    X(NEEDS_OTHERS, 24, "needs other departments", "需多部门联合")                                 \
    X(IMPORTANT, 25, "important", "重要事项")                                                      \
    X(UNFORESEEN, 26, "nobody could foresee it", "不可抗力")                                       \
    X(CIRCLED, 27, "handed round in a circle", "循环转派")                                         \
    X(BACK_AND_FORTH, 28, "handed to and fro", "反复互转")                                         \
    X(SAME_REASON, 29, "given back twice for the same reason", "同一理由重复退回")                 \
    X(NEAR_DEADLINE, 30, "kept, then given back near the deadline", "临期退回")                    \
    X(PUSHED_UP, 31, "handed up with no own act", "未尽责上交")                                    \
    X(PUSHED_DOWN, 32, "handed down, only inspection kept", "责任下沉、只留检查")                  \
    X(PERMIT_CONFLICT, 33, "another office has permitted it", "许可与处置相抵触")                  \
    X(BY_CLAUSE, 34, "by its clause", "依规定")                                                    \
    X(CALL_BACK, 39, "to call the reporter back", "回访上报人")                                    \
    X(REPORTER_ASKED, 40, "the reporter asked for it", "上报人要求")                               \
    X(NOT_SOLVED, 41, "the reporter says it is not solved", "反映人反馈未解决")                    \
    X(DRILL, 35, "drill", "演练")                                                                  \
    X(PLAN_OVER, 36, "the plan stood down", "响应已终止")                                          \
    X(SUPERSEDED, 37, "another alert took its place", "预警已调整")                                \
    X(KEY_EXPOSED, 42, "lost, stolen or seen by others", "密钥遗失或泄露")                         \
    X(KEY_FOLLOWED, 43, "another key took its place", "已换用新密钥")                              \
    X(MAINTENANCE, 46, "equipment under maintenance", "设备维护")

/* What fits as the reason of an act that needs one, most likely first: what forms offer. The engine takes any. */
#define ACT_REASON_LIST(X, R)                                                                      \
    X(DECLINE, R(BUSY) | R(TOO_FAR) | R(NO_EQUIPMENT) | R(UNSAFE) | R(UNWELL) | R(NOT_MINE) |      \
                   R(BY_CLAUSE) | R(OTHER))                                                        \
    X(RETURN, R(NOT_MINE) | R(PRIVATE_LAND) | R(NOT_FOUND) | R(FALSE_ALARM) | R(OUTSIDE_DUTY) |    \
                  R(NO_EQUIPMENT) | R(UNSAFE) | R(NEEDS_OTHERS) | R(BUSY) | R(UNWELL) | R(OTHER))  \
    X(VERIFY_NO, R(NOT_FOUND) | R(FALSE_ALARM) | R(DUPLICATE) | R(OUTSIDE_DUTY) | R(OTHER))        \
    X(CHECK_FAIL, R(NOT_DONE) | R(CAME_BACK) | R(OTHER))                                           \
    X(VOID, R(FALSE_ALARM) | R(NOT_FOUND) | R(DUPLICATE) | R(OUTSIDE_DUTY) | R(PERMITTED) |        \
                R(DRILL) | R(OTHER))                                                               \
    X(FORCE_CLOSE, R(INSTRUCTED) | R(OUTSIDE_DUTY) | R(LEGAL_STEPS) | R(PERMITTED) | R(OTHER))     \
    X(REOPEN, R(CAME_BACK) | R(NOT_DONE) | R(NOT_SOLVED) | R(INSTRUCTED) | R(OTHER))               \
    X(REASSIGN, R(BETTER_PLACED) | R(BUSY) | R(TOO_FAR) | R(NO_EQUIPMENT) | R(UNSAFE) |            \
                    R(UNWELL) | R(INSTRUCTED) | R(OTHER))                                          \
    X(SEND_TO_DESK, R(NEEDS_OTHERS) | R(PRIVATE_LAND) | R(LEGAL_STEPS) | R(NOT_MINE) |             \
                        R(BY_CLAUSE) | R(INSTRUCTED) | R(OTHER))                                   \
    X(HAND_OVER, R(NOT_MINE) | R(BY_CLAUSE) | R(PRIVATE_LAND) | R(OUTSIDE_DUTY) |                  \
                     R(NEEDS_OTHERS) | R(NO_EQUIPMENT) | R(OTHER))                                 \
    X(POSITION,                                                                                    \
      R(BY_CLAUSE) | R(NOT_MINE) | R(PERMITTED) | R(PRIVATE_LAND) | R(LEGAL_STEPS) | R(OTHER))     \
    X(RULE, R(BY_CLAUSE) | R(PERMITTED) | R(INSTRUCTED) | R(OTHER))                                \
    X(EXTEND, R(NEEDS_PARTS) | R(WEATHER) | R(NEEDS_FUNDS) | R(LEGAL_STEPS) | R(NEEDS_OTHERS) |    \
                  R(UNFORESEEN) | R(OTHER))                                                        \
    X(EXTEND_NO, R(IMPORTANT) | R(BY_CLAUSE) | R(INSTRUCTED) | R(OTHER))                           \
    X(SUSPEND, R(NEEDS_PARTS) | R(WEATHER) | R(NEEDS_FUNDS) | R(LEGAL_STEPS) | R(NEEDS_OTHERS) |   \
                   R(PERMITTED) | R(UNFORESEEN) | R(OTHER))                                        \
    X(CONTROL, R(INSTRUCTED) | R(LEGAL_STEPS) | R(UNSAFE) | R(WEATHER) | R(UNFORESEEN) | R(OTHER)) \
    X(SUPERVISE,                                                                                   \
      R(IMPORTANT) | R(INSTRUCTED) | R(NOT_DONE) | R(CAME_BACK) | R(NOT_SOLVED) | R(OTHER))        \
    X(APPEAL,                                                                                      \
      R(UNFORESEEN) | R(WEATHER) | R(NEEDS_OTHERS) | R(LEGAL_STEPS) | R(NEEDS_PARTS) | R(OTHER))   \
    X(APPEAL_NO, R(NOT_DONE) | R(BY_CLAUSE) | R(OTHER))                                            \
    X(MERGE_INTO, R(SAME_MATTER) | R(DUPLICATE) | R(OTHER))                                        \
    X(REPLACE, R(SAME_MATTER) | R(INSTRUCTED) | R(OTHER))                                          \
    X(SPLIT, R(OTHER_MATTER) | R(NEEDS_OTHERS) | R(OTHER))                                         \
    X(UNLINK_CHILD, R(OTHER_MATTER) | R(OTHER))                                                    \
    X(REVEAL, R(CALL_BACK) | R(OTHER))                                                             \
    X(ERASE, R(REPORTER_ASKED) | R(OTHER))                                                         \
    X(REQUEST_HELP, R(NEEDS_OTHERS) | R(UNSAFE) | R(NO_EQUIPMENT) | R(OTHER))

#define CLOCK_LIST(X)                                                                              \
    X(NONE, 0, "none", "无")                                                                       \
    X(ACCEPT, 1, "accept", "接单时限")                                                             \
    X(ARRIVE, 2, "arrive", "到场时限")                                                             \
    X(DISPATCH, 3, "dispatch", "派遣时限")                                                         \
    X(HANDLE, 4, "handle", "处置时限")                                                             \
    X(CHECK, 5, "check", "核查时限")                                                               \
    X(VERIFY, 6, "verify", "核实时限")                                                             \
    X(RETIRE, 7, "reopen window", "重新立案期")                                                    \
    X(CLEARED, 8, "waiting for the device", "等待设备确认")                                        \
    X(SUSPENDED, 9, "suspension", "挂账期限")                                                      \
    X(CONTROL, 10, "control window", "管控期限")                                                   \
    X(SUPERVISE, 11, "supervision", "督办时限")                                                    \
    X(INFORM, 12, "give data", "协查时限")                                                         \
    X(APPEAL, 13, "decide the appeal", "申诉裁决时限")                                             \
    X(POSITION, 16, "position", "陈述时限")                                                        \
    X(RULING, 17, "ruling", "裁定时限")                                                            \
    X(PLAN_CONFIRM, 20, "confirm the plan", "预案确认时限")                                        \
    X(PLAN_ACK, 21, "acknowledge the start", "启动确认时限")                                       \
    X(LATE_REPORT, 22, "report by the place itself", "单位报告时限")                               \
    X(CONFIRM, 25, "confirmation by other sources", "多源印证时限")                                \
    X(MAKE_SAFE, 26, "make safe", "现场排险时限")

/* What a worker app says of its owner. */
#define WORKER_STATUS_LIST(X)                                                                      \
    X(UNKNOWN, 0, "unknown", "未知")                                                               \
    X(READY, 1, "on duty", "在岗")                                                                 \
    X(PAUSED, 2, "pausing", "暂停接单")                                                            \
    X(OFF, 3, "off duty", "下岗")

/* An activated emergency plan: see plans.c. */
#define PLAN_STATE_LIST(X)                                                                         \
    X(NONE, 0, "none", "无")                                                                       \
    X(PENDING, 1, "waiting for confirmation", "待确认")                                            \
    X(ACTIVE, 2, "active", "响应中")                                                               \
    X(STANDING_DOWN, 3, "standing down", "终止中")                                                 \
    X(ENDED, 4, "ended", "已结束")

/* What one of its tasks has come to. */
#define DUTY_STATE_LIST(X)                                                                         \
    X(NONE, 0, "none", "无")                                                                       \
    X(WAITING, 1, "not begun", "未开始")                                                           \
    X(OPEN, 2, "asked, nobody has begun", "已下达")                                                \
    X(STARTED, 3, "under way", "进行中")                                                           \
    X(DONE, 4, "done", "已完成")                                                                   \
    X(CANCELLED, 5, "cancelled", "已取消")

#define LIFE_ENUM_CASE(name, number, en, zh) CASE_##name = number,
enum case_state { CASE_STATE_LIST(LIFE_ENUM_CASE) CASE_STATE_COUNT = 14 };
#undef LIFE_ENUM_CASE
#define LIFE_ENUM_ORDER(name, number, en, zh) ORDER_##name = number,
enum order_state { ORDER_STATE_LIST(LIFE_ENUM_ORDER) ORDER_STATE_COUNT = 9 };
#undef LIFE_ENUM_ORDER
#define LIFE_ENUM_KIND(name, number, en, zh) KIND_##name = number,
enum order_kind { ORDER_KIND_LIST(LIFE_ENUM_KIND) KIND_LIMIT = 8 };
#undef LIFE_ENUM_KIND
#define LIFE_ENUM_ACTION(name, number, en, zh) ACTION_##name = number,
enum action { ACTION_LIST(LIFE_ENUM_ACTION) ACTION_OUTSIDE_LIMIT = 63, ACTION_LIMIT = 128 };
#undef LIFE_ENUM_ACTION
#define LIFE_ENUM_REASON(name, number, en, zh) REASON_##name = number,
enum reason { REASON_LIST(LIFE_ENUM_REASON) REASON_LIMIT = 51 };
#undef LIFE_ENUM_REASON
#define LIFE_ENUM_CLOCK(name, number, en, zh) CLOCK_##name = number,
enum case_clock { CLOCK_LIST(LIFE_ENUM_CLOCK) CLOCK_LIMIT = 29 };
#undef LIFE_ENUM_CLOCK
#define LIFE_ENUM_STATUS(name, number, en, zh) STATUS_##name = number,
enum worker_status { WORKER_STATUS_LIST(LIFE_ENUM_STATUS) STATUS_LIMIT = 4 };
#undef LIFE_ENUM_STATUS

#define LIFE_ENUM_PLAN(name, number, en, zh) PLAN_##name = number,
enum plan_state { PLAN_STATE_LIST(LIFE_ENUM_PLAN) PLAN_STATE_COUNT = 5 };
#undef LIFE_ENUM_PLAN
#define LIFE_ENUM_DUTY(name, number, en, zh) DUTY_##name = number,
enum duty_state { DUTY_STATE_LIST(LIFE_ENUM_DUTY) DUTY_STATE_COUNT = 6 };
#undef LIFE_ENUM_DUTY

/* Who answers for an open case right now. */
enum holder_kind { HOLDER_NONE = 0, HOLDER_PERSON = 1, HOLDER_POST = 2 };

/* Is the case's loop closed? */
static inline bool case_state_is_terminal(enum case_state state)
{
    return state == CASE_CLOSED || state == CASE_VOID || state == CASE_MERGED ||
           state == CASE_FORCED_CLOSED;
}

/* Is the order still somebody's duty? */
static inline bool order_state_is_active(enum order_state state)
{
    return state == ORDER_OFFERED || state == ORDER_ACCEPTED || state == ORDER_ARRIVED;
}

/* What an act must bring. */
enum life_need {
    NEED_REASON = 1u << 0,
    NEED_TEXT = 1u << 1,    /* words: an answer, a clause */
    NEED_UNTIL = 1u << 2,   /* an instant after now, at most PAUSE_MAX_MS away */
    NEED_OTHER = 1u << 3,   /* another case that the engine holds */
    NEED_SUBJECT = 1u << 4, /* a person or a post */
    NEED_HOLDER = 1u << 5,  /* to sit at the post that holds the case */
    NEED_SIDE = 1u << 6,    /* to hold it, to sit at its post, or at a desk of its department */
    NEED_NO_PART = 1u << 7, /* not to have handled or commanded it (checks) */
    NEED_NO_VIEW = 1u << 8, /* not to have filed, verified or checked it (command) */
};

/* One row of the life of a case: in those states, that action by anybody with one of the rights. */
struct life_case_rule {
    uint32_t states; /* bit per enum case_state */
    uint16_t action;
    uint16_t after; /* enum case_state it leads to; CASE_NONE = it stays, or what follows decides */
    uint32_t rights; /* enum right; 0 = any known person */
    uint32_t needs;  /* enum life_need */
};

/* One row of the life of an order: only whose order it is may act. */
struct life_order_rule {
    uint32_t kinds;  /* bit per enum order_kind */
    uint32_t states; /* bit per enum order_state */
    uint16_t action;
    uint16_t after; /* enum order_state; ORDER_NONE = it stays */
    uint32_t needs;
};

/* Both tables, for tests and documents. */
const struct life_case_rule *life_case_rules(uint32_t *out_count);
const struct life_order_rule *life_order_rules(uint32_t *out_count);

/* The row of that state (kind and state) and action, or NULL: not possible now. */
const struct life_case_rule *life_find_case_rule(enum case_state state, enum action action);
const struct life_order_rule *life_find_order_rule(enum order_kind kind, enum order_state state,
                                                   enum action action);

/* Bit per action that the state admits from outside, for "possible now". Bits 0..62. */
uint64_t life_case_actions(enum case_state state);
uint64_t life_order_actions(enum order_kind kind, enum order_state state);

/* Must a reason be given, whatever the state? */
bool life_needs_reason(enum action action);

/* Bit per reason that fits the act (ACT_REASON_LIST); 0: it needs none. */
uint64_t life_act_reasons(enum action action);

static inline uint64_t action_bit(enum action action)
{
    return UINT64_C(1) << action;
}

#endif
