/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of each check, and of all: lines for people, or JSON lines. */
#ifndef CMD_CHECKS_OUTPUT_H
#define CMD_CHECKS_OUTPUT_H

#include "backends/probe.h"
#include "cmd/checks.h"

enum check_outcome { CHECK_OK, CHECK_FAILED, CHECK_SKIPPED };

/*
 * One check. result NULL: it was not run. reason: why it was skipped, or could not be tried, or failed; NULL: from
 * the result.
 */
void check_print(FILE *file, const struct options *options, const struct topology_check *check,
		 enum check_outcome outcome, const struct probe_result *result, const char *reason);
/* Nothing with --quiet or JSON. */
void checks_print_summary(FILE *file, const struct options *options,
			  const struct checks_outcome *outcome);

#endif
