/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vnetapply: the table of subcommands, and which one was meant. */
#include "cmd/commands.h"

#include "cmd/status.h"

#include "model/arena.h"

#include <limits.h>

#define PLAN_OPTIONS   (OPTIONS_DOCUMENT | OPTION_OUTPUT | OPTION_DETAILED_EXITCODE | OPTIONS_BRAKES)
#define SIM_OPTIONS    (OPTION_FILE | OPTION_VAR | OPTION_VAR_FILE)
#define CHANGE_OPTIONS (OPTIONS_CHANGE | OPTION_NO_VERIFY | OPTION_NO_ROLLBACK | OPTION_OUTPUT)
#define TREE_OUTPUT    (OPTION_OUTPUT | OUTPUT_IS_TREE)
#define STATE_OPTIONS  (OPTIONS_DOCUMENT | OPTION_NAME | OPTION_ALL | TREE_OUTPUT)

/* The first is what -f alone means. */
static const struct command commands[] = {
	{ "apply", cmd_apply,
	  PLAN_OPTIONS | CHANGE_OPTIONS | OPTION_CHECKS | OPTION_PLAN | OPTION_CONFIRM |
		  OPTION_CONFIRM_TIMEOUT,
	  NULL, 0, 0, false, "Make this machine what the file says" },
	{ "plan", cmd_plan, PLAN_OPTIONS | OPTION_OUT, NULL, 0, 0, false,
	  "Print what apply would do" },
	{ "diff", cmd_diff, OPTIONS_DOCUMENT | OPTION_OUTPUT, NULL, 0, 0, false,
	  "Print the same; exit status 2 where there are differences" },
	{ "check", cmd_check, OPTIONS_DOCUMENT, NULL, 0, 0, false,
	  "Validate the file, for every host of it; needs no root" },
	{ "verify", cmd_verify, OPTIONS_DOCUMENT | OPTION_OUTPUT, NULL, 0, 0, false,
	  "Compare this machine with the file, and run the file's checks" },
	{ "state", cmd_state, STATE_OPTIONS, NULL, 0, 0, false,
	  "Print what is live as a topology" },
	{ "destroy", cmd_destroy,
	  OPTIONS_DOCUMENT | OPTION_NAME | CHANGE_OPTIONS | OPTIONS_BRAKES | OPTION_CONFIRM, NULL,
	  0, 0, false, "Remove everything that bears the topology's mark" },
	{ "confirm", cmd_confirm, OPTIONS_DOCUMENT | OPTION_NAME, NULL, 0, 0, false,
	  "Keep what an apply with --confirm made" },
	{ "rollback", cmd_rollback,
	  OPTIONS_DOCUMENT | OPTION_NAME | OPTION_YES | OPTION_NO_INPUT | OPTION_LOCK_TIMEOUT |
		  OPTION_WHEN_DUE,
	  NULL, 0, 0, false, "Go back to the state before the last apply" },
	{ "render", cmd_render, OPTIONS_DOCUMENT | TREE_OUTPUT, NULL, 0, 0, false,
	  "Print the file without sugar" },
	{ "schema", cmd_schema, 0, NULL, 0, 0, false, "Print the JSON Schema of the format" },
	{ "exec", cmd_exec, 0, "NAMESPACE COMMAND [ARGUMENT]...", 2, INT_MAX, true,
	  "Run a command in a namespace, with its /etc/netns files" },
	{ "sim up", cmd_sim_up,
	  SIM_OPTIONS | OPTION_UNDERLAY_MTU | OPTION_YES | OPTION_NO_INPUT | OPTION_LOCK_TIMEOUT,
	  NULL, 0, 0, false, "Run all hosts of the file on this machine, in namespaces" },
	{ "sim exec", cmd_sim_exec, SIM_OPTIONS | OPTION_NAME,
	  "HOST[/NAMESPACE] COMMAND [ARGUMENT]...", 2, INT_MAX, true,
	  "Run a command on a simulated host" },
	{ "sim check", cmd_sim_check, SIM_OPTIONS | OPTION_OUTPUT, NULL, 0, 0, false,
	  "Run the file's checks between the simulated hosts" },
	{ "sim down", cmd_sim_down, SIM_OPTIONS | OPTION_NAME | OPTION_LOCK_TIMEOUT, NULL, 0, 0,
	  false, "End a simulation, and everything in it" },
	{ "tunnel status", cmd_tunnel_status,
	  OPTION_FILE | OPTION_VAR | OPTION_VAR_FILE | OPTION_NAME | OPTION_OUTPUT |
		  OUTPUT_IS_METRICS,
	  NULL, 0, 0, false, "Print the peers of the tunnels that run here, and their counters" },
	{ "key new", cmd_key_new, 0, "[FILE]", 0, 1, false,
	  "Make a key file for encrypted tunnels; print its public key" },
	{ "key public", cmd_key_public, 0, "[FILE]", 0, 1, false,
	  "Print the public key of a key file" },
	{ "whoami", cmd_whoami, OPTIONS_DOCUMENT, NULL, 0, 0, false,
	  "Print which host of the file this machine is, and why" },
	{ "version", cmd_version, 0, NULL, 0, 0, false, "Print the version" },
	{ "help", cmd_help, 0, "[COMMAND]", 0, 2, false, "Print help" },
	{ 0 },
};

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct options options;
	int status = options_parse(&options, commands, argc, argv, arena);

	if (!status && options.version)
		status = cmd_version(&options);
	else if (!status && options.help)
		help_print(stdout, commands, options.command);
	else if (!status)
		status = options.command->run(&options);
	/* Data that did not get out must not look like success. */
	if (fflush(stdout) != 0 && status == STATUS_DONE) {
		perror("vnetapply: standard output");
		status = STATUS_FAILED;
	}
	arena_free(arena);
	return status;
}
