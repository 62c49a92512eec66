/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table of options; getopt_long's own table, the usage errors and the help are made from it. getopt_long is asked
 * twice: up to the command, and after it by what that command takes.
 */
#include "cmd/options.h"

#include "cmd/options_value.h"
#include "cmd/status.h"

#include "model/arena.h"
#include "model/cleanup.h"
#include "model/text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_TIMEOUT_MS	   10000U
#define CONFIRM_TIMEOUT_MS 60000U
#define UNDERLAY_MTU	   1500U

struct option_row {
	enum option_bit bit;
	const char *name;
	char letter;	      /* 0: none */
	const char *argument; /* NULL: takes none */
	const char *help;
};

static const struct option_row rows[] = {
	{ OPTION_FILE, "file", 'f', "FILE", "topology: a file, a directory, or - ; repeatable" },
	{ OPTION_HOST, "host", 0, "HOST", "which host of the file this is" },
	{ OPTION_NAME, "name", 0, "NAME", "name of a live topology, in place of a file" },
	{ OPTION_DRY_RUN, "dry-run", 'n', NULL, "print what would be done, and do nothing" },
	{ OPTION_OUTPUT, "output", 'o', "FORMAT", "text, json or yaml" },
	{ OPTION_VAR, "var", 0, "NAME=VALUE", "set a variable of the file; repeatable" },
	{ OPTION_VAR_FILE, "var-file", 0, "FILE", "set variables from a YAML map; repeatable" },
	{ OPTION_YES, "yes", 'y', NULL, "do not ask" },
	{ OPTION_NO_INPUT, "no-input", 0, NULL, "never ask: as if not on a terminal" },
	{ OPTION_LOCK_TIMEOUT, "lock-timeout", 0, "TIME",
	  "how long to wait for another run: 10s, 500ms, 0" },
	{ OPTION_CHECKS, "checks", 0, NULL, "run the file's checks afterwards" },
	{ OPTION_NO_VERIFY, "no-verify", 0, NULL,
	  "do not look whether it is as wanted afterwards" },
	{ OPTION_NO_ROLLBACK, "no-rollback", 0, NULL, "leave what was done when something fails" },
	{ OPTION_DETAILED_EXITCODE, "detailed-exitcode", 0, NULL,
	  "exit status 2 when there is something to do" },
	{ OPTION_MAX_DELETE, "max-delete", 0, "N|N%",
	  "refuse to remove more objects than this, or than this share" },
	{ OPTION_MAX_DISRUPTION, "max-disruption", 0, "WORD",
	  "refuse what disrupts more than: none, flap, traffic-loss" },
	{ OPTION_PROTECT, "protect", 0, "PATTERN",
	  "refuse to remove or remake such objects: bridges/br*; repeatable" },
	{ OPTION_OUT, "out", 0, "FILE", "save the plan, for apply --plan" },
	{ OPTION_PLAN, "plan", 0, "FILE", "do what this saved plan says, or nothing" },
	{ OPTION_CONFIRM, "confirm", 0, "WORD",
	  "ask, guard: undo it unless somebody, or the guard tests, confirm in time; none" },
	{ OPTION_CONFIRM_TIMEOUT, "confirm-timeout", 0, "TIME",
	  "how long to wait for that, as with --confirm ask: 60s" },
	{ OPTION_WHEN_DUE, "when-due", 0, NULL, "wait, and do it only if nobody confirms in time" },
	{ OPTION_ALL, "all", 0, NULL, "also what is not ours" },
	{ OPTION_UNDERLAY_MTU, "underlay-mtu", 0, "BYTES", "MTU of the simulated underlay" },
	{ OPTION_QUIET, "quiet", 'q', NULL, "print nothing but errors" },
	{ OPTION_VERBOSE, "verbose", 'v', NULL, "print each change as it is made" },
	{ OPTION_COLOR, "color", 0, "WHEN", "auto, always or never" },
	{ OPTION_HELP, "help", 'h', NULL, "print help" },
	{ OPTION_VERSION, "version", 0, NULL, "print the version" },
};

