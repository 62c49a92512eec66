/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each option of the command line does with its value. */
#include "cmd/options_value.h"

#include "cmd/plan_tree.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <string.h>

bool duration_parse(unsigned *ret_ms, const char *text)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
	size_t digits = strspn(text, "0123456789"), i;
	char number[8] = "";
	uint64_t value;

	if (digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	if (!text_parse_number(&value, number))
		return false;
	if (!text[digits] && value == 0) {
		*ret_ms = 0;
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(text + digits, units[i].unit) && value * units[i].ms <= UINT32_MAX) {
			*ret_ms = (unsigned)(value * units[i].ms);
			return true;
		}
	return false;
}

/* Index of `value` among words, -1 if it is none. */
static int word_index(const char *value, const char *const words[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(value, words[i]))
			return (int)i;
	return -1;
}

void option_append(struct arena *arena, const char ***list, size_t *n, const char *value)
{
	const char **longer = arena_alloc(arena, (*n + 1) * sizeof(*longer));

	if (*n)
		memcpy(longer, *list, *n * sizeof(*longer));
	longer[(*n)++] = value;
	*list = longer;
}

void option_add_variable(struct options *options, const char *name, size_t length,
			 const char *value, const char *origin)
{
	struct document_variable *longer =
		arena_alloc(options->arena, (options->n_variables + 1) * sizeof(*longer));

	if (options->n_variables)
		memcpy(longer, options->variables, options->n_variables * sizeof(*longer));
	longer[options->n_variables++] = (struct document_variable){
		.name = arena_strndup(options->arena, name, length),
		.value = value,
		.origin = origin,
	};
	options->variables = longer;
}

static bool set_max_delete(struct options *options, const char *value)
{
	size_t length = strlen(value);
	char number[12] = "";
	uint64_t limit;

	if (!length || length >= sizeof(number))
		return false;
	options->max_delete_is_percent = value[length - 1] == '%';
	memcpy(number, value, length - options->max_delete_is_percent);
	if (!text_parse_number(&limit, number) || limit > UINT32_MAX ||
	    (options->max_delete_is_percent && limit > 100))
		return false;
	options->max_delete = (unsigned)limit;
	return true;
}

const char *option_set(struct options *options, enum option_bit bit, const char *value)
{
	static const char *const formats[] = { "text", "json", "yaml", "prometheus" };
	static const char *const disruptions[] = { "none", "flap", "traffic-loss" };
	static const char *const confirmations[] = { "none", "ask", "guard" };
	static const char *const colors[] = { "auto", "always", "never" };
	const char *equals;
	uint64_t number;
	int word;

	switch ((uint64_t)bit) {
	case OPTION_FILE:
		option_append(options->arena, &options->files, &options->n_files, value);
		return value[0] ? NULL : "a file's name";
	case OPTION_HOST:
		options->host = value;
		return value[0] ? NULL : "a host's name";
	case OPTION_NAME:
		options->name = value;
		return value[0] ? NULL : "a topology's name";
	case OPTION_VAR_FILE:
		option_append(options->arena, &options->variable_files, &options->n_variable_files,
			      value);
		return NULL;
	case OPTION_VAR:
		equals = strchr(value, '=');
		if (!equals || equals == value)
			return "NAME=VALUE";
		option_add_variable(options, value, (size_t)(equals - value), equals + 1, "--var");
		return NULL;
	case OPTION_OUTPUT:
		word = word_index(value, formats, ARRAY_SIZE(formats));
		options->format = word < 0 ? FORMAT_DEFAULT : FORMAT_TEXT + (unsigned)word;
		return word < 0 ? "one of text, json, yaml" : NULL;
	case OPTION_COLOR:
		word = word_index(value, colors, ARRAY_SIZE(colors));
		options->color = word < 0 ? COLOR_AUTO : (enum color_choice)word;
		return word < 0 ? "one of auto, always, never" : NULL;
	case OPTION_LOCK_TIMEOUT:
		return duration_parse(&options->lock_timeout_ms, value) ? NULL
									: "a time such as 10s";
	case OPTION_MAX_DELETE:
		return set_max_delete(options, value) ? NULL : "a number, or 0% to 100%";
	case OPTION_MAX_DISRUPTION:
		word = word_index(value, disruptions, ARRAY_SIZE(disruptions));
		options->max_disruption = word < 0 ? DISRUPTION_NONE : (enum disruption)word;
		return word < 0 ? "one of none, flap, traffic-loss" : NULL;
	case OPTION_PROTECT:
		option_append(options->arena, &options->protect, &options->n_protect, value);
		return change_pattern_is_possible(value)
			       ? NULL
			       : "a pattern such as bridges/br*, interfaces/tap0, namespaces/red*, "
				 "rules";
	case OPTION_OUT:
		options->out = value;
		return value[0] && strcmp(value, "-") != 0 ? NULL : "a file's name";
	case OPTION_PLAN:
		options->plan = value;
		return value[0] && strcmp(value, "-") != 0 ? NULL : "a file's name";
	case OPTION_CONFIRM:
		word = word_index(value, confirmations, ARRAY_SIZE(confirmations));
		options->confirm = word < 0 ? CONFIRM_NONE : (enum confirm_choice)word;
		return word < 0 ? "one of none, ask, guard" : NULL;
	case OPTION_CONFIRM_TIMEOUT:
		if (!(options->given & OPTION_CONFIRM))
			options->confirm = CONFIRM_ASK;
		return duration_parse(&options->confirm_timeout_ms, value) ? NULL
									   : "a time such as 60s";
	case OPTION_UNDERLAY_MTU:
		if (!text_parse_number(&number, value) || number < 1280 || number > 65535)
			return "a number from 1280 to 65535";
		options->underlay_mtu = (unsigned)number;
		return NULL;
	}
	return NULL;
}

void option_set_flag(struct options *options, enum option_bit bit)
{
	const struct {
		enum option_bit bit;
		bool *flag;
	} flags[] = {
		{ OPTION_DRY_RUN, &options->dry_run },
		{ OPTION_YES, &options->yes },
		{ OPTION_NO_INPUT, &options->no_input },
		{ OPTION_CHECKS, &options->checks },
		{ OPTION_NO_VERIFY, &options->no_verify },
		{ OPTION_NO_ROLLBACK, &options->no_rollback },
		{ OPTION_DETAILED_EXITCODE, &options->detailed_exitcode },
		{ OPTION_WHEN_DUE, &options->when_due },
		{ OPTION_ALL, &options->all },
		{ OPTION_QUIET, &options->quiet },
		{ OPTION_VERBOSE, &options->verbose },
		{ OPTION_HELP, &options->help },
		{ OPTION_VERSION, &options->version },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].bit == bit)
			*flags[i].flag = true;
}
