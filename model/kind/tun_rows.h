/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tap and tun share: drivers/net/tun.c makes both, by ioctl; netlink only shows them. */
#ifndef MODEL_KIND_TUN_ROWS_H
#define MODEL_KIND_TUN_ROWS_H

#include "model/field.h"

#define TUN_NOBODY UINT32_MAX /* no owner: only the privileged may attach */

struct tun {
	uint32_t user, group; /* numeric ids; TUN_NOBODY: unset */
	bool vnet_header;
	bool multi_queue;
};
extern const struct record record_tun;

#endif
