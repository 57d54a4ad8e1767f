/* joint.h: several hands on one case: 吹哨 (help for whoever is on site) and 数据协查 (data from another department).
 *
 * Help: the lead on site asks for more workers of the same kind, who are sought like any other, or for one person or post by
 * name. From then on the case is handled only when everybody who took part is done.
 *
 * Data: an order to a post. Everyone there may accept it, give the data or refuse by a clause; it has its own clock and
 * moves nothing else. */
#ifndef ENGINE_CORE_JOINT_H
#define ENGINE_CORE_JOINT_H

#include "engine/core/acts.h"

enum code joint_request_help(const struct act *act, uint32_t order_slot);
enum code joint_inform(const struct act *act, uint32_t case_slot);

/* ACCEPT, DONE, DECLINE, COMMENT on an order to a post. */
enum code joint_answer(const struct act *act, uint32_t order_slot);

#endif
