/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which tables there are, asked with one netlink message: much cheaper than a context of libnftables, which the
 * places without a table of ours then never need.
 */
#ifndef BACKENDS_NFT_TABLES_H
#define BACKENDS_NFT_TABLES_H

#include "model/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Tells each table of family inet in the calling thread's network namespace, with its comment ("" if it has none).
 * -EOPNOTSUPP: this kernel has no nf_tables.
 */
int tables_read(void (*each)(void *data, const char *name, const char *comment), void *data,
		struct error *err);

struct table_chain {
	uint8_t family; /* NFPROTO_* */
	const char *table, *name;
	bool translates; /* addresses; else it is hooked into forwarding */
};

/*
 * Tells each chain of the namespace that is hooked into forwarding or translates, of whatever family, those of a table
 * side by side. -EOPNOTSUPP as above.
 */
int tables_read_routers(void (*each)(void *data, const struct table_chain *chain), void *data,
			struct error *err);

#endif
