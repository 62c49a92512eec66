/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /run/vnetapply: a few records of each topology. The lock beside them is run_lock's. */
#ifndef CMD_RUN_DIRECTORY_H
#define CMD_RUN_DIRECTORY_H

#include "model/arena.h"
#include "model/error.h"
#include "reconcile/scope.h"

#include <stdbool.h>
#include <stdint.h>

/* Records by name, one for each topology. */
#define RUN_PROTECTED "protected"
#define RUN_PENDING   "pending"
#define RUN_BEFORE    "before.yaml"
#define RUN_GUARD     "guard.yaml"
#define RUN_FINDINGS  "guard.failed"
#define RUN_GUARD_LOG "guard.log"

/* Its descriptor. -EPERM: it belongs to somebody else or others may write to it; other -errno: it cannot be opened. */
int run_directory_open(int *ret, struct error *err);

/* Whether the last apply of this topology here was of the same inputs. False if there is no record. */
bool run_record_matches(const char *topology, const char *digest);
/* Keeps the digest of the inputs. Only words in output depend on it, so failures are of no matter. */
void run_record_write(const char *topology, const char *digest);
/*
 * The protocol number of a topology, 0 if none was kept. The host's table has it too, but that goes with a
 * `nft flush ruleset`, and without the number our own addresses and routes would look foreign.
 */
uint8_t run_record_protocol(const char *topology);
/* Notes in scope the other topologies whose numbers are recorded; names in arena. */
void run_record_holders(struct scope *scope, struct arena *arena);
int run_record_write_protocol(const char *topology, uint8_t protocol, struct error *err);

/* A record as it stands, in arena; "" if there is none. */
char *run_record_text(const char *topology, const char *name, struct arena *arena);
/*
 * Puts a record in the place of the former one, at once for whoever reads; an empty text removes it. name is one of
 * those that run_record_remove knows. -errno: the former one stands.
 */
int run_record_replace(const char *topology, const char *name, const char *text, struct error *err);

/*
 * A record that is written in place, for one who has it open and reads it even when it has been removed. Opening makes
 * it, empty; -1: it cannot be made. Overwriting one that was not opened makes none.
 */
int run_record_open(const char *topology, const char *name);
void run_record_overwrite(const char *topology, const char *name, const char *text);

/* Keeps others who ask for it from changing records, until the descriptor is closed. -1: there are none. */
int run_record_lock(const char *topology);

/* Removes the records, when nothing of the topology is left. */
void run_record_remove(const char *topology);

#endif
