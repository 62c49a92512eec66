/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help and version. */
#include "cmd/commands.h"

int cmd_help(const struct options *options)
{
	const struct command *command;
	int r = help_find(&command, options->commands, options->arguments, options->n_arguments);

	if (!r)
		help_print(stdout, options->commands, command);
	return r;
}

int cmd_version(const struct options *options)
{
	(void)options;
	puts("vnetapply " VNETAPPLY_VERSION);
	return 0;
}
