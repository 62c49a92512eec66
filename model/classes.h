/* SPDX-License-Identifier: GPL-2.0-or-later */
/* THE table of object classes. Its order is the order of creation where nothing else decides. */
#ifndef MODEL_CLASSES_H
#define MODEL_CLASSES_H

#include "model/object.h"

extern const struct class class_nft_table; /* first: the host's table carries the protocol number */
extern const struct class class_netns;
extern const struct class class_resolver;
extern const struct class class_sysctl;
extern const struct class class_link;
extern const struct class class_fdb;
extern const struct class class_address;
extern const struct class class_route;
extern const struct class class_tunnel;

extern const struct class *const classes[]; /* NULL-ended */

/* Position in the table. */
size_t class_rank(const struct class *class);

#endif