#define LETTERS_MAX   (2 * ARRAY_SIZE(rows) + 3)
#define LONG_VALUE(i) (256 + (int)(i))

/* ---- getopt ---- */

static void make_getopt_tables(struct option longs[ARRAY_SIZE(rows) + 1], char letters[LETTERS_MAX],
			       bool permute)
{
	char *letter = letters;
	size_t i;

	if (!permute)
		*letter++ = '+';
	*letter++ = ':'; /* a missing argument is told from an unknown option */
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		longs[i] = (struct option){ .name = rows[i].name,
					    .has_arg = rows[i].argument ? required_argument
									: no_argument,
					    .val = LONG_VALUE(i) };
		if (!rows[i].letter)
			continue;
		*letter++ = rows[i].letter;
		if (rows[i].argument)
			*letter++ = ':';
	}
	longs[ARRAY_SIZE(rows)] = (struct option){ 0 };
	*letter = '\0';
}

static const struct option_row *find_row(int value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (value == LONG_VALUE(i) || (rows[i].letter && value == rows[i].letter))
			return &rows[i];
	return NULL;
}

static int unknown_option(const struct command *command, const char *word)
{
	const char *where = command ? command->name : NULL;
	size_t length = strcspn(word, "="), i;
	char name[64] = "";

	if (!text_starts_with(word, "--"))
		return usage_error(where, "unknown option %s", word);
	memcpy(name, word, length < sizeof(name) ? length : sizeof(name) - 1);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (text_is_near(name + 2, rows[i].name))
			return usage_error(where, "unknown option %s; did you mean --%s?", name,
					   rows[i].name);
	return usage_error(where, "unknown option %s", name);
}

/* Takes options from argv until getopt_long says that there are no more. */
static int take_options(struct options *options, int argc, char **argv, bool permute)
{
	const struct command *command = options->command;
	struct option longs[ARRAY_SIZE(rows) + 1];
	char letters[LETTERS_MAX];
	int value;

	make_getopt_tables(longs, letters, permute);
	optind = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = find_row(value == ':' ? optopt : value);
		const char *expected;

		if (value == ':' && row)
			return usage_error(command ? command->name : NULL, "--%s needs %s",
					   row->name, row->argument);
		if (!row) {
			char letter[] = { '-', (char)optopt, '\0' };

			/* A letter is in optopt; a long name is the word before optind. */
			return unknown_option(
				command, optopt > 0 && optopt < 256 ? letter : argv[optind - 1]);
		}
		options->given |= row->bit;
		if (!row->argument) {
			option_set_flag(options, row->bit);
			continue;
		}
		expected = option_set(options, row->bit, optarg);
		if (expected)
			return usage_error(command ? command->name : NULL, "--%s %s: expected %s",
					   row->name, optarg, expected);
	}
	return 0;
}

/* ---- commands ---- */

/* A command is one word or two: "sim up". *words tells which. */
static const struct command *find_command(const struct command *commands, char *const *words,
					  size_t n, int *ret)
{
	for (; commands->name; commands++) {
		const char *name = commands->name, *blank = strchr(name, ' ');
		size_t length = blank ? (size_t)(blank - name) : strlen(name);

		if (strlen(words[0]) != length || strncmp(words[0], name, length) != 0)
			continue;
		*ret = blank ? 2 : 1;
		if (!blank || (n > 1 && !strcmp(words[1], blank + 1)))
			return commands;
	}
	return NULL;
}

/* Whether it is a command of two words of which this is the first. */
static bool is_of_family(const struct command *command, const char *word)
{
	return text_starts_with(command->name, word) && command->name[strlen(word)] == ' ';
}

