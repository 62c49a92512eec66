/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /run/vnetapply: the lock that keeps writers apart, and a record of each topology's last apply. */
#ifndef CMD_RUN_DIRECTORY_H
#define CMD_RUN_DIRECTORY_H

#include "model/error.h"

#include <stdbool.h>

/*
 * Makes the directory if it is not there. -EPERM: it belongs to somebody else or others may write to it, so that nothing
 * in it can be trusted.
 */
int run_directory_make(struct error *err);

/*
 * Takes the lock, waiting up to timeout_ms. *ret is a descriptor to close at the end. -EAGAIN: another run holds it, err
 * says which.
 */
int run_lock(int *ret, unsigned timeout_ms, struct error *err);

/* Whether the last apply of this topology here was of the same inputs. False if there is no record. */
bool run_record_matches(const char *topology, const char *digest);
/* Keeps the digest of the inputs. Only words in output depend on it, so failures are of no matter. */
void run_record_write(const char *topology, const char *digest);
/* Removes the record, after destroy. */
void run_record_remove(const char *topology);

#endif
