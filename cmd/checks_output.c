/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ok   alpha/ns1 -> ping 10.5.0.31 size mtu = 1458 (0.12 ms)
 * FAIL beta -> tcp 192.168.50.6:8765 at alpha/ns1: connection refused (expected reachable within 5 s)
 */
#include "cmd/checks_output.h"

#include "cmd/output_json.h"

#include "model/arena.h"
#include "model/node.h"

#include <string.h>

static const char *kind_name(enum check_kind kind)
{
	switch (kind) {
	case CHECK_PING:
		return "ping";
	case CHECK_TCP:
		return "tcp";
	case CHECK_UDP:
		return "udp";
	}
	return "";
}

static const char *outcome_name(enum check_outcome outcome)
{
	switch (outcome) {
	case CHECK_OK:
		return "ok";
	case CHECK_FAILED:
		return "failed";
	case CHECK_SKIPPED:
		return "skipped";
	}
	return "";
}

static void add_place(struct text *ret, const char *host, const char *place)
{
	if (host)
		text_add(ret, "%s/", host);
	text_add(ret, "%s", place && *place ? place : "host");
}

static void add_duration(struct text *ret, uint32_t ms)
{
	if (ms % 1000)
		text_add(ret, "%u ms", ms);
	else
		text_add(ret, "%u s", ms / 1000);
}

/* "alpha/ns1 -> ping 10.5.0.31 size 100" */
static void add_question(struct text *ret, const struct topology_check *check,
			 const struct probe_result *result)
{
	add_place(ret, check->from_host, check->from_place);
	text_add(ret, " -> %s %s", kind_name(check->kind), check->target);
	if (check->size_mtu && result && result->mtu)
		text_add(ret, " size mtu = %u", result->mtu);
	else if (check->size_mtu)
		text_add(ret, " size mtu");
	else if (check->size)
		text_add(ret, " size %u", check->size);
	if (!check->at_place)
		return;
	text_add(ret, " at ");
	add_place(ret, check->at_host, check->at_place);
}

static void add_answer(struct text *ret, const struct topology_check *check,
		       enum check_outcome outcome, const struct probe_result *result,
		       const char *reason)
{
	const char *why = reason ? reason : result && *result->why ? result->why : "it answered";

	switch (outcome) {
	case CHECK_SKIPPED:
		text_add(ret, ": %s", why);
		return;
	case CHECK_OK:
		if (check->expect == CHECK_UNREACHABLE)
			text_add(ret, " is unreachable (%s)", why);
		else if (result)
			text_add(ret, " (%.2f ms)", (double)result->microseconds / 1000);
		return;
	case CHECK_FAILED:
		text_add(ret, ": %s", why);
		if (!reason) { /* it was tried */
			text_add(ret, " (expected %s within ",
				 check->expect == CHECK_UNREACHABLE ? "unreachable" : "reachable");
			add_duration(ret, check->within_ms);
			text_add(ret, ")");
		}
		if (check->position.file)
			text_add(ret, ", %s:%u", check->position.file, check->position.line);
		return;
	}
}

static void print_line(FILE *file, bool color, enum check_outcome outcome, const struct text *text)
{
	static const struct {
		const char *sign;
		enum output_style style;
	} signs[] = { [CHECK_OK] = { "ok  ", STYLE_ADD },
		      [CHECK_FAILED] = { "FAIL", STYLE_ERROR },
		      [CHECK_SKIPPED] = { "skip", STYLE_DIM } };

	fprintf(file, "%s%s%s ", output_style(signs[outcome].style, color), signs[outcome].sign,
		output_plain(color));
	output_safe(file, text_get(text), text->length);
	fputc('\n', file);
}

static void print_json(FILE *file, const struct topology_check *check, enum check_outcome outcome,
		       const struct probe_result *result, const char *reason)
{
	struct arena *arena = arena_new();
	struct node *event = node_new(arena, NODE_MAP);
	AUTO_TEXT struct text from = { 0 }, at = { 0 };

	add_place(&from, check->from_host, check->from_place);
	if (check->at_place)
		add_place(&at, check->at_host, check->at_place);
	node_set_text(arena, event, "event", "check");
	node_set_text(arena, event, "result", outcome_name(outcome));
	node_set_text(arena, event, "from", text_get(&from));
	node_set_text(arena, event, kind_name(check->kind), check->target);
	node_set_text(arena, event, "at", at.length ? text_get(&at) : NULL);
	node_set_text(arena, event, "expect",
		      check->expect == CHECK_UNREACHABLE ? "unreachable" : "reachable");
	if (result && result->mtu)
		node_set_number(arena, event, "mtu", result->mtu);
	if (result && outcome == CHECK_OK && check->expect == CHECK_REACHABLE)
		node_set_number(arena, event, "microseconds", (long long)result->microseconds);
	if (!reason && result && *result->why)
		reason = result->why;
	node_set_text(arena, event, "reason", reason);
	output_json(file, event, JSON_LINE);
	arena_free(arena);
}

void check_print(FILE *file, const struct options *options, const struct topology_check *check,
		 enum check_outcome outcome, const struct probe_result *result, const char *reason)
{
	AUTO_TEXT struct text text = { 0 };

	if (options->format == FORMAT_JSON) {
		print_json(file, check, outcome, result, reason);
	} else if (!options->quiet || outcome == CHECK_FAILED) {
		add_question(&text, check, result);
		add_answer(&text, check, outcome, result, reason);
		print_line(file, output_has_color(file, options->color), outcome, &text);
	}
	fflush(file);
}

void checks_print_summary(FILE *file, const struct options *options,
			  const struct checks_outcome *outcome)
{
	const size_t all = outcome->n_ok + outcome->n_failed + outcome->n_skipped;

	if (options->quiet || options->format == FORMAT_JSON)
		return;
	if (!all) {
		fprintf(file, "the file has no checks\n");
		return;
	}
	fprintf(file, "%zu check%s: %zu ok, %zu failed", all, all == 1 ? "" : "s", outcome->n_ok,
		outcome->n_failed);
	if (outcome->n_skipped)
		fprintf(file, ", %zu skipped", outcome->n_skipped);
	fputc('\n', file);
}