static bool is_family(const struct command *commands, const char *word)
{
	for (; commands->name; commands++)
		if (is_of_family(commands, word))
			return true;
	return false;
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* What was meant by words that are no command. */
static int unknown_command(const struct command *commands, char *const *words, size_t n)
{
	AUTO_TEXT struct text pair = { 0 }, family = { 0 };
	const struct command *command;
	const char *gap = "";

	if (n > 1 && words[1][0] == '-') /* sim -f FILE: an option is no second word */
		n = 1;
	text_add(&pair, n > 1 ? "%s %s" : "%s", words[0], n > 1 ? words[1] : "");
	for (command = commands; command->name; command++) {
		if (text_is_near(words[0], command->name) ||
		    text_is_near(text_get(&pair), command->name))
			return usage_error(NULL, "unknown command %s; did you mean %s?",
					   strchr(command->name, ' ') ? text_get(&pair) : words[0],
					   command->name);
		if (!is_of_family(command, words[0]))
			continue;
		text_add(&family, "%s%s", gap, command->name);
		gap = ", ";
	}
	if (family.length)
		return usage_error(words[0], "%s: expected %s%s", words[0],
				   strchr(text_get(&family), ',') ? "one of " : "",
				   text_get(&family));
	return usage_error(NULL, "unknown command %s", words[0]);
}

static uint64_t options_of(const struct command *command)
{
	return command->options | OPTIONS_EVERYWHERE |
	       (command->output == OUTPUT_NONE ? 0 : OPTION_OUTPUT);
}

static const struct {
	unsigned formats; /* bits by enum output_format */
	const char *words;
} output_kinds[] = {
	[OUTPUT_NONE] = { 0, "nothing" },
	[OUTPUT_TEXT] = { 1U << FORMAT_TEXT | 1U << FORMAT_JSON, "text or json" },
	[OUTPUT_TREE] = { 1U << FORMAT_YAML | 1U << FORMAT_JSON, "yaml or json" },
	[OUTPUT_METRICS] = { 1U << FORMAT_TEXT | 1U << FORMAT_JSON | 1U << FORMAT_PROMETHEUS,
			     "text, json or prometheus" },
};

/* FORMAT_DEFAULT is any command's. */
static int check_format(const struct options *options)
{
	const struct command *command = options->command;

	if (options->format == FORMAT_DEFAULT ||
	    output_kinds[command->output].formats & 1U << options->format)
		return 0;
	return usage_error(command->name, "%s prints %s", command->name,
			   output_kinds[command->output].words);
}

static int check_taken(const struct options *options)
{
	const struct command *command = options->command;
	uint64_t stray = options->given & ~options_of(command);
	size_t i;

	if (options->plan && options->given & OPTIONS_DOCUMENT)
		return usage_error(command->name,
				   "a saved plan names its files, variables and host itself");
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (stray & rows[i].bit)
			return usage_error(command->name, "%s does not take --%s", command->name,
					   rows[i].name);
	if (check_format(options))
		return STATUS_USAGE;
	if (options->n_arguments < command->least)
		return usage_error(command->name, "%s needs %s", command->name, command->arguments);
	if (options->n_arguments > command->most) {
		const char *stranger = options->arguments[command->most];

		if (command->options & OPTION_FILE)
			return usage_error(command->name, "unexpected %s; did you mean -f %s?",
					   stranger, stranger);
		return usage_error(command->name, "unexpected %s", stranger);
	}
	return 0;
}

static void take_environment(struct options *options)
{
	static const char prefix[] = "VNETAPPLY_VAR_";
	char **variable;

	for (variable = environ; *variable; variable++) {
		const char *name = *variable + sizeof(prefix) - 1, *equals;

		if (!text_starts_with(*variable, prefix))
			continue;
		equals = strchr(name, '=');
		if (equals && equals > name)
			option_add_variable(options, name, (size_t)(equals - name), equals + 1,
					    arena_strndup(options->arena, *variable,
							  (size_t)(equals - *variable)));
	}
}

/* VNETAPPLY_FILE stands in where no file was given; a name given is another way to say what is meant. */
static void take_default_file(struct options *options)
{
	const char *file = getenv("VNETAPPLY_FILE");

	if (file && file[0] && !options->n_files && !options->name && !options->plan &&
	    options->command->options & OPTION_FILE)
		option_append(options->arena, &options->files, &options->n_files, file);
}

int options_parse(struct options *ret, const struct command *commands, int argc, char **argv,
		  struct arena *arena)
{
	int r, at, words;

	*ret = (struct options){ .arena = arena,
				 .commands = commands,
				 .lock_timeout_ms = LOCK_TIMEOUT_MS,
				 .confirm_timeout_ms = CONFIRM_TIMEOUT_MS,
				 .underlay_mtu = UNDERLAY_MTU };
	take_environment(ret);
	r = take_options(ret, argc, argv, false);
	if (r)
		return r;
	at = optind;
	if (at < argc) {
		size_t n = (size_t)(argc - at);

		ret->command = find_command(commands, argv + at, n, &words);
		if (!ret->command && is_family(commands, argv[at]) &&
		    (n > 1 ? is_help(argv[at + 1]) : ret->help)) {
			ret->family = argv[at];
			ret->help = true;
			return 0;
		}
		if (!ret->command)
			return unknown_command(commands, argv + at, n);
		at += words - 1;
		r = take_options(ret, argc - at, argv + at, !ret->command->foreign);
		if (r)
			return r;
		at += optind;
	} else if (ret->n_files) {
		ret->command = &commands[0];
	}
	ret->arguments = argv + at;
	ret->n_arguments = (size_t)(argc - at);
	if (ret->help || ret->version)
		return 0;
	if (!ret->command)
		return usage_error(NULL, "no command and no file; try: vnetapply -f topology.yaml");
	take_default_file(ret);
	return check_taken(ret);
}

/* ---- help ---- */

static void print_options(FILE *file, uint64_t bits, enum output_kind output)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[48], letter[8] = "    ";

		if (!(rows[i].bit & bits))
			continue;
		if (rows[i].letter)
			snprintf(letter, sizeof(letter), "-%c, ", rows[i].letter);
		snprintf(text, sizeof(text), "%s--%s%s%s", letter, rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		fprintf(file, "  %-26s %s\n", text,
			rows[i].bit == OPTION_OUTPUT ? output_kinds[output].words : rows[i].help);
	}
}

