/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Class fdb: where a vxlan interface sends frames. One entry says behind which host an Ethernet address is; those without an
 * address are the hosts that get a copy of everything else. What the interface learns by itself is none of these.
 */
#ifndef MODEL_FDB_H
#define MODEL_FDB_H

#include "model/field.h"

struct fdb {
	struct item item; /* in a file; name unused */
	struct ref interface;
	struct mac macaddress; /* unset: any that is not known */
	struct addr to;
	uint16_t port; /* UDP; 0: the interface's own */
};
extern const struct record record_fdb; /* as an interface's list has it */

/*
 * The object's name: "vx0 02:…", which can be moved to another host; "vx0 default 192.0.2.5", "vx0 default
 * 192.0.2.5 port 4790", of which there may be many. In arena.
 */
const char *fdb_name(struct arena *arena, const char *interface, const struct fdb *fdb);

#endif
