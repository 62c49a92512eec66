/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Class sysctl: a value under /proc/sys/net of a place. The object's name is sysctl's own: net.ipv4.ip_forward. */
#ifndef MODEL_SYSCTL_H
#define MODEL_SYSCTL_H

#include "model/field.h"

struct sysctl {
	const char *value; /* runs of blanks as one blank, none at the ends */
	/*
	 * Whether this topology is among those that hold the value: it then knows what to put back. Hidden;
	 * wanted: always true. Live: true also where nobody holds it (the value was there before us).
	 */
	bool held;
	/* No row: made before other values, and undone after them, as what they would destroy needs it. */
	bool early;
	/* No row, of a live one: it was something else before a topology set it. */
	bool changed;
	/* No row, of a live one: letting go of it leaves the value. */
	bool stays;
};

/* "net.ipv4.conf.eth0.5/…": sysctl's name to a path below /proc/sys, in arena (see sysctl(8): '/' and '.' swapped). */
const char *sysctl_path(struct arena *arena, const char *name);

#endif
