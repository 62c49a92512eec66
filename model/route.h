/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Class route: netplan's words. One next hop stands in via and interface; more stand in nexthops. */
#ifndef MODEL_ROUTE_H
#define MODEL_ROUTE_H

#include "model/field.h"

struct nexthop {
	struct addr via;
	struct ref interface;
	uint16_t weight; /* 1 to 256 */
	bool on_link;
};
extern const struct record record_nexthop;

#define ROUTE_METRIC_IPV6 1024 /* what 0 means to IPv6 (IP6_RT_PRIO_USER of the kernel) */

struct route {
	struct addr to; /* a network; "default" is 0.0.0.0/0 or ::/0 */
	struct addr via;
	struct ref interface;
	struct list nexthops; /* struct nexthop */
	uint32_t metric;      /* IPv6: 0 is 1024, as the kernel has it */
	uint32_t table;	      /* RT_TABLE_MAIN 254 */
	uint8_t type;	      /* RTN_UNICAST, … (linux/rtnetlink.h) */
	uint8_t scope;	      /* RT_SCOPE_*; 0 (global) also stands for "as the kernel chooses" */
	bool on_link;
	uint32_t mtu, advertised_mss;
	struct addr from; /* preferred source (RTA_PREFSRC) */
};

/* The object's name: "10.0.0.0/8", "default-v4 metric 50 table 100", … from the key rows. In arena. */
const char *route_name(struct arena *arena, const struct route *route);

#endif
