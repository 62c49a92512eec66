/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking hold of values and letting them go. All of this is about the network namespace that the thread is in: enter the
 * place first.
 */
#ifndef BACKENDS_SYSCTL_HOLD_H
#define BACKENDS_SYSCTL_HOLD_H

#include "backends/sysctl/record.h"

/* All records of the machine, as they are on disk, and the topology that holds and lets go. */
struct holdings {
	const char *topology;
	struct arena *arena;
	struct undo_record **records;
	size_t n;
};

/* NULL: there is none, of now or of the past. */
struct undo_record *holdings_find(const struct holdings *holdings, uint64_t cookie,
				  const char *path);
/* An interface's keys go with it; another one of that name has new ones, of which an old record says nothing. */
bool holdings_is_present(const struct undo_record *record);
/* Drops it from memory. */
void holdings_forget(struct holdings *holdings, const struct undo_record *record);

/* Records and sets the value. On failure the key and its record are as before. */
int holdings_hold(struct holdings *holdings, const char *place, const char *path, const char *value,
		  struct error *err);
/*
 * The last holder puts the original back (stays: it does not), any other the value of one that is left; where somebody else changed the value
 * meanwhile, neither. Succeeds where the topology holds nothing.
 */
int holdings_release(struct holdings *holdings, const char *path, bool stays, struct error *err);

#endif
