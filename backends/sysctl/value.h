/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values under /proc/sys/net. Whose they are is decided by the network namespace of the thread that opens the file
 * (net_ctl_header_lookup() of net/sysctl_net.c), whoever mounted /proc: enter the place first.
 */
#ifndef BACKENDS_SYSCTL_VALUE_H
#define BACKENDS_SYSCTL_VALUE_H

#include "model/error.h"
#include "model/text.h"

#include <stdbool.h>

/* Whether it is below /proc/sys/net and leads nowhere else. Paths here are "net/ipv4/ip_forward". */
bool value_path_is_valid(const char *path);

/* Appends the value: runs of blanks as one blank, none at the ends. -ENOENT: there is no such key; err names near ones. */
int value_read(const char *path, struct text *ret, struct error *err);
int value_write(const char *path, const char *value, struct error *err);

/* "a  b\n" as "a b", in place. */
void value_normalize(char *value);

/*
 * Writing some keys also writes the key of each interface: net/ipv4/ip_forward sets net/ipv4/conf/eth0/forwarding. Tells
 * the paths of all interfaces (and "default") that a write to `path` also sets; none for most.
 */
int value_each_spread(const char *path,
		      int (*each)(void *data, const char *path, struct error *err), void *data,
		      struct error *err);
/* Whether a write to `from` also sets `path`. */
bool value_is_spread(const char *from, const char *path);

/* Of the interface whose key it is: net/ipv4/conf/eth0/forwarding. 0: of none, or of one that is gone. */
unsigned value_ifindex(const char *path);

#endif
