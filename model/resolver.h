/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class resolver: /etc/netns/NS/hosts and resolv.conf, which `ip netns exec` binds over the host's own
 * (ip-netns(8)). The object stands in place "" and bears the namespace's name.
 */
#ifndef MODEL_RESOLVER_H
#define MODEL_RESOLVER_H

#include "model/field.h"

struct extra_host {
	struct item item; /* name: the host's */
	struct addr address;
};
extern const struct record record_extra_host;

struct resolver {
	struct list nameservers; /* struct addr_item */
	struct list extra_hosts; /* struct extra_host */
	bool altered; /* live: a file bears our mark but not our content; hidden, wanted: false */
};

#endif
