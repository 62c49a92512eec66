/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line, by two tables: options (options.c) and commands (main.c). An option means the same for every command
 * that takes it; one that a command does not take is an error, never ignored.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cmd/output_text.h"
#include "model/document.h"
#include "reconcile/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One bit for each row of the table of options; sets of them are uint64_t. From bit 31 on: 1ULL << 31. */
enum option_bit {
	OPTION_FILE = 1 << 0,
	OPTION_HOST = 1 << 1,
	OPTION_NAME = 1 << 2,
	OPTION_DRY_RUN = 1 << 3,
	OPTION_OUTPUT = 1 << 4,
	OPTION_VAR = 1 << 5,
	OPTION_VAR_FILE = 1 << 6,
	OPTION_YES = 1 << 7,
	OPTION_NO_INPUT = 1 << 8,
	OPTION_LOCK_TIMEOUT = 1 << 9,
	OPTION_CHECKS = 1 << 10,
	OPTION_NO_VERIFY = 1 << 11,
	OPTION_NO_ROLLBACK = 1 << 12,
	OPTION_DETAILED_EXITCODE = 1 << 13,
	OPTION_ALL = 1 << 14,
	OPTION_UNDERLAY_MTU = 1 << 15,
	OPTION_QUIET = 1 << 16,
	OPTION_VERBOSE = 1 << 17,
	OPTION_COLOR = 1 << 18,
	OPTION_HELP = 1 << 19,
	OPTION_VERSION = 1 << 20,
	OPTION_MAX_DELETE = 1 << 21,
	OPTION_MAX_DISRUPTION = 1 << 22,
	OPTION_PROTECT = 1 << 23,
	OPTION_OUT = 1 << 24,
	OPTION_PLAN = 1 << 25,
	OPTION_CONFIRM = 1 << 26,
	OPTION_CONFIRM_TIMEOUT = 1 << 27,
	OPTION_WHEN_DUE = 1 << 28,
};

#define OPTIONS_EVERYWHERE                                                                         \
	(OPTION_QUIET | OPTION_VERBOSE | OPTION_COLOR | OPTION_HELP | OPTION_VERSION)
#define OPTIONS_DOCUMENT (OPTION_FILE | OPTION_HOST | OPTION_VAR | OPTION_VAR_FILE)
#define OPTIONS_BRAKES	 (OPTION_MAX_DELETE | OPTION_MAX_DISRUPTION | OPTION_PROTECT)
#define OPTIONS_CHANGE	 (OPTION_DRY_RUN | OPTION_YES | OPTION_NO_INPUT | OPTION_LOCK_TIMEOUT)

enum confirm_choice { CONFIRM_NONE, CONFIRM_ASK, CONFIRM_GUARD };

enum output_format { FORMAT_DEFAULT, FORMAT_TEXT, FORMAT_JSON, FORMAT_YAML, FORMAT_PROMETHEUS };

/* What --output of a command takes. */
enum output_kind {
	OUTPUT_NONE,	/* it has no --output */
	OUTPUT_TEXT,	/* text or json */
	OUTPUT_TREE,	/* yaml or json */
	OUTPUT_METRICS, /* text, json or prometheus */
};

struct options {
	struct arena *arena;
	const struct command *command;
	const char *family; /* with help: the first word of commands, "sim" */
	uint64_t given;	    /* bits of options that were written */
	const char **files;
	size_t n_files;
	const char *host, *name;
	bool dry_run, quiet, verbose, yes, no_input, checks, no_verify, no_rollback;
	bool detailed_exitcode, all;
	bool help, version;
	enum output_format format;
	enum color_choice color;
	struct document_variable *variables; /* from the environment, then --var */
	size_t n_variables;
	const char **variable_files;
	size_t n_variable_files;
	unsigned lock_timeout_ms, underlay_mtu;
	unsigned max_delete; /* objects, or percent of them */
	bool max_delete_is_percent;
	enum disruption max_disruption;
	const char **protect; /* patterns of addresses of objects */
	size_t n_protect;
	enum confirm_choice confirm;
	unsigned confirm_timeout_ms;
	bool when_due;
	const char *out, *plan;		/* files of saved plans */
	const struct command *commands; /* all of them */
	char **arguments;		/* after the command; NULL-ended */
	size_t n_arguments;
};

struct command {
	const char *name;			   /* one word or two: "sim up" */
	int (*run)(const struct options *options); /* returns an exit status */
	uint64_t options;      /* besides OPTIONS_EVERYWHERE, and --output by `output` */
	const char *arguments; /* "NS COMMAND [ARGUMENT]..."; NULL: none */
	size_t least, most;    /* how many arguments */
	bool foreign;	       /* what follows the first argument is another program's */
	const char *help;
	enum output_kind output;
};

/*
 * Parses argv by the table, which ends in a row without a name. Returns 0 with *ret filled (strings in arena, or borrowed from argv and the
 * environment), or STATUS_USAGE after it said what is wrong. Without a command but with --file it is the first one.
 */
int options_parse(struct options *ret, const struct command *commands, int argc, char **argv,
		  struct arena *arena);

/* Help on options->command, or on the commands of a family, or else on all of them. */
void help_print(FILE *file, const struct options *options);
/* Sets command or family to what n words name, none of them where n is 0. STATUS_USAGE for an unknown one, said. */
int help_find(struct options *options, char *const *words, size_t n);

/* "10s", "500ms", "2m", "0". False if it is none. */
bool duration_parse(unsigned *ret_ms, const char *text);

#endif
