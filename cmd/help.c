/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help and version. */
#include "cmd/commands.h"

int cmd_help(const struct options *options)
{
	struct options wanted = *options;
	int r = help_find(&wanted, options->arguments, options->n_arguments);

	if (!r)
		help_print(stdout, &wanted);
	return r;
}

int cmd_version(const struct options *options)
{
	(void)options;
	puts("vnetapply " VNETAPPLY_VERSION);
	return 0;
}