static void print_commands(FILE *file, const struct command *commands, const char *family)
{
	for (; commands->name; commands++)
		if (!family || is_of_family(commands, family))
			fprintf(file, "  %-13s %s\n", commands->name, commands->help);
}

static void print_family(FILE *file, const struct command *commands, const char *family)
{
	fprintf(file, "usage: vnetapply %s COMMAND [OPTION]...\n\n", family);
	print_commands(file, commands, family);
	fprintf(file, "\nhelp %s COMMAND tells more. Manual page: vnetapply(8)\n", family);
}

static void print_overview(FILE *file, const struct command *commands)
{
	fputs("usage: vnetapply COMMAND [OPTION]...\n"
	      "       vnetapply -f FILE            the same as: vnetapply apply -f FILE\n"
	      "\n"
	      "Make this machine's virtual network what a file says.\n\n",
	      file);
	print_commands(file, commands, NULL);
	fputs("\nOptions of every command:\n", file);
	print_options(file, OPTIONS_EVERYWHERE, OUTPUT_NONE);
	fputs("\nhelp COMMAND tells more. Manual pages: vnetapply(8), vnetapply.yaml(5)\n", file);
}

static void print_command(FILE *file, const struct command *command)
{
	fprintf(file, "usage: vnetapply %s [OPTION]...%s%s\n\n%s.\n\n", command->name,
		command->arguments ? " " : "", command->arguments ? command->arguments : "",
		command->help);
	print_options(file, options_of(command), command->output);
}

void help_print(FILE *file, const struct options *options)
{
	if (options->command)
		print_command(file, options->command);
	else if (options->family)
		print_family(file, options->commands, options->family);
	else
		print_overview(file, options->commands);
}

int help_find(struct options *options, char *const *words, size_t n)
{
	int used;

	options->command = n ? find_command(options->commands, words, n, &used) : NULL;
	options->family = n == 1 && is_family(options->commands, words[0]) ? words[0] : NULL;
	return n && !options->command && !options->family
		       ? unknown_command(options->commands, words, n)
		       : STATUS_DONE;
}
