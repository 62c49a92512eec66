/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Undo records, below /run/vnetapply/.sysctl: what a key was before the first topology set it, and who holds it now. On
 * the same kind of memory as the keys themselves: both are gone after a reboot. Never an input of what is wanted.
 *
 * A record is of a namespace, told by the cookie that the kernel gives each one only once (socket(7), SO_NETNS_COOKIE);
 * names and inodes come back.
 */
#ifndef BACKENDS_SYSCTL_RECORD_H
#define BACKENDS_SYSCTL_RECORD_H

#include "model/arena.h"
#include "model/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_line {
	const char *name, *value;
};

struct undo_record {
	uint64_t cookie;
	const char *place; /* at the time of writing, for people and for tidying up */
	const char *path;
	unsigned ifindex; /* of the interface whose key it is; 0: of none */
	const char *original;
	const char *written;	    /* what we wrote last: another value is somebody else's */
	struct record_line *owners; /* topology, value */
	size_t n_owners;
	struct record_line
		*spread; /* path, original: keys of interfaces that differed from the written one */
	size_t n_spread;
};

/* Of the calling thread's network namespace. */
int record_cookie(uint64_t *ret, struct error *err);

/*
 * All records, in arena; none if the directory is missing. What is no record of ours, or is not safe to trust (a link,
 * another user's), is an error.
 */
int records_load(struct undo_record ***ret, size_t *n, struct arena *arena, struct error *err);
/* Writes it in one step; makes the directory first if need be. */
int record_save(const struct undo_record *record, struct error *err);
/* Succeeds where there is none; removes the directory after the last. */
int record_remove(const struct undo_record *record, struct error *err);
/* Removes what a run left that was killed while it wrote a record. */
int records_mend(struct error *err);

/* The owner's line; NULL: it is none of its owners. */
struct record_line *record_owner(const struct undo_record *record, const char *topology);
void record_add_owner(struct undo_record *record, const char *topology, const char *value,
		      struct arena *arena);
void record_remove_owner(struct undo_record *record, const char *topology);
void record_add_spread(struct undo_record *record, const char *path, const char *value,
		       struct arena *arena);

#endif
