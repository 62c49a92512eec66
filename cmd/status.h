/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit codes: 64 to 78 are those of sysexits.h. 2 can only ever mean differences. */
#ifndef CMD_STATUS_H
#define CMD_STATUS_H

#include "model/error.h"

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,	/* the system is as before */
	STATUS_DIFFERENT = 2,	/* differences exist, or a check failed */
	STATUS_ROLLED_BACK = 3, /* applied, then verification failed: undone */
	STATUS_HALF_DONE = 4,	/* stopped half-way and could not roll back */
	STATUS_REFUSED = 5,	/* by a safety rule */
	STATUS_STALE = 6,	/* the saved plan is */
	STATUS_USAGE = 64,
	STATUS_INVALID = 65,	 /* the topology */
	STATUS_UNREADABLE = 66,	 /* a file */
	STATUS_UNAVAILABLE = 69, /* a service or kernel module */
	STATUS_INTERNAL = 70,
	STATUS_UNSUPPORTED = 71, /* this kernel lacks something the file needs */
	STATUS_LOCKED = 75,
	STATUS_NOT_PERMITTED = 77,
	STATUS_CONFIG = 78, /* who am I, or our own configuration */
	/* As a shell says of a command that cannot be run, or is not there. */
	STATUS_NO_EXECUTION = 126,
	STATUS_NO_COMMAND = 127,
};

/* What was being done when an error came: the same errno means different things. */
enum phase {
	PHASE_READ,	/* files of the user */
	PHASE_IDENTITY, /* which host is this */
	PHASE_LOCK,
	PHASE_PLAN,
	PHASE_LIVE, /* observing and changing the system */
};

/* The exit status for err, by the one table of errno values. */
int status_of(enum phase phase, const struct error *err);

/* "vnetapply: text" on standard error, with a hint for the statuses that have one. Returns status_of. */
int status_print(enum phase phase, const struct error *err);

/* A usage error: the message and where help is; returns STATUS_USAGE. */
int usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
