/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/classes.h"

/* A new class: one file, one row, one encoder in its backend. */
const struct class *const classes[] = {
	&class_nft_table, &class_netns,	  &class_resolver, &class_sysctl, &class_link,
	&class_fdb,	  &class_address, &class_route,	   &class_tunnel, NULL,
};

size_t class_rank(const struct class *class)
{
	size_t i = 0;

	while (classes[i] && classes[i] != class)
		i++;
	return i;
}
