/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vnetapply: the table of subcommands, and which one was meant. */
#include "cmd/commands.h"

#include "cmd/status.h"

#include "model/arena.h"

#include <limits.h>

#define READ_OPTIONS   (OPTIONS_DOCUMENT | OPTION_LOCK_TIMEOUT)
#define PLAN_OPTIONS   (READ_OPTIONS | OPTION_DETAILED_EXITCODE | OPTIONS_BRAKES)
#define SIM_OPTIONS    (OPTION_FILE | OPTION_VAR | OPTION_VAR_FILE)
#define CHANGE_OPTIONS (OPTIONS_CHANGE | OPTION_NO_VERIFY | OPTION_NO_ROLLBACK)
#define STATE_OPTIONS  (READ_OPTIONS | OPTION_NAME | OPTION_ALL)

/* The first is what -f alone means. */
static const struct command commands[] = {
	{ "apply", cmd_apply,
	  PLAN_OPTIONS | CHANGE_OPTIONS | OPTION_CHECKS | OPTION_PLAN | OPTION_CONFIRM |
		  OPTION_CONFIRM_TIMEOUT,
	  NULL, 0, 0, false, "Make this machine what the file says", OUTPUT_TEXT },
	{ "plan", cmd_plan, PLAN_OPTIONS | OPTION_OUT, NULL, 0, 0, false,
	  "Print what apply would do", OUTPUT_TEXT },
	{ "diff", cmd_diff, READ_OPTIONS, NULL, 0, 0, false,
	  "Print the same; exit status 2 where there are differences", OUTPUT_TEXT },
	{ "check", cmd_check, OPTIONS_DOCUMENT, NULL, 0, 0, false,
	  "Validate the file, for every host of it; needs no root", OUTPUT_NONE },
	{ "verify", cmd_verify, READ_OPTIONS, NULL, 0, 0, false,
	  "Compare this machine with the file, and run the file's checks", OUTPUT_TEXT },
	{ "state", cmd_state, STATE_OPTIONS, NULL, 0, 0, false, "Print what is live as a topology",
	  OUTPUT_TREE },
	{ "destroy", cmd_destroy,
	  OPTIONS_DOCUMENT | OPTION_NAME | CHANGE_OPTIONS | OPTIONS_BRAKES | OPTION_CONFIRM, NULL,
	  0, 0, false, "Remove everything that bears the topology's mark", OUTPUT_TEXT },
	{ "adopt", cmd_adopt, OPTIONS_DOCUMENT | OPTION_DRY_RUN | OPTION_LOCK_TIMEOUT, "[PATH]...",
	  0, INT_MAX, false,
	  "Mark what the file names and what exists already; changes nothing else", OUTPUT_TEXT },
	{ "confirm", cmd_confirm, OPTIONS_DOCUMENT | OPTION_NAME, NULL, 0, 0, false,
	  "Keep what an apply with --confirm made", OUTPUT_NONE },
	{ "rollback", cmd_rollback,
	  OPTIONS_DOCUMENT | OPTION_NAME | OPTION_YES | OPTION_NO_INPUT | OPTION_LOCK_TIMEOUT |
		  OPTION_WHEN_DUE,
	  NULL, 0, 0, false, "Go back to the state before the last apply", OUTPUT_NONE },
	{ "render", cmd_render, OPTIONS_DOCUMENT, NULL, 0, 0, false, "Print the file without sugar",
	  OUTPUT_TREE },
	{ "schema", cmd_schema, 0, NULL, 0, 0, false, "Print the JSON Schema of the format",
	  OUTPUT_NONE },
	{ "exec", cmd_exec, 0, "NAMESPACE COMMAND [ARGUMENT]...", 2, INT_MAX, true,
	  "Run a command in a namespace, with its /etc/netns files", OUTPUT_NONE },
	{ "sim up", cmd_sim_up,
	  SIM_OPTIONS | OPTION_UNDERLAY_MTU | OPTION_YES | OPTION_NO_INPUT | OPTION_LOCK_TIMEOUT,
	  NULL, 0, 0, false, "Run all hosts of the file on this machine, in namespaces",
	  OUTPUT_NONE },
	{ "sim exec", cmd_sim_exec, SIM_OPTIONS | OPTION_NAME,
	  "HOST[/NAMESPACE] COMMAND [ARGUMENT]...", 2, INT_MAX, true,
	  "Run a command on a simulated host", OUTPUT_NONE },
	{ "sim check", cmd_sim_check, SIM_OPTIONS, NULL, 0, 0, false,
	  "Run the file's checks between the simulated hosts", OUTPUT_TEXT },
	{ "sim down", cmd_sim_down, SIM_OPTIONS | OPTION_NAME | OPTION_LOCK_TIMEOUT, NULL, 0, 0,
	  false, "End a simulation, and everything in it", OUTPUT_NONE },
	{ "tunnel status", cmd_tunnel_status,
	  OPTION_FILE | OPTION_VAR | OPTION_VAR_FILE | OPTION_NAME, NULL, 0, 0, false,
	  "Print the peers of the tunnels that run here, and their counters", OUTPUT_METRICS },
	{ "key new", cmd_key_new, 0, "[FILE]", 0, 1, false,
	  "Make a key file for encrypted tunnels; print its public key", OUTPUT_NONE },
	{ "key public", cmd_key_public, 0, "[FILE]", 0, 1, false,
	  "Print the public key of a key file", OUTPUT_NONE },
	{ "doctor", cmd_doctor, OPTIONS_DOCUMENT, "[CODE]", 0, 1, false,
	  "Name what on this machine will eat packets, and what mends it", OUTPUT_TEXT },
	{ "whoami", cmd_whoami, OPTIONS_DOCUMENT, NULL, 0, 0, false,
	  "Print which host of the file this machine is, and why", OUTPUT_NONE },
	{ "version", cmd_version, 0, NULL, 0, 0, false, "Print the version", OUTPUT_NONE },
	{ "help", cmd_help, 0, "[COMMAND]", 0, 2, false, "Print help", OUTPUT_NONE },
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
		help_print(stdout, &options);
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
